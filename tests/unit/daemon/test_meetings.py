"""Meetings from calendars and mails to rows, on both databases."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.api import AttendeeRole, EventStatus, Moment, Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.reprocess import is_due, reprocess
from matching.policy import Create
from matching.visibility import Level
from store.mails import write
from tests.unit.daemon.company_mail import NOON, company, mail
from tests.unit.daemon.company_meetings import (
    ALICE,
    ANN,
    BOB,
    Calendars,
    answered,
    at,
    event,
    invitation,
    meeting,
)

#: A weekly meeting on Mondays at 10 in Tehran (6:30 UTC), from before the beginning of the tests until after it.
WEEKLY = event(at(2, month=2), f"{ALICE}+", f"{BOB}+", f"{ANN}+", rules=("FREQ=WEEKLY;COUNT=8",))
MOVED = replace(event(at(10, 15), f"{ALICE}+", f"{BOB}+", f"{ANN}+"), recurrence_id=at(9))
CANCELLED = replace(
    event(at(16), f"{ALICE}+", f"{BOB}+", f"{ANN}+"), recurrence_id=at(16), status=EventStatus.CANCELLED
)
SERIES = meeting(WEEKLY, MOVED, CANCELLED)


def test_two_reps_and_a_customer_are_in_one_meeting(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.plan("alice", SERIES)
    house.plan("bob", replace(answered(SERIES, BOB, "-", at(2)), ref="b.ics"))
    assert house.meetings() == [
        ("2026-02-02T06:30:00.000000Z", "held", 0),
        ("2026-02-09T06:30:00.000000Z", "held", 0),
        ("2026-02-16T06:30:00.000000Z", "held", 0),
        ("2026-02-23T06:30:00.000000Z", "held", 0),
        ("2026-03-02T06:30:00.000000Z", "held", 0),
        ("2026-03-10T11:30:00.000000Z", "planned", 1),
        ("2026-03-16T06:30:00.000000Z", "cancelled", 0),
        ("2026-03-23T06:30:00.000000Z", "planned", 0),
    ]
    assert house.meetings("recurrence_id")[5] == ("2026-03-09T06:30:00Z",)
    of_second = house.rows(
        "SELECT a.address, a.role, a.response FROM v1_attendee a JOIN v1_meeting m ON m.id = a.meeting_id"
        " WHERE m.recurrence_id = '2026-03-02T06:30:00Z'"
    )
    assert of_second == [
        (ALICE, "organizer", "accepted"),
        (ANN, "required", "accepted"),
        (BOB, "required", "declined"),
    ]
    assert house.rows("SELECT count(*), count(DISTINCT contact_id) FROM v1_interaction_contact") == [(8, 1)]
    assert house.rows("SELECT kind, direction, count(*) FROM v1_interaction GROUP BY kind, direction") == [
        ("meeting", "outbound", 8)
    ]
    columns = "last_met_at, next_meeting_at, held_count, planned_count, cancelled_count, moved_count"
    assert house.rows(f"SELECT {columns} FROM v1_contact_meetings") == [  # noqa: S608 - the words above
        ("2026-03-02T06:30:00.000000Z", "2026-03-10T11:30:00.000000Z", 5, 2, 1, 1)
    ]
    people: list[tuple[Any, ...]] = house.rows(
        "SELECT p.email, count(*) FROM v1_interaction_person i JOIN v1_person p ON p.id = i.person_id"
        " WHERE i.account_id IS NOT NULL GROUP BY p.email"
    )
    assert people == [(ALICE, 8), (BOB, 8)]


def test_who_was_met_becomes_a_contact_and_who_is_to_be_met_not_yet(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.plan("alice", meeting(event(at(3), f"{ANN}+")))
    assert (house.meetings(), house.rows("SELECT id FROM v1_contact")) == ([], [])
    house.pass_time(days=1)
    assert house.meetings() == [("2026-03-03T06:30:00.000000Z", "held", 0)]
    assert house.rows("SELECT display_name FROM v1_contact") == [(ANN,)]
    assert house.rows("SELECT reason FROM v1_interaction_contact") == [("address",)]


@pytest.mark.parametrize(
    "people",
    [
        [f"{BOB}+"],
        ["no-reply@client.example+"],
        ["room@client.example+"],
        [f"guest{n}@client.example+" for n in range(20)],
        [f"{ANN}-"],
    ],
)
def test_of_these_nobody_becomes_a_contact(new_calendars: Callable[..., Calendars], people: list[str]) -> None:
    house = new_calendars()
    record = event(at(1), *people)
    guests = tuple(replace(a, role=AttendeeRole.RESOURCE) if a.email[:4] == "room" else a for a in record.attendees)
    house.plan("alice", meeting(replace(record, attendees=guests)))
    assert (house.meetings(), house.rows("SELECT id FROM v1_contact")) == ([], [])


def test_a_meeting_with_somebody_who_becomes_a_contact_later_is_fetched_again(
    new_calendars: Callable[..., Calendars], tmp_path: Path
) -> None:
    house = new_calendars(company(Create.OFF))
    record = meeting(event(at(1), f"{ANN}+"))
    house.plan("alice", record)
    assert house.rows("SELECT verdict, reason FROM placement") == [("skipped", "no_contact")]
    assert house.rows("SELECT 1 FROM calendar_object") == []
    (tmp_path / "a.csv").write_text(f"name,email\nAnn,{ANN}\n")
    import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
    house.derive()
    assert house.rows("SELECT is_wanted FROM placement") == [(1,)]
    place, _cursor = house.place("alice", "Calendar")
    house.ingest().batch(place, Purpose.OTHER, [record])
    house.derive()
    assert house.meetings() == [("2026-03-01T06:30:00.000000Z", "held", 0)]
    assert house.rows("SELECT verdict, reason, is_wanted FROM placement") == [("stored", "contact", 0)]


def test_a_meeting_lives_by_mail_where_no_calendar_holds_it(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    first = event(at(20), f"{ALICE}?", organizer=ANN)
    moved = replace(first, start=at(20, 14), end=at(20, 15), sequence=1, subject="Better offer")
    cancelled = replace(moved, sequence=2, status=EventStatus.CANCELLED)
    house.invite("alice", invitation(ANN, ALICE, minute=1, record=meeting(first, method="REQUEST")))
    columns = "starts_at, status, subject"
    assert house.meetings(columns) == [("2026-03-20T06:30:00.000000Z", "planned", "Offer")]
    # a later mail may come first
    house.invite("alice", invitation(ANN, ALICE, minute=3, record=meeting(cancelled, method="CANCEL")))
    house.invite("alice", invitation(ANN, ALICE, minute=2, record=meeting(moved, method="REQUEST")))
    assert house.meetings(columns) == [("2026-03-20T10:30:00.000000Z", "cancelled", "Better offer")]
    linked = "SELECT count(*) FROM v1_interaction i JOIN v1_meeting m ON m.id = i.meeting_id WHERE i.kind = 'email'"
    assert house.rows(linked) == [(3,)]
    # and the calendar outranks them all
    house.plan("alice", meeting(replace(first, subject="In the calendar")))
    assert house.meetings(columns) == [("2026-03-20T06:30:00.000000Z", "planned", "In the calendar")]


def test_an_answer_by_mail_is_the_answer_of_its_sender(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    record = event(at(20), f"{ANN}?")
    house.plan("alice", meeting(record))
    said = "SELECT response, responded_at FROM v1_attendee WHERE address = 'ann@client.example'"
    assert house.rows(said) == [("needs_action", None)]
    answer = event(at(20), f"{ANN}+", stamped_at=NOON)
    house.invite("alice", invitation(ANN, ALICE, minute=5, record=meeting(answer, method="REPLY")))
    assert house.rows(said) == [("accepted", "2026-03-02T12:05:00.000000Z")]
    signal = "SELECT s.kind, s.occurred_at, s.evidence FROM v1_signal s JOIN v1_contact c ON c.id = s.contact_id"
    assert house.rows(signal) == [("invitation_answer", "2026-03-02T12:05:00.000000Z", "accepted (mail)")]


def test_reprocessed_is_as_fresh(new_calendars: Callable[..., Calendars]) -> None:
    strict, wide = company(Create.OFF), company()
    house, fresh = new_calendars(wide), new_calendars(strict)
    assert not is_due(house.store, wide)
    for each in (house, fresh):
        each.plan("alice", SERIES, meeting(event(at(5), f"{BOB}+", uid="internal"), ref="i.ics"))
    assert len(house.meetings()) == 8
    house.company = strict
    reprocess(house.store, strict, lambda: NOON)
    assert house.contract() == fresh.contract()
    assert house.rows("SELECT ref, verdict, reason FROM placement") == fresh.rows(
        "SELECT ref, verdict, reason FROM placement"
    )
    assert house.meetings() == []
    fresh = new_calendars(wide)
    fresh.plan("alice", SERIES)
    house.company = wide
    reprocess(house.store, wide, lambda: NOON)
    with house.store.read() as transaction:
        stream_id = transaction.execute(text("SELECT stream_id FROM placement WHERE is_wanted")).scalar_one()
        assert write.wanted_refs(transaction, stream_id, 10) == ["1.ics"]
    house.plan("alice", SERIES)
    assert house.contract() == fresh.contract()


def test_time_passes(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    endless = event(at(4), f"{ANN}+", rules=("FREQ=MONTHLY",))
    house.plan("alice", meeting(endless), meeting(event(at(3), f"{ANN}+", uid="m2"), ref="2.ics"))
    assert house.meetings("starts_at, status") == [
        ("2026-03-03T06:30:00.000000Z", "planned"),
        ("2026-03-04T06:30:00.000000Z", "planned"),
        ("2026-04-04T06:30:00.000000Z", "planned"),
        ("2026-05-04T06:30:00.000000Z", "planned"),
    ]
    seq = house.rows("SELECT last_seq FROM v1_store")[0][0]
    house.pass_time(days=35)
    assert [status for _at, status in house.meetings("starts_at, status")] == ["held"] * 3 + ["planned"] * 3
    told = house.rows(f"SELECT DISTINCT entity FROM v1_change WHERE seq > {seq}")  # noqa: S608 - a number
    assert {("meeting",), ("attendee",), ("interaction",), ("interaction_contact",)} <= set(told)
    assert house.rows("SELECT last_met_at, next_meeting_at FROM v1_contact_meetings") == [
        ("2026-04-04T06:30:00.000000Z", "2026-05-04T06:30:00.000000Z")
    ]
    # looked at again nothing changes
    seq = house.rows("SELECT last_seq FROM v1_store")[0][0]
    house.pass_time(minutes=1)
    assert house.rows("SELECT last_seq FROM v1_store")[0][0] == seq


def test_what_was_held_stays_whatever_becomes_of_the_series(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    weekly = event(at(4), f"{ANN}+", rules=("FREQ=WEEKLY;COUNT=3",))
    house.plan("alice", meeting(weekly))
    house.pass_time(days=4)
    later = replace(weekly, start=at(5, 12), end=at(5, 13), subject="Later", sequence=1)
    house.plan("alice", meeting(later))
    assert house.meetings("starts_at, status, subject, moved_count") == [
        ("2026-03-04T06:30:00.000000Z", "held", "Offer", 0),
        ("2026-03-12T08:30:00.000000Z", "planned", "Later", 1),
        ("2026-03-19T08:30:00.000000Z", "planned", "Later", 1),
    ]
    house.delete("alice", "1.ics")
    assert [status for (status,) in house.meetings("status")] == ["held", "cancelled", "cancelled"]
    reprocess(house.store, house.company, lambda: house.now)
    assert [status for (status,) in house.meetings("status")] == ["held", "cancelled", "cancelled"]


def test_an_occurrence_that_is_taken_out_is_cancelled_or_declined(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    ours = event(at(4), f"{ANN}+", rules=("FREQ=WEEKLY;COUNT=3",), left_out=(at(18),))
    theirs = event(at(5), f"{BOB}+", organizer=ANN, uid="m2", rules=("FREQ=WEEKLY;COUNT=2",))
    house.plan("alice", meeting(ours))
    house.plan("bob", meeting(theirs, ref="2.ics"))
    house.plan("alice", meeting(replace(ours, left_out=(at(11), at(18)), sequence=1)))
    house.plan("bob", meeting(replace(theirs, left_out=(at(12),)), ref="2.ics"))
    assert house.meetings("starts_at, status, is_declined") == [
        ("2026-03-04T06:30:00.000000Z", "planned", 0),
        ("2026-03-05T06:30:00.000000Z", "planned", 0),
        ("2026-03-11T06:30:00.000000Z", "cancelled", 0),
        ("2026-03-12T06:30:00.000000Z", "cancelled", 1),
    ]
    counts = "next_meeting_at, planned_count, declined_count, cancelled_count"
    assert house.rows(f"SELECT {counts} FROM v1_contact_meetings") == [  # noqa: S608 - the words above
        ("2026-03-04T06:30:00.000000Z", 2, 1, 1)
    ]


def test_a_meeting_that_moves_to_another_calendar_stays_one(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.plan("alice", SERIES)
    before = house.contract()
    house.plan("alice", replace(SERIES, ref="moved.ics"), calendar="Clients")
    house.delete("alice", "1.ics")
    assert house.contract() == before
    house.delete("alice", "moved.ics", calendar="Clients")
    assert [status for (status,) in house.meetings("status")] == ["held"] * 5 + ["cancelled"] * 3


def test_private_meetings_tell_when_and_with_whom_alone(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.plan("alice", meeting(event(at(1), f"{ANN}+", location="Room 1", classification="private")))
    assert house.meetings("status, subject, location") == [("held", None, None)]
    assert house.rows("SELECT subject, visibility FROM v1_interaction") == [(None, "metadata")]
    (data,) = house.rows("SELECT data FROM calendar_object")[0]
    assert b"Offer" not in zlib.decompress(data)
    house = new_calendars(replace(company(), confidential=Level.NONE))
    house.plan("alice", meeting(event(at(1), f"{ANN}+", classification="confidential")))
    assert house.meetings() == []
    assert house.rows("SELECT verdict, reason FROM placement") == [("suppressed", "confidential")]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        # from 2022-09-22 on Tehran has had no summer time
        ("Asia/Tehran", ["2022-09-14T05:30", "2022-09-21T05:30", "2022-09-28T06:30"]),
        ("Asia/Ulaanbaatar", ["2022-09-14T02:00", "2022-09-21T02:00", "2022-09-28T02:00"]),
        ("Asia/Riyadh", ["2022-09-14T07:00", "2022-09-21T07:00", "2022-09-28T07:00"]),
        ("America/New_York", ["2022-09-14T14:00", "2022-09-21T14:00", "2022-09-28T14:00"]),
    ],
)
def test_a_series_keeps_its_hour(new_calendars: Callable[..., Calendars], zone: str, begins: list[str]) -> None:
    house = new_calendars()
    house.now = datetime(2022, 9, 22, tzinfo=UTC)
    start = Moment(datetime.fromisoformat("2022-09-14T10:00"), zone)
    house.plan("alice", meeting(event(start, f"{ANN}+", rules=("FREQ=WEEKLY;COUNT=3",))))
    assert house.meetings("starts_at, time_zone") == [(f"{each}:00.000000Z", zone) for each in begins]


def test_whole_days_are_days(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    house.plan("alice", meeting(event(Moment(date(2026, 2, 27)), f"{ANN}+", hours=2)))
    columns = "starts_at, starts_on, ends_on, is_all_day, time_zone, status"
    assert house.meetings(columns) == [(None, "2026-02-27", "2026-02-28", 1, None, "held")]
    assert house.rows("SELECT occurred_on FROM v1_interaction") == [("2026-02-27",)]
