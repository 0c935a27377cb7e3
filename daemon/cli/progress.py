"""Progress of long work: a live line on a terminal, elsewhere lines of the log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import structlog

from daemon.printable import printable

log = structlog.get_logger()

#: Seconds between lines of the log.
_LOGGED_EVERY = 10.0
#: (account, stream, items)
Tell = Callable[[str, str, int], None]


@contextmanager
def progress_shown(is_quiet: bool) -> Iterator[Tell]:
    """Something to call with each page; shows a line for each account while it works."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda _account, _stream, _items: None
        return
    with _lines("{task.completed} items") as progress:
        tasks: dict[str, int] = {}
        lock = threading.Lock()

        def tell(account: str, stream: str, items: int) -> None:
            with lock:
                if account not in tasks:
                    tasks[account] = progress.add_task(printable(account), total=None)
                description = printable(f"{account}  {stream}")
                progress.update(progress.task_ids[tasks[account]], advance=items, description=description)

        yield tell


@contextmanager
def work_shown(is_quiet: bool, work: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Something to call with (part of the work, how much of it is done, of how much): a line for the part in hand.

    Where nobody looks, the log tells of it now and then.
    """
    if is_quiet or not sys.stderr.isatty():
        told_at = time.monotonic()

        def note(part: str, done: int, of: int | None) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _LOGGED_EVERY:
                told_at = time.monotonic()
                log.info("progress", work=work, part=part, done=done, of=of)

        yield note
        return
    with _lines("{task.completed:,}") as progress:
        task = progress.add_task(work, total=None)

        def tell(part: str, done: int, of: int | None) -> None:
            progress.update(task, description=printable(f"{work}  {part}"), completed=done, total=of)

        yield tell


@contextmanager
def _lines(counted: str) -> Iterator[Any]:
    """A `rich.progress.Progress` on the terminal; where there is none, nobody needs its modules."""
    rich = import_module("rich.progress")
    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(pulse_style="cyan"), rich.TextColumn(counted))
    console = import_module("rich.console").Console(stderr=True)
    with rich.Progress(*columns, rich.TimeElapsedColumn(), console=console, transient=True) as progress:
        yield progress
