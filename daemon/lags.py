"""How late polls are: the one number that tells whether this machine and its servers keep up with the accounts."""

from __future__ import annotations

import statistics
from collections import deque

import structlog

log = structlog.get_logger()

#: Seconds between two lines of the log.
EVERY = 60.0
#: Polls that one line counts at most.
_MOST = 20_000


class Lags:
    """Seconds from the time at which a poll was due to its beginning, since they were told last."""

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=_MOST)

    def add(self, seconds: float) -> None:
        """A poll begins."""
        self._lags.append(seconds)

    def tell(self) -> None:
        """Write them to the log, and begin anew."""
        lags, self._lags = sorted(self._lags), deque(maxlen=_MOST)
        if lags:
            cuts = statistics.quantiles(lags, n=20, method="inclusive") if len(lags) > 1 else lags * 20
            p50, p95, most = (round(each, 3) for each in (cuts[9], cuts[18], lags[-1]))
            log.info("polls", count=len(lags), lag_p50=p50, lag_p95=p95, lag_max=most)
