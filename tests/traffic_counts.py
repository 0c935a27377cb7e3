"""What a test has asked of servers: the difference between two readings, as a process counts all that it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors import traffic


class Asked:
    """What was counted for one kind of server, when the block is over."""

    def __init__(self) -> None:
        self.requests: dict[str, int] = {}
        self.octets: dict[str, int] = {}


@contextmanager
def asked_of(kind: str) -> Iterator[Asked]:
    """Counts what servers of this kind are asked in the block; nothing else of the process may ask such."""
    found, before = Asked(), traffic.totals()
    yield found
    now = traffic.totals()
    for these, then, into in (
        (now.requests, before.requests, found.requests),
        (now.octets, before.octets, found.octets),
    ):
        into |= {word: count - then.get((of, word), 0) for (of, word), count in these.items() if of == kind}
        for word in [each for each, count in into.items() if not count]:
            del into[word]
