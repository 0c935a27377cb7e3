"""python -m tests.integration.quick_service CONFIG SECONDS: `keeptouch run`, with short waits after failures."""

from __future__ import annotations

import sys
from functools import partial
from unittest.mock import patch

from daemon.cli import run
from daemon.cli.main import entry
from daemon.retry import Backoff
from daemon.service import Service

#: A login that was refused is tried once more, as ever; only sooner.
_QUICK = Backoff(first=0.5, longest=5.0, refused=2.0)


def work() -> int:
    """Follow the accounts until told to stop."""
    config, interval = sys.argv[1:]
    sys.argv[1:] = ["--config", config, "--log-level", "info", "run", "--interval", interval]
    with patch.object(run, "Service", partial(Service, backoff=_QUICK)):
        return entry()


if __name__ == "__main__":
    sys.exit(work())
