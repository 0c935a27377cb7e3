"""The only waiting: how long after which error, with how much chance in it.

Waits grow from 5 seconds to 30 minutes, each between half and the whole of its bound, so that accounts of one server
that fell together do not come back together. A server that asks for a longer rest gets it, up to a day.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import tenacity
from tenacity.wait import wait_base

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Unavailable

#: Seconds between two logins with a password that was refused: a directory that counts failures never locks.
PARKED = 6 * 3600.0
#: The longest rest that a server may ask for.
LONGEST_REST = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Backoff(wait_base):
    """Seconds to wait after a number of failures in a row."""

    first: float = 5.0
    longest: float = 1800.0
    #: Seconds after a login was refused for the first time: no directory locks an account for two in ten minutes.
    refused: float = 600.0
    #: A number from 0 up to 1.
    chance: Callable[[], float] = random.random

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """After `failures` (from 1) in a row; `retry_after` is the rest that the server asked for."""
        doublings = min(max(failures, 1) - 1, 60)
        bound = min(self.first * 2.0**doublings, self.longest)
        wait = bound * (0.5 + self.chance() / 2)
        if retry_after is None or math.isnan(retry_after):
            return wait
        return max(wait, min(retry_after, LONGEST_REST))

    def after(self, error: ConnectorError, failures: int) -> float | None:
        """Seconds until an account is tried again; None: not before its configuration changes."""
        if isinstance(error, Misconfigured):
            return None
        if isinstance(error, AuthFailed):
            return PARKED
        return self.delay(failures, error.retry_after if isinstance(error, Unavailable) else None)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        """As a wait of tenacity."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        return self.delay(retry_state.attempt_number, error.retry_after if isinstance(error, Unavailable) else None)


def attempts(
    tries: int, *, backoff: Backoff | None = None, sleep: Callable[[float], None] = time.sleep
) -> tenacity.Retrying:
    """Call something again while the server is unavailable: `attempts(3)(connect, host)`. The last error is raised."""
    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(tries),
        wait=backoff or Backoff(),
        retry=tenacity.retry_if_exception_type(Unavailable),
        sleep=sleep,
        reraise=True,
    )
