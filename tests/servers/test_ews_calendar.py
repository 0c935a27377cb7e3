"""The double of Exchange Web Services, as exchangelib sees it: calendars, contacts and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import exchangelib
import pytest
from exchangelib import errors
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.recurrence import DailyPattern
from exchangelib.recurrence import Recurrence as ClientRecurrence

from connectors.calendar_conformance import meeting
from tests.servers.ews import Attendee, EwsServer, Mailbox, Recurrence, global_object_id, put_ical
from tests.servers.ews.recurrence import read_recurrence
from tests.servers.ews_client import Client

# a server works in the same process
pytestmark = pytest.mark.slow

ALICE = "alice@example.test"
BERLIN = "Europe/Berlin"
#: Monday, 9 o'clock in Berlin, in winter.
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAILY = Recurrence("DailyRecurrence", date(2026, 11, 2), count=5)


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with EwsServer() as running:
        yield running


@pytest.fixture
def alice(server: EwsServer) -> Mailbox:
    return server.add_mailbox(ALICE, "secret")


@pytest.fixture
def account(server: EwsServer, alice: Mailbox) -> Iterator[Any]:
    client = Client()
    yield client.account(server, ALICE)
    client.close()


def moment(when: datetime) -> Any:
    """As exchangelib takes times."""
    return exchangelib.EWSDateTime.from_datetime(when)


def view(account: Any, days: int = 7, **options: Any) -> list[Any]:
    """What the calendar shows from the day of START on."""
    begin = START.replace(hour=0)
    found = account.calendar.view(start=moment(begin), end=moment(begin + timedelta(days=days)), **options)
    return list(found.only("subject", "start", "end", "type", "uid", "original_start", "recurrence_id"))


def test_a_series_is_one_item_in_the_folder_and_many_in_a_view(account: Any, alice: Mailbox) -> None:
    alice.put_event("calendar", "single", START + timedelta(hours=4), subject="alone")
    series = alice.put_event("calendar", "series", START, subject="daily", zone=BERLIN, recurrence=DAILY)
    assert sorted(item.type for item in account.calendar.all().only("type")) == ["RecurringMaster", "Single"]
    moved = alice.change_occurrence(series, START + timedelta(days=1), start=START + timedelta(days=1, hours=2))
    alice.remove_occurrence(series, START + timedelta(days=2))
    shown = view(account)
    kinds = [(item.subject, item.type) for item in shown]
    assert kinds == [
        ("daily", "Occurrence"),
        ("alone", "Single"),
        ("daily", "Exception"),
        ("daily", "Occurrence"),
        ("daily", "Occurrence"),
    ]
    exception = shown[2]
    assert exception.id == moved
    assert exception.start == START + timedelta(days=1, hours=2)
    assert exception.end - exception.start == timedelta(hours=1)
    assert exception.original_start == exception.recurrence_id == START + timedelta(days=1)
    assert {item.uid for item in shown} == {"single", "series"}
    assert len({item.id for item in shown}) == 5
    assert [item.type for item in account.fetch([(item.id, None) for item in shown])] == [one.type for one in shown]


def test_a_master_tells_its_rule_and_what_became_of_it(account: Any, alice: Mailbox) -> None:
    series = alice.put_event("calendar", "series", START, zone=BERLIN, recurrence=DAILY)
    moved = alice.change_occurrence(series, date(2026, 11, 3), Subject="other")
    alice.remove_occurrence(series, date(2026, 11, 4))
    (master,) = account.fetch([(series, None)])
    assert master.recurrence.boundary.number == 5
    assert master.recurrence.boundary.start == date(2026, 11, 2)
    assert [(one.id, one.original_start) for one in master.modified_occurrences] == [(moved, START + timedelta(days=1))]
    assert [one.start for one in master.deleted_occurrences] == [START + timedelta(days=2)]
    assert (master.first_occurrence.start, master.last_occurrence.start) == (START, START + timedelta(days=4))
    assert str(master._start_timezone) == BERLIN
    (exception,) = account.fetch([(moved, None)], only_fields=["subject", "uid", "type"])
    assert (exception.subject, exception.uid, exception.type) == ("other", "series", "Exception")


def test_occurrences_have_numbers(account: Any, alice: Mailbox) -> None:
    series = alice.put_event("calendar", "series", START, zone=BERLIN, recurrence=DAILY)
    alice.remove_occurrence(series, date(2026, 11, 4))
    (master,) = account.fetch([(series, None)])
    second = master.occurrence(2)
    second.refresh()
    assert second.start == START + timedelta(days=1)
    second.subject = "changed"
    second.save(update_fields=["subject"])
    with pytest.raises(errors.ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        master.occurrence(3).refresh()
    with pytest.raises(errors.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
        master.occurrence(6).refresh()
    master.occurrence(4).delete()
    assert [(item.subject, item.type) for item in view(account)] == [
        (None, "Occurrence"),
        ("changed", "Exception"),
        (None, "Occurrence"),
    ]


def test_what_happens_to_an_occurrence_is_told_of_its_master(account: Any, alice: Mailbox) -> None:
    series = alice.put_event("calendar", "series", START, zone=BERLIN, recurrence=DAILY)
    fields = ["subject", "type"]
    assert [(kind, item.type) for kind, item in account.calendar.sync_items(only_fields=fields)] == [
        ("create", "RecurringMaster")
    ]
    alice.change_occurrence(series, date(2026, 11, 3), Location="elsewhere")
    assert [(kind, item.id) for kind, item in account.calendar.sync_items(only_fields=fields)] == [("update", series)]
    alice.remove_occurrence(series, date(2026, 11, 4))
    assert [kind for kind, _ in account.calendar.sync_items(only_fields=fields)] == ["update"]
    alice.remove(series)
    assert [kind for kind, _ in account.calendar.sync_items(only_fields=fields)] == ["delete"]


def test_views_have_limits(account: Any, alice: Mailbox) -> None:
    alice.put_event("calendar", "series", START, recurrence=Recurrence("DailyRecurrence", START.date()))
    assert len(view(account, max_items=3)) == 3
    with pytest.raises(errors.ErrorCalendarViewRangeTooBig):
        view(account, days=800)
    for number in range(3):
        alice.put_event("calendar", f"s{number}", START, recurrence=Recurrence("DailyRecurrence", START.date()))
    with pytest.raises(errors.ErrorExceededFindCountLimit):
        view(account, days=365)


def test_a_client_makes_a_series_and_finds_masters(account: Any, alice: Mailbox) -> None:
    zone = exchangelib.EWSTimeZone(BERLIN)
    begin = exchangelib.EWSDateTime(2026, 3, 27, 9, tzinfo=zone)
    item = exchangelib.CalendarItem(
        account=account,
        folder=account.calendar,
        subject="over the change to summer",
        start=begin,
        end=begin + timedelta(hours=1),
        recurrence=ClientRecurrence(pattern=DailyPattern(interval=1), start=begin.date(), number=4),
    )
    item.save()
    masters = list(account.calendar.filter(is_recurring=True).only("subject", "recurrence", "uid"))
    assert [one.subject for one in masters] == ["over the change to summer"]
    assert masters[0].uid.startswith("040000008200E00074C5B7101A82E008")
    found = account.calendar.view(start=begin, end=begin + timedelta(days=7)).only("start")
    assert [one.start.hour for one in found] == [8, 8, 7, 7]
    (own,) = account.calendar.all()
    assert (own.organizer.email_address, own.my_response_type, own.is_meeting) == (ALICE, "Organizer", False)


def test_people_and_answers_are_told(account: Any, alice: Mailbox) -> None:
    item = alice.put_event(
        "calendar",
        "m",
        START,
        subject="review",
        organizer=("Bob", "bob@example.org"),
        attendees=[
            Attendee(ALICE, "Alice"),
            Attendee("c@example.org", "C", "Accept"),
            Attendee("room@example.test", kind="Resource"),
        ],
        body="Join https://teams.microsoft.com/l/meetup-join/1",
        Sensitivity="Private",
    )
    alice.respond(item, "c@example.org", "Decline")
    (got,) = account.fetch([(item, None)])
    assert got.organizer.email_address == "bob@example.org"
    answers = [(one.mailbox.email_address, one.response_type) for one in got.required_attendees]
    assert answers == [(ALICE, "Unknown"), ("c@example.org", "Decline")]
    assert [one.mailbox.email_address for one in got.resources] == ["room@example.test"]
    assert (got.my_response_type, got.sensitivity, got.is_meeting) == ("NoResponseReceived", "Private", True)
    assert "meetup-join" in got.text_body
    alice.cancel(item)
    (got,) = account.fetch([(item, None)], only_fields=["is_cancelled", "legacy_free_busy_status"])
    assert (got.is_cancelled, got.legacy_free_busy_status) == (True, "Free")


def test_a_meeting_of_another_program_has_its_uid_within_the_global_object_id(account: Any, alice: Mailbox) -> None:
    class CleanGlobalObjectId(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
        distinguished_property_set_id = "Meeting"
        property_id = 0x23
        property_type = "Binary"

    exchangelib.CalendarItem.register("clean_id", CleanGlobalObjectId)
    try:
        item = alice.put_event("calendar", "uid@google.com", START)
        (got,) = account.fetch([(item, None)], only_fields=["uid", "clean_id"])
    finally:
        exchangelib.CalendarItem.deregister("clean_id")
    assert got.uid == "uid@google.com"
    assert got.clean_id == global_object_id("uid@google.com")
    assert b"vCal-Uid\x01\x00\x00\x00uid@google.com\x00" in got.clean_id


def test_a_calendar_file_becomes_an_item_and_is_replaced_by_its_uid(account: Any, alice: Mailbox) -> None:
    lines = ("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20250120T100000Z", "LOCATION:Room")
    first = put_ical(alice, "Work", meeting("u", "weekly", lines=lines))
    assert put_ical(alice, "Work", meeting("u", "again", lines=lines)) == first
    folder = account.msg_folder_root / "Work"
    (master,) = folder.all()
    assert (master.subject, master.location, master.uid) == ("again", "Room", "u")
    assert master.recurrence.boundary.number == 3
    assert [one.start for one in master.deleted_occurrences] == [datetime(2025, 1, 20, 10, tzinfo=UTC)]
    with pytest.raises(ValueError, match="no such rule"):
        put_ical(alice, "Work", meeting("x", lines=("RRULE:FREQ=YEARLY;BYWEEKNO=20",)))


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Recurrence("WeeklyRecurrence", date(2026, 11, 2), 2, ("Monday", "Friday")), ["02", "06", "16", "20", "30"]),
        (Recurrence("AbsoluteMonthlyRecurrence", date(2026, 1, 31), day=31), ["31", "28", "31", "30", "31"]),
        (Recurrence("RelativeMonthlyRecurrence", date(2026, 1, 1), 1, ("Weekday",), "Last"), ["30", "27", "31"]),
        (Recurrence("RelativeYearlyRecurrence", date(2026, 1, 1), 1, ("Sunday",), "Last", 0, 3), ["29", "28", "26"]),
        (Recurrence("AbsoluteYearlyRecurrence", date(2028, 2, 29), day=29, month=2), ["29", "28", "28", "28", "29"]),
    ],
)
def test_rules_are_those_of_exchange(rule: Recurrence, days: list[str]) -> None:
    found = rule.dates()
    assert [f"{next(found).day:02}" for _ in days] == days
    assert read_recurrence(rule.element(BERLIN)) == rule


def test_contacts_have_addresses(account: Any, alice: Mailbox) -> None:
    item = alice.put_contact("Bob Test", ["bob@example.org", "b@example.net"], CompanyName="Acme")
    (got,) = account.contacts.all()
    assert (got.id, got.display_name, got.company_name) == (item, "Bob Test", "Acme")
    assert [one.email for one in got.email_addresses] == ["bob@example.org", "b@example.net"]
    made = exchangelib.Contact(
        account=account,
        folder=account.contacts,
        display_name="Ann",
        email_addresses=[exchangelib.indexed_properties.EmailAddress(label="EmailAddress1", email="ann@example.org")],
    )
    made.save()
    got.email_addresses[1].email = "new@example.net"
    got.save(update_fields=["email_addresses"])
    (again,) = account.fetch([(item, None)])
    assert [one.email for one in again.email_addresses] == ["bob@example.org", "new@example.net"]
    kinds = [(kind, one.display_name) for kind, one in account.contacts.sync_items(only_fields=["display_name"])]
    assert sorted(kinds) == [("create", "Ann"), ("create", "Bob Test")]


def test_tasks_are_made_changed_and_done(account: Any, alice: Mailbox) -> None:
    task = exchangelib.Task(
        account=account, folder=account.tasks, subject="call", due_date=exchangelib.EWSDate(2026, 12, 1)
    )
    task.save()
    (got,) = account.tasks.all()
    assert (got.subject, got.status, got.is_complete) == ("call", "NotStarted", False)
    assert got.due_date == date(2026, 12, 1)
    got.complete()
    (got,) = account.tasks.all()
    assert (got.status, got.is_complete, got.percent_complete) == ("Completed", True, 100)
    got.delete()
    assert list(account.tasks.all()) == []
