"""python -m tests.bench: see --help."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import calendars, engine, exchange, push, signals, sockets, tables, tracking
from tests.bench.first_import import Result, compare, mailbox, once, scale
from tests.bench.measure import BenchError, machine
from tests.bench.programs import Mailbox, pull_by_offlineimap
from tests.servers.process import MissingServer, ServerError

#: offlineimap reads some 80 mails a second, half as many on a busy machine: of a larger mailbox it gets a part.
OFFLINEIMAP_MAILS = 10_000
#: How much larger the larger mailbox of --scale is.
SCALE = 5
_EPILOG = """
Every program reads the same mailbox in turn, after a pass that is not counted. Before a rate is told keeptouch's
rows are compared with what is known of each mail: its place and verdict, its text, its attachments' names, its links.
mbsync must be there (Debian: isync), for calendars vdirsyncer, offlineimap may (Debian: offlineimap3); `sudo make
servers` installs them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; exit code 1 where a program failed, left mail behind or wrote what is not so."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="keeptouch beside mbsync, offlineimap, vdirsyncer, exchangelib and a bare socket",
        epilog=_EPILOG,
    )
    parser.add_argument("--runs", type=_positive, default=5, help="of each program; medians are told (default 5)")
    parser.add_argument("--mails", type=_positive, default=10_000, help="in the generated mailbox (default 10000)")
    parser.add_argument(
        "--scale", action="store_true", help=f"keeptouch alone, with --mails mails and {SCALE} times as many, in turn"
    )
    parser.add_argument("--only", choices=tuple(_MEASUREMENTS), help="one of the measurements")
    parser.add_argument("--accounts", type=_positive, default=100, help="watched, two folders each (default 100)")
    parser.add_argument("--deliveries", type=_positive, default=200, help="to watched folders (default 200)")
    parser.add_argument("--polled", type=_positive, default=2_000, help="accounts polled every 60 s (default 2000)")
    parser.add_argument("--minutes", type=_positive, default=5, help="for which they are polled (default 5)")
    parser.add_argument("--events", type=_positive, default=20_000, help="in the generated calendar (default 20000)")
    parser.add_argument("--items", type=_positive, nargs=2, metavar=("MAILS", "MEETINGS"), default=(5_000, 2_000),
                        help="in the mailbox on the double of Exchange (default 5000 2000)")  # fmt: skip
    parser.add_argument("--hits", type=_positive, default=1_000, help="opens and clicks a second (default 1000)")
    args = parser.parse_args(argv)
    try:
        if args.scale:
            scales(args)
            return 0
        for name, measurement in _MEASUREMENTS.items():
            if args.only in (None, name):
                measurement(args)
    except (BenchError, ServerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def imports(args: argparse.Namespace) -> None:
    """keeptouch beside the others."""
    with mailbox(args.mails) as box, _place() as place:
        _introduce([box])
        results = compare(box, place, args.runs, _tell)
        slow, note = offlineimap(box, place)
    tables.show_runs(results)
    tables.show_medians([*results, *slow])
    print(note)
    tables.show_ratios([*results, *slow])


def offlineimap(box: Mailbox, place: Path) -> tuple[list[Result], str]:
    """(its one run, what is to be said of it); no run where it is not installed."""
    part = box.within(OFFLINEIMAP_MAILS)
    _tell(f"once: offlineimap, {part.mails:,} mails")
    try:
        cost = once(pull_by_offlineimap, part, place)
    except MissingServer:
        return [], "offlineimap: not installed (Debian: offlineimap3)"
    of_what = "the mailbox" if part is box else f"{len(part.folders)} folders with {part.mails:,} of the mails"
    return [Result("offlineimap", part.mails, [cost])], f"offlineimap: one run, of {of_what}"


def scales(args: argparse.Namespace) -> None:
    """keeptouch with a mailbox and a larger one."""
    with mailbox(args.mails) as small, mailbox(SCALE * args.mails) as large, _place() as place:
        _introduce([small, large])
        results = scale([small, large], place, args.runs, _tell)
    tables.show_runs(results)
    tables.show_medians(results)
    tables.show_scale(results)


def pushes(args: argparse.Namespace) -> None:
    """From the server's push to the row."""
    print(_when_and_where())
    times, memory = push.measure(args.accounts, args.deliveries, _tell)
    push.show(times, memory, args.accounts)
    sockets.show(2 * args.accounts)


def polls(args: argparse.Namespace) -> None:
    """Many accounts at an interval."""
    print(_when_and_where())
    engine.show(engine.measure(args.polled, 60.0, args.minutes, _tell))


def meetings(args: argparse.Namespace) -> None:
    """A calendar on each server, beside vdirsyncer."""
    for server in calendars.SERVERS:
        print(_when_and_where())
        calendars.show(calendars.measure(server, args.events, args.runs, _tell))


def exchanges(args: argparse.Namespace) -> None:
    """Mail and a calendar on the double of Exchange, beside exchangelib's own models."""
    mails, meetings = args.items
    for counts in ((mails, 0), (0, meetings)):
        print(_when_and_where())
        exchange.show(exchange.measure(counts[0], counts[1], args.runs, _tell))


def hits(args: argparse.Namespace) -> None:
    """An import beside many who open mails."""
    print(_when_and_where())
    tracking.show(tracking.measure(args.mails, args.hits, args.runs, _tell))


def pages(args: argparse.Namespace) -> None:
    """What the reading of signals takes of a page."""
    print(_when_and_where())
    signals.show(signals.measure(args.mails, args.runs, _tell))


_MEASUREMENTS = {
    "import": imports,
    "push": pushes,
    "engine": polls,
    "calendar": meetings,
    "exchange": exchanges,
    "tracking": hits,
    "signals": pages,
}


def _introduce(boxes: Sequence[Mailbox]) -> None:
    print(_when_and_where())
    for box in boxes:
        size = f"{box.mails:,} mails in {len(box.folders)} folders ({box.bytes / 2**20:,.0f} MiB)"
        print(f"First import of {size}, Dovecot on loopback", flush=True)


def _when_and_where() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {os.getloadavg()[0]:.1f}"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
