"""Folders whose mails get other references again and again: read anew a few times an hour, not at each poll.

RFC 4315 (section 3, UIDNOTSTICKY) knows such servers, and Courier is one for folders that no mail program has opened
yet. All mail of such a folder has to be read again each time, since nothing tells which of it is known.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: So often within so many seconds.
_TIMES, _WITHIN = 3, 3600.0


class Renewals:
    """How often streams were read anew of late; forgotten when the process ends."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: dict[int, deque[float]] = {}

    def begins(self, stream_id: int) -> bool:
        """May the stream be read from its beginning once more? If so, that counts."""
        begun = self._begun.setdefault(stream_id, deque(maxlen=_TIMES))
        now = self._clock()
        if len(begun) == _TIMES and now - begun[0] < _WITHIN:
            return False
        begun.append(now)
        return True
