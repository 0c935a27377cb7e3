"""python -m tests.warm_process FD: imports the program, and forks for each command line that comes over a socket.

Each comes as JSON with three open files, its standard streams; the answer is the pid of the process that carries it
out, or nothing where it could not start. That process is left behind by its parent at once, so that whoever asked can
take it for a child. There is one thread, so that a fork takes no lock along that nobody will open.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import random
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import make_url

import connectors
import daemon
import matching
import store
from daemon.cli.main import entry
from store.postgresql import make_engine

#: More than any environment of a test.
_LONGEST = 1 << 18


def be_warm() -> None:
    """Import what any command may, and make nothing of it that hangs on settings or on the environment."""
    for package in (connectors, daemon, matching, store):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # migrations are files that Alembic runs
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    make_engine(make_url("postgresql+psycopg://nowhere/none")).dispose()
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    # a fork need not copy what the collector would touch
    gc.freeze()


def serve(line: socket.socket) -> None:
    """Returns at the end of the line; and in each child, which is then about to be the program."""
    while True:
        text, streams, _flags, _address = socket.recv_fds(line, _LONGEST, 3)
        if not text:
            sys.exit(0)
        reader, writer = os.pipe()
        between = os.fork()
        if between == 0:
            if os.fork():
                os._exit(0)
            line.close()
            os.close(reader)
            _become(json.loads(text), streams)
            os.write(writer, str(os.getpid()).encode())
            os.close(writer)
            return
        os.close(writer)
        for each in streams:
            os.close(each)
        # an orphan by the time it is told of
        os.waitpid(between, 0)
        with open(reader, "rb") as told:
            # to its end: by then the child has closed its side too, and has no other file than what it was given
            line.send(told.read() or b"none")


def _become(job: dict[str, Any], streams: Sequence[int]) -> None:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    if job["is_session"]:
        os.setsid()
    os.umask(job["umask"])
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["environ"])
    time.tzset()
    random.seed()
    sys.argv = job["words"]


def _end(code: int) -> None:
    """As the interpreter ends, but that it takes no thousand modules apart, which takes longer than many a command."""
    threading._shutdown()  # type: ignore[attr-defined]  # CPython's own: waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        ours.set_inheritable(False)
        be_warm()
        serve(ours)
    _end(entry())
