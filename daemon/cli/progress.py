"""Progress of long work: a live line on a terminal, nothing elsewhere (the log tells there)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from daemon.printable import printable

#: (account, stream, items)
Tell = Callable[[str, str, int], None]


@contextmanager
def progress_shown(is_quiet: bool) -> Iterator[Tell]:
    """Something to call with each page; shows a line for each account while it works."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda _account, _stream, _items: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(pulse_style="cyan"), TextColumn("{task.completed} mails"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, int] = {}
        lock = threading.Lock()

        def tell(account: str, stream: str, items: int) -> None:
            with lock:
                if account not in tasks:
                    tasks[account] = progress.add_task(printable(account), total=None)
                description = printable(f"{account}  {stream}")
                progress.update(progress.task_ids[tasks[account]], advance=items, description=description)

        yield tell
