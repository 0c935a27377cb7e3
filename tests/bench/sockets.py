"""What a watched folder takes in memory: connections to Dovecot in IDLE, plain and with TLS, held by this process."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import time
from collections.abc import Iterator
from pathlib import Path

from connectors.api import Secret, Stream, Watch
from connectors.imap import ImapConnector, ImapSettings
from tests.bench.measure import BenchError
from tests.servers.dovecot import Dovecot, Options

#: Made before the first look, for all that is made once.
_FIRST = 10


def memory_of_watches(count: int, *, tls: bool) -> float:
    """Resident bytes of this process for each of `count` watches; the kernel's share is not in it."""
    with Dovecot({"rep": "secret"}, Options(max_connections=count + _FIRST)) as server, contextlib.ExitStack() as stack:
        settings = ImapSettings(
            host="localhost",
            port=server.imaps_port if tls else server.imap_port,
            security="tls" if tls else "none",
            username="rep",
            ca_file=server.ca_file,
        )
        _begin(settings, _FIRST, stack)
        before = _resident()
        _begin(settings, count, stack)
        return (_resident() - before) / count


def _begin(settings: ImapSettings, count: int, stack: contextlib.ExitStack) -> None:
    for _ in range(count):
        stack.enter_context(_watch(settings))


@contextlib.contextmanager
def _watch(settings: ImapSettings) -> Iterator[Watch]:
    """One that is in IDLE."""
    watch = ImapConnector(settings, Secret("secret")).watch([Stream(name="INBOX")])
    if watch is None:
        raise BenchError("the server has no IDLE")
    try:
        begun = time.monotonic()
        watch.tick(begun)
        # until "+" has come, the next thing due is the end of the server's time to answer
        while watch.due <= begun + settings.timeout_seconds:
            if not select.select([watch], [], [], 10)[0]:
                raise BenchError("the server does not begin IDLE")
            watch.read(time.monotonic())
        yield watch
    finally:
        watch.close()


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def show(count: int) -> None:
    """One line for each kind."""
    for tls in (False, True):
        size = memory_of_watches(count, tls=tls)
        print(f"{count} watched folders{' with TLS' if tls else ''}: {size / 1024:.1f} KiB each")
