"""python tracked_listener.py CONFIG writing|answering: the public listener of a configuration, without the service.

Prints its port, and listens until its input ends. `answering`: what is asked is answered, and not written.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import structlog

from daemon.config import load
from daemon.derive import derive_these
from daemon.environment import company_of, open_store, utc_now
from daemon.tracking.creating import key_of
from daemon.tracking.recording import Asking, Recorder
from daemon.tracking.serving import serving


class _Silent(Recorder):
    """Takes hits and forgets them."""

    def put(self, asking: Asking) -> None:
        pass


def main() -> None:
    path, how = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    config = load(Path(path), environ=os.environ, today=utc_now().date())
    store, company, key = (
        open_store(config, os.environ, may_create=False),
        company_of(config),
        key_of(config, os.environ),
    )
    kind = {"writing": Recorder, "answering": _Silent}[how]
    recorder = kind(store, config.tracking, company.rules, key, partial(derive_these, store, company, utc_now))
    listener = serving(store, config, company.rules, key, recorder, utc_now, os.environ)
    recorder.begin()
    listener.begin()
    if not listener.is_up.wait(20):
        raise SystemExit("the listener is not up")
    print(listener.port, flush=True)
    sys.stdin.read()
    for part in (listener, recorder):
        part.stop(10)
    store.close()


if __name__ == "__main__":
    main()
