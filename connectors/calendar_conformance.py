"""What every connector of calendars promises, as tests: subclass these, as those of `connectors.conformance` for mail.

    class TestMine(CalendarConformance, CalendarExpiryConformance):
        @pytest.fixture
        def connector_factory(self, server): return lambda: MyConnector(MySettings(...), Secret("..."))

        @pytest.fixture
        def calendars(self, server): return MyCalendars(server)

The calendars "work" and "home" must be there. A meeting is found again by its UID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import pytest

from connectors.api import (
    Change,
    Connector,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Meeting,
    Page,
    Stream,
    StreamKind,
    Unreadable,
)
from connectors.conformance import last_cursor, read, stream_named

Factory = Callable[[], Connector]


class Calendars(Protocol):
    """What people do with the calendars on a server."""

    def put(self, calendar: str, uid: str, raw: bytes) -> object:
        """Write the object of this UID, new or again."""

    def remove(self, calendar: str, uid: str) -> object:
        """Remove it."""

    def snapshot(self) -> object:
        """All that a reader must not change, in a form that can be compared."""


def meeting(uid: str, subject: str = "", *, lines: tuple[str, ...] = ()) -> bytes:
    """A calendar object of an hour on 6 January 2025."""
    text = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//keeptouch//conformance//EN", "BEGIN:VEVENT", f"UID:{uid}"),
        *("DTSTAMP:20250101T000000Z", "DTSTART:20250106T100000Z", "DTEND:20250106T110000Z"),
        *(f"SUMMARY:{subject or uid}", *lines, "END:VEVENT", "END:VCALENDAR", ""),
    )
    return "\r\n".join(text).encode()


def uids(changes: Iterable[Change]) -> list[str]:
    """The UIDs of meetings among changes, sorted, each as often as it comes."""
    return sorted(change.uid for change in changes if isinstance(change, Meeting))


def refs_by_uid(changes: Iterable[Change]) -> dict[str, str]:
    """UID -> ref of the meetings among changes."""
    return {change.uid: change.ref for change in changes if isinstance(change, Meeting)}


class CalendarConformance:
    """The promises of `Connector` for calendars; fixtures `connector_factory` and `calendars` are the subclass's."""

    #: As many meetings as fill more than one page, if that is no trouble for the server.
    amount = 12

    def fill(self, calendars: Calendars, calendar: str = "work") -> list[str]:
        """Put `amount` meetings; their UIDs, sorted."""
        names = sorted(f"{calendar}{number}" for number in range(self.amount))
        for name in names:
            calendars.put(calendar, name, meeting(name))
        return names

    def test_every_calendar_is_a_stream_of_its_own(self, connector_factory: Factory, calendars: Calendars) -> None:
        calendars.put("work", "w", meeting("w"))
        calendars.put("home", "h", meeting("h"))
        with connector_factory() as connector:
            once, again = connector.streams(), connector.streams()
            assert once == again
            names = [stream.name for stream in once]
            assert len(names) == len(set(names))
            assert all(stream.kind is StreamKind.CALENDAR for stream in once)
            for name, uid in (("work", "w"), ("home", "h")):
                assert uids(read(connector.pages(stream_named(connector, name), None))) == [uid]

    def test_every_meeting_comes_once_on_first_reading(self, connector_factory: Factory, calendars: Calendars) -> None:
        names = self.fill(calendars)
        with connector_factory() as connector:
            pages = list(connector.pages(stream_named(connector, "work"), None))
        changes = read(pages)
        assert uids(changes) == names
        assert len({change.ref for change in changes}) == self.amount
        assert pages[-1].complete_since is not None
        assert pages[-1].cursor is not None

    def test_an_empty_calendar_is_read_too(self, connector_factory: Factory, calendars: Calendars) -> None:
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            pages = list(connector.pages(stream, None))
            assert read(pages) == []
            assert pages[-1].complete_since is not None
            calendars.put("work", "a", meeting("a"))
        with connector_factory() as connector:
            assert uids(read(connector.pages(stream, last_cursor(pages)))) == ["a"]

    def test_without_news_there_is_none(self, connector_factory: Factory, calendars: Calendars) -> None:
        self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            cursor = last_cursor(connector.pages(stream, None))
            assert list(connector.pages(stream, cursor)) == []
        with connector_factory() as connector:
            assert list(connector.pages(stream_named(connector, "work"), cursor)) == []

    def test_what_is_new_changed_and_gone_comes_after_the_cursor(
        self, connector_factory: Factory, calendars: Calendars
    ) -> None:
        self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            pages = list(connector.pages(stream, None))
            refs = refs_by_uid(read(pages))
        calendars.put("work", "new", meeting("new"))
        calendars.put("work", "work1", meeting("work1", "another subject"))
        calendars.remove("work", "work2")
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            news = list(connector.pages(stream, last_cursor(pages)))
            told = read(news)
            assert {"new", "work1"} <= set(uids(told))
            assert _is_told_gone(refs["work2"], news, stream)
            subjects = {c.uid: c.events[0].subject for c in told if isinstance(c, Meeting)}
            assert subjects["work1"] == "another subject"
            assert read(connector.pages(stream, last_cursor(news, last_cursor(pages)))) == []

    def test_a_removal_alone_is_told(self, connector_factory: Factory, calendars: Calendars) -> None:
        calendars.put("work", "only", meeting("only"))
        with connector_factory() as connector:
            pages = list(connector.pages(stream_named(connector, "work"), None))
            refs = refs_by_uid(read(pages))
        calendars.remove("work", "only")
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            assert _is_told_gone(refs["only"], list(connector.pages(stream, last_cursor(pages))), stream)
            assert list(connector.refs(stream)) == []

    def test_a_move_is_gone_in_one_calendar_and_new_in_the_other(
        self, connector_factory: Factory, calendars: Calendars
    ) -> None:
        self.fill(calendars)
        self.fill(calendars, "home")
        before: dict[str, Cursor | None] = {}
        with connector_factory() as connector:
            for name in ("work", "home"):
                pages = list(connector.pages(stream_named(connector, name), None))
                before[name] = last_cursor(pages)
                if name == "work":
                    ref = refs_by_uid(read(pages))["work3"]
        calendars.remove("work", "work3")
        calendars.put("home", "work3", meeting("work3"))
        with connector_factory() as connector:
            work, home = (stream_named(connector, name) for name in ("work", "home"))
            assert _is_told_gone(ref, list(connector.pages(work, before["work"])), work)
            assert "work3" in uids(read(connector.pages(home, before["home"])))

    def test_reading_goes_on_from_the_cursor_of_every_page(
        self, connector_factory: Factory, calendars: Calendars
    ) -> None:
        names = self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            pages = list(connector.pages(stream, None))
            for at, page in enumerate(pages):
                if page.cursor is not None:
                    rest = read(connector.pages(stream, page.cursor))
                    assert set(uids([*read(pages[: at + 1]), *rest])) == set(names)

    def test_what_changes_while_pages_are_read_is_found_by_the_next_call(
        self, connector_factory: Factory, calendars: Calendars
    ) -> None:
        names = self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            seen: list[Change] = []
            cursor = None
            is_put = False
            for page in connector.pages(stream, None):
                if not is_put:
                    calendars.put("work", "late", meeting("late"))
                    is_put = True
                seen, cursor = [*seen, *page.changes], page.cursor or cursor
        with connector_factory() as connector:
            seen += read(connector.pages(stream_named(connector, "work"), cursor))
        assert set(uids(seen)) == {*names, "late"}

    def test_a_page_read_again_is_the_same(self, connector_factory: Factory, calendars: Calendars) -> None:
        self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            once, twice = ({c.ref: c for c in read(connector.pages(stream, None))} for _ in range(2))
        assert once == twice

    def test_refs_are_the_same_in_pages_fetch_and_refs(self, connector_factory: Factory, calendars: Calendars) -> None:
        self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            paged = {change.ref: change for change in read(connector.pages(stream, None))}
            assert sorted(connector.refs(stream)) == sorted(paged)
            assert sorted(connector.refs(stream, in_scope=True)) == sorted(paged)
            batches = list(connector.fetch(stream, [*paged, next(iter(paged))]))
        fetched = [change for batch in batches for change in batch.changes]
        assert len(fetched) == len(paged)
        assert {change.ref: change for change in fetched} == paged

    def test_what_is_gone_is_fetched_as_deleted(self, connector_factory: Factory, calendars: Calendars) -> None:
        self.fill(calendars)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            refs = refs_by_uid(read(connector.pages(stream, None)))
        calendars.remove("work", "work1")
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            fetched = [c for batch in connector.fetch(stream, list(refs.values())) for c in batch.changes]
        assert [change for change in fetched if isinstance(change, Deleted)] == [Deleted(refs["work1"])]
        assert uids(fetched) == sorted(refs.keys() - {"work1"})

    def test_a_series_comes_with_its_exceptions(self, connector_factory: Factory, calendars: Calendars) -> None:
        series = meeting("s", lines=("RRULE:FREQ=WEEKLY;COUNT=3",))
        moved = meeting("s", "moved", lines=("RECURRENCE-ID:20250113T100000Z",))
        event = moved[moved.index(b"BEGIN:VEVENT") : moved.index(b"END:VCALENDAR")]
        calendars.put("work", "s", series.replace(b"END:VCALENDAR", event + b"END:VCALENDAR"))
        with connector_factory() as connector:
            (change,) = read(connector.pages(stream_named(connector, "work"), None))
        assert isinstance(change, Meeting)
        assert [event.subject for event in change.events] == ["s", "moved"]
        assert change.events[0].rules
        assert change.events[1].recurrence_id is not None

    def test_nothing_on_the_server_changes(self, connector_factory: Factory, calendars: Calendars) -> None:
        self.fill(calendars)
        before = calendars.snapshot()
        with connector_factory() as connector:
            for stream in connector.streams():
                changes = read(connector.pages(stream, None))
                assert not [change for change in changes if isinstance(change, Unreadable)]
                assert sorted(connector.refs(stream)) == sorted(change.ref for change in changes)
                for batch in connector.fetch(stream, [change.ref for change in changes]):
                    assert batch.changes
        assert calendars.snapshot() == before

    def test_it_can_be_left_in_the_middle_and_used_again(
        self, connector_factory: Factory, calendars: Calendars
    ) -> None:
        names = self.fill(calendars)
        connector = connector_factory()
        with connector:
            page = next(iter(connector.pages(stream_named(connector, "work"), None)))
        with connector:
            rest = read(connector.pages(stream_named(connector, "work"), page.cursor))
        assert set(uids([*page.changes, *rest])) == set(names)

    def test_a_calendar_that_is_not_there_is_an_error_of_ours(self, connector_factory: Factory) -> None:
        missing = Stream(name="no such calendar", kind=StreamKind.CALENDAR)
        with connector_factory() as connector, pytest.raises(ConnectorError) as caught:
            list(connector.pages(missing, None))
        assert caught.value.problem
        assert caught.value.step == "select"

    @pytest.mark.parametrize("cursor", ["", "[]", "nonsense", '{"a":1}', "[1,2]", '["x","y","z"]'])
    def test_a_cursor_of_somebody_else_is_told(
        self, connector_factory: Factory, calendars: Calendars, cursor: str
    ) -> None:
        calendars.put("work", "a", meeting("a"))
        with connector_factory() as connector, pytest.raises(CursorExpired):
            list(connector.pages(stream_named(connector, "work"), Cursor(cursor)))


class CalendarExpiryConformance:
    """For servers whose cursors can lose their meaning; further fixture: `expired`, which makes a cursor worthless."""

    def test_a_worthless_cursor_is_told_or_all_that_is_gone(
        self, connector_factory: Factory, calendars: Calendars, expired: Callable[[Cursor], Cursor]
    ) -> None:
        for uid in ("a", "b", "c"):
            calendars.put("work", uid, meeting(uid))
        with connector_factory() as connector:
            pages = list(connector.pages(stream_named(connector, "work"), None))
            refs = refs_by_uid(read(pages))
        calendars.remove("work", "b")
        cursor = last_cursor(pages)
        assert cursor is not None
        cursor = expired(cursor)
        with connector_factory() as connector:
            stream = stream_named(connector, "work")
            try:
                assert _is_told_gone(refs["b"], list(connector.pages(stream, cursor)), stream)
            except CursorExpired:
                assert uids(read(connector.pages(stream, None))) == ["a", "c"]


def _is_told_gone(ref: str, pages: list[Page], stream: Stream) -> bool:
    """Is it told, or a comparison asked for, as a stream that tells removals has to?"""
    is_told = Deleted(ref) in read(pages) or any(page.asks_comparison for page in pages)
    return is_told or not stream.tells_removals
