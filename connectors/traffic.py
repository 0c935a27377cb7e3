"""What this process has asked of servers, and how much went to and fro, by the kind of server, since it began.

A command or a part of an answer costs a lock and an addition, a mail nothing. No host and no address is told.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

#: Status words of IMAP (RFC 3501, section 7.1) and status codes of HTTP; what else a server says is "other".
_CODES = frozenset({"OK", "NO", "BAD", "BYE", *(str(int(each)) for each in HTTPStatus)})

_LOCK = threading.Lock()
#: (kind, code) and (kind, direction) -> how many.
_REQUESTS: Counter[tuple[str, str]] = Counter()
_OCTETS: Counter[tuple[str, str]] = Counter()


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted: requests by (kind, code), octets by (kind, "sent" or "received")."""

    requests: Mapping[tuple[str, str], int]
    octets: Mapping[tuple[str, str], int]


class Traffic:
    """Counts for one kind of server: "imap", say. May be used by many threads."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def answered(self, code: str | int) -> None:
        """A request was answered with this status."""
        word = str(code)
        with _LOCK:
            _REQUESTS[self._kind, word if word in _CODES else "other"] += 1

    def unanswered(self) -> None:
        """A request got no answer, or none that can be understood."""
        with _LOCK:
            _REQUESTS[self._kind, "none"] += 1

    def sent(self, octets: int) -> None:
        """So much went to a server, before encryption."""
        with _LOCK:
            _OCTETS[self._kind, "sent"] += octets

    def received(self, octets: int) -> None:
        """So much came from one, after decryption and before decompression."""
        with _LOCK:
            _OCTETS[self._kind, "received"] += octets


def totals() -> Totals:
    """All that was counted by now."""
    with _LOCK:
        return Totals(dict(_REQUESTS), dict(_OCTETS))


def taken() -> Totals:
    """All that was counted since the last call, for another process to `add` it."""
    with _LOCK:
        found = Totals(dict(_REQUESTS), dict(_OCTETS))
        _REQUESTS.clear()
        _OCTETS.clear()
        return found


def add(counted: Totals) -> None:
    """Count as ours what another process of ours has counted."""
    with _LOCK:
        _REQUESTS.update(counted.requests)
        _OCTETS.update(counted.octets)
