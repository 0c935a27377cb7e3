"""What people ask about meetings: why, the timeline, an audit, whether the store is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.api import Auth, EventStatus
from store.accounts import audit
from store.contacts.search import find_contacts
from store.keeping.invariants import COUNTS, RULES
from store.questions import read
from tests.unit.daemon.company_mail import mail
from tests.unit.daemon.company_meetings import ALICE, ANN, BOB, Calendars, answered, at, event, invitation, meeting

RECORD = meeting(event(at(20), f"{ALICE}?", f"{BOB}+", organizer=ANN, uid="m1"))


@pytest.fixture
def house(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Calendars]:
    """A company that knows Ann, with a meeting in a calendar and mails about it; on each of the two databases."""
    with Calendars(tmp_path, url=new_url("calendars")) as house:
        house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
        house.invite("alice", invitation(ANN, ALICE, minute=1, record=replace(RECORD, method="REQUEST")))
        cancelled = meeting(replace(RECORD.events[0], status=EventStatus.CANCELLED, sequence=7), method="CANCEL")
        house.invite("alice", invitation(ANN, ALICE, minute=2, record=cancelled, auth=Auth.FAIL))
        house.plan("bob", answered(RECORD, BOB, "~"))
        yield house


def asked(house: Calendars, what: str) -> list[read.Why]:
    with house.store.read() as transaction:
        return read.why(transaction, house.store.key, what)


def test_why_tells_what_was_not_applied(house: Calendars) -> None:
    ((meeting_id, interaction_id),) = house.rows("SELECT id, interaction_id FROM v1_meeting")
    (forged,) = asked(house, "<i2@x>")
    assert [(each.method, each.uid, each.outcome, each.meeting_id) for each in forged.invitations] == [
        ("CANCEL", "m1", "unverified", None)
    ]
    (genuine,) = asked(house, "i1@x")
    assert [(each.method, each.outcome, each.meeting_id) for each in genuine.invitations] == [
        ("REQUEST", "calendar", meeting_id)
    ]
    for what in ("m1", meeting_id, interaction_id):
        places = {place.ref for each in asked(house, what) for place in each.placements}
        assert places == {"1.ics", "1:2", "1:3"}
    assert asked(house, "m2") == []


def test_a_timeline_has_meetings_among_the_mails(house: Calendars) -> None:
    with house.store.read() as transaction:
        (ann,) = find_contacts(transaction, ANN)
        items = read.timeline(transaction, ann.id, 10, None)
    assert [(item.kind, item.status, item.subject) for item in items] == [
        ("meeting", "planned", "Offer"),
        ("email", None, "Matter 2"),
        ("email", None, "Matter 1"),
        ("email", None, "Matter 0"),
    ]
    assert items[0].people == (ALICE, BOB)


def test_a_store_with_meetings_is_whole(house: Calendars) -> None:
    with house.store.read() as transaction:
        for rule in RULES:
            assert transaction.execute(text(rule.sql)).all() == [], rule.name
        for view, count in COUNTS.items():
            shown = transaction.execute(text(f"SELECT count(*) FROM {view}")).scalar_one()  # noqa: S608 - a view of ours
            assert shown == transaction.execute(text(count)).scalar_one(), view


def test_an_audit_counts_calendars(house: Calendars) -> None:
    place, _cursor = house.place("bob", "Calendar")
    with house.store.read() as transaction:
        assert list(audit.placed_refs(transaction, place.stream_id)) == ["1.ics"]
        assert list(audit.hollow_refs(transaction, place.stream_id)) == []
    house.execute("DELETE FROM calendar_object")
    with house.store.read() as transaction:
        assert list(audit.hollow_refs(transaction, place.stream_id)) == ["1.ics"]
