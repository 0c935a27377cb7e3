"""Jobs at their times: in order, in bounded number, and none in the way of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from daemon.agenda import Agenda


@pytest.fixture
def agenda() -> Iterator[Agenda]:
    made = Agenda("test", 1)
    yield made
    made.close()
    assert made.join(time.monotonic() + 5)


def test_what_is_due_first_is_done_first(agenda: Agenda) -> None:
    done: list[str] = []
    ended, begin = threading.Event(), threading.Event()
    agenda.put(begin.wait)
    now = time.monotonic()
    agenda.put(ended.set, now + 0.1)
    agenda.put(lambda: done.append("later"), now + 0.05)
    agenda.put(lambda: done.append("now"), now)
    agenda.put(lambda: done.append("now too"), now)
    agenda.put(lambda: done.append("at once"))
    begin.set()
    assert ended.wait(5)
    assert time.monotonic() >= now + 0.1
    assert done == ["at once", "now", "now too", "later"]


def test_a_job_that_comes_sooner_than_what_is_waited_for_is_not_late(agenda: Agenda) -> None:
    done = threading.Event()
    agenda.put(lambda: None, time.monotonic() + 3600)
    time.sleep(0.05)
    agenda.put(done.set)
    assert done.wait(5)


def test_a_bug_in_a_job_is_logged_and_ends_no_thread(agenda: Agenda) -> None:
    done = threading.Event()
    with capture_logs() as logged:
        agenda.put(lambda: 1 // 0)
        agenda.put(done.set)
        assert done.wait(5)
    assert [(each["event"], each["error"]) for each in logged] == [("job failed", "ZeroDivisionError")]


def test_nothing_begins_after_the_end_and_a_job_that_hangs_is_not_waited_for() -> None:
    agenda = Agenda("test", 2)
    gate, begun, late = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait()

    agenda.put(hang)
    assert begun.wait(5)
    agenda.put(late.set, time.monotonic() + 0.1)
    agenda.close()
    assert not agenda.join(time.monotonic() + 0.3)
    assert not late.is_set()
    gate.set()
    assert agenda.join(time.monotonic() + 5)
