"""The thread that waits for watched connections: whatever is given to it is closed in the end."""

from __future__ import annotations

import threading

from connectors.api import Unavailable, Watch
from daemon.watcher import Watcher
from tests.unit.daemon.pushing_connector import PushWatch


class Nobody:
    def hinted(self, account: str, streams: frozenset[str]) -> None:
        pass

    def lost(self, account: str, watch: Watch, error: Unavailable) -> None:
        pass


def test_watches_are_closed_with_the_watcher_also_those_that_come_meanwhile_or_afterwards() -> None:
    watcher = Watcher(Nobody())
    watches = [PushWatch(f"folder {number}") for number in range(40)]
    half = threading.Event()

    def add() -> None:
        for number, watch in enumerate(watches):
            watcher.add("alice", watch)
            if number == 20:
                half.set()

    thread = threading.Thread(target=add)
    thread.start()
    half.wait(5)
    watcher.close()
    thread.join(5)
    late = PushWatch("late")
    watcher.add("alice", late)
    watcher.remove(late)
    assert [watch.fileno() for watch in (*watches, late)] == [-1] * 41
