"""What a watched folder takes in memory: connections to Dovecot in IDLE, plain and with TLS, of a fresh process."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.measure import BenchError, run
from tests.servers.dovecot import Dovecot, Options

_PROGRAM = Path(__file__).with_name("held_watches.py")
#: Fewer would be lost among the pages that a process takes anyway.
_AT_LEAST = 500


def memory_of_watches(count: int, *, tls: bool) -> float:
    """Bytes of the process's own for each of `count` watches; the kernel's share is not in it. Raises BenchError."""
    # the program makes some before it begins to measure
    with Dovecot({"rep": "secret"}, Options(max_connections=2 * count + 50)) as server:
        port = server.imaps_port if tls else server.imap_port
        trust = [str(server.ca_file)] if tls else []
        _cost, out = run([sys.executable, str(_PROGRAM), str(port), str(count), *trust])
    size = float(out)
    if size <= 0:
        raise BenchError(f"{count} watched folders took no memory that could be measured")
    return size


def show(count: int) -> None:
    """One line for each kind, of `count` watches or as many more as a measurement needs."""
    count = max(count, _AT_LEAST)
    for tls in (False, True):
        size = memory_of_watches(count, tls=tls)
        print(f"{count} watched folders{' with TLS' if tls else ''}: {size / 1024:.1f} KiB each")
