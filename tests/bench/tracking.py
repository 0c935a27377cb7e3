"""What the recording of opens costs the import of mail: the same import beside a listener that writes what it is asked,
and beside one that only answers.

Listener and whoever asks it have one core, the import (a Maildir, all derivations) the other one, all of them the same
store. Before a time is told the hits that were answered are found in the store, and the mails are all there.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from daemon.config import load
from daemon.environment import company_of, open_store, utc_now
from daemon.tracking.creating import Order, create, key_of
from matching.consent import Consent, Statement
from store.contacts.entered import enter
from store.contacts.records import Entry, EntryAddress
from tests.bench.measure import BenchError, run
from tests.servers.mailbox import write_maildir

_DOMAIN = "example.org"
#: Mails that are asked for, each with a pixel and this many links, to so many people.
TRACKED, LINKS, GUESTS = 1_000, 2, 200
_CONFIG = """
[store]
url = "sqlite:///{folder}/keeptouch.db"
[company]
domains = ["{domain}"]
[tracking]
enabled = true
url = "https://t.example/x"
listen = "127.0.0.1:0"
proxies = ["127.0.0.0/8"]
[[accounts]]
name = "alice"
owner = "alice@{domain}"
kind = "local"
[accounts.options]
path = "{mails}"
format = "maildir"
[[accounts]]
name = "bob"
owner = "bob@{domain}"
kind = "local"
[accounts.options]
path = "{mails}/../sent"
format = "maildir"
"""
_SENT = """From: bob@{domain}
To: {to}
Date: {date}
Message-ID: <{number}@{domain}>
Subject: Offer {number}

Here it is.
"""
_HERE = Path(__file__).parent
_KEEPTOUCH = "import sys; from daemon.cli.main import entry; sys.exit(entry())"
_PINNED = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execv(sys.argv[2], sys.argv[2:])"


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds of each import, and hits a second beside them, in the order of the runs."""

    mails: int
    writing: Sequence[float]
    answering: Sequence[float]
    rates: Sequence[float]

    @property
    def slower(self) -> float:
        """By which part the writing slows the import."""
        return statistics.median(self.writing) / statistics.median(self.answering) - 1


def measure(
    mails: int, rate: int, runs: int, tell: Callable[[str], None], *, tracked: int = TRACKED, is_warm: bool = False
) -> Compared:
    """Import in turn beside both; where it `is_warm` not, a first pair is not counted. Raises BenchError."""
    seconds: dict[str, list[float]] = {"writing": [], "answering": []}
    rates: list[float] = []
    with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as folder:
        place = Path(folder)
        write_maildir(place / "mails", n=mails, seed=11, me=f"alice@{_DOMAIN}", manifest=place / "truth", median=20_000)
        _write_sent(place / "sent", tracked)
        _prepare(place / "prepared", place / "mails", tracked)
        for number in range(is_warm, runs + 1):
            for how, found in seconds.items():
                took, hits = _import(place, how, mails, rate)
                if number:
                    found.append(took)
                    rates.append(hits)
                tell(f"{'run ' + str(number) if number else 'not counted'}: {how} {took:.1f} s, {hits:.0f} hits/s")
    return Compared(mails, seconds["writing"], seconds["answering"], rates)


def show(compared: Compared) -> None:
    """Tell of it."""
    print(f"Import of {compared.mails:,} mails beside {statistics.median(compared.rates):.0f} hits a second")
    for name in ("writing", "answering"):
        times = getattr(compared, name)
        print(f"{name:10} {'  '.join(f'{each:.2f}' for each in times)}  median {statistics.median(times):.2f} s")
    print(f"writing slows the import by {compared.slower:.1%}")


def _guest(number: int) -> str:
    return f"guest{number % GUESTS}@client{number % 50}.example"


