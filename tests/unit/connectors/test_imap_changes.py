"""Servers that tell what changed (RFC 5819, 7162, 8474), and those that lie: nothing is lost by believing them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.api import Cursor, CursorExpired, Deleted, Flagged, Message, Page, Stream, Unavailable
from connectors.conformance import ids, last_cursor, mail, message_id, read
from connectors.imap.responses import (
    Modified,
    Standing,
    parse_mailbox_ids,
    parse_modified,
    parse_status,
    parse_vanished,
)
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap
from tests.unit.connectors.test_imap_hostile import connect

INBOX = Stream(name="INBOX")
DONE = TAG + b" OK done\r\n"
QUICK = "IMAP4rev1 ENABLE CONDSTORE QRESYNC"


class Modern(ScriptedImap):
    """Tells of changes as its attributes say, true or not."""

    def __init__(self, amount: int = 5, capabilities: str = QUICK) -> None:
        super().__init__({n: mail(n) for n in range(1, amount + 1)}, self.say)
        self.capabilities = capabilities
        self.modseq: int | None = 10
        self.enabled = b"* ENABLED QRESYNC\r\n"
        self.vanished = b""
        #: None: as many as there are.
        self.exists: int | None = None
        #: (UID, flags, MODSEQ)
        self.changed: list[tuple[int, str, int]] = []
        #: Commands that begin so get BAD.
        self.refused: tuple[str, ...] = ()

    def say(self, command: str) -> bytes | None:
        if self.refused and command.startswith(self.refused):
            return TAG + b" BAD what?\r\n"
        if command.startswith("ENABLE"):
            return self.enabled + DONE
        if command.startswith("EXAMINE"):
            told = b"* OK [NOMODSEQ]\r\n" if self.modseq is None else b"* OK [HIGHESTMODSEQ %d] x\r\n" % self.modseq
            exists = b"* %d EXISTS\r\n" % (len(self.mails) if self.exists is None else self.exists)
            return exists + self.usual("EXAMINE INBOX").partition(b"EXISTS\r\n")[2].replace(DONE, told + DONE)
        if "CHANGEDSINCE" in command:
            lines = [
                b"* %d FETCH (MODSEQ (%d) UID %d FLAGS (%s))\r\n" % (uid, modseq, uid, flags.encode())
                for uid, flags, modseq in self.changed
            ]
            return self.vanished + b"".join(lines) + DONE
        if command.startswith("LIST") and "STATUS" in command:
            if "MAILBOXID" in command:
                return b'* LIST () "/" INBOX\r\n* STATUS INBOX (MAILBOXID (F1-x))\r\n' + DONE
            told = b"* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY %d HIGHESTMODSEQ %d)\r\n"
            numbers = (len(self.mails), self.uidnext or 0, self.uidvalidity, self.modseq or 0)
            return b'* LIST () "/" INBOX\r\n' + told % numbers + DONE
        return None


@pytest.fixture
def server() -> Iterator[Modern]:
    with Modern() as server:
        yield server


def pages(server: Modern, cursor: Cursor | None) -> list[Page]:
    with connect(server) as connector:
        return list(connector.pages(INBOX, cursor))


def begin(server: Modern) -> Cursor | None:
    cursor = last_cursor(pages(server, None))
    assert pages(server, cursor) == []
    return cursor


def asks(found: list[Page]) -> bool:
    return any(page.asks_comparison for page in found)


def drop(server: Modern, *gone: int) -> None:
    for uid in gone:
        del server.mails[uid]


def test_what_vanished_is_deleted_and_the_count_comes_out_even(server: Modern) -> None:
    cursor = begin(server)
    drop(server, 2, 3)
    server.modseq, server.vanished = 11, b"* VANISHED (EARLIER) 2:3\r\n"
    found = pages(server, cursor)
    assert read(found) == [Deleted("7:2"), Deleted("7:3")]
    assert not asks(found)
    assert pages(server, last_cursor(found, cursor)) == []


def test_mails_said_to_have_vanished_that_are_there_stay(server: Modern) -> None:
    cursor = begin(server)
    server.modseq, server.vanished = 11, b"* VANISHED (EARLIER) 1:5\r\n"
    found = pages(server, cursor)
    assert read(found) == []
    assert not asks(found)


@pytest.mark.parametrize("vanished", [b"", b"* VANISHED (EARLIER) 2\r\n", b"* VANISHED (EARLIER) x,,9-1:\r\n"])
def test_a_server_that_hides_what_vanished_is_compared(server: Modern, vanished: bytes) -> None:
    cursor = begin(server)
    drop(server, 2, 3)
    server.modseq, server.vanished = 11, vanished
    found = pages(server, cursor)
    assert asks(found)
    assert pages(server, last_cursor(found, cursor)) == []


def test_a_modification_that_stays_hides_no_removal(server: Modern) -> None:
    cursor = begin(server)
    drop(server, 4)
    found = pages(server, cursor)
    assert asks(found)
    assert "CHANGEDSINCE" not in " ".join(server.commands)


@pytest.mark.parametrize("vanished", [b"1:4294967295", b"1:2000000", b",".join(b"%d" % n for n in range(1, 9999, 2))])
def test_a_flood_of_vanished_uids_is_compared_not_enumerated(vanished: bytes) -> None:
    with Modern() as server:
        server.mails[3_000_000] = mail(9)
        server.uidnext = 3_000_001
        cursor = begin(server)
        drop(server, 2)
        server.modseq, server.vanished = 11, b"* VANISHED (EARLIER) " + vanished + b"\r\n"
        found = pages(server, cursor)
    assert asks(found)
    assert len(read(found)) <= 1


def arrive(server: Modern, uid: int) -> None:
    """A new mail, as the server tells of it."""
    server.mails[uid] = mail(uid)
    server.uidnext, server.modseq = uid + 1, (server.modseq or 0) + 1


@pytest.mark.parametrize("capabilities", [QUICK, "IMAP4rev1 CONDSTORE", "IMAP4rev1"])
def test_new_mail_alone_is_one_page_that_tells_the_final_position(capabilities: str) -> None:
    with Modern(capabilities=capabilities) as server:
        cursor = begin(server)
        arrive(server, 6)
        [page] = pages(server, cursor)
        assert (ids(page.changes), page.asks_comparison, page.backlog) == ([message_id(6)], False, 0)
        assert pages(server, page.cursor) == []


def test_new_mail_and_a_removal_that_was_hidden_are_one_page_that_asks_for_a_comparison(server: Modern) -> None:
    cursor = begin(server)
    drop(server, 2)
    arrive(server, 6)
    [page] = pages(server, cursor)
    assert (ids(page.changes), page.asks_comparison) == ([message_id(6)], True)
    assert pages(server, page.cursor) == []


def test_flags_that_changed_beside_new_mail_are_the_last_page_and_each_page_can_be_the_last(server: Modern) -> None:
    cursor = begin(server)
    arrive(server, 6)
    server.modseq, server.changed = 13, [(1, "\\Seen", 12)]
    found = pages(server, cursor)
    assert [len(page.changes) for page in found] == [1, 1]
    assert pages(server, found[1].cursor) == []
    assert read(pages(server, found[0].cursor)) == list(found[1].changes)


def test_new_mail_is_handed_over_though_the_line_dies_behind_it(server: Modern) -> None:
    cursor = begin(server)
    arrive(server, 6)
    usual = server.answer
    server.answer = lambda command: b"" if "CHANGEDSINCE" in command else usual(command)
    with connect(server, timeout_seconds=0.3) as connector:
        coming = connector.pages(INBOX, cursor)
        page = next(coming)
        with pytest.raises(Unavailable, match="did not answer"):
            next(coming)
    assert ids(page.changes) == [message_id(6)]
    server.answer = usual
    assert read(pages(server, page.cursor)) == []


def test_flags_come_by_ascending_modification_whatever_their_order(
    server: Modern, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.sync.PAGE_MARKS", 1)
    cursor = begin(server)
    server.modseq, server.changed = 14, [(1, "\\Seen", 14), (2, "\\Answered $Forwarded", 12), (3, "", 13), (4, "", 12)]
    found = [page for page in pages(server, cursor) if page.changes]
    assert [[change.ref for change in page.changes] for page in found] == [["7:2", "7:4"], ["7:3"], ["7:1"]]
    assert found[0].changes[0] == Flagged("7:2", frozenset({"\\Answered", "$Forwarded"}))
    # behind the second page only what came later is asked for
    pages(server, found[1].cursor)
    assert server.commands[-2].endswith("(CHANGEDSINCE 13 VANISHED)")


def test_a_server_that_tells_of_all_flags_each_time_is_told_from_one_that_does_not(server: Modern) -> None:
    cursor = begin(server)
    server.modseq, server.changed = 12, [(n, "\\Seen", n) for n in range(1, 6)] + [(5, "\\Answered", 12)]
    assert [change.ref for change in read(pages(server, cursor))] == ["7:5"]


def test_highestmodseq_backwards_means_a_restored_server(server: Modern) -> None:
    cursor = begin(server)
    server.modseq = 9
    with pytest.raises(CursorExpired, match="HIGHESTMODSEQ"):
        pages(server, cursor)


def test_a_folder_that_stops_counting_modifications_is_compared_once(server: Modern) -> None:
    cursor = begin(server)
    server.modseq = None
    found = pages(server, cursor)
    assert asks(found)
    cursor = last_cursor(found, cursor)
    assert pages(server, cursor) == []
    server.modseq = 20
    found = pages(server, cursor)
    assert asks(found)
    assert pages(server, last_cursor(found, cursor)) == []


@pytest.mark.parametrize("enabled", [b"", b"* ENABLED\r\n", b"* ENABLED X-OTHER\r\n"])
def test_a_server_that_does_not_enable_qresync_is_asked_for_flags_alone(server: Modern, enabled: bytes) -> None:
    server.enabled = enabled
    cursor = begin(server)
    drop(server, 2)
    server.modseq, server.changed = 11, [(5, "\\Seen", 11)]
    found = pages(server, cursor)
    assert read(found) == [Flagged("7:5", frozenset({"\\Seen"}))]
    assert asks(found)
    assert 'EXAMINE "INBOX" (CONDSTORE)' in server.commands
    assert any(command.endswith("(CHANGEDSINCE 10)") for command in server.commands)


@pytest.mark.parametrize("refused", ["ENABLE", "UID FETCH 1:5 (UID FLAGS MODSEQ)"])
def test_refused_commands_cost_a_comparison_and_nothing_else(server: Modern, refused: str) -> None:
    server.refused = (refused,)
    cursor = begin(server)
    drop(server, 2)
    server.modseq = 11
    found = pages(server, cursor)
    assert asks(found)
    assert pages(server, last_cursor(found, cursor)) == []


def test_more_changes_than_a_server_may_tell_at_once_cost_a_comparison(
    server: Modern, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = begin(server)
    monkeypatch.setattr("connectors.imap.wire.ANSWER_LIMIT", 20_000)
    server.modseq, server.changed = 11, [(5, "\\Seen", 11)] * 500
    found = pages(server, cursor)
    assert asks(found)
    assert read(found) == []
    assert pages(server, last_cursor(found, cursor)) == []


def test_mails_that_arrive_between_examine_and_search_make_no_difference(server: Modern) -> None:
    cursor = begin(server)
    server.mails |= {6: mail(6), 7: mail(7)}
    # what EXAMINE says; the search finds one more
    server.modseq, server.uidnext, server.exists = 12, 7, 6
    found = pages(server, cursor)
    assert ids(read(found)) == [message_id(6), message_id(7)]
    server.modseq, server.uidnext, server.exists = 13, 8, 7
    found += pages(server, last_cursor(found, cursor))
    assert len(read(found)) == 2
    assert not asks(found)


def test_one_uid_that_means_another_mail_means_a_restored_server(server: Modern) -> None:
    cursor = begin(server)
    server.mails[5] = mail(50) + b"longer"
    server.mails[6] = mail(6)
    server.uidnext, server.modseq = 7, 11
    with pytest.raises(CursorExpired, match="restored"):
        pages(server, cursor)


def test_the_known_uid_may_be_gone(server: Modern) -> None:
    cursor = begin(server)
    drop(server, 5)
    server.mails[6] = mail(6)
    server.uidnext, server.modseq, server.vanished = 7, 11, b"* VANISHED (EARLIER) 5\r\n"
    found = pages(server, cursor)
    assert [type(change) for change in read(found)] == [Message, Deleted]
    assert not asks(found)


STATUS = QUICK + " LIST-EXTENDED LIST-STATUS OBJECTID"


def test_a_list_with_status_is_all_that_a_poll_without_news_costs() -> None:
    with Modern(capabilities=STATUS) as server:
        cursor = begin(server)
        server.commands.clear()
        with connect(server) as connector:
            (stream,) = connector.streams()
            assert stream.tells_removals
            assert list(connector.pages(stream, cursor)) == []
            assert [c.split()[0] for c in server.commands if c[:3] not in ("CAP", "LOG")] == ["LIST"]
            # what was told with the list is no longer new
            list(connector.pages(stream, cursor))
            assert server.commands[-1] == 'EXAMINE "INBOX"'
    assert 'LIST "" "*" RETURN (STATUS (UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ))' in server.commands


def test_lasting_ids_of_folders_are_asked_for_alone() -> None:
    with Modern(capabilities=STATUS) as server, connect(server) as connector:
        assert [stream.server_id for stream in connector.identified(connector.streams())] == ["F1-x"]
    assert 'LIST "" "*" RETURN (STATUS (MAILBOXID))' in server.commands
    with Modern() as server, connect(server) as connector:
        assert [stream.server_id for stream in connector.identified(connector.streams())] == [None]


def test_ids_that_are_none_or_of_two_folders_are_left_out() -> None:
    lines = [
        b"a (MAILBOXID (x))",
        b"b (MAILBOXID (y))",
        b"c (MAILBOXID (y))",
        b"d (MAILBOXID (\x84))",
        b"e (MAILBOXID ())",
    ]
    assert parse_mailbox_ids([*lines, b"f (MAILBOXID x)", b"((", b"g", None]) == {b"a": "x"}


def test_a_server_that_refuses_its_own_extension_is_asked_without() -> None:
    with Modern(capabilities=STATUS) as server:
        server.refused = ('LIST "" "*" RETURN',)
        with connect(server) as connector:
            assert [stream.name for stream in connector.streams()] == ["INBOX"]
        server.refused = ("LIST",)
        with connect(server) as connector, pytest.raises(Unavailable, match="does not list"):
            connector.streams()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b'"a b" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)', {b"a b": Standing(7, 9, 3)}),
        (b"x (UIDVALIDITY 7 HIGHESTMODSEQ 0)", {b"x": Standing(7, None)}),
        (b"x (UIDVALIDITY 7 HIGHESTMODSEQ 9223372036854775807)", {b"x": Standing(7, None, None, 2**63 - 1)}),
        (b"x (UIDVALIDITY 7 OTHER (a/b))", {b"x": Standing(7, None)}),
        (b"x (UIDVALIDITY NIL MESSAGES 3)", {}),
        (b"x ((UIDVALIDITY 7", {}),
        (b"x", {}),
        (b"", {}),
        (b"() ()", {}),
    ],
)
def test_what_status_tells_is_read_as_far_as_it_makes_sense(line: bytes, wanted: dict[bytes, Standing]) -> None:
    assert parse_status([line]) == wanted


def test_a_name_in_status_may_be_a_literal() -> None:
    assert parse_status([(b"{3}", b'a"b'), b" (UIDVALIDITY 7 MESSAGES 1)"]) == {b'a"b': Standing(7, None, 1)}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"(EARLIER) 1:3,7", [(1, 3), (7, 7)]),
        (b"9:7", [(7, 9)]),
        (b"", []),
        (b"(EARLIER)", []),
        (b"(EARLIER) nonsense", []),
    ],
)
def test_vanished_uids_are_read_as_ranges(line: bytes, wanted: list[tuple[int, int]]) -> None:
    assert parse_vanished([line, None]) == wanted


def test_changed_flags_are_read_from_any_order_of_items_and_once_a_message() -> None:
    lines = [
        b"1 (UID 5 FLAGS (\\Seen \\Recent) MODSEQ (9))",
        b"2 (MODSEQ (3) FLAGS () UID 6)",
        b"1 (FLAGS (\\Answered) MODSEQ (10) UID 5)",
        b"3 (UID 7 FLAGS (\\Seen))",
        b"4 (MODSEQ (3) FLAGS (\\Seen))",
        b"nonsense",
    ]
    assert parse_modified(lines) == [
        Modified(3, 6, frozenset()),
        Modified(10, 5, frozenset({"\\Answered"})),
    ]
