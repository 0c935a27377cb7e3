"""The one thread that waits for the watched connections of all accounts."""

from __future__ import annotations

import collections
import contextlib
import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol

import structlog

from connectors.api import Unavailable, Watch

log = structlog.get_logger()

#: Seconds; the selector takes no infinite one.
_LONGEST_WAIT = 3600.0


class Listener(Protocol):
    """Who is told; called in the watching thread, so that it must be quick."""

    def hinted(self, account: str, streams: frozenset[str]) -> None:
        """These streams may have changed."""
        ...

    def lost(self, account: str, watch: Watch, error: Unavailable) -> None:
        """The watch has ended; it is closed."""
        ...


class Watcher:
    """Begins, reads and renews watches until it is closed, which closes them."""

    def __init__(self, listener: Listener, clock: Callable[[], float] = time.monotonic) -> None:
        self._listener = listener
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._watches: dict[Watch, str] = {}
        #: No watch is due before this.
        self._next_due = float("inf")
        self._calls: collections.deque[Callable[[], None]] = collections.deque()
        self._calling = threading.Lock()
        self._is_closing = self._is_over = False
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def add(self, account: str, watch: Watch) -> None:
        """Watch it from now on; a login that was under way when all was closed is closed too."""
        if not self._call(lambda: self._add(account, watch)):
            watch.close()

    def remove(self, watch: Watch) -> None:
        """Close it, if it was not lost already."""
        self._call(lambda: self._remove(watch))

    def close(self) -> None:
        """Close all; returns when the thread has ended."""
        self._call(self._begin_closing)
        self._thread.join()

    def _call(self, call: Callable[[], None]) -> bool:
        """Have it done by the thread; False: that one has ended."""
        with self._calling:
            if self._is_over:
                return False
            self._calls.append(call)
            # a full pipe wakes as well
            with contextlib.suppress(BlockingIOError, OSError):
                self._waker.send(b"\0")
        return True

    def _run(self) -> None:
        try:
            while not self._is_closing:
                wait = max(0.0, min(self._next_due - self._clock(), _LONGEST_WAIT))
                for key, _events in self._selector.select(wait):
                    if key.data is None:
                        self._take_calls()
                    elif key.data in self._watches:
                        self._read(key.data)
                if self._clock() >= self._next_due:
                    self._tick()
        finally:
            with self._calling:
                self._is_over = True
            self._take_calls()
            for watch in list(self._watches):
                self._remove(watch)
            self._selector.close()
            self._woken.close()
            self._waker.close()

    def _take_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._calls:
            self._calls.popleft()()

    def _begin_closing(self) -> None:
        self._is_closing = True

    def _add(self, account: str, watch: Watch) -> None:
        self._watches[watch] = account
        try:
            self._selector.register(watch.fileno(), selectors.EVENT_READ, watch)
        except (ValueError, KeyError, OSError) as error:
            self._lose(watch, error)
        else:
            self._next_due = min(self._next_due, watch.due)

    def _remove(self, watch: Watch) -> None:
        if self._watches.pop(watch, None) is not None:
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(watch.fileno())
            watch.close()

    def _read(self, watch: Watch) -> None:
        account = self._watches[watch]
        try:
            streams = watch.read(self._clock())
        except Exception as error:  # what a plug-in's watch does must not end the others'
            self._lose(watch, error)
            return
        self._next_due = min(self._next_due, watch.due)
        if streams:
            self._listener.hinted(account, streams)

    def _tick(self) -> None:
        now = self._clock()
        for watch in [watch for watch in self._watches if watch.due <= now]:
            try:
                watch.tick(now)
            except Exception as error:  # as above
                self._lose(watch, error)
        self._next_due = min((watch.due for watch in self._watches), default=float("inf"))

    def _lose(self, watch: Watch, error: Exception) -> None:
        account = self._watches[watch]
        self._remove(watch)
        if not isinstance(error, Unavailable):
            log.error("watch failed", account=account, frames=traceback.format_tb(error.__traceback__))
            error = Unavailable(f"watching failed with {type(error).__name__}", step="bug")
        self._listener.lost(account, watch, error)
