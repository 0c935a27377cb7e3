"""Parsing in a process of its own gives the same records, and none is lost when the process is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.api import Message
from connectors.imap.parsing import WORTHWHILE, Job, Parser, Read


@pytest.fixture
def parser() -> Iterator[Parser]:
    parser = Parser()
    yield parser
    parser.close()


def jobs(count: int, word: str = "سلام") -> list[Job]:
    return [
        Job(
            raw=f"From: ann@x.example\r\nSubject: {word} {number}\r\n\r\nText {number}".encode() if number % 7 else b"",
            ref=f"1:{number}",
            received_at=None,
            flags=frozenset({"\\Seen"}),
            size=5,
            authserv_id=None,
            is_cut=number % 5 == 0,
        )
        for number in range(1, count + 1)
    ]


def here(group: list[Job]) -> list[Read]:
    return [job.parse() for job in group]


def children() -> list[int]:
    """Processes of ours that run (Linux)."""
    own = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if fields[1] == str(os.getpid()) and fields[0] != "Z":
            own.append(int(stat.parent.name))
    return own


def test_records_are_the_same_as_parsed_here(parser: Parser) -> None:
    group = jobs(WORTHWHILE)
    before = children()
    assert parser.begin(group)() == here(group)
    assert len(children()) == len(before) + 1
    parser.close()
    assert children() == before


def test_small_groups_start_no_process(parser: Parser) -> None:
    before = children()
    group = jobs(WORTHWHILE - 1)
    assert parser.begin(group)() == here(group)
    assert children() == before


def test_groups_may_be_collected_late_and_in_any_order(parser: Parser) -> None:
    groups = [jobs(WORTHWHILE, word) for word in ("a", "b", "c")]
    waiting = [parser.begin(group) for group in groups]
    assert [records() for records in reversed(waiting)] == [here(group) for group in reversed(groups)]
    assert [records() for records in waiting] == [here(group) for group in groups]


@pytest.mark.parametrize("is_collected", [True, False])
def test_a_process_that_is_killed_costs_no_record(parser: Parser, is_collected: bool) -> None:
    before = set(children())
    first, second = jobs(WORTHWHILE, "a"), jobs(WORTHWHILE, "b")
    records = parser.begin(first)
    if is_collected:
        assert records() == here(first)
    (child,) = set(children()) - before
    os.kill(child, signal.SIGKILL)
    later = parser.begin(second)
    assert records() == here(first)
    assert later() == here(second)


def test_the_process_ends_when_its_input_does(parser: Parser) -> None:
    before = set(children())
    assert parser.begin(jobs(WORTHWHILE))()
    (child,) = set(children()) - before
    process = parser._process
    assert process is not None
    assert process.stdin is not None
    os.kill(child, signal.SIGINT)
    process.stdin.close()
    end = time.monotonic() + 20
    while child in children():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_only_a_beginning_is_marked(parser: Parser) -> None:
    (record,) = parser.begin([Job(b"From: a@b.example\r\n\r\nx", "1:1", None, frozenset(), 9, None, True)])()
    assert isinstance(record, Message)
    assert record.is_truncated
