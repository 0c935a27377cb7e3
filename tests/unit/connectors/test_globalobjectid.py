"""One meeting has one UID, whoever writes it down ([MS-OXCICAL], section 2.1.3.1.1.20.26)."""

from __future__ import annotations

import pytest

from connectors.globalobjectid import plain_uid
from connectors.ical import parse_calendar
from connectors.meetings import Meeting

CLASS = "040000008200E00074C5B7101A82E008"


def named(data: bytes, *, day: str = "00000000") -> str:
    """A GlobalObjectId with this data."""
    return CLASS + day + "C0C5F7B0A41BDA01" + "0" * 16 + len(data).to_bytes(4, "little").hex() + data.hex()


def foreign(uid: str, *, day: str = "00000000") -> str:
    return named(b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00", day=day)


OWN = named(bytes(range(16))).upper()


@pytest.mark.parametrize(
    ("uid", "plain"),
    [
        (foreign("7f3c@client.example"), "7f3c@client.example"),
        (foreign("جلسه@client.example"), "جلسه@client.example"),
        (foreign("x@y", day="07EA0B02").lower(), "x@y"),
        (OWN, OWN),
        (OWN.lower(), OWN),
        (named(bytes(range(16)), day="07EA0B02"), OWN),
        # nothing that anybody could be known by
        (foreign("").upper(), foreign("").upper()),
        ("7f3c@client.example", "7f3c@client.example"),
        ("", ""),
        (CLASS, CLASS),
        (OWN[:-1], OWN[:-1]),
        (OWN[:-1] + "g", OWN[:-1] + "g"),
        (CLASS.lower() + "٣" * 60, CLASS.lower() + "٣" * 60),
    ],
)
def test_a_meeting_has_one_uid(uid: str, plain: str) -> None:
    assert plain_uid(uid) == plain


def test_it_is_the_one_of_calendars_and_of_mails() -> None:
    def calendar(uid: str, *more: str) -> str:
        event = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTART:20260302T100000Z", *more, "END:VEVENT")
        return "\r\n".join(("BEGIN:VCALENDAR", *event, "END:VCALENDAR", ""))

    day = foreign("7f3c@client.example", day="07EA0B02")
    (one,) = parse_calendar(calendar(foreign("7f3c@client.example")).encode(), ref="a")
    (exception,) = parse_calendar(calendar(day, "RECURRENCE-ID:20260302T100000Z").encode(), ref="b")
    (theirs,) = parse_calendar(calendar("7f3c@client.example").encode(), ref="c")
    for each in (one, exception, theirs):
        assert isinstance(each, Meeting)
        assert each.uid == "7f3c@client.example"
        assert {event.uid for event in each.events} == {each.uid}
