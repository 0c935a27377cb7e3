"""What signals tell a command: to end, or to read its configuration again."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

#: Seconds until who waits sees that a signal has come.
_LOOK_EVERY = 0.1


class Told(threading.Event):
    """An event that a handler of signals may set, which interrupts whatever the main thread does, itself included: the
    lock of any other event could be held by what it interrupts, for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._is_told = False

    def is_set(self) -> bool:
        """Has it been set?"""
        return self._is_told

    def set(self) -> None:
        """Takes no lock."""
        self._is_told = True

    def clear(self) -> None:
        """As if it had never been set."""
        self._is_told = False

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is set within `timeout`, in seconds; None: without end."""
        until = math.inf if timeout is None else time.monotonic() + timeout
        while not self._is_told and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_EVERY))
        return self._is_told


def stop_on_signals() -> AbstractContextManager[threading.Event]:
    """An event that SIGTERM and SIGINT set: the page in hand is finished, the rest comes next time."""
    return set_by(signal.SIGTERM, signal.SIGINT)


@contextmanager
def set_by(*numbers: signal.Signals) -> Iterator[threading.Event]:
    """An event that these signals set."""
    event = Told()
    before = {number: signal.signal(number, lambda *_: event.set()) for number in numbers}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
