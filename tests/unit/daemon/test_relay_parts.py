"""Parts of the relay that need no connection: how a mail is read, what is offered, who waits after refused logins."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.relay.content import Intake, Memory, read_bdat, read_chunk, read_data
from daemon.relay.extensions import declared_size, mechanisms, offered, read_extensions, with_room
from daemon.relay.logins import REFUSALS, WITHIN, Logins
from daemon.relay.replies import read_line, reply

_PIECES = [b"\r\n", b"\r\n.", b".", b"..", b"a", b"abc\r\n", b"\r", b"\n", b"\0", b"x" * 50, b"\r\n\r\n"]


def read(octets: bytes, sizes: list[int], limit: int = 10_000, memory: int = 10_000) -> tuple[Intake, bytes, Memory]:
    """What is made of a mail that comes in pieces of these sizes, and what is left behind its end."""
    held = Memory(memory)

    async def work() -> tuple[Intake, bytes]:
        reader = asyncio.StreamReader(limit=32)
        intake = Intake(held, limit, lambda _count: None)
        reading = asyncio.create_task(read_data(reader, intake))
        at = 0
        for size in [*sizes, len(octets)]:
            reader.feed_data(octets[at : at + size])
            at += size
            await asyncio.sleep(0)
        await asyncio.wait_for(reading, 2)
        reader.feed_eof()
        return intake, await reader.read()

    intake, rest = asyncio.run(work())
    return intake, rest, held


@given(st.lists(st.sampled_from(_PIECES), max_size=12), st.lists(st.integers(1, 9), max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_mail_ends_at_the_first_dot_alone_on_a_line_and_there_alone(pieces: list[bytes], sizes: list[int]) -> None:
    body = b"".join(pieces)
    lines = (body + b"\r\n").split(b"\r\n")[:-1]
    wire = b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
    intake, rest, _memory = read(wire + b".\r\nRSET\r\n", sizes)
    assert rest == b"RSET\r\n"
    is_strict = all(b"\r" not in line and b"\n" not in line for line in lines)
    assert (intake.problem is None) == is_strict
    assert not is_strict or intake.content == b"".join(line + b"\r\n" for line in lines)


def test_smuggled_ends_are_none() -> None:
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\n", b"\r\n\0.\r\n", b"\r\r\n.\r\r\n"):
        intake, rest, _memory = read(b"x" + end + b"MAIL FROM:<evil@x>\r\n.\r\n", [])
        assert rest == b"", end
        assert b"\0" in end or (intake.problem is not None and intake.problem.code == 550), end


def test_too_much_is_read_and_forgotten() -> None:
    for limit, memory, code in ((99, 1_000, 552), (1_000, 99, 452)):
        intake, rest, held = read(b"x" * 98 + b"\r\n.\r\nNOOP", [10] * 8, limit, memory)
        assert (intake.problem and intake.problem.code, rest, intake.content) == (code, b"NOOP", b"")
        assert held.take(memory)
    intake, rest, held = read(b".\r\n", [])
    assert (intake.problem, intake.content) == (None, b"")


def test_chunks_are_octets() -> None:
    async def work() -> bytes:
        reader = asyncio.StreamReader()
        reader.feed_data(b"a\n.\r\n.\r\nb" * 20_000 + b"NOOP")
        intake = Intake(Memory(10**6), 10**6, lambda _count: None)
        await read_chunk(reader, 180_000, intake)
        assert await reader.readexactly(4) == b"NOOP"
        return intake.content

    assert asyncio.run(work()) == b"a\n.\r\n.\r\nb" * 20_000
    assert read_bdat(b"86 last") == (86, True)
    assert read_bdat(b"0") == (0, False)
    for bad in (b"", b"-1", b"1 2", b"LAST", b"1 LAST x", b"9" * 11, b"1\0"):
        assert read_bdat(bad) is None


def test_what_works_through_the_relay_is_offered_and_nothing_else() -> None:
    lines = ["size 1000", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING", "BINARYMIME", "STARTTLS", "XCLIENT ADDR", "ETRN"]
    known = read_extensions(
        [*lines, "AUTH PLAIN gssapi SCRAM-SHA-256-PLUS xoauth2", "AUTH=LOGIN PLAIN", "LIMITS RCPTMAX=9"]
    )
    assert offered(known, 5_000) == [
        "PIPELINING", "SIZE 1000", "8BITMIME", "DSN", "LIMITS RCPTMAX=9", "SMTPUTF8", "CHUNKING", "BINARYMIME",
        "AUTH PLAIN XOAUTH2 LOGIN",
    ]  # fmt: skip
    assert offered(read_extensions(["SIZE", "BINARYMIME"]), 5_000) == ["PIPELINING", "SIZE 5000"]
    assert offered(read_extensions(["SIZE 0"]), 5_000) == ["PIPELINING", "SIZE 5000"]
    assert offered({}, 5_000) == ["PIPELINING", "SIZE 5000"]
    assert mechanisms({}) == ()


def test_a_mail_that_may_grow_is_declared_larger() -> None:
    assert with_room(b"FROM:<a@b> SIZE=100 BODY=8BITMIME", 50, 1_000) == (b"FROM:<a@b> SIZE=150 BODY=8BITMIME", 150)
    assert with_room(b"FROM:<a@b> size=990", 50, 1_000) == (b"FROM:<a@b> SIZE=1000", 1_000)
    # the server shall refuse it itself
    assert with_room(b"FROM:<a@b> SIZE=1001", 50, 1_000) == (b"FROM:<a@b> SIZE=1001", 1_000)
    assert with_room(b"FROM:<a@b>", 50, 1_000) == (b"FROM:<a@b>", 1_000)
    assert declared_size(b"FROM:<xSIZE=1@b>") is None


def test_whoever_guesses_passwords_waits_and_nobody_else() -> None:
    now = [0.0]
    logins = Logins(lambda: now[0])
    for _each in range(REFUSALS):
        assert logins.wait("192.0.2.1") == 0
        logins.refused("192.0.2.1")
        now[0] += 1
    assert logins.wait("192.0.2.1") == WITHIN - REFUSALS
    assert logins.wait("192.0.2.2") == 0
    now[0] = WITHIN + 0.5
    assert logins.wait("192.0.2.1") == 0
    logins.refused("192.0.2.1")
    assert logins.wait("192.0.2.1") > 0
    logins.accepted("192.0.2.1")
    assert logins.wait("192.0.2.1") == 0


def test_replies_are_lines_with_a_code() -> None:
    assert reply(250, "one", "two").raw == b"250-one\r\n250 two\r\n"
    assert reply(250, "one", "two").texts == ("one", "two")
    assert [read_line(line) for line in (b"250", b"250 x", b"250-x", b"550-")] == [
        (250, True), (250, True), (250, False), (550, False),
    ]  # fmt: skip
    assert [read_line(line) for line in (b"", b"25 x", b"2500", b"650 x", b"250x", b"250 \0", b"HTTP/1.1 400")] == [
        None
    ] * 7
