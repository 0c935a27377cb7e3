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
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

from connectors.api import Purpose
from daemon.drafts import Prepared
from daemon.ingest import Ingest
from store.mails.facts import Draft
from store.mails.write import Place

_CALLS = {"call": "call", "return": "return", "c_call": "call", "c_return": "return"}


def watch(names: Collection[str], reached: Callable[[str], None]) -> None:
    """From now on call `reached(point)` in whichever thread gets to a point of `names`."""
    functions = {name.split(" ", 1)[1] for name in names}
    simple = {function.rpartition(":")[2].rpartition(".")[2] for function in functions}

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event.startswith("c_"):
            if arg.__name__ not in simple:
                return
            function = arg.__qualname__
        else:
            if frame.f_code.co_name not in simple:
                return
            function = f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}"
        if function in functions and (point := f"{_CALLS.get(event)} {function}") in names:
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


def counted(names: Collection[str]) -> Counter[str]:
    """A count that grows as points are reached."""
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def reached(point: str) -> None:
        with lock:
            counts[point] += 1

    watch(names, reached)
    return counts
