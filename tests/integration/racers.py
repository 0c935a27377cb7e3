"""Processes that write to one store at the same time, each reading a folder of its own or all the same one."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from connectors.api import Meeting, Message, Purpose
from store.errors import Fenced
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.company_meetings import Calendars

#: (account, folder or calendar) -> what it is for, and what it holds in pages.
Server = Mapping[tuple[str, str], tuple[Purpose, Sequence[Sequence[Message | Meeting]]]]
Racer = Callable[[House, Server, tuple[str, str], Barrier, random.Random], None]


def race(url: str, server: Server, racer: Racer, runners: Sequence[tuple[str, str]]) -> None:
    """Let each of `runners`, a folder, be read by a process of its own, all at once."""
    # forks of this process, which has everything imported
    context = multiprocessing.get_context("fork")
    start = context.Barrier(len(runners))
    processes = [
        context.Process(target=_run, args=(url, server, racer, runner, start, number))
        for number, runner in enumerate(runners)
    ]
    for process in processes:
        process.start()
    end = time.monotonic() + 900
    try:
        while any(process.is_alive() for process in processes) and not any(p.exitcode for p in processes):
            processes[0].join(0.05)
            if time.monotonic() > end:
                raise AssertionError("the processes do not come to an end")
    finally:
        codes = [process.exitcode for process in processes]
        for process in processes:
            process.kill()
            process.join()
    assert codes == [0] * len(processes)


def _run(url: str, server: Server, racer: Racer, runner: tuple[str, str], start: Barrier, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), url, server) as house:
        racer(house, server, runner, start, random.Random(number))


def opened(folder: Path, url: str | None, server: Server) -> House:
    """A company whose accounts have the folders of the server."""
    house = Calendars(folder, url=url)
    for (account, name), (purpose, _pages) in server.items():
        house.folders[account][name] = purpose
    return house


def read_folder(house: House, server: Server, runner: tuple[str, str], start: Barrier, rng: random.Random) -> None:
    """Read the folder page by page, each when all others have come as far; derive after some, fetch what is wanted."""
    purpose, pages = server[runner]
    house.place(*runner)
    for page in pages:
        place, _cursor = house.place(*runner)
        start.wait()
        # now one is ahead, now another
        time.sleep(rng.random() * 0.05)
        house.ingest_page(place, purpose, page)
        if rng.random() < 0.7:
            house.derive()
        if rng.random() < 0.1:
            fetch_wanted(house, {runner: server[runner]})
    house.derive()


def read_shared_folder(
    house: House, server: Server, runner: tuple[str, str], start: Barrier, rng: random.Random
) -> None:
    """Read a folder that others read too: who is fenced asks where it stands."""
    purpose, pages = server[runner]
    house.place(*runner)
    start.wait()
    while True:
        place, cursor = house.place(*runner)
        at = int(cursor or 0)
        if at == len(pages):
            break
        with contextlib.suppress(Fenced):
            house.ingest_page(place, purpose, pages[at], str(at + 1))
        house.derive()


def fetch_wanted(house: House, server: Server) -> int:
    """Fetch what is wanted by reference."""
    flat: dict[tuple[str, str], tuple[Purpose, Sequence[Message | Meeting]]] = {
        where: (purpose, [item for page in pages for item in page]) for where, (purpose, pages) in server.items()
    }
    return house.fetch_wanted(flat)


def read_alone(folder: Path, server: Server) -> dict[str, list[tuple[Any, ...]]]:
    """What one process makes of the server, one folder after another, on SQLite."""
    with opened(folder, None, server) as house:
        for (account, name), (purpose, pages) in server.items():
            for page in pages:
                house.ingest_page(house.place(account, name)[0], purpose, page)
            house.derive()
        while fetch_wanted(house, server):
            pass
        return house.contract()
