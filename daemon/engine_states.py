"""Where the engine's accounts stand: when each is due, and why it is not read before."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.config import Account
from daemon.servers import Server

#: Hints that an account may follow in a row.
BURST = 20


@dataclass(slots=True)
class State:
    """Where an account stands. Times are monotonic."""

    id: str
    account: Account
    server: Server | None
    #: When it is polled next; infinite: not before its configuration changes.
    due: float = -math.inf
    failures: int = 0
    #: What is new was read in all its streams, by us or by one before us.
    is_known: bool = False
    #: The last slice was not all there is to read.
    is_behind: bool = False
    #: The last poll ended before everything was read, because something failed.
    is_down: bool = False
    #: Its server answered nobody then: it is polled as soon as another account has an answer.
    is_waiting: bool = False
    #: Mail of other accounts has made mail of this one wanted.
    is_wanted: bool = False
    hints: set[str] = field(default_factory=set)
    #: Hints that it may follow at once; one grows in a second.
    credit: float = BURST
    pushed_at: float = 0.0
    #: Its login was refused.
    is_parked: bool = False
    #: Its slice ends: we stop, or the configuration knows it otherwise now.
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How far the engine is behind."""

    #: Seconds for which the polls of accounts have been due, in ascending order.
    seconds: tuple[float, ...]
    #: Seconds since a slice began or ended last.
    quiet: float
    #: Priority, in lower case -> accounts that wait for a thread.
    waiting: dict[str, int]


def late(states: Iterable[State], now: float) -> tuple[float, ...]:
    """Seconds for which polls have been due, ascending; what was asked for at once has no time to be late by."""
    return tuple(sorted(now - state.due for state in states if -math.inf < state.due <= now))
