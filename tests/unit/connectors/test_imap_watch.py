"""A connection in IDLE: what it hears, when it renews, and what a server can't do to it. The clock is the test's."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator

import pytest

from connectors.api import Unavailable
from connectors.imap.watch import RENEW_AFTER, Idle
from tests.traffic_counts import asked_of

PATIENCE = 60.0
EARLIEST, LATEST = RENEW_AFTER


class Server:
    """The other end of the connection."""

    def __init__(self, received: bytes = b"", chance: float = 0.0) -> None:
        ours, self.end = socket.socketpair()
        ours.setblocking(False)
        self.end.settimeout(5)
        self.idle = Idle("INBOX", ours, received, host="mail", patience=PATIENCE, chance=lambda: chance)

    def heard(self) -> bytes:
        return self.end.recv(65536)

    def say(self, data: bytes, now: float = 1.0) -> frozenset[str]:
        """Send, and have all of it read."""
        told: set[str] = set()
        view = memoryview(data)
        while view:
            view = view[self.end.send(view[:4096]) :]
            told |= self.idle.read(now)
        return frozenset(told)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has begun IDLE at 0."""
    made = Server()
    with made.end:
        made.idle.tick(0.0)
        assert made.heard() == b"W1 IDLE\r\n"
        assert made.say(b"+ idling\r\n", now=0.0) == frozenset()
        yield made
        made.idle.close()


def test_what_is_asked_and_heard_is_counted(server: Server) -> None:
    with asked_of("imap") as counted:
        server.say(b"* 23 EXISTS\r\n")
        server.idle.tick(LATEST)
        assert server.heard() == b"DONE\r\n"
        server.say(b"W1 OK done\r\n", now=LATEST)
        assert server.heard() == b"W2 IDLE\r\n"
    assert counted.requests == {"OK": 1}
    assert counted.octets == {"sent": len(b"DONE\r\nW2 IDLE\r\n"), "received": len(b"* 23 EXISTS\r\nW1 OK done\r\n")}


@pytest.mark.parametrize(
    "line",
    [
        b"* 23 EXISTS",
        b"* 1 EXPUNGE",
        b"* VANISHED 41,43:116",
        b"* VANISHED (EARLIER) 7",
        b"* 3 FETCH (FLAGS (\\Seen))",
        b"* 0 RECENT",
        b"* 5 exists",
        b"* 4 FETCH (FLAGS (" + b"x" * 5000 + b"))",
    ],
)
def test_news_of_the_folder_are_a_hint(server: Server, line: bytes) -> None:
    assert server.say(line + b"\r\n") == {"INBOX"}


@pytest.mark.parametrize(
    "line", [b"* OK Still here", b"* FLAGS (\\Seen)", b"", b"*", b"\xff\xfe", b"+ idling", b"* 5 EXISTSX", b"EXISTS"]
)
def test_other_words_are_none(server: Server, line: bytes) -> None:
    assert server.say(line + b"\r\n") == frozenset()
    assert server.say(b"* 5 EXISTS\r\n") == {"INBOX"}


def test_a_line_that_comes_byte_by_byte_is_one(server: Server) -> None:
    told = [server.say(bytes([byte])) for byte in b"* 23 EXISTS\r\n* OK\r\n"]
    assert told.count(frozenset({"INBOX"})) == 1


def test_what_came_before_idle_is_not_lost() -> None:
    server = Server(received=b"* 5 EXI")
    server.idle.tick(0.0)
    server.say(b"STS\r\n+ idling\r\n")
    assert server.idle.read(1.0) == {"INBOX"}
    server.end.close()
    server.idle.close()


@pytest.mark.parametrize(("chance", "at"), [(0.0, EARLIEST), (0.999, LATEST)])
def test_idle_is_renewed_before_29_minutes_and_not_by_all_at_once(chance: float, at: float) -> None:
    server = Server(chance=chance)
    server.idle.tick(0.0)
    server.say(b"+ idling\r\n", now=10.0)
    assert server.idle.due == pytest.approx(10 + at, rel=0.01)
    assert server.idle.due < 29 * 60
    server.heard()
    server.idle.tick(server.idle.due - 1)
    server.idle.tick(server.idle.due)
    assert server.heard() == b"DONE\r\n"
    assert server.say(b"* 9 EXISTS\r\nW1 OK done\r\n", now=1000.0) == {"INBOX"}
    assert server.heard() == b"W2 IDLE\r\n"
    server.say(b"+ idling\r\n", now=1001.0)
    assert server.idle.due == pytest.approx(1001 + at, rel=0.01)
    server.end.close()
    server.idle.close()


@pytest.mark.parametrize("renewing", [False, True])
def test_a_server_that_does_not_answer_is_given_up_in_time(renewing: bool) -> None:
    server = Server()
    server.idle.tick(0.0)
    if renewing:
        server.say(b"+ idling\r\n", now=0.0)
        server.idle.tick(server.idle.due)
    asked = server.idle.due - PATIENCE
    server.idle.tick(asked + PATIENCE - 1)
    with pytest.raises(Unavailable, match="did not answer in time"):
        server.idle.tick(asked + PATIENCE)
    server.end.close()
    server.idle.close()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"* BYE Server shutting down\r\n", "ended the connection: BYE Server shutting down"),
        (b"W1 OK done\r\n", "ends IDLE at once"),
        (b"W1 BAD what?\r\n", "refuses IDLE: W1 BAD what"),
        (b"x" * 2_000_000, "a line without an end"),
        ((b"* 1 FETCH (FLAGS (" + b"x" * 1000 + b"))\r\n") * 34_000, "far more than there can be news"),
    ],
)
def test_a_server_out_of_its_mind_is_left(server: Server, said: bytes, why: str) -> None:
    with pytest.raises(Unavailable, match=why) as caught:
        server.say(said)
    assert caught.value.step == "watch"


def test_a_server_that_ends_idle_after_a_while_is_asked_again(server: Server) -> None:
    server.say(b"W1 OK Idle completed\r\n", now=300.0)
    assert server.heard() == b"W2 IDLE\r\n"


def test_the_end_of_the_connection_is_noticed(server: Server) -> None:
    server.end.close()
    with pytest.raises(Unavailable, match=r"ended the connection|connection to mail failed"):
        server.idle.read(1.0)


def test_a_network_that_takes_nothing_does_not_block(server: Server) -> None:
    while True:
        try:
            socket.socket.send(server.idle._connection.connection, b"x" * 65536)
        except BlockingIOError:
            break
    server.idle.tick(server.idle.due)
    while b"DONE\r\n" not in server.end.recv(1 << 20):
        server.idle.read(1000.0)


def test_a_long_line_is_not_kept() -> None:
    server = Server()
    server.idle.tick(0.0)
    tracemalloc.start()
    try:
        server.say(b"* 1 FETCH (" + b"x" * 900_000)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 16_384
    server.end.close()
    server.idle.close()
