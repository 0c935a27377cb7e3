"""What a mailbox's stream of notifications knows of its folders: those that have no news since a state of ours.

While a stream tells of a folder, a poll need not ask what is known already. What the stream says is believed for a
while only: after that the poll asks all the same.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from connectors.ews.settings import EwsSettings

#: Seconds after which a folder is asked for, whatever the stream says.
NET = 900.0


class Key(NamedTuple):
    """Whose mailbox is watched, and who does it."""

    url: str
    username: str
    address: str
    impersonate: bool

    @classmethod
    def of(cls, settings: EwsSettings) -> Key:
        """Of an account."""
        return cls(settings.url, settings.username.casefold(), settings.address.casefold(), settings.impersonate)


class Quiet:
    """Of one subscription, from its beginning on; used by the thread that watches and by those that read."""

    def __init__(self, names: dict[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        """`names`: folder id -> name of its stream."""
        self.names = names
        self._clock = clock
        self._lock = threading.Lock()
        #: How often each folder was told of.
        self._told: Counter[str] = Counter()
        #: Folder -> the state since which there is nothing new, and until when that is believed.
        self._settled: dict[str, tuple[str, float]] = {}

    def tell(self, folders: Iterable[str]) -> None:
        """There may be news in these."""
        with self._lock:
            for folder in folders:
                self._told[folder] += 1
                self._settled.pop(folder, None)

    def mark(self, folder: str) -> int | None:
        """To be given to `settle`, and taken before the server is asked; None: the folder is not watched."""
        return self._told[folder] if folder in self.names else None

    def settle(self, folder: str, state: str, mark: int | None) -> None:
        """The server says that nothing is new since a state; that counts unless it has told of news meanwhile."""
        with self._lock:
            if mark is not None and mark == self._told[folder]:
                self._settled[folder] = state, self._clock() + NET

    def is_settled(self, folder: str, state: str) -> bool:
        """Is there nothing new since a state?"""
        known, until = self._settled.get(folder, ("", 0.0))
        return known == state != "" and self._clock() < until


_live: dict[Key, Quiet] = {}
#: URL -> until when its server wants to be left alone, on the monotonic clock: no stream is begun anew before.
_rests: dict[str, float] = {}
_NOBODY = Quiet({})


def watched(settings: EwsSettings) -> Quiet:
    """What is known of a mailbox by its stream; nothing where there is none."""
    return _live.get(Key.of(settings), _NOBODY)


def begin(settings: EwsSettings, quiet: Quiet) -> None:
    """A stream has begun; it takes the place of one before it."""
    _live[Key.of(settings)] = quiet


def end(settings: EwsSettings, quiet: Quiet) -> None:
    """A stream has ended."""
    if _live.get(Key.of(settings)) is quiet:
        del _live[Key.of(settings)]


def rest(settings: EwsSettings, seconds: float) -> None:
    """The server wants to be left alone for so long."""
    _rests[settings.url] = max(_rests.get(settings.url, 0.0), time.monotonic() + seconds)


def rest_left(settings: EwsSettings) -> float:
    """Seconds for which it still does."""
    return max(0.0, _rests.get(settings.url, 0.0) - time.monotonic())


def others_of(settings: EwsSettings) -> int:
    """How many streams this login has open into other mailboxes, by its own rights."""
    own = Key.of(settings)
    return sum(
        each.url == own.url and each.username == own.username and not each.impersonate and each.address != own.address
        for each in list(_live)
    )
