"""Who works next: the threads of the engine, shared by priority, by host and by account.

Each priority has threads of its own, so that imports, polls, accounts that failed and hints never wait for each other's
threads; of the connections that a host allows the better priority has the next one. A host has a share of each kind of
threads, and the host that holds fewest of them is next: one that hangs leaves the rest to the others. Accounts of a
host take turns. Time is monotonic: a clock that jumps changes nothing.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from itertools import count
from typing import NamedTuple

import structlog

log = structlog.get_logger()


class Priority(IntEnum):
    """Why an account is read; the first goes first."""

    #: Somebody asked for it: a person, or a changed configuration.
    USER = 0
    #: Its server told of news.
    PUSH = 1
    #: Its time has come.
    POLL = 2
    #: Its time has come, and it failed before.
    RETRY = 3
    #: What is left of its past.
    BACKFILL = 4


class Lane(NamedTuple):
    """What a priority has: threads, and how many of them one host may hold."""

    threads: int
    share: int


LANES: Mapping[Priority, Lane] = {
    Priority.USER: Lane(4, 2),
    Priority.PUSH: Lane(10, 8),
    Priority.POLL: Lane(16, 12),
    Priority.RETRY: Lane(4, 2),
    Priority.BACKFILL: Lane(6, 4),
}
#: The share of a host that has not answered anybody yet, or not lately.
_DOUBTED = 4
#: Connections of a host that the lesser priorities leave to hints and people.
_RESERVE = 2


class Place(NamedTuple):
    """Where an account lies."""

    host: Hashable
    #: Accounts of the host read at a time.
    limit: int


class Pool:
    """Calls `take(account, priority)` in threads of its own, one call an account at a time.

    The threads are daemons: a call that hangs on a server does not keep the process from ending.
    """

    def __init__(self, take: Callable[[Hashable, Priority], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._take = take
        self._clock = clock
        self._changed = threading.Condition()
        self._is_closed = False
        self._places: Mapping[Hashable, Place] = {}
        #: Host -> one of its places: what is held of it is held to its limit.
        self._hosts: Mapping[Hashable, Place] = {}
        self._trusted: set[Hashable] = set()
        #: Requests for later times, the next one first.
        self._later: list[tuple[float, int, Hashable, Priority]] = []
        self._numbers = count()
        #: By account and priority, from when on it may be taken.
        self._asked: dict[tuple[Hashable, Priority], float] = {}
        #: By priority and host, the accounts whose time has come, in their order.
        self._ready: dict[Priority, dict[Hashable, dict[Hashable, None]]] = {each: {} for each in Priority}
        self._running: dict[Hashable, tuple[Priority, Place]] = {}
        self._lanes: Counter[Priority] = Counter()
        self._shares: dict[Hashable, Counter[Priority]] = {}
        self._work: queue.SimpleQueue[tuple[Hashable, Priority] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._dispatch, name="engine", daemon=True)]
        self._threads += [
            threading.Thread(target=self._serve, name=f"slice-{number}", daemon=True)
            for number in range(sum(lane.threads for lane in LANES.values()))
        ]

    def arrange(self, places: Mapping[Hashable, Place]) -> None:
        """These accounts and no others; what is asked for the others is dropped."""
        with self._changed:
            self._places, self._hosts = places, {place.host: place for place in places.values()}
            for key, priority in [each for each in self._asked if each[0] not in places]:
                self._drop(key, priority)
            for key, priority in [each for each in self._asked if self._asked[each] <= self._clock()]:
                self._make_ready(key, priority)  # its host may be another one now
            self._changed.notify_all()

    def trust(self, host: Hashable, *, is_trusted: bool) -> None:
        """The host answers, or does not."""
        if is_trusted == (host in self._trusted):  # as nearly always; a lock for each page would be waste
            return
        with self._changed:
            (self._trusted.add if is_trusted else self._trusted.discard)(host)
            self._changed.notify_all()

    def request(self, key: Hashable, priority: Priority, at: float = float("-inf")) -> None:
        """Take the account at this priority, not before `at`; asked twice, the earlier time counts."""
        with self._changed:
            if key in self._places and at < self._asked.get((key, priority), float("inf")):
                self._asked[key, priority] = at
                heapq.heappush(self._later, (at, next(self._numbers), key, priority))
                self._changed.notify_all()

    @contextmanager
    def borrowed(self, host: Hashable, patience: float = 5.0) -> Iterator[bool]:
        """Room for what asks the host in another thread than the pool's, as for a hint: one limit holds for both.

        False: there was none within `patience`, in seconds, and the host is not to be asked. A host without accounts
        has no limit.
        """
        with self._changed:
            has_room = self._changed.wait_for(lambda: self._has_room_for_guest(host), patience)
            place = self._hosts.get(host)
            if has_room and place is not None:
                self._shares.setdefault(host, Counter())[Priority.PUSH] += 1
        try:
            yield has_room
        finally:
            if has_room and place is not None:
                with self._changed:
                    self._give_back(host, Priority.PUSH)

    def is_crowded(self, key: Hashable) -> bool:
        """Does another account wait for the thread, or for the connection, that this one has?"""
        with self._changed:
            if key not in self._running:
                return False
            own, place = self._running[key]
            return any(
                (priority is own or (priority < own and host == place.host)) and keys.keys() - self._running.keys()
                for priority in Priority
                for host, keys in self._ready[priority].items()
            )

    def waiting(self) -> dict[str, int]:
        """Priority, in lower case -> accounts whose time has come and who have no thread yet."""
        with self._changed:
            return {each.name.lower(): sum(map(len, self._ready[each].values())) for each in Priority}

    def run(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def tick(self) -> None:
        """Return where calls are given out; raises RuntimeError where threads that do it have died."""
        with self._changed:
            is_giving = self._threads[0].is_alive() and any(thread.is_alive() for thread in self._threads[1:])
            if not self._is_closed and not is_giving:
                raise RuntimeError("the threads that give out slices have died")

    def close(self) -> None:
        """No other call begins from now on."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def join(self, until: float) -> bool:
        """Wait for the calls that are being made, at most until then; have all ended?"""
        for thread in self._threads:
            thread.join(max(0.0, until - self._clock()))
        return not any(thread.is_alive() for thread in self._threads)

    def _drop(self, key: Hashable, priority: Priority) -> None:
        del self._asked[key, priority]
        for host, keys in list(self._ready[priority].items()):
            keys.pop(key, None)
            if not keys:
                del self._ready[priority][host]

    def _make_ready(self, key: Hashable, priority: Priority) -> None:
        at = self._asked[key, priority]
        self._drop(key, priority)
        self._asked[key, priority] = at
        self._ready[priority].setdefault(self._places[key].host, {})[key] = None

    def _dispatch(self) -> None:
        """Hand out what is due to the threads."""
        with self._changed:
            while not self._is_closed:
                now = self._clock()
                while self._later and self._later[0][0] <= now:
                    at, _number, key, priority = heapq.heappop(self._later)
                    if self._asked.get((key, priority)) == at:
                        self._ready[priority].setdefault(self._places[key].host, {})[key] = None
                while (found := next(self._free(), None)) is not None:
                    self._begin(*found)
                self._changed.wait(self._later[0][0] - self._clock() if self._later else None)
        for _thread in self._threads[1:]:
            self._work.put(None)

    def _free(self) -> Iterator[tuple[Hashable, Priority]]:
        """What may begin now, the best first."""
        for priority in Priority:
            if self._lanes[priority] >= LANES[priority].threads:
                continue
            # the host that went last is the last of its equals
            for host in sorted(self._ready[priority], key=lambda host: self._held(host)[priority]):
                keys = self._ready[priority][host]
                if self._has_room(self._places[next(iter(keys))], priority):
                    yield from ((key, priority) for key in keys if key not in self._running)

    def _has_room(self, place: Place, priority: Priority) -> bool:
        held = self._held(place.host)
        share = LANES[priority].share
        if place.host not in self._trusted:
            share = min(share, _DOUBTED)
        reserve = 0 if priority <= Priority.PUSH else min(_RESERVE, place.limit - 1)
        return held[priority] < share and held.total() < place.limit - reserve

    def _has_room_for_guest(self, host: Hashable) -> bool:
        place = self._hosts.get(host)
        return self._is_closed or place is None or self._has_room(place, Priority.PUSH)

    def _held(self, host: Hashable) -> Counter[Priority]:
        """The threads that a host has now."""
        return self._shares.get(host, Counter())

    def _begin(self, key: Hashable, priority: Priority) -> None:
        place = self._places[key]
        del self._asked[key, priority]
        keys = self._ready[priority].pop(place.host)
        del keys[key]
        if keys:
            self._ready[priority][place.host] = keys
        self._running[key] = priority, place
        self._lanes[priority] += 1
        self._shares.setdefault(place.host, Counter())[priority] += 1
        self._work.put((key, priority))

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                self._take(*work)
            except Exception as error:  # a bug in one call must not end the thread that others need
                log.error("slice failed", error=type(error).__name__, frames=traceback.format_tb(error.__traceback__))
            finally:
                self._end(work[0])

    def _end(self, key: Hashable) -> None:
        with self._changed:
            priority, place = self._running.pop(key)
            self._lanes[priority] -= 1
            self._give_back(place.host, priority)

    def _give_back(self, host: Hashable, priority: Priority) -> None:
        """With the lock held."""
        self._shares[host][priority] -= 1
        if not self._shares[host].total():
            del self._shares[host]
        self._changed.notify_all()
