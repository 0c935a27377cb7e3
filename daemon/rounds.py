"""Turns of what the configuration names, each at its own time, in threads of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, Protocol, TypeVar

from daemon.agenda import Agenda


class Named(Protocol):
    """A part of the configuration; one that was changed is not equal to what it was."""

    @property
    def name(self) -> str:
        """What tells it from others of its kind."""
        ...


Item = TypeVar("Item", bound=Named)


class Rounds(Generic[Item]):
    """Calls `turn` with each item when it is due; `turn` puts it again. Threads begin with the first item."""

    def __init__(self, name: str, threads: int, turn: Callable[[Item], None]) -> None:
        """`name`: what the threads are called."""
        self._name = name
        self._threads = threads
        self._turn = turn
        self._items: dict[str, Item] = {}
        self._agenda: Agenda | None = None

    def follow(self, items: Iterable[Item]) -> None:
        """These from now on; those that are new or changed are due now."""
        before, self._items = self._items, {each.name: each for each in items}
        if self._items and self._agenda is None:
            self._agenda = Agenda(self._name, self._threads)
        for item in self._items.values():
            if before.get(item.name) != item:
                self.put(item, 0.0)

    def put(self, item: Item, wait: float) -> None:
        """It is due in so many seconds."""
        if self._agenda:
            self._agenda.put(partial(self._take, item), time.monotonic() + wait)

    def close(self) -> None:
        """No other turn begins."""
        if self._agenda:
            self._agenda.close()

    def join(self, until: float) -> bool:
        """Wait for the turns that are going on, at most until then, monotonic; have all ended?"""
        return self._agenda is None or self._agenda.join(until)

    def _take(self, item: Item) -> None:
        # what was changed or taken away meanwhile has no further turn
        if self._items.get(item.name) == item:
            self._turn(item)
