"""Servers that send far too much, or far too slowly: memory and time stay bounded, and what can be read is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import pytest

from connectors.api import Change, Message, Unavailable, Unreadable
from connectors.conformance import ids, mail, message_id, read
from connectors.imap import wire
from tests.unit.connectors.bounds import bounded
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap, uids
from tests.unit.connectors.test_imap_hostile import INBOX, connect, read_all

__all__ = ["bounded"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("bounded")]
DONE = TAG + b" OK done\r\n"
MAILS = {n: mail(n) for n in range(1, 6)}
MANY = {n: mail(n) for n in range(1, 41)}
MB = 1024 * 1024
BLOCK = b"x" * 65536


def literal(head: bytes, size: int, tail: bytes = b")\r\n") -> Iterator[bytes]:
    """An answer with a literal of so many bytes, made as it is sent."""
    yield b"%s {%d}\r\n" % (head, size)
    yield from repeat(BLOCK, size // len(BLOCK))
    yield BLOCK[: size % len(BLOCK)] + tail


def flooded(word: str, flood: Callable[[], Iterable[bytes]], mails: dict[int, bytes] = MAILS) -> ScriptedImap:
    """A server that says all this before its usual answer to commands with that word."""
    server = ScriptedImap(mails)
    server.answer = lambda command: chain(flood(), [server.usual(command)]) if word in command else None
    return server


def read_streams(server: ScriptedImap) -> list[Change]:
    """All that a worker asks for."""
    with connect(server) as connector:
        return [change for stream in connector.streams() for change in read(connector.pages(stream, None))]


# much


@pytest.mark.parametrize("size", [17 * MB, 60 * MB, 400 * MB])
def test_a_literal_far_beyond_what_was_asked_for_is_cut_off_and_the_others_come(size: int) -> None:
    def answer(command: str) -> Iterable[bytes] | None:
        if "BODY.PEEK" not in command or 1 not in uids(command):
            return None

        def pieces() -> Iterator[bytes]:
            yield from literal(b"* 1 FETCH (UID 1 BODY[]", size)
            yield b"".join(server.fetched(n, command) for n in uids(command) if n != 1) + DONE

        return pieces()

    with ScriptedImap(MAILS, answer) as server:
        changes = read_all(server)
    assert set(ids(changes)) >= {message_id(n) for n in (2, 3, 4, 5)}
    assert {change.ref for change in changes} == {f"7:{n}" for n in range(1, 6)}
    assert all(c.is_truncated for c in changes if isinstance(c, Message) and c.ref == "7:1")


def test_a_literal_of_gigabytes_is_not_waited_for() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command or 3 not in uids(command):
            return None
        return b"* 3 FETCH (UID 3 BODY[] {4294967295}\r\n"

    with ScriptedImap(MAILS, answer) as server:
        changes = read_all(server)
    assert ids(changes) == [message_id(n) for n in (1, 2, 4, 5)]
    assert [change.ref for change in changes if isinstance(change, Unreadable)] == ["7:3"]


@pytest.mark.parametrize("word", ["LIST", "EXAMINE", "SEARCH"])
def test_a_literal_of_400_mb_in_any_other_answer_costs_no_memory(word: str) -> None:
    with flooded(word, lambda: literal(b'* LIST () "/"', 400 * MB, b"\r\n")) as server:
        assert len(read_streams(server)) == 5


@pytest.mark.parametrize(
    "line",
    [b"* OK still here\r\n", b"* 9 EXISTS\r\n", b"* 1 FETCH (FLAGS (\\Seen))\r\n", b"* 3 RECENT\r\n",
     b"* XYZZY what is that\r\n", b"* VANISHED 99\r\n", b"* STATUS INBOX (MESSAGES 1)\r\n"],
)  # fmt: skip
@pytest.mark.parametrize("word", ["EXAMINE", "SEARCH", "BODY.PEEK"])
def test_20_000_lines_nobody_asked_for_are_passed_over(word: str, line: bytes) -> None:
    with flooded(word, lambda: repeat(line * 1000, 20)) as server:
        assert ids(read_all(server)) == sorted(map(message_id, MAILS))


@pytest.mark.parametrize("word", ["LIST", "EXAMINE", "SEARCH", "BODY.PEEK"])
def test_lines_without_end_are_given_up(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # messages are asked for again one by one, so that a bad one does not stop the others
    monkeypatch.setattr(wire, "ANSWER_LIMIT", 5 * MB if word == "BODY.PEEK" else 10 * MB)
    server = flooded(word, lambda: repeat(b"* OK still here\r\n" * 1000, 10_000), MANY)
    with server, pytest.raises(Unavailable, match="far more"):
        read_streams(server)


@pytest.mark.parametrize("word", ["CAPABILITY", "LOGIN", "LIST", "EXAMINE", "SEARCH", "BODY.PEEK"])
def test_a_line_without_end_is_given_up(word: str) -> None:
    server = flooded(word, lambda: repeat(BLOCK, 10_000), MANY)
    with server, pytest.raises(Unavailable, match=r"a line of more than|far more"):
        read_streams(server)


def test_a_greeting_without_end_is_given_up() -> None:
    with ScriptedImap(MAILS) as server:
        server.greeting = chain([b"* OK "], repeat(BLOCK, 10_000))
        with pytest.raises(Unavailable) as caught:
            read_all(server)
    assert caught.value.step == "connect"


def test_a_folder_of_a_million_messages_is_listed() -> None:
    def answer(command: str) -> Iterable[bytes] | None:
        if command != "UID SEARCH ALL":
            return None
        runs = (b" ".join(b"%d" % n for n in range(at, at + 1000)) for at in range(1, 1_000_000, 1000))
        return iter([b"* SEARCH ", *(run + b" " for run in runs), b"\r\n", DONE])

    with ScriptedImap({1_000_000: mail(1)}, answer) as server, connect(server) as connector:
        page = next(iter(connector.pages(INBOX, None)))
    assert ids(page.changes) == [message_id(1)]


def test_the_same_folder_listed_10_000_times_is_one() -> None:
    def answer(command: str) -> Iterable[bytes] | None:
        if not command.startswith("LIST"):
            return None
        return iter([b'* LIST (\\HasChildren) "/" "A/B"\r\n' * 10_000, b'* LIST () "/" INBOX\r\n', DONE])

    with ScriptedImap(MAILS, answer) as server, connect(server) as connector:
        assert sorted(stream.name for stream in connector.streams()) == ["A/B", "INBOX"]


def test_folders_that_contain_each_other_without_end_are_as_many_as_were_named() -> None:
    names = [b"/".join([b"loop"] * depth) for depth in range(1, 300)]

    def answer(command: str) -> bytes | None:
        listed = b"".join(b'* LIST () "/" %s\r\n' % name for name in names)
        return listed + DONE if command.startswith("LIST") else None

    with ScriptedImap(MAILS, answer) as server, connect(server) as connector:
        assert len(connector.streams()) == len(names)


def test_a_message_with_10_000_flags_and_dates_is_read() -> None:
    def answer(command: str) -> bytes | None:
        if "RFC822.SIZE" not in command:
            return None
        flags = b" ".join(b"$flag%d" % n for n in range(10_000))
        body = mail(1)
        return b"* 1 FETCH (UID 1 RFC822.SIZE 9 FLAGS (%s) BODY[]<0> {%d}\r\n%s)\r\n" % (flags, len(body), body) + DONE

    with ScriptedImap({1: mail(1)}, answer) as server:
        assert ids(read_all(server)) == [message_id(1)]


# slow


@dataclass(slots=True)
class Clock:
    """Stands still but for what a server lets pass; it is read whenever something was received."""

    now: float = 0.0
    readings: int = 0

    def __call__(self) -> float:
        self.readings += 1
        return self.now

    def slowly(self, pieces: Iterable[bytes], seconds: float = 1) -> Iterator[bytes]:
        """Each piece so many seconds after the one before it was received."""
        for piece in pieces:
            self.now += seconds
            before = self.readings
            yield piece
            end = time.monotonic() + 1
            while self.readings == before and time.monotonic() < end:
                time.sleep(0)

    def drip(self, text: bytes) -> Iterator[bytes]:
        """One byte a second."""
        return self.slowly(text[at : at + 1] for at in range(len(text)))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wire, "monotonic", clock)
    return clock


@pytest.mark.parametrize("word", ["CAPABILITY", "LOGIN", "LIST", "EXAMINE", "SEARCH"])
def test_a_byte_a_second_is_given_up_after_a_while(word: str, clock: Clock) -> None:
    server = flooded(word, lambda: clock.drip(b"* OK " + b"x" * 20_000))
    with server, pytest.raises(Unavailable, match="did not answer in time"):
        read_streams(server)
    assert clock.now < 2000


def test_a_message_that_comes_a_byte_a_second_is_given_up(clock: Clock) -> None:
    server = flooded("BODY.PEEK", lambda: clock.drip(b"* 1 FETCH (UID 1 BODY[] {20000}\r\n" + b"x" * 20_000))
    with server, pytest.raises(Unavailable, match="did not answer in time"):
        read_streams(server)
    assert clock.now < 2000


def test_a_slow_line_is_no_reason_to_give_up(clock: Clock) -> None:
    """2 KB a second, for half an hour."""

    lines = repeat(b"* OK " + b"x" * 2000 + b"\r\n", 1800)
    with flooded("SEARCH", lambda: clock.slowly(lines)) as server:
        assert len(read_streams(server)) == 5


def test_a_server_that_thinks_for_a_long_time_and_says_so_is_waited_for(clock: Clock) -> None:
    lines = repeat(b"* OK Still searching\r\n", 20)
    with flooded("SEARCH", lambda: clock.slowly(lines, 30)) as server:
        assert len(read_streams(server)) == 5
