"""What every connector promises, as tests: subclass these in the tests of a connector (pip install keeptouch[testing]).

    class TestMine(ConnectorConformance, RemovalConformance, ExpiryConformance):
        @pytest.fixture
        def connector_factory(self, server): return lambda: MyConnector(MySettings(...), Secret("..."))

        @pytest.fixture
        def deliver(self, server): return server.deliver     # (folder name, raw mail)

Folder names are full names, decoded, levels parted by "/". A mail is found again by its Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import pytest

from connectors.api import (
    MARKS,
    Change,
    Connector,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Inspectable,
    Message,
    Outline,
    Page,
    Stream,
    Unreadable,
)

Factory = Callable[[], Connector]
#: Puts a raw mail into the folder of that name, which is made where it is missing.
Deliver = Callable[[str, bytes], object]
#: Removes the mail with this Message-ID (without brackets) from the folder of that name.
Remove = Callable[[str, str], object]
#: Makes all earlier cursors of the folder of that name worthless.
Expire = Callable[[str], object]
#: Everything on the server that a reader must not change, in a form that can be compared.
Snapshot = Callable[[], object]

PERSIAN = "پروژه‌ها"
MONGOLIAN = "Төслүүд"
#: Broken in many ways: no blank line, no header, NUL, a part without end, lies about charset and encoding.
SPOILED = (
    b"",
    b"no header at all",
    b"Subject: \xff\xfe\x00 raw\r\nFrom: <<<>>>,,;:@\r\nDate: never\r\n\r\n\x00\x00",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=nope\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
)


def mail(number: int, *, folder: str = "INBOX") -> bytes:
    """A small mail whose Message-ID is `message_id(number, folder)`."""
    return (
        f"From: Sender <sender@example.org>\r\nTo: reader@example.com\r\nSubject: number {number}\r\n"
        f"Date: Mon, 06 Jan 2025 10:00:{number % 60:02} +0330\r\n"
        f"Message-ID: <{message_id(number, folder)}>\r\n\r\nbody {number}\r\n"
    ).encode()


def message_id(number: int, folder: str = "INBOX") -> str:
    """The Message-ID of `mail(number, folder)`, without brackets."""
    return f"{number}.{folder.encode().hex()}@conformance.example"


def read(pages: Iterable[Page]) -> list[Change]:
    """The changes of all pages."""
    return [change for page in pages for change in page.changes]


def ids(changes: Iterable[Change]) -> list[str]:
    """The Message-IDs among changes, sorted, each as often as it comes."""
    return sorted(c.message_id or "" for c in changes if isinstance(c, Message))


def stream_named(connector: Connector, name: str) -> Stream:
    """The stream with this name; fails where there is none."""
    found = [stream for stream in connector.streams() if stream.name == name]
    assert len(found) == 1, f"streams() does not give {name} exactly once"
    return found[0]


def last_cursor(pages: Iterable[Page], before: Cursor | None = None) -> Cursor | None:
    """Where a reader stands after these pages."""
    return [before, *(page.cursor for page in pages if page.cursor is not None)][-1]


class ConnectorConformance:
    """The promises of `Connector`; the fixtures `connector_factory` and `deliver` are the subclass's to give."""

    #: As many mails as fill more than one page, if that is no trouble for the server.
    amount = 12

    @pytest.fixture
    def snapshot(self) -> Snapshot:
        """Override where the server's state can be seen."""
        return lambda: None

    def test_is_a_connector(self, connector_factory: Factory) -> None:
        assert isinstance(connector_factory(), Connector)

    def test_every_mail_comes_once_on_first_reading(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            changes = read(connector.pages(stream_named(connector, "INBOX"), None))
        assert ids(changes) == sorted(message_id(n) for n in range(self.amount))
        assert len({change.ref for change in changes}) == self.amount

    def test_the_last_page_says_that_all_was_read(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            pages = list(connector.pages(stream, None))
            assert read(connector.pages(stream, last_cursor(pages))) == []
        assert pages[-1].complete_since is not None

    @pytest.mark.parametrize("horizon", [datetime(1999, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
    def test_who_ends_at_the_horizon_tells_what_is_left_and_goes_on_from_there(
        self, connector_factory: Factory, deliver: Deliver, horizon: datetime
    ) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            pages = list(connector.pages(stream, None, horizon))
            left = self.amount - len(read(pages))
            assert pages[-1].complete_since is not None
            assert pages[-1].complete_since <= horizon
            assert not left or pages[-1].backlog == left
            assert list(connector.pages(stream, last_cursor(pages), horizon)) == []
            rest = list(connector.pages(stream, last_cursor(pages)))
            assert ids([*read(pages), *read(rest)]) == sorted(message_id(n) for n in range(self.amount))
            assert not rest or rest[-1].backlog == 0

    def test_reading_goes_on_from_the_cursor_of_every_page(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            pages = list(connector.pages(stream, None))
            assert any(page.cursor is not None for page in pages)
            for at, page in enumerate(pages):
                if page.cursor is not None:
                    rest = read(connector.pages(stream, page.cursor))
                    got = ids([*read(pages[: at + 1]), *rest])
                    assert set(got) == {message_id(n) for n in range(self.amount)}

    def test_new_mail_comes_after_the_cursor(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            cursor = last_cursor(connector.pages(stream, None))
        for n in (2, 3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            pages = list(connector.pages(stream, cursor))
            assert {message_id(2), message_id(3)} <= set(ids(read(pages)))
            assert read(connector.pages(stream, last_cursor(pages, cursor))) == []

    def test_mail_that_comes_while_pages_are_read_is_found_by_the_next_call(
        self, connector_factory: Factory, deliver: Deliver
    ) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            seen: list[Change] = []
            cursor = None
            for page in connector.pages(stream, None):
                if cursor is None:
                    deliver("INBOX", mail(1000))
                seen, cursor = [*seen, *page.changes], page.cursor or cursor
            seen += read(connector.pages(stream, cursor))
        assert set(ids(seen)) == {message_id(n) for n in (*range(self.amount), 1000)}

    def test_a_page_read_again_is_the_same(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            once, twice = (read(connector.pages(stream, None)) for _ in range(2))
        assert _by_ref(once) == _by_ref(twice)

    def test_refs_are_the_same_in_pages_fetch_and_refs(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            paged = read(connector.pages(stream, None))
            refs = [change.ref for change in paged]
            assert sorted(connector.refs(stream)) == sorted(refs)
            assert sorted(connector.refs(stream, in_scope=True)) == sorted(refs)
            batches = list(connector.fetch(stream, [*refs, refs[0]]))
        fetched = [change for batch in batches for change in batch.changes]
        assert len(fetched) == len(refs)
        assert _by_ref(fetched) == _by_ref(paged)

    def test_fetching_nothing_gives_nothing(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector:
            batches = list(connector.fetch(stream_named(connector, "INBOX"), []))
        assert [change for batch in batches for change in batch.changes] == []

    @pytest.mark.parametrize("spoiled", SPOILED)
    def test_a_spoiled_mail_stops_nothing(self, connector_factory: Factory, deliver: Deliver, spoiled: bytes) -> None:
        deliver("INBOX", mail(1))
        deliver("INBOX", spoiled)
        deliver("INBOX", mail(2))
        with connector_factory() as connector:
            changes = read(connector.pages(stream_named(connector, "INBOX"), None))
        assert {message_id(1), message_id(2)} <= set(ids(changes))
        assert all(isinstance(change, Message | Unreadable) for change in changes)
        assert all(change.reason for change in changes if isinstance(change, Unreadable))

    def test_nothing_on_the_server_changes(
        self, connector_factory: Factory, deliver: Deliver, snapshot: Snapshot
    ) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
            deliver("Archive/2025", mail(n, folder="Archive/2025"))
        before = snapshot()
        with connector_factory() as connector:
            for stream in connector.streams():
                refs = [change.ref for change in read(connector.pages(stream, None))]
                assert sorted(connector.refs(stream)) == sorted(refs)
                for batch in connector.fetch(stream, refs):
                    assert batch.changes
        assert snapshot() == before

    def test_streams_come_in_the_same_order_with_decoded_names(
        self, connector_factory: Factory, deliver: Deliver
    ) -> None:
        names = ("INBOX", "Sent", PERSIAN, MONGOLIAN, f"{MONGOLIAN}/{PERSIAN} & Co")
        for n, name in enumerate(names):
            deliver(name, mail(n, folder=name))
        with connector_factory() as connector:
            once, again = connector.streams(), connector.streams()
        with connector_factory() as connector:
            assert once == again == connector.streams()
            found = [stream.name for stream in once]
            assert set(names) <= set(found)
            assert len(found) == len(set(found))
            assert found.index("Sent") < found.index("INBOX") < found.index(MONGOLIAN)
            for n, name in enumerate(names):
                changes = read(connector.pages(stream_named(connector, name), None))
                assert ids(changes) == [message_id(n, name)]

    def test_folders_can_be_read_in_turns(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
            deliver("Archive", mail(n, folder="Archive"))
        with connector_factory() as connector:
            inbox, archive = (stream_named(connector, name) for name in ("INBOX", "Archive"))
            first, second = connector.pages(inbox, None), connector.pages(archive, None)
            seen: dict[str, list[Change]] = {"INBOX": [], "Archive": []}
            turns = [("INBOX", first), ("Archive", second)]
            while turns:
                name, pages = turns.pop(0)
                page = next(pages, None)
                if page is not None:
                    seen[name].extend(page.changes)
                    turns.append((name, pages))
        for name, changes in seen.items():
            assert ids(changes) == sorted(message_id(n, name) for n in range(self.amount))

    def test_times_are_aware_utc(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector:
            pages = list(connector.pages(stream_named(connector, "INBOX"), None))
        (message,) = (change for change in read(pages) if isinstance(change, Message))
        assert message.sent_at == datetime(2025, 1, 6, 6, 30, 1, tzinfo=UTC)
        assert message.received_at is not None
        assert message.received_at.utcoffset() == UTC.utcoffset(None)

    def test_it_can_be_used_again_after_it_was_left(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        connector = connector_factory()
        for _ in range(2):
            with connector:
                stream = stream_named(connector, "INBOX")
                assert ids(read(connector.pages(stream, None))) == [message_id(1)]

    def test_it_can_be_left_in_the_middle_of_the_pages(self, connector_factory: Factory, deliver: Deliver) -> None:
        for n in range(self.amount):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            page = next(iter(connector.pages(stream, None)))
        with connector_factory() as connector:
            rest = read(connector.pages(stream, page.cursor))
        assert set(ids([*page.changes, *rest])) == {message_id(n) for n in range(self.amount)}

    def test_a_folder_that_is_not_there_is_an_error_of_ours(self, connector_factory: Factory, deliver: Deliver) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector, pytest.raises(ConnectorError) as caught:
            list(connector.pages(Stream(name="no such folder"), None))
        assert caught.value.problem
        assert caught.value.step


class RemovalConformance:
    """For servers on which a mail can be removed; further fixture: `remove`."""

    def test_what_is_gone_is_fetched_as_deleted(
        self, connector_factory: Factory, deliver: Deliver, remove: Remove
    ) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            refs = _refs_by_id(read(connector.pages(stream, None)))
        remove("INBOX", message_id(1))
        with connector_factory() as connector:
            batches = list(connector.fetch(stream, list(refs.values())))
            left = list(connector.refs(stream))
        fetched = [change for batch in batches for change in batch.changes]
        assert [c for c in fetched if isinstance(c, Deleted)] == [Deleted(refs[message_id(1)])]
        assert ids(fetched) == [message_id(0), message_id(2)]
        assert sorted(left) == sorted([refs[message_id(0)], refs[message_id(2)]])

    def test_a_removal_is_told_or_a_comparison_asked_for(
        self, connector_factory: Factory, deliver: Deliver, remove: Remove
    ) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            pages = list(connector.pages(stream, None))
            refs = _refs_by_id(read(pages))
        remove("INBOX", message_id(1))
        with connector_factory() as connector:
            again = stream_named(connector, "INBOX")
            told = list(connector.pages(again, last_cursor(pages)))
        removed = Deleted(refs[message_id(1)]) in read(told)
        assert removed or any(page.asks_comparison for page in told) or not again.tells_removals

    def test_a_removal_hides_no_new_mail(self, connector_factory: Factory, deliver: Deliver, remove: Remove) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            cursor = last_cursor(connector.pages(stream, None))
        remove("INBOX", message_id(2))
        deliver("INBOX", mail(3))
        with connector_factory() as connector:
            assert message_id(3) in ids(read(connector.pages(stream, cursor)))


class ExpiryConformance:
    """For servers whose cursors can lose their meaning; further fixture: `expire`."""

    def test_a_worthless_cursor_is_told(self, connector_factory: Factory, deliver: Deliver, expire: Expire) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            stream = stream_named(connector, "INBOX")
            cursor = last_cursor(connector.pages(stream, None))
        expire("INBOX")
        with connector_factory() as connector:
            with pytest.raises(CursorExpired):
                list(connector.pages(stream, cursor))
            assert ids(read(connector.pages(stream, None))) == [message_id(n) for n in range(3)]

    @pytest.mark.parametrize("cursor", ["", "[]", "nonsense", '{"a":1}', "[1,2]", '["x","y","z"]'])
    def test_a_cursor_of_somebody_else_is_told(self, connector_factory: Factory, deliver: Deliver, cursor: str) -> None:
        deliver("INBOX", mail(1))
        with connector_factory() as connector, pytest.raises(CursorExpired):
            list(connector.pages(stream_named(connector, "INBOX"), Cursor(cursor)))


class InspectionConformance:
    """For connectors that are `Inspectable`."""

    def test_outlines_are_those_of_the_mails_as_they_were_read(
        self, connector_factory: Factory, deliver: Deliver
    ) -> None:
        for n in range(3):
            deliver("INBOX", mail(n))
        with connector_factory() as connector:
            assert isinstance(connector, Inspectable)
            stream = stream_named(connector, "INBOX")
            mails = {c.ref: c for c in read(connector.pages(stream, None)) if isinstance(c, Message)}
            outlines = connector.outlines(stream, [*mails, "no such ref"])
            assert set(connector.marked(stream)) <= set(MARKS)
        assert outlines == {ref: Outline(m.size, m.received_at) for ref, m in mails.items()}


def _by_ref(changes: Sequence[Change]) -> dict[str, Change]:
    return {change.ref: change for change in changes}


def _refs_by_id(changes: Iterable[Change]) -> dict[str, str]:
    return {c.message_id or "": c.ref for c in changes if isinstance(c, Message)}
