"""Meetings by mail (RFC 6047): requests, updates, cancellations, replies."""

from __future__ import annotations

import time

from tests.servers.mailbox.correspondence import Appointment, Correspondence, Mail, Person
from tests.servers.mailbox.encoding import folded, transfer
from tests.servers.mailbox.material import Subject

ZONE = b"""BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
METHODS = {"request": b"REQUEST", "update": b"REQUEST", "cancel": b"CANCEL", "reply": b"REPLY"}
#: PARTSTAT -> prefix of the reply's subject.
ANSWERS = {"ACCEPTED": "Accepted: ", "DECLINED": "Declined: ", "TENTATIVE": "Tentative: "}


def invite(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A mail of a meeting's life."""
    what, meeting = _step(corpus, number, when)
    answer = corpus.rng.choice(tuple(ANSWERS)) if what == "reply" else None
    sender = meeting.attendee if answer else meeting.organizer
    prefix = ANSWERS[answer] if answer else {"update": "Updated: ", "cancel": "Canceled: "}.get(what, "")
    head = corpus.head(number, when, sender, corpus.me, subject=meeting.title, prefix=prefix, language=meeting.language)
    body, attachments = _body(corpus, number, what, meeting, _event(corpus, what, meeting, when, answer))
    return corpus.finish(
        b"".join(head.lines) + body,
        head.letter,
        kind,
        number=number,
        answerable=False,
        folder="INBOX",
        text=meeting.title.text,
        attachments=attachments,
        itip=what,
        uid=meeting.uid.decode(),
        seq=meeting.sequence,
        partstat=answer,
    )


def _step(corpus: Correspondence, number: int, when: int) -> tuple[str, Appointment]:
    """What happens to which meeting; a request makes a new one."""
    rng, meetings = corpus.rng, corpus.memory.meetings
    draw = rng.random()
    if not meetings or draw >= 0.45:
        meetings.append(_meeting(corpus, number, when))
        del meetings[:-300]
        return "request", meetings[-1]
    meeting = rng.choice(meetings)
    if draw >= 0.25:
        return "reply", meeting
    meeting.sequence += 1
    if draw < 0.15:
        meeting.hour = rng.randrange(8, 17)
        return "update", meeting
    meetings.remove(meeting)
    return "cancel", meeting


def _meeting(corpus: Correspondence, number: int, when: int) -> Appointment:
    rng = corpus.rng
    organizer = corpus.anyone()
    title: Subject = rng.choice(corpus.material.subjects[organizer.language])
    return Appointment(
        uid=b"%08x-%d@cal.example" % (rng.getrandbits(32), number),
        organizer=organizer,
        attendee=corpus.anyone(),
        title=title,
        day=time.strftime("%Y%m%d", time.gmtime(when + 86400 * rng.randrange(1, 31))),
        hour=rng.randrange(8, 17),
        rule=b"RRULE:FREQ=WEEKLY;COUNT=8\n" if rng.random() < 0.2 else b"",
        language=organizer.language,
    )


def _event(corpus: Correspondence, what: str, meeting: Appointment, when: int, answer: str | None) -> bytes:
    """The iCalendar object (RFC 5546)."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(when))
    start, end = (f"TZID=Europe/Berlin:{meeting.day}T{hour:02d}0000" for hour in (meeting.hour, meeting.hour + 1))
    title = meeting.title.text.replace(",", "\\,")
    # who answers, answers me
    organizer = corpus.me if answer else meeting.organizer
    if answer:
        people = [_attendee(meeting.attendee, f"PARTSTAT={answer}")]
    else:
        people = [
            _attendee(who, f"ROLE=REQ-PARTICIPANT;PARTSTAT={state};RSVP=TRUE")
            for who, state in ((corpus.me, "NEEDS-ACTION"), (meeting.attendee, "ACCEPTED"))
        ]
    lines = [
        f"UID:{meeting.uid.decode()}\nSEQUENCE:{meeting.sequence}\nDTSTAMP:{stamp}\nDTSTART;{start}\nDTEND;{end}\n",
        meeting.rule.decode(),
        f'SUMMARY:{title}\nORGANIZER;CN="{organizer.name}":mailto:{organizer.address}\n',
        *people,
        f"STATUS:{'CANCELLED' if what == 'cancel' else 'CONFIRMED'}\n",
        "LOCATION:Room 5\\, Main Building\nTRANSP:OPAQUE\n",
    ]
    opening = b"BEGIN:VCALENDAR\nPRODID:-//Testbed//EN\nVERSION:2.0\nMETHOD:%s\n" % METHODS[what]
    event = b"BEGIN:VEVENT\n%sEND:VEVENT\nEND:VCALENDAR\n" % "".join(lines).encode()
    return folded(opening + ZONE + event).replace(b"\n", b"\r\n")


def _attendee(who: Person, parameters: str) -> str:
    return f'ATTENDEE;{parameters};CN="{who.name}":mailto:{who.address}\n'


def _body(
    corpus: Correspondence, number: int, what: str, meeting: Appointment, event: bytes
) -> tuple[bytes, tuple[str, ...]]:
    """The body, and the names of its attachments."""
    encoded = b"Content-Transfer-Encoding: base64\n\n" + transfer(event, "base64")
    parts = [
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n"
        % meeting.title.text.encode(),
        b"Content-Type: text/calendar; charset=utf-8; method=%s\n%s" % (METHODS[what], encoded),
    ]
    if corpus.rng.random() < 0.5:
        return corpus.multipart(number, b"alternative", parts), ()
    attached = b"Content-Type: application/ics; name=invite.ics\nContent-Disposition: attachment; filename=invite.ics\n"
    alternative = corpus.multipart(number, b"alternative", parts)
    return corpus.multipart(number + 1, b"mixed", [alternative, attached + encoded]), ("invite.ics",)
