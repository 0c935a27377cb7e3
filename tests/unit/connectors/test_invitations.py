"""Invitations in mails."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from connectors.api import Meeting, Message, parse_invitations, parse_message
from connectors.invitations import MAX_CALENDARS
from tests.unit.connectors.calendars import calendar

EVENT = "DTSTART:20260328T100000Z\nSUMMARY:Größe"
REQUEST = calendar(EVENT, head="METHOD:REQUEST")
HEAD = b"From: a@x.example\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"


def part(content: bytes, kind: str = "text/calendar; charset=utf-8", encoding: str = "8bit") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + content


def mail(*parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + each + b"\r\n" for each in (part(b"hello", "text/plain"), *parts))
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


def read(raw: bytes) -> Message:
    message = parse_message(raw, ref="7:1")
    assert isinstance(message, Message)
    return message


def invitations(raw: bytes) -> list[tuple[str, str]]:
    return [(each.method, each.events[0].subject) for each in read(raw).invitations]


def test_a_mail_carries_its_invitation() -> None:
    (found,) = read(mail(part(REQUEST))).invitations
    assert (found.ref, found.method, found.uid) == ("7:1", "REQUEST", "u@x.example")
    assert read(mail()).invitations == ()


def test_a_mail_may_be_nothing_but_the_invitation() -> None:
    raw = HEAD + part(base64.encodebytes(REQUEST), encoding="base64")
    assert invitations(raw) == [("REQUEST", "Größe")]


def test_a_charset_is_believed_and_a_method_may_stand_outside() -> None:
    plain = calendar(EVENT).decode("utf-8").encode("iso-8859-1")
    assert invitations(mail(part(plain, "text/calendar; charset=iso-8859-1; method=reply"))) == [("REPLY", "Größe")]


def test_a_file_beside_the_invitation_says_the_same_once() -> None:
    file = part(base64.encodebytes(REQUEST), "application/ics; name=invite.ics", "base64")
    assert invitations(mail(file, part(REQUEST))) == [("REQUEST", "Größe")]
    assert invitations(mail(file)) == [("REQUEST", "Größe")]


@pytest.mark.parametrize("head", ["", "METHOD:NONSENSE"])
def test_a_calendar_that_was_sent_along_is_no_invitation(head: str) -> None:
    message = read(mail(part(calendar(EVENT, head=head), "text/calendar; name=a.ics")))
    assert message.invitations == ()
    assert [each.name for each in message.attachments] == ["a.ics"]


def test_what_is_broken_is_left_out() -> None:
    assert read(mail(part(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"))).invitations == ()


def test_too_large_a_calendar_is_left_out_and_the_record_says_so() -> None:
    large = calendar(f"{EVENT}\nDESCRIPTION:{'x' * MAX_CALENDARS}", head="METHOD:REQUEST")
    message = read(mail(part(REQUEST), part(large)))
    assert (len(message.invitations), message.is_truncated) == (1, True)
    huge = base64.encodebytes(large * 4)
    assert read(mail(part(huge, encoding="base64"))).is_truncated
    assert not read(mail(part(REQUEST))).is_truncated


def test_a_skimmed_mail_has_none() -> None:
    message = parse_message(mail(part(REQUEST)), ref="1", skim=lambda _envelope: True)
    assert isinstance(message, Message)
    assert message.invitations == ()


def test_what_came_back_is_no_invitation_but_can_be_asked_for() -> None:
    report = (
        HEAD
        + b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        + b"--r\r\n"
        + part(b"Action: failed\r\n", "message/delivery-status")
        + b"\r\n--r\r\nContent-Type: message/rfc822\r\n\r\n"
        + mail(part(REQUEST))
        + b"\r\n--r--\r\n"
    )
    assert read(report).invitations == ()
    (found,) = parse_invitations(report, ref="7:1")
    (direct,) = parse_invitations(mail(part(REQUEST)), ref="7:1")
    assert isinstance(found, Meeting)
    assert found == replace(direct, size=found.size)
