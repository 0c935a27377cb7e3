"""python held_watches.py PORT COUNT [CA]: what COUNT watches of rep's inbox take of this process, bytes for each.

A process of its own, because one that did other work before has free heap, in which watches would seem to cost nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from connectors.api import Secret, Stream, Watch
from connectors.imap import ImapConnector, ImapSettings

#: Made before the first look, for all that is made once.
_FIRST = 10


def main() -> None:
    """Make watches, tell what they took."""
    port, count, *ca_file = sys.argv[1:]
    settings = ImapSettings(
        host="localhost",
        port=int(port),
        security="tls" if ca_file else "none",
        username="rep",
        ca_file=Path(ca_file[0]) if ca_file else None,
    )
    with contextlib.ExitStack() as stack:
        _begin(settings, _FIRST, stack)
        # what imports left free goes back to the system, so that filling it anew is seen
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        before = _held()
        _begin(settings, int(count), stack)
        print((_held() - before) / int(count))


def _begin(settings: ImapSettings, count: int, stack: contextlib.ExitStack) -> None:
    for _ in range(count):
        stack.enter_context(_watch(settings))


@contextlib.contextmanager
def _watch(settings: ImapSettings) -> Iterator[Watch]:
    """One that is in IDLE."""
    watch = ImapConnector(settings, Secret("secret")).watch([Stream(name="INBOX")])
    if watch is None:
        raise SystemExit("the server has no IDLE")
    try:
        begun = time.monotonic()
        watch.tick(begun)
        # until "+" has come, the next thing due is the end of the server's time to answer
        while watch.due <= begun + settings.timeout_seconds:
            if not select.select([watch], [], [], 10)[0]:
                raise SystemExit("the server does not begin IDLE")
            watch.read(time.monotonic())
        yield watch
    finally:
        watch.close()


def _held() -> int:
    """Bytes that this process alone has written to; the kernel's share of a socket is not in it."""
    gc.collect()
    match = re.search(r"^Private_Dirty:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    if match is None:
        raise SystemExit("the kernel does not tell Private_Dirty")
    return int(match[1]) * 1024


if __name__ == "__main__":
    main()
