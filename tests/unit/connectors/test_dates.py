"""Dates of mail headers, as RFC 5322 has them and as they are met."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.dates import parse_date


def read(value: str | bytes) -> str | None:
    date = parse_date(value)
    return date.isoformat() if date else None


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("1 Jul 2003 10:52 +0200", "2003-07-01T10:52:00+02:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Thu,\r\n 13\r\n  Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30"),
        ("Tue, 1 Jul 2003 ((tricky)\n comment) 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        ("2 Jan 04 15:04:05 EST", "2004-01-02T15:04:05-05:00"),
        ("2 Jan 104 15:04:05 +0000", "2004-01-02T15:04:05+00:00"),
        ("Thu, 10 Jul 1997 14:53:31 A", "1997-07-10T14:53:31+00:00"),
        ("Thu, 10 Jul 1997 14:53:31 ZZZZ", "1997-07-10T14:53:31+00:00"),
    ],
)
def test_the_standard_s_forms_are_read_with_their_offset(value: str, date: str) -> None:
    assert read(value) == date


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05+00:00"),
        ("Mon Jan 2 15:04:05 PST 2006", "2006-01-02T15:04:05-08:00"),
        ("Mon Jan 2 15:04:05 2006 -0700", "2006-01-02T15:04:05-07:00"),
        ("2006-01-02T15:04:05Z", "2006-01-02T15:04:05+00:00"),
        ("2006-01-02 15:04:05.123 +03:30", "2006-01-02T15:04:05+03:30"),
        ("Mon, 2-Jan-06 15:04:05 GMT", "2006-01-02T15:04:05+00:00"),
        ("Jan 2, 2006 3:04:05 PM", "2006-01-02T15:04:05+00:00"),
        ("2 Jan 2006 12:04:05 AM +0000", "2006-01-02T00:04:05+00:00"),
        ("2 Jan 2006 15:04:05 GMT+0200", "2006-01-02T15:04:05+02:00"),
        ("2 Jan 2006 15:04:05", "2006-01-02T15:04:05+00:00"),
        ("20 11 79 05:34:27 -0300", "1979-11-20T05:34:27-03:00"),
        ("Monday, 02 January 2006 15.04.05 +0000", "2006-01-02T15:04:05+00:00"),
        ("by mx.example with SMTP id 7;\n\tMon, 10 Oct 2022 10:31:15 -0700 (PDT)", "2022-10-10T10:31:15-07:00"),
        ("2 Jan 2006 15:04:60 +0000", "2006-01-02T15:04:59+00:00"),
    ],
)
def test_other_forms_that_are_met_are_read_too(value: str, date: str) -> None:
    assert read(value) == date


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Whenever",
        "13 zzz 2021 09:55:06 +0200",
        "Tue, 7 00 2026 19:14:51 +0000",
        "31 Feb 2006 15:04:05 +0000",
        "0 Jan 2006 15:04:05 +0000",
        "2 Jan 2006 24:00:00 +0000",
        "2 Jan 2006 15:60:00 +0000",
        "2 Jan 2006 15:04:61 +0000",
        "2 Jan 2006 15:04:05 +9999",
        "2 Jan 1066 15:04:05 +0000",
        "Tue, 7 Apr 2026 10:00:t",
        "Tue, 1 Jul 2003",
        "Tue, 1 Jul 2003 ((unclosed)\ncomment) 10:52:37 +0200",
        "Thu, 32 Foo 20x6 99:99 +9999",
        "by mx.example; 14:47:44 +0000",
    ],
)
def test_what_can_not_be_is_no_date(value: str) -> None:
    assert parse_date(value) is None


def test_dates_are_aware_and_bytes_are_taken_as_well() -> None:
    date = parse_date(b"Sat, 21 Mar 2026 10:00:00 +0330\r\n")
    assert date is not None
    assert date.utcoffset() == timedelta(hours=3, minutes=30)
