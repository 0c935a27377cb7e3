"""A warm process: everything is imported, and each job is a fork of it, so that a start costs milliseconds.

It reads a job a line (JSON) from standard input and answers with a line. Jobs: {"start": {...}} -> {"pid"};
{"wait": pid, "seconds"} -> {"status"} once the child has ended (negative: the signal) or was stopped, else {};
{"learn": argv, "points"} -> {"status", "said", "reached"}: done by this process itself, whose forks then have the
statements compiled; and how often it got to each of the labelled points.
It has one thread, so that a fork takes no lock along that nobody will open.
"""

from __future__ import annotations

import io
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

import connectors.dav.reading
import connectors.ews.questions
import connectors.ews.reading
import connectors.ews.sync
import connectors.ews.wire
import connectors.imap.fetch
import daemon.derive
import daemon.source
import daemon.streams
import daemon.worker
import store.checkpoints
from connectors.network import shared_context
from daemon.cli.main import main
from matching.organizations import organization_domain
from store.postgresql import make_engine
from tests import shared_work
from tests.crash import bugs, points

#: How often a child that may be stopped by a signal is looked at, in seconds.
_GLANCE = 0.005


def serve() -> None:
    """Answer until standard input ends; children that still run are killed then."""
    running: set[int] = set()
    for line in sys.stdin:
        job = json.loads(line)
        if "start" in job:
            pid = _fork(job["start"])
            running.add(pid)
            answer: dict[str, Any] = {"pid": pid}
        elif "learn" in job:
            answer = _learn(job["learn"], job["points"])
        else:
            status = _wait(job["wait"], job["seconds"])
            answer = {} if status is None else {"status": status}
            if status is not None and status != STOPPED:
                running.discard(job["wait"])
        print(json.dumps(answer), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def be_small() -> None:
    """Small mailboxes are cut as large ones are: into several pages, batches and derivations."""
    connectors.imap.fetch.PAGE_MESSAGES = 6
    daemon.streams.DERIVE_EVERY = 10
    daemon.worker.FETCH_BATCH = 4
    store.checkpoints.ROWS = 60
    connectors.dav.reading._BATCH = 4
    connectors.ews.questions.MAX_CHANGES, connectors.ews.questions.MAX_FOUND = 5, 7
    connectors.ews.sync._OVERLAP = connectors.ews.sync._STEP = 2
    connectors.ews.reading._BATCH = 4
    setattr(daemon.derive, "MEETINGS", 3)  # noqa: B010 - it comes from another module, and mypy rightly says so


def be_warm() -> None:
    """What a program loads once, and no job has to."""
    shared_context(None)
    organization_domain("somebody.example")
    make_engine(make_url("postgresql+psycopg://nowhere/none"))


#: What `wait` tells of a child that a signal has stopped, not ended.
STOPPED = 1000


def _wait(pid: int, seconds: float | None) -> int | None:
    end = None if seconds is None else time.monotonic() + seconds
    watched = os.pidfd_open(pid)
    try:
        while True:
            found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if found:
                return STOPPED if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
            left = _GLANCE if end is None else min(_GLANCE, end - time.monotonic())
            if left <= 0:
                return None
            select.select([watched], [], [], left)
    finally:
        os.close(watched)


def _learn(argv: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    said = io.StringIO()
    with points.counted(names) as reached, redirect_stdout(said), redirect_stderr(said):
        status = main(argv)
    assert threading.active_count() == 1, threading.enumerate()
    return {"status": status, "said": said.getvalue(), "reached": reached}


def _fork(job: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        status = _work(job["argv"], Path(job["out"]), job)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _work(argv: Sequence[str], out: Path, job: dict[str, Any]) -> int:
    """The child: its output goes to files, then it does what the command line says."""
    for stream, number in (("out", 1), ("err", 2)):
        target = os.open(out.with_suffix(f".{stream}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, number)
        os.close(target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if job.get("bug"):
        bugs.PLANTED[job["bug"]]()
    if job.get("apart"):
        daemon.source.WORTHWHILE = 5
    if job.get("pages"):
        event.listen(Engine, "connect", partial(_limit, job["pages"]))
    if job.get("point"):
        points.signal_at(job["point"], job["nth"], signal.Signals(job["signal"]))
    if job.get("holding"):
        points.hold_page(job["holding"])
    return main(argv)


def _limit(pages: int, connection: Any, _record: object) -> None:
    """The file is full at this many pages, as on a full disk."""
    connection.execute(f"PRAGMA max_page_count = {pages}").close()


if __name__ == "__main__":
    shared_work.share_statements()
    shared_work.share_making()
    shared_work.share_comparisons()
    be_small()
    be_warm()
    serve()
