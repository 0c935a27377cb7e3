"""Labelled points of the program, found by the interpreter's own profiling hook: the program knows nothing of them.

A point is the call of a function or its return, by name: "return store.mails.write:advance" is the moment between
writing a cursor and committing it, "call Connection.commit" the one before COMMIT, "return Connection.commit" the one
after. Functions of C are named without a module. Generators return at every `yield`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from connectors.api import Purpose
from daemon.drafts import Prepared
from daemon.ingest import Ingest
from store.mails.facts import Draft
from store.mails.write import Place

_EVENTS = ("call", "return", "c_call", "c_return", "c_exception")


def watch(names: Collection[str], reached: Callable[[str], None]) -> None:
    """From now on call `reached(point)` in whichever thread gets to a point of `names`."""
    points = frozenset(names)
    #: Of each event the last words of the functions it is watched for: of the very many events most are of no interest.
    watched: dict[str, set[str]] = {event: set() for event in _EVENTS}
    for point in points:
        event, _space, function = point.partition(" ")
        watched[event if ":" in function else f"c_{event}"].add(function.rpartition(":")[2].rpartition(".")[2])

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        last_words = watched[event]
        if not last_words:
            return
        if event[1] == "_":
            if arg.__name__ not in last_words:
                return
            point = f"{event[2:]} {arg.__qualname__}"
        else:
            if frame.f_code.co_name not in last_words:
                return
            point = f"{event} {frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}"
        if point in points:
            reached(point)

    threading.setprofile(profile)
    sys.setprofile(profile)


def signal_at(point: str, nth: int, number: signal.Signals) -> None:
    """Send ourselves a signal when a point is reached for the nth time, counted from 1."""
    lock = threading.Lock()
    left = nth

    def reached(at: str) -> None:
        nonlocal left
        with lock:
            left -= at == point
            if at == point and left == 0:
                os.kill(os.getpid(), number)
                # another thread may be the one to take the signal: this one goes no further meanwhile
                time.sleep(1)

    watch([point], reached)


def hold_page(message_id: str) -> None:
    """Stand still (SIGSTOP) with the page in hand that holds this mail, and die as soon as it is committed."""
    usual = Ingest.page

    def page(self: Ingest, place: Place, purpose: Purpose, prepared: Prepared) -> Counter[str]:
        is_held = any(isinstance(change, Draft) and change.mid == message_id for change in prepared.changes)
        if is_held:
            # to this very thread, so that it stops here and not some steps later
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        counts = usual(self, place, purpose, prepared)
        if is_held:
            os.kill(os.getpid(), signal.SIGKILL)
        return counts

    setattr(Ingest, "page", page)  # noqa: B010 - mypy rightly refuses the assignment


@contextmanager
def counted(names: Collection[str]) -> Iterator[Counter[str]]:
    """A count that grows as points are reached meanwhile."""
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def reached(point: str) -> None:
        with lock:
            counts[point] += 1

    watch(names, reached)
    try:
        yield counts
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
