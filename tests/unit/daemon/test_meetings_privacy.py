"""What the company decides about privacy holds for meetings, on both databases."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from daemon.erasing import erase, planned
from daemon.ticking import tick
from matching.blocking import BlockRule
from store.privacy import blocks, erasure, export
from store.privacy.retention import Limits, retain
from store.schema.tables import metadata
from tests.unit.daemon.company_mail import mail
from tests.unit.daemon.company_meetings import ALICE, ANN, BOB, Calendars, at, event, invitation, meeting

CEM = "cem@other.example"


def fill(house: Calendars) -> None:
    """Meetings with Ann alone, with Ann and Cem, and one that a mail brings."""
    house.plan("alice", meeting(event(at(1), f"{ANN}+", subject="About ann@client.example")))
    both = event(at(2, month=2), f"{ANN}+", f"{CEM}+", uid="m2", location=f"at {ANN}", rules=("FREQ=WEEKLY;COUNT=6",))
    house.plan("bob", meeting(both, ref="2.ics"))
    asked = event(at(6), f"{BOB}?", f"{ANN}?", uid="m3", organizer=CEM)
    house.invite("bob", invitation(CEM, BOB, minute=1, record=meeting(asked, method="REQUEST")))
    house.invite("alice", mail(ALICE, ANN, mid="s@x", minute=2), folder="Sent")


def words(house: Calendars) -> str:
    """All that stands in any table, calendar objects in clear."""
    with house.store.read() as transaction:
        found = [row for table in metadata.sorted_tables for row in transaction.execute(select(table)).all()]

    texts = []
    for row in found:
        for value in row:
            plain = bytes(value) if isinstance(value, memoryview) else value
            if isinstance(plain, bytes) and plain[:1] == b"x" and len(plain) > 16:
                plain = zlib.decompress(plain)
            texts.append(plain.decode("utf-8", "replace") if isinstance(plain, bytes) else str(plain))
    return "\n".join(texts)


def test_nothing_is_left_of_who_was_erased(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    fill(house)
    house.pass_time(hours=1)
    assert ANN in words(house)
    plan = planned(house.ingest(), ANN)
    assert (plan.removed, plan.changed) == (2, 2)
    done = erase(house.ingest(), ANN)
    assert (done.removed, done.changed) == (plan.removed, plan.changed)
    assert ANN not in words(house)
    assert {uid for (uid,) in house.meetings("uid")} == {"m2", "m3"}
    assert {address for (address,) in house.rows("SELECT address FROM v1_attendee")} == {ALICE, BOB, CEM}
    # read again it stays so
    before = house.contract()
    fill(house)
    assert ANN not in words(house)
    assert house.contract() == before


def test_what_is_blocked_is_not_kept(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    with house.store.write() as transaction:
        blocks.add(transaction, [""], BlockRule.parse("other.example"), blocks.COMMAND, house.now)
    fill(house)
    assert {uid for (uid,) in house.meetings("uid")} == {"m1"}
    assert [row for row in house.rows("SELECT ref, verdict FROM placement") if row[0] == "2.ics"] == [
        ("2.ics", "suppressed")
    ]


def test_what_is_too_old_goes(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    fill(house)
    old = "SELECT count(*) FROM v1_meeting WHERE starts_at < '2026-02-20'"
    assert house.rows(old) == [(3,)]
    retain(house.store, Limits(participants=10), house.now)
    tick(house.store, house.company, lambda: house.now)
    assert house.rows(old) == [(0,)]
    assert house.rows("SELECT count(*) FROM v1_meeting WHERE uid = 'm2'") == [(3,)]
    house.now = house.now.replace(month=6)
    tick(house.store, house.company, lambda: house.now)
    retain(house.store, Limits(participants=10), house.now)
    tick(house.store, house.company, lambda: house.now)
    assert house.meetings() == []
    assert house.rows("SELECT verdict FROM placement WHERE ref LIKE '%.ics'") == [("expired",), ("expired",)]
    assert house.rows("SELECT 1 FROM calendar_object") == []


def test_subjects_that_are_too_old_go(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    fill(house)
    retain(house.store, Limits(subject=10), house.now)
    tick(house.store, house.company, lambda: house.now)
    found = house.rows("SELECT uid, starts_at < '2026-02-20', subject, location FROM v1_meeting WHERE uid = 'm2'")
    assert set(found) == {("m2", 1, None, None), ("m2", 0, "Offer", f"at {ANN}")}


def test_a_person_is_told_all(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    fill(house)
    with house.store.read() as transaction:
        person = erasure.find(transaction, house.company.rules, ANN)
        told = list(export.records(transaction, house.store.key, person, house.company.rules))
    assert sum(each["record"] == "meeting" for each in told) == 8
    assert {each["ref"] for each in told if each["record"] == "calendar_object"} == {"1.ics", "2.ics"}


@pytest.mark.parametrize(("level", "seen"), [("subject", "Offer"), ("metadata", None)])
def test_others_see_what_the_narrowest_account_shows(
    new_calendars: Callable[..., Calendars], level: str, seen: str | None
) -> None:
    house = new_calendars()
    house.execute(f"UPDATE account SET visibility = '{level}' WHERE name = 'bob'")  # noqa: S608 - words of this test
    record = event(at(1), f"{BOB}+", f"{ANN}+")
    house.plan("alice", meeting(record))
    house.plan("bob", meeting(record))
    assert house.meetings("subject") == [(seen,)]
    assert house.rows("SELECT subject, visibility FROM v1_interaction") == [(seen, level)]


def test_of_hidden_meetings_nothing_is_told(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.execute("UPDATE account SET visibility = 'none' WHERE name = 'bob'")
    house.plan("bob", meeting(event(at(1), f"{BOB}+", f"{ANN}+")))
    for table in ("meeting", "attendee", "interaction", "interaction_person", "link", "contact"):
        assert house.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608 - the words above
