"""What the reading of signals takes of a page: the same import of a Maildir with it and without.

Without it nothing is read of what a mail tells (answers, bounces, absence, new text), and no signal and no time of an
answer is derived; all else is the program as it is. Both are done in one process, by the same code that `sync` calls,
and processor time is counted: of a page of 500 mails, from the files to what is derived of them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import func, select

from daemon import heap
from daemon.cli.opening import session_of
from daemon.cli.sync import sync_all
from daemon.config import load
from daemon.environment import utc_now
from store.mails.facts import NOTHING_TOLD
from store.schema.tasks import signal
from tests.bench.measure import BenchError
from tests.servers.mailbox import write_maildir

#: Mails of the page that is told of.
PAGE = 500
_CONFIG = """
[store]
url = "sqlite:///{folder}/keeptouch.db"
[company]
domains = ["example.org"]
[[accounts]]
name = "alice"
owner = "alice@example.org"
kind = "local"
[accounts.options]
path = "{mails}"
format = "maildir"
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Milliseconds of a page of 500 mails, in the order of the runs."""

    mails: int
    reading: Sequence[float]
    without: Sequence[float]

    @property
    def part(self) -> float:
        """What signals add to a page without them."""
        return statistics.median(self.reading) / statistics.median(self.without) - 1


def measure(mails: int, runs: int, tell: Callable[[str], None]) -> Compared:
    """Import in turn with signals and without; a first pair is not counted. Raises BenchError."""
    pages: dict[str, list[float]] = {"with signals": [], "without": []}
    heap.look_seldom()
    with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as folder:
        place = Path(folder)
        write_maildir(
            place / "mails", n=mails, seed=11, me="alice@example.org", manifest=place / "truth", median=20_000
        )
        for number in range(runs + 1):
            for how, found in pages.items():
                page = _import(place, mails, is_reading=how == "with signals") * PAGE / mails
                if number:
                    found.append(page)
                tell(f"{'run ' + str(number) if number else 'not counted'}: {how} {page:.0f} ms")
    return Compared(mails, pages["with signals"], pages["without"])


def show(compared: Compared) -> None:
    """Tell of it."""
    print(f"A page of {PAGE} mails, import of {compared.mails:,}: processor time")
    for name, times in (("with signals", compared.reading), ("without", compared.without)):
        print(f"{name:13} {'  '.join(f'{each:.0f}' for each in times)}  median {statistics.median(times):.0f} ms")
    print(f"signals add {compared.part:.1%}")


def _import(place: Path, mails: int, *, is_reading: bool) -> float:
    """Milliseconds of processor time of the turn that imports them all."""
    folder = place / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "config.toml").write_text(_CONFIG.format(folder=folder, mails=place / "mails"), "utf-8")
    config = load(folder / "config.toml", environ=os.environ, today=utc_now().date())
    with ExitStack() as stack:
        # one process has all of the work
        stack.enter_context(patch("daemon.source._HAS_CORES", False))
        if not is_reading:
            stack.enter_context(patch("daemon.drafts.read", lambda messages: [NOTHING_TOLD for _ in messages]))
            stack.enter_context(patch("daemon.mail_batch.derive_signals", lambda *_given: set()))
            stack.enter_context(patch("daemon.mail_batch.with_answer_times", lambda wanted, *_given: wanted))
        session = stack.enter_context(session_of(config))
        start = time.process_time()
        (report,) = sync_all(session, config.accounts, threading.Event(), lambda *_told: None)
        took = time.process_time() - start
        if report.error is not None or report.total.seen != mails:
            raise BenchError(f"the import failed: {report.error or report.total}")
        with session.store.read() as transaction:
            if bool(transaction.scalar(select(func.count()).select_from(signal))) is not is_reading:
                raise BenchError("signals were read where they were not to be, or the other way round")
    return 1_000 * took
