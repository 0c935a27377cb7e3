"""The conformance suite of calendars on the double of Exchange, and what only Exchange does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.api import Cursor, Deleted, Meeting, Moment, Response, Secret, StreamKind, Unreadable
from connectors.calendar_conformance import CalendarConformance, CalendarExpiryConformance, meeting
from connectors.choices import Choice
from connectors.conformance import last_cursor, read, stream_named
from connectors.ews import EwsConnector
from connectors.ews.calendars import Calendar
from tests.integration.company import Account, Company, Raw
from tests.integration.exchange import PASSWORD, ExchangeMailbox, exchange
from tests.servers.ews import Attendee, Recurrence, global_object_id, put_ical, soap_fault

# a server works in the same process
pytestmark = pytest.mark.slow

#: No mail, and no calendar but those of the tests.
CHOICE: dict[str, object] = {
    "folders": Choice(exclude=("*",)),
    "calendars": Choice(include=("work", "home")),
}
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ExchangeCalendars:
    """The calendars of a mailbox, beside the one that it has."""

    box: ExchangeMailbox

    def put(self, calendar: str, uid: str, raw: bytes) -> None:
        put_ical(self.box.mailbox, calendar, raw)

    def remove(self, calendar: str, uid: str) -> None:
        self.box.mailbox.remove(self.box.mailbox.event_id(calendar, uid))

    def snapshot(self) -> object:
        return self.box.mailbox.snapshot()

    def connector(self) -> EwsConnector:
        return EwsConnector(self.box.options(**CHOICE), Secret(PASSWORD))


@pytest.fixture
def calendars() -> Iterator[ExchangeCalendars]:
    with exchange() as box:
        for name in ("work", "home"):
            box.mailbox.make_folder(name, folder_class="IPF.Appointment")
        yield ExchangeCalendars(box)


class TestExchange(CalendarConformance, CalendarExpiryConformance):
    """Exchange as it is."""

    amount = 130

    @pytest.fixture
    def connector_factory(self, calendars: ExchangeCalendars) -> Callable[[], EwsConnector]:
        return calendars.connector

    @pytest.fixture
    def expired(self, calendars: ExchangeCalendars) -> Callable[[Cursor], Cursor]:
        def expired(cursor: Cursor) -> Cursor:
            calendars.box.expire("work")
            return cursor

        return expired


def weekly(calendars: ExchangeCalendars, uid: str = "s", count: int = 4) -> str:
    """A series of Mondays; its ItemId."""
    series = Recurrence("WeeklyRecurrence", MONDAY.date(), 1, ("Monday",), count=count)
    return calendars.box.mailbox.put_event("work", uid, MONDAY, subject="weekly", recurrence=series)


class Reader:
    """Reads "work" again and again, each time from where it was."""

    def __init__(self, calendars: ExchangeCalendars) -> None:
        self._calendars = calendars
        self._cursor: Cursor | None = None

    def read(self) -> list[Meeting | Deleted | Unreadable]:
        with self._calendars.connector() as connector:
            pages = list(connector.pages(stream_named(connector, "work"), self._cursor))
        self._cursor = last_cursor(pages) or self._cursor
        changes = read(pages)
        assert all(isinstance(each, Meeting | Deleted | Unreadable) for each in changes)
        return changes  # type: ignore[return-value]  # see the line above

    def one(self) -> Meeting:
        (change,) = self.read()
        assert isinstance(change, Meeting)
        return change


def test_a_calendar_is_a_stream_beside_the_mail(calendars: ExchangeCalendars) -> None:
    with calendars.box.connector() as connector:
        kinds = {stream.name: stream.kind for stream in connector.streams()}
    assert kinds["INBOX"] is StreamKind.MAIL
    assert {name for name, kind in kinds.items() if kind is StreamKind.CALENDAR} == {"Calendar", "home", "work"}


def test_whatever_is_done_to_an_occurrence_is_a_change_of_its_series(calendars: ExchangeCalendars) -> None:
    box, reader, week = calendars.box.mailbox, Reader(calendars), timedelta(days=7)
    series = weekly(calendars)
    assert [event.recurrence_id for event in reader.one().events] == [None]
    box.change_occurrence(series, MONDAY + week, start=MONDAY + week + timedelta(hours=3), Subject="later")
    moved = reader.one().events[1]
    assert (moved.subject, moved.rules) == ("later", ())
    assert moved.recurrence_id == Moment((MONDAY + week).replace(tzinfo=None), "UTC")
    assert moved.start == Moment((MONDAY + week).replace(tzinfo=None, hour=12), "UTC")
    box.remove_occurrence(series, MONDAY + 2 * week)
    assert reader.one().events[0].left_out == (Moment((MONDAY + 2 * week).replace(tzinfo=None), "UTC"),)
    box.remove_occurrence(series, MONDAY + week)
    assert len(reader.one().events) == 1
    box.remove(series)
    assert reader.read() == [Deleted(series)]
    assert reader.read() == []


@pytest.mark.parametrize("is_old", [False, True])
def test_the_link_of_a_meeting_is_asked_of_servers_that_know_it(calendars: ExchangeCalendars, is_old: bool) -> None:
    link = "https://meet.acme.example/42"
    calendars.box.mailbox.put_event("work", "u", MONDAY, JoinOnlineMeetingUrl=link)
    if is_old:
        calendars.box.server.fail(soap_fault("ErrorInvalidServerVersion"))
    assert Reader(calendars).one().events[0].conference_url == ("" if is_old else link)
    asked = [each.body for each in calendars.box.server.http.requests if b"GetItem" in each.body]
    assert [b"JoinOnlineMeetingUrl" in each for each in asked] == [not is_old]


def test_an_answer_and_a_cancellation_are_told(calendars: ExchangeCalendars) -> None:
    box, reader = calendars.box.mailbox, Reader(calendars)
    guest = Attendee("ann@client.example", "Ann")
    made = box.put_event("work", "m", MONDAY, attendees=[guest], organizer=("Rep", box.address))
    assert [each.response for each in reader.one().events[0].attendees] == [Response.NEEDS_ACTION]
    box.respond(made, "ann@client.example", "Accept")
    assert [each.response for each in reader.one().events[0].attendees] == [Response.ACCEPTED]
    box.cancel(made)
    assert reader.one().events[0].status == "cancelled"


def test_what_the_server_does_not_give_is_told_and_the_others_come(calendars: ExchangeCalendars) -> None:
    box, reader = calendars.box.mailbox, Reader(calendars)
    for uid in ("a", "b", "c"):
        box.put_event("work", uid, MONDAY)
    box.break_item(box.event_id("work", "b"), "ErrorItemCorrupt")
    changes = reader.read()
    assert {each.uid for each in changes if isinstance(each, Meeting)} == {"a", "c"}
    (unreadable,) = (each for each in changes if isinstance(each, Unreadable))
    assert "ErrorItemCorrupt" in unreadable.reason


def test_of_an_exception_that_the_server_does_not_give_its_series_knows_the_time(
    calendars: ExchangeCalendars, monkeypatch: pytest.MonkeyPatch
) -> None:
    series, later = weekly(calendars), MONDAY + timedelta(hours=1)
    calendars.box.mailbox.change_occurrence(series, MONDAY, start=later, Subject="broken")
    monkeypatch.setattr(Calendar, "_exceptions", lambda _calendar, _items: {})
    moved = Reader(calendars).one().events[1]
    assert (moved.subject, moved.start) == ("weekly", Moment(later.replace(tzinfo=None), "UTC"))


def test_an_answer_that_says_too_early_that_it_was_the_last_loses_nothing(calendars: ExchangeCalendars) -> None:
    calendars.box.server.oddities.early_last_page = True
    for number in range(700):
        calendars.box.mailbox.put_event("work", f"m{number}", MONDAY + timedelta(hours=number))
    reader = Reader(calendars)
    assert len(reader.read()) == 700
    assert reader.read() == []


def test_one_meeting_of_exchange_and_of_another_calendar_is_one(calendars: ExchangeCalendars, tmp_path: Path) -> None:
    box = calendars.box.mailbox
    # as Exchange writes what a customer's program invited to, and what its own people made
    theirs, ours = (
        global_object_id("7f3c@client.example").hex().upper(),
        "040000008200E00074C5B7101A82E00800000000C0C5F7B0",
    )
    ours = f"{ours}A41BDA010000000000000000100000000123456789ABCDEF0123456789ABCDEF"
    guest = Attendee("ann@client.example", "Ann")
    for uid in (theirs, ours):
        box.put_event("work", uid, MONDAY, subject="Offer", attendees=[guest], organizer=("Rep", box.address))
    company = Company(tmp_path / "company", domains=("exchange.example",), create="all")
    calendars.box.account(company, "rep", since=Raw("2026-01-01"))
    folder = tmp_path / "calendar"
    folder.mkdir()
    for name, uid in (("theirs", "7f3c@client.example"), ("ours", ours.lower())):
        people = ("ORGANIZER:mailto:ann@client.example", f"ATTENDEE:mailto:{box.address}")
        (folder / f"{name}.ics").write_bytes(meeting(uid, "Offer", lines=people).replace(b"20250106", b"20261102"))
    options = {"path": str(folder), "format": "ics"}
    company.accounts["other"] = Account("other", "other@exchange.example", options, kind="local")
    company.sync()
    rows = company.rows("SELECT count(*), count(DISTINCT uid) FROM v1_meeting")
    assert rows == [(2, 2)]


def test_without_news_a_calendar_costs_one_request(calendars: ExchangeCalendars) -> None:
    reader = Reader(calendars)
    weekly(calendars)
    assert len(reader.read()) == 1
    server = calendars.box.server
    before = len(server.requests)
    with calendars.connector() as connector:
        stream = stream_named(connector, "work")
        listed = len(server.requests)
        assert listed > before
        assert list(connector.pages(stream, reader._cursor)) == []
        assert [each.operation for each in server.requests[listed:]] == ["SyncFolderItems"]
