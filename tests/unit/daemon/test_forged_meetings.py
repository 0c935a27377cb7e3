"""Mails that pretend to speak for a meeting: fifty tricks, none of which changes any, each with the reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Attendee, Auth, Event, EventStatus, Meeting, Message, Response
from store.questions import read
from tests.unit.daemon.company_mail import NOON, mail
from tests.unit.daemon.company_meetings import ALICE, ANN, BOB, Calendars, answered, at, event, meeting

pytestmark = pytest.mark.later

EVE, BEN = "eve@mallory.example", "ben@client.example"
#: Ann's address with a Cyrillic letter.
LOOKALIKE = "ann@cl\u0456ent.example"
FUTURE = datetime(2040, 1, 1, tzinfo=UTC)
WEEKLY = ("FREQ=WEEKLY;COUNT=4",)

#: The meetings that are there: of Ann's, known by mail alone, one and a series; of Alice's, in her calendar, one and a
#: series; and one of Ann's in Bob's calendar.
BY_MAIL = event(at(20), f"{ALICE}?", organizer=ANN, uid="by-mail")
MAILED_SERIES = event(at(5), f"{ALICE}+", f"{BOB}?", organizer=ANN, uid="mailed-series", rules=WEEKLY)
OWN = event(at(21), f"{ANN}?", f"{BOB}+", uid="own")
OWN_SERIES = event(at(6), f"{ANN}+", uid="own-series", rules=WEEKLY)
ATTENDED = event(at(22), f"{BOB}+", organizer=ANN, uid="attended")


def lie(about: Event, *, organizer: str = "", **more: Any) -> Event:
    """As the forger wants it: elsewhere, with the forger, and newer than anything."""
    fields: dict[str, Any] = {
        "start": at(25),
        "end": at(25, 11),
        "sequence": 90,
        "stamped_at": NOON,
        "subject": "Elsewhere",
        "organizer": Attendee(email=organizer) if organizer else about.organizer,
        "attendees": (*about.attendees, Attendee(email=EVE, response=Response.ACCEPTED)),
    }
    return replace(about, **{**fields, **more})


def gone(about: Event, **more: Any) -> Event:
    return lie(about, **{"status": EventStatus.CANCELLED, "attendees": about.attendees, **more})


def at_occurrence(about: Event, day: int, **more: Any) -> Event:
    return gone(about, **{"recurrence_id": at(day), "rules": (), **more})


def says(about: Event, *answers: str, **more: Any) -> Event:
    """An answer to it, of these people."""
    return replace(about, **{"sequence": 90, "attendees": event(at(1), *answers).attendees, **more})


@dataclass(frozen=True, slots=True)
class Forged:
    """A mail that lies; `outcome` is what is recorded of it, "" where it is skipped as mail among ours."""

    trick: str
    outcome: str
    method: str
    sender: str
    events: tuple[Event, ...]
    auth: Auth = Auth.PASS
    more: dict[str, Any] = field(default_factory=dict)

    def mail(self, number: int) -> Message:
        record: Meeting = meeting(*self.events, method=self.method)
        more = {"invitations": (record,), "auth": self.auth, **self.more}
        return mail(self.sender, ALICE, minute=100 + number, mid=f"f{number}@x", **more)


def _f(
    trick: str, outcome: str, method: str, sender: str, *events: Event, auth: Auth = Auth.PASS, **more: Any
) -> Forged:
    return Forged(trick, outcome, method, sender, events, auth, more)


_FAIL, _UNKNOWN = Auth.FAIL, Auth.UNKNOWN
_DELEGATE = (
    Attendee(email=ANN, response=Response.DELEGATED, delegated_to=(EVE,)),
    Attendee(email=EVE, response=Response.ACCEPTED, delegated_from=(ANN,)),
)
_LONG_BEFORE: dict[str, Any] = {"sent_at": NOON - timedelta(days=300)}

FORGED = (
    # a stranger calls off or moves
    _f("cancel, as its own", "stranger", "CANCEL", EVE, gone(BY_MAIL, organizer=EVE)),
    _f("cancel, organizer in the body alone", "stranger", "CANCEL", EVE, gone(BY_MAIL)),
    _f("cancel without an organizer", "stranger", "CANCEL", EVE, gone(BY_MAIL, organizer="", attendees=())),
    _f("cancel of a calendar's", "stranger", "CANCEL", EVE, gone(OWN)),
    _f("cancel of a calendar's, as its own", "stranger", "CANCEL", EVE, gone(OWN, organizer=EVE)),
    _f("cancel of what a colleague attends", "stranger", "CANCEL", EVE, gone(ATTENDED)),
    _f("cancel of a whole series", "stranger", "CANCEL", EVE, gone(MAILED_SERIES)),
    _f("cancel of one occurrence", "stranger", "CANCEL", EVE, at_occurrence(MAILED_SERIES, 12)),
    _f("cancel of one that is in a calendar", "stranger", "CANCEL", EVE, at_occurrence(OWN_SERIES, 13)),
    _f(
        "cancel from one on",
        "stranger",
        "CANCEL",
        EVE,
        at_occurrence(MAILED_SERIES, 12, is_this_and_future=True, organizer=EVE),
    ),
    _f("cancel of no such occurrence", "stranger", "CANCEL", EVE, at_occurrence(MAILED_SERIES, 14)),
    _f("the highest sequence", "stranger", "REQUEST", EVE, lie(BY_MAIL, sequence=2**31 - 1)),
    _f("a stamp of the future", "stranger", "REQUEST", EVE, lie(BY_MAIL, stamped_at=FUTURE)),
    _f("the UID taken over", "stranger", "REQUEST", EVE, lie(BY_MAIL, organizer=EVE)),
    _f("the UID of a calendar's taken over", "stranger", "REQUEST", EVE, lie(OWN, organizer=EVE)),
    _f("the UID taken over by a series", "stranger", "REQUEST", EVE, lie(OWN, organizer=EVE, rules=WEEKLY)),
    _f("the UID taken over by one occurrence", "stranger", "REQUEST", EVE, at_occurrence(OWN_SERIES, 13)),
    _f("taken over long before, by its Date", "stranger", "REQUEST", EVE, lie(BY_MAIL, organizer=EVE), **_LONG_BEFORE),
    _f(
        "the first event is its own", "stranger", "CANCEL", EVE, gone(MAILED_SERIES, organizer=EVE), gone(MAILED_SERIES)
    ),
    _f(
        "the last event is its own", "stranger", "CANCEL", EVE, gone(BY_MAIL), at_occurrence(BY_MAIL, 20, organizer=EVE)
    ),
    _f("the organizer's name before another address", "stranger", "CANCEL", EVE, gone(BY_MAIL), name=ANN),
    _f("an address with a tag", "stranger", "CANCEL", "ann+x@client.example", gone(BY_MAIL)),
    _f("an address that looks alike", "stranger", "CANCEL", LOOKALIKE, gone(BY_MAIL)),
    _f("somebody of the same company", "stranger", "CANCEL", BEN, gone(BY_MAIL)),
    _f("an attendee of ours", "", "CANCEL", BOB, gone(MAILED_SERIES)),
    _f("a customer who attends ours", "stranger", "CANCEL", ANN, gone(OWN)),
    _f("a customer who moves ours", "stranger", "REQUEST", ANN, lie(OWN)),
    _f("a customer who takes ours over", "stranger", "REQUEST", ANN, lie(OWN, organizer=ANN)),
    _f("the organizer's mail, another in the body", "stranger", "CANCEL", ANN, gone(BY_MAIL, organizer=EVE)),
    # nobody vouches for the sender
    _f("cancel that failed", "unverified", "CANCEL", ANN, gone(BY_MAIL), auth=_FAIL),
    _f("cancel that nobody judged", "unverified", "CANCEL", ANN, gone(BY_MAIL), auth=_UNKNOWN),
    _f("request that failed", "unverified", "REQUEST", ANN, lie(BY_MAIL), auth=_FAIL),
    _f("request that nobody judged", "unverified", "REQUEST", ANN, lie(MAILED_SERIES), auth=_UNKNOWN),
    _f("one more that failed", "unverified", "ADD", ANN, lie(MAILED_SERIES, rules=()), auth=_FAIL),
    _f("from ourselves, it failed", "", "CANCEL", ALICE, gone(OWN), auth=_FAIL),
    _f("from ourselves, nobody judged", "", "CANCEL", ALICE, gone(OWN_SERIES), auth=_UNKNOWN),
    _f("an address in capitals", "unverified", "CANCEL", ANN.upper(), gone(BY_MAIL), auth=_FAIL),
    _f("what a calendar holds, failed", "unverified", "CANCEL", ANN, gone(ATTENDED), auth=_FAIL),
    _f("an answer that failed", "unverified", "REPLY", ANN, says(OWN, f"{ANN}-"), auth=_FAIL),
    _f("an answer that nobody judged", "unverified", "REPLY", ANN, says(OWN, f"{ANN}-"), auth=_UNKNOWN),
    # answers of others
    _f("a stranger answers", "stranger", "REPLY", EVE, says(OWN, f"{EVE}-")),
    _f("a stranger answers for another", "stranger", "REPLY", EVE, says(OWN, f"{ANN}-")),
    _f("a stranger answers for both", "stranger", "REPLY", EVE, says(OWN, f"{ANN}-", f"{EVE}+")),
    _f("a stranger to whom it was delegated", "stranger", "REPLY", EVE, says(OWN, attendees=_DELEGATE)),
    _f("an attendee answers for a colleague", "stranger", "REPLY", ANN, says(OWN, f"{BOB}-")),
    _f("the organizer answers for an attendee", "stranger", "REPLY", ANN, says(ATTENDED, f"{BOB}-")),
    _f(
        "a stranger answers to one occurrence",
        "stranger",
        "REPLY",
        EVE,
        says(OWN_SERIES, f"{ANN}-", recurrence_id=at(13)),
    ),
    # a calendar of ours has the word
    _f("the organizer's own, in a calendar", "calendar", "CANCEL", ANN, gone(ATTENDED)),
    _f("the organizer moves it, in a calendar", "calendar", "REQUEST", ANN, lie(ATTENDED)),
    # what only the organizer could take up
    _f("a stranger's other time", "proposal", "COUNTER", EVE, lie(BY_MAIL)),
    _f("an attendee's other time", "proposal", "COUNTER", ANN, lie(OWN)),
    _f("one more time", "stranger", "ADD", EVE, lie(MAILED_SERIES, rules=())),
    _f("published", "proposal", "PUBLISH", EVE, lie(BY_MAIL)),
    _f("a counter refused", "proposal", "DECLINECOUNTER", EVE, lie(BY_MAIL)),
    _f("asked for again", "proposal", "REFRESH", EVE, says(BY_MAIL, f"{EVE}?")),
    # a UID that is not quite the same
    _f("the UID in capitals", "unknown", "CANCEL", EVE, gone(BY_MAIL, uid="BY-MAIL", organizer=EVE)),
    _f(
        "the UID with a space that nobody sees",
        "unknown",
        "CANCEL",
        EVE,
        gone(BY_MAIL, uid="by-mail\u200b", organizer=EVE),
    ),
)
_VIEWS = ("v1_meeting", "v1_attendee", "v1_signal", "v1_contact_meetings")


@pytest.fixture
def house(new_url: Any, tmp_path: Path) -> Iterator[Calendars]:
    """The meetings that are lied about; all outside are contacts."""
    with Calendars(tmp_path, url=new_url("forged")) as house:
        house.invite("alice", mail(ALICE, ANN, EVE, BEN, LOOKALIKE, mid="hello@x"), folder="Sent")
        asked = (
            mail(ANN, ALICE, minute=n, mid=f"a{n}@x", auth=Auth.PASS, invitations=(meeting(each, method="REQUEST"),))
            for n, each in enumerate((BY_MAIL, MAILED_SERIES), 1)
        )
        house.invite("alice", *asked)
        house.plan("alice", meeting(OWN), meeting(OWN_SERIES, ref="2.ics"))
        house.plan("bob", answered(meeting(ATTENDED, ref="3.ics"), BOB, "+"))
        yield house


def stored(house: Calendars) -> dict[str, list[tuple[Any, ...]]]:
    return {view: house.rows(f"SELECT * FROM {view}") for view in _VIEWS}  # noqa: S608 - the words above


def outcome(house: Calendars, number: int) -> list[tuple[str | None, str | None]]:
    """(what became of it, the meeting that it is linked to), as `why` tells."""
    with house.store.read() as transaction:
        return [
            (said.outcome, said.meeting_id)
            for each in read.why(transaction, house.store.key, f"f{number}@x")
            for said in each.invitations
        ]


def test_there_are_fifty_tricks_and_more() -> None:
    assert len([each for each in FORGED if each.outcome]) >= 50
    assert len({each.trick for each in FORGED}) == len(FORGED)
    assert len({(each.method, each.sender, each.auth, each.events, str(each.more)) for each in FORGED}) == len(FORGED)


def test_forged_mails_change_no_meeting(house: Calendars) -> None:
    before = stored(house)
    assert len(before["v1_meeting"]) == 11
    house.invite("alice", *(each.mail(number) for number, each in enumerate(FORGED)))
    assert stored(house) == before
    for number, each in enumerate(FORGED):
        assert [what for what, _meeting in outcome(house, number)] == [each.outcome] * bool(each.outcome), each.trick
    # all of them are history as mails but what ours wrote to ours, and none is linked to a meeting it can't speak for
    logged = house.rows("SELECT count(*) FROM v1_interaction WHERE kind = 'email' AND message_id LIKE 'f%'")
    assert logged == [(len([each for each in FORGED if each.outcome]),)]
    linked = [n for n, each in enumerate(FORGED) if any(meeting_id for _what, meeting_id in outcome(house, n))]
    assert {FORGED[number].outcome for number in linked} <= {"proposal", "calendar"}


@pytest.mark.parametrize("number", range(0, len(FORGED), 7))
def test_a_forged_mail_that_comes_first_changes_nothing_either(
    new_url: Any, tmp_path: Path, house: Calendars, number: int
) -> None:
    expected = stored(house)
    with Calendars(tmp_path, url=new_url("first")) as other:
        other.invite("alice", mail(ALICE, ANN, EVE, BEN, LOOKALIKE, mid="hello@x"), folder="Sent")
        other.invite("alice", FORGED[number].mail(number))
        other.plan("bob", answered(meeting(ATTENDED, ref="3.ics"), BOB, "+"))
        other.plan("alice", meeting(OWN), meeting(OWN_SERIES, ref="2.ics"))
        for n, each in enumerate((BY_MAIL, MAILED_SERIES), 1):
            record = meeting(each, method="REQUEST")
            other.invite("alice", mail(ANN, ALICE, minute=n, mid=f"a{n}@x", auth=Auth.PASS, invitations=(record,)))
        assert stored(other) == expected


def test_a_copy_that_failed_speaks_against_one_that_passed(house: Calendars) -> None:
    before = stored(house)
    forged = _f("", "", "CANCEL", ANN, gone(BY_MAIL))
    house.invite("bob", forged.mail(99))
    assert stored(house) != before
    house.invite("alice", replace(forged.mail(99), auth=Auth.FAIL))
    assert stored(house) == before
    assert outcome(house, 99) == [("unverified", None)]
