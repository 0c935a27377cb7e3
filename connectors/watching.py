"""The optional power of a connector whose server tells by itself that something changed.

Asked for by isinstance. What is told are hints alone: that a stream may have changed, never how. Who hears one reads
the stream in the usual way, so a hint that is false, late or doubled does no harm, and one that is missing costs only
the wait for the next poll.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from connectors.records import Stream


class Watch(Protocol):
    """A connection on which hints come. Nothing here ever blocks, so that one thread can serve all of them.

    `now` is always the caller's clock in seconds, one that never goes backwards. After an error only `close` is called.
    """

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams it tells of."""
        ...

    @property
    def due(self) -> float:
        """When `tick` has to be called, on the caller's clock; every call may change it."""
        ...

    def fileno(self) -> int:
        """What to wait on until it can be read."""
        ...

    def read(self, now: float) -> frozenset[str]:
        """Take a bounded part of what came; the streams that may have changed. Raises Unavailable where it is lost."""
        ...

    def tick(self, now: float) -> None:
        """Do what is due: begin, renew, or notice that the server is silent. Raises Unavailable where it is lost."""
        ...

    def close(self) -> None:
        """Let go of the connection, without waiting for anything."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A connector that can watch."""

    def watched(self) -> tuple[Stream, ...]:
        """Those of the last `streams()` that the options want watched."""
        ...

    def hinted(self, streams: Sequence[Stream]) -> None:
        """These may have changed: what `streams()` told of them holds no more. Called before a hint is followed."""
        ...

    def watch(self, streams: Sequence[Stream]) -> Watch | None:
        """Log in on a connection of its own and watch at least the first of `streams` there; blocks while it does.

        `streams` are all that is to be watched, what another watch of the account tells of already last. Watches whose
        streams are all told of by a later one are closed.

        Called on a connector that was not entered, in place of entering it. None: the server can't push.
        Raises Unavailable, AuthFailed or Misconfigured.
        """
        ...
