"""Signals come at any moment, also in the midst of what the one before has begun."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

from daemon.cli.interrupts import Told, set_by

#: Signals that come while the event is being set, and thick and fast.
STORM = """
import signal, time
from daemon.cli.interrupts import set_by
with set_by(signal.SIGALRM, signal.SIGUSR1) as told:
    with told._cond:
        signal.raise_signal(signal.SIGUSR1)
    assert told.is_set()
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        told.set(); told.wait(0.001); told.clear(); told.wait(0.001)
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_storm_of_signals_stops_nothing_for_ever() -> None:
    """With a plain threading.Event the main thread would wait for the lock that it holds itself."""
    subprocess.run([sys.executable, "-c", STORM], check=True, timeout=60)


def test_who_waits_is_told() -> None:
    with set_by(signal.SIGUSR1) as told:
        assert not told.wait(0.01)
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGUSR1])
        timer.start()
        assert told.wait()
        timer.join()
        told.clear()
        assert not told.is_set()
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_a_wait_is_as_long_as_it_was_meant() -> None:
    began = time.monotonic()
    assert not Told().wait(0.15)
    assert time.monotonic() - began >= 0.15
