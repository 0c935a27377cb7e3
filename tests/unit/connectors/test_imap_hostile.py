"""What the IMAP connector does with servers that lie, break off, refuse, or flood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from connectors.api import (
    Change,
    CursorExpired,
    Deleted,
    Message,
    Secret,
    Stream,
    Unavailable,
    Unreadable,
)
from connectors.conformance import ids, last_cursor, mail, message_id, read
from connectors.imap import ImapConnector, ImapSettings, wire
from tests.unit.connectors.bounds import bounded
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap, uids

__all__ = ["bounded"]
pytestmark = pytest.mark.usefixtures("bounded")
INBOX = Stream(name="INBOX")
DONE = TAG + b" OK done\r\n"
MAILS = {n: mail(n) for n in range(1, 6)}


def connect(server: ScriptedImap, **options: object) -> ImapConnector:
    given: dict[str, object] = {"timeout_seconds": 5.0, "username": "alice", "security": "none", **options}
    settings = ImapSettings(host="127.0.0.1", port=server.port, **given)  # type: ignore[arg-type]  # one keyword or another
    return ImapConnector(settings, Secret("secret"))


def read_all(server: ScriptedImap, **options: object) -> list[Change]:
    with connect(server, **options) as connector:
        return read(connector.pages(INBOX, None))


def bad_message(bad: int, said: bytes) -> Callable[[str], bytes | None]:
    """A server that says something else where the body of one message is asked for."""

    def answer(command: str) -> bytes | None:
        return said if "BODY.PEEK" in command and bad in uids(command) else None

    return answer


# a message that is asked for


def test_a_refused_message_is_unreadable_and_the_others_come() -> None:
    with ScriptedImap(MAILS, bad_message(3, TAG + b" NO [SERVERBUG] no such file\r\n")) as server:
        changes = read_all(server)
    assert ids(changes) == [message_id(n) for n in (1, 2, 4, 5)]
    (unreadable,) = (change for change in changes if isinstance(change, Unreadable))
    assert unreadable.ref == "7:3"
    assert "the server refuses this message" in unreadable.reason


def test_a_message_that_breaks_the_connection_is_unreadable_and_the_others_come() -> None:
    with ScriptedImap(MAILS, bad_message(3, b"* 3 FETCH (UID 3 BODY[] {999999999999}\r\n")) as server:
        changes = read_all(server)
        assert server.connections == 5
    assert ids(changes) == [message_id(n) for n in (1, 2, 4, 5)]
    (unreadable,) = (change for change in changes if isinstance(change, Unreadable))
    assert (unreadable.ref, unreadable.reason) == ("7:3", "the server ends the connection over this message")


@pytest.mark.parametrize(
    ("said", "retry_after"),
    [
        (b" NO [UNAVAILABLE] storage is down", None),
        (b" NO [LIMIT] enough for today", None),
        (b" BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92.415),
    ],
)
def test_a_server_that_is_busy_makes_no_message_unreadable(said: bytes, retry_after: float | None) -> None:
    with ScriptedImap(MAILS, bad_message(3, TAG + said + b"\r\n")) as server, pytest.raises(Unavailable) as caught:
        read_all(server)
    assert caught.value.retry_after == retry_after


def test_a_message_without_content_is_unreadable() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command:
            return None
        told = (server.fetched(n, command) if n != 2 else b"* 2 FETCH (UID 2 BODY[] NIL)\r\n" for n in MAILS)
        return b"".join(told) + DONE

    with ScriptedImap(MAILS, answer) as server:
        changes = read_all(server)
    assert Unreadable("7:2", "the server gives no content for this message") in changes
    assert len(changes) == 5


def test_a_message_whose_content_comes_only_when_it_is_asked_for_alone_is_read() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command or len(uids(command)) == 1:
            return None
        told = (server.fetched(n, command) if n != 2 else b"* 2 FETCH (UID 2 BODX[] {2}\r\nhi)\r\n" for n in MAILS)
        return b"".join(told) + DONE

    with ScriptedImap(MAILS, answer) as server:
        assert ids(read_all(server)) == [message_id(n) for n in MAILS]


def test_an_answer_to_a_search_that_went_astray_is_asked_for_again() -> None:
    astray = iter((b"* SEARBH 1 2 3 4 5\r\n" + DONE, None, None))
    with ScriptedImap(MAILS, lambda command: next(astray) if "SEARCH" in command else None) as server:
        assert ids(read_all(server)) == [message_id(n) for n in MAILS]


def test_a_server_without_an_answer_for_nothing_found_is_read() -> None:
    with ScriptedImap({}, lambda command: DONE if "SEARCH" in command else None) as server:
        assert read_all(server) == []


def test_a_message_that_vanished_meanwhile_is_left_out_of_pages_and_deleted_for_fetch() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" in command:
            server.mails = {n: raw for n, raw in MAILS.items() if n != 4}
        return None

    with ScriptedImap(MAILS, answer) as server, connect(server) as connector:
        changes = read(connector.pages(INBOX, None))
        (batch,) = connector.fetch(INBOX, ["7:4", "7:5", "7:4"])
    assert ids(changes) == [message_id(n) for n in (1, 2, 3, 5)]
    assert sorted(batch.changes, key=lambda change: change.ref)[0] == Deleted("7:4")
    assert ids(batch.changes) == [message_id(5)]


def test_expunges_told_by_a_refusal_are_no_failures() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command:
            return None
        told = (server.fetched(n, command) for n in uids(command) if n != 2)
        return b"".join(told) + TAG + b" NO [EXPUNGEISSUED] some are gone\r\n"

    with ScriptedImap(MAILS, answer) as server:
        changes = read_all(server)
    assert ids(changes) == [message_id(n) for n in (1, 3, 4, 5)]
    assert len(changes) == 4


def test_of_a_mail_above_16_mb_only_the_beginning_is_asked_for() -> None:
    huge = mail(2) + b"line\r\n" * (3 * 1024 * 1024)
    with ScriptedImap({1: mail(1), 2: huge}) as server:
        changes = {change.ref: change for change in read_all(server)}
        assert [c for c in server.commands if "BODY.PEEK" in c] == [
            "UID FETCH 1:2 (UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[]<0.262144>)",
            "UID FETCH 2 (UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[]<0.1048576>)",
        ]
    message = changes["7:2"]
    assert isinstance(message, Message)
    assert (message.is_truncated, message.size, message.message_id) == (True, len(huge), message_id(2))


@pytest.mark.parametrize("flood", [b"* 1 FETCH (FLAGS (\\Seen))\r\n" * 40_000, b"* OK " + b"x" * 1_000_000 + b"\r\n"])
def test_a_flood_ends_in_an_error(flood: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_LIMIT", 5_000_000)
    server = ScriptedImap(MAILS, lambda c: flood * 10 + DONE if "SEARCH" in c else None)
    with server, pytest.raises(Unavailable, match="far more"):
        read_all(server)


def test_a_line_without_end_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LINE_LIMIT", 1_000_000)
    server = ScriptedImap(MAILS, lambda c: b"* SEARCH" + b" 1" * 1_000_000 if "SEARCH" in c else None)
    with server, pytest.raises(Unavailable, match="a line of more than"):
        read_all(server)


def test_messages_nobody_asked_for_are_left_out() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command:
            return None
        extra = b"* 9 FETCH (UID 99 BODY[] {2}\r\nhi)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n"
        extra += b"* 3 FETCH (UID 3 FLAGS ())\r\n* 4 EXISTS\r\n"
        return extra + b"".join(server.fetched(n, command) for n in uids(command)) + extra + DONE

    with ScriptedImap(MAILS, answer) as server:
        assert ids(read_all(server)) == sorted(map(message_id, MAILS))


def test_impossible_times_are_none_and_possible_ones_utc() -> None:
    def answer(command: str) -> bytes | None:
        if "RFC822.SIZE" not in command:
            return None
        dates = {1: "31-Feb-2025 10:00:00 +0000", 2: " 6-Jan-2025 00:10:00 +0330", 3: "01-Jan-0001 00:00:00 +1200"}
        told = (
            f'* {n} FETCH (UID {n} RFC822.SIZE 9 FLAGS () INTERNALDATE "{d}" BODY[]<0> {{6}}\r\nA: b\r\n)\r\n'
            for n, d in dates.items()
        )
        return "".join(told).encode() + DONE

    with ScriptedImap({n: mail(n) for n in (1, 2, 3)}, answer) as server:
        times = {c.ref: c.received_at for c in read_all(server) if isinstance(c, Message)}
    assert times == {"7:1": None, "7:2": datetime(2025, 1, 5, 20, 40, tzinfo=UTC), "7:3": None}


# where the folder stands


def test_no_news_costs_one_command() -> None:
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.commands.clear()
        assert list(connector.pages(INBOX, cursor)) == []
        assert server.commands == ['EXAMINE "INBOX"']


@pytest.mark.parametrize("uidnext", [None, 6, 60])
def test_the_last_message_is_no_news_for_a_range_without_end(uidnext: int | None) -> None:
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.uidnext = uidnext
        assert read(connector.pages(INBOX, cursor)) == []


def test_mail_above_a_wrong_uidnext_is_found() -> None:
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        server.uidnext = 3
        assert len(read(connector.pages(INBOX, None))) == 5


@pytest.mark.parametrize(("uidvalidity", "uidnext"), [(8, 6), (6, 6), (7, 5), (7, 1)])
def test_a_folder_that_went_back_or_was_made_anew_expires_its_cursor(uidvalidity: int, uidnext: int) -> None:
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.uidvalidity, server.uidnext = uidvalidity, uidnext
        with pytest.raises(CursorExpired):
            list(connector.pages(INBOX, cursor))


def test_refs_of_an_earlier_uidvalidity_are_expired() -> None:
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        for refs in (["7:1", "6:2"], ["nonsense"], ["7:x"]):
            with pytest.raises(CursorExpired):
                list(connector.fetch(INBOX, refs))


def test_uids_in_any_order_and_twice_are_sorted() -> None:
    def answer(command: str) -> bytes | None:
        return (
            b"* SEARCH 5 1 3 3\r\n* SEARCH 2 0 99999999999 4 1 (MODSEQ 12)\r\n" + DONE if "SEARCH" in command else None
        )

    with ScriptedImap(MAILS, answer) as server:
        assert ids(read_all(server)) == sorted(map(message_id, MAILS))


def test_the_day_is_written_in_english_whatever_the_locale() -> None:
    with ScriptedImap(MAILS) as server, connect(server, since=date(2025, 5, 3)) as connector:
        list(connector.pages(INBOX, None))
        assert "UID SEARCH SINCE 3-May-2025" in server.commands


def test_a_folder_without_uidvalidity_is_told() -> None:
    server = ScriptedImap(MAILS, lambda c: DONE if "EXAMINE" in c else None)
    with server, pytest.raises(Unavailable, match="UIDVALIDITY"):
        read_all(server)


def test_a_refused_folder_is_told_and_others_go_on() -> None:
    def answer(command: str) -> bytes | None:
        if command.startswith("LIST"):
            return b'* LIST () "/" INBOX\r\n* LIST () "/" Closed\r\n' + DONE
        return TAG + b" NO [NOPERM] not yours\r\n" if "Closed" in command else None

    with ScriptedImap(MAILS, answer) as server, connect(server) as connector:
        with pytest.raises(Unavailable, match="not yours") as caught:
            list(connector.pages(Stream(name="Closed"), None))
        assert caught.value.step == "select"
        assert len(read(connector.pages(INBOX, None))) == 5


def test_nothing_but_reading_commands_is_ever_sent() -> None:
    with ScriptedImap(MAILS) as server:
        with connect(server, since=date(2025, 1, 1)) as connector:
            for stream in connector.streams():
                pages = list(connector.pages(stream, None))
                list(connector.pages(stream, pages[-1].cursor))
                refs = list(connector.refs(stream))
                list(connector.fetch(stream, refs))
        sent = set(server.commands)
    assert {" ".join(command.split()[:2]) for command in sent if command.startswith("UID")} == {
        "UID SEARCH",
        "UID FETCH",
    }
    assert {command.split()[0] for command in sent} == {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "UID", "LOGOUT"}
    asked = " ".join(command for command in sent if "FETCH" in command)
    assert asked.count("BODY") == asked.count("BODY.PEEK[")


def test_a_folder_with_more_uids_than_fit_in_a_megabyte_is_read() -> None:
    many = b"* SEARCH " + b" ".join(b"%d" % n for n in range(1, 300_001)) + b"\r\n" + DONE
    mails = {n: mail(n) for n in range(299_996, 300_001)}
    with ScriptedImap(mails, lambda c: many if c == "UID SEARCH ALL" else None) as server, connect(server) as connector:
        page = next(iter(connector.pages(INBOX, None)))
    assert ids(page.changes) == sorted(map(message_id, mails))
    assert len(page.cursor or "") < 200
