"""python -m tests.integration.quick_service CONFIG SECONDS: the service, with short waits after failures."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from daemon.cli.opening import session_of
from daemon.config import load
from daemon.log import configure
from daemon.retry import Backoff
from daemon.service import Service


def main() -> None:
    """Work until told to stop."""
    config, interval = sys.argv[1:]
    configure(level="info")
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    loaded = load(Path(config), environ=os.environ, today=datetime.now(UTC).date())
    with (
        session_of(loaded) as session,
        Service(session, float(interval), threading.Event(), backoff=Backoff(first=0.5, longest=5.0)),
    ):
        while not told.wait(0.2):
            pass


if __name__ == "__main__":
    main()