def _write_sent(folder: Path, tracked: int) -> None:
    """The mails that are asked for, as a Maildir."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(tracked):
        date = format_datetime(utc_now() - timedelta(minutes=number))
        text = _SENT.format(domain=_DOMAIN, to=_guest(number), date=date, number=number)
        (folder / "cur" / f"{number}.bench:2,S").write_text(text)


def _prepare(folder: Path, mails: Path, tracked: int) -> None:
    """A store with people who agreed, the mails to them, and what these bear."""
    folder.mkdir()
    _configure(folder, mails)
    config = load(folder / "config.toml", environ=os.environ, today=utc_now().date())
    store, company, key = open_store(config, os.environ), company_of(config), key_of(config, os.environ)
    paths = []
    with contextlib.closing(store):
        agreed = Statement(Consent.GRANTED, utc_now(), "a form")
        people = [_guest(number) for number in range(GUESTS)]
        entries = [
            Entry(
                line=number,
                origin="import",
                source="bench",
                external_id=None,
                name=f"Guest {number}",
                addresses=(EntryAddress(each, each, each),),
                consent=agreed,
            )
            for number, each in enumerate(people)
        ]
        with store.write() as transaction:
            enter(transaction, store.key, entries, utc_now())
        for number in range(tracked):
            links = tuple(f"https://{_DOMAIN}/{number}/{each}" for each in range(LINKS))
            order = Order(recipients=(_guest(number),), links=links, message_id=f"{number}@{_DOMAIN}")
            made = create(store, config, company.rules, key, order, "command", utc_now())
            paths += [
                url.removeprefix("https://t.example/x") for url in (made.pixel, *(each for _to, each in made.links))
            ]
    (folder / "paths").write_text("\n".join(paths))
    run([sys.executable, "-c", _KEEPTOUCH, "--config", str(folder / "config.toml"), "sync", "--account", "bob"])


def _configure(folder: Path, mails: Path) -> None:
    (folder / "config.toml").write_text(_CONFIG.format(folder=folder, domain=_DOMAIN, mails=mails), "utf-8")


def _import(place: Path, how: str, mails: int, rate: int) -> tuple[float, float]:
    """(seconds of the import, hits a second beside it)"""
    folder = place / "run"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place / "prepared", folder)
    _configure(folder, place / "mails")
    config = folder / "config.toml"
    with _process(_HERE / "tracked_listener.py", config, how) as listener:
        port = _line(listener)
        with _process(_HERE / "hits.py", port, rate, folder / "paths") as asking:
            command = [sys.executable, "-c", _KEEPTOUCH, "--config", str(config), "--json", "sync"]
            cost, out = run([sys.executable, "-c", _PINNED, _core(1), *command])
            _end(asking)
            good, bad, seconds = map(float, _line(asking).split())
        _end(listener)
        listener.wait(20)
    account = next(each for each in json.loads(out)["accounts"] if each["account"] == "alice")
    if account["seen"] != mails:
        raise BenchError(f"keeptouch saw {account['seen']} of {mails} mails")
    if bad:
        raise BenchError(f"{bad:.0f} of {good + bad:.0f} requests were not answered as they should be")
    _check(folder, how, good)
    return cost.seconds, good / seconds


def _check(folder: Path, how: str, hits: float) -> None:
    """What was answered is in the store, as far as it is to be."""
    with contextlib.closing(sqlite3.connect(folder / "keeptouch.db")) as store:
        ((written,),) = store.execute("SELECT (SELECT count(*) FROM tracking_hit) + (SELECT sum(dropped) FROM tracked)")
    if written != (hits if how == "writing" else 0):
        raise BenchError(f"{how}: {written} of {hits:.0f} hits are in the store")


@contextlib.contextmanager
def _process(script: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A script on the first core; ended at the latest when the block is."""
    command = [sys.executable, "-c", _PINNED, _core(0), sys.executable, str(script), *map(str, words)]
    environ = {**os.environ, "PYTHONPATH": str(_HERE.parent.parent)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
    with process:
        try:
            yield process
        finally:
            process.kill()


def _core(number: int) -> str:
    """One of the cores that we may use; where there is one alone, that one."""
    cores = sorted(os.sched_getaffinity(0))
    return str(cores[number % len(cores)])


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise BenchError("a program of the measurement ended early")
    return line


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
