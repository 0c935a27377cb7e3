"""python -m tests.bench.large: see --help."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from store.errors import StoreError
from tests.bench.large import late, looks, questions
from tests.bench.large.kept import DATABASES, Place, stores
from tests.bench.large.questions import Timing
from tests.bench.large.shape import Shape
from tests.bench.measure import BenchError, machine
from tests.servers.process import ServerError

_ROOT = Path(__file__).resolve().parents[3]
FOLDER = _ROOT / ".cache" / "bench-large"
#: The smallest store that has some of all that is asked for.
LEAST = 10_000
#: Strangers who become contacts in a run.
LINKED = 3
_EPILOG = """
The stores are filled once, which takes long, and used again as long as numbers and schema are the same. Before a time
is told, histories are compared with the facts of all mails, and the answers of the databases with one another. Each run
makes contacts of three more strangers for late linking; when none is left, remove the folder to fill it anew.
PostgreSQL must be installed (`sudo make servers`), or be left out.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Fill, check, measure and tell; exit code 1 where that failed or an answer was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.large", description="how quickly a large store answers", epilog=_EPILOG
    )
    parser.add_argument("--interactions", type=_enough, default=10_000_000, help="in each store (default 10000000)")
    parser.add_argument("--each", type=_many, default=50, help="interactions of a contact on average (default 50)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the stores are kept (.cache/bench-large)")
    parser.add_argument("--calls", type=int, default=1_000, help="of each question, of other contacts (default 1000)")
    parser.add_argument("--only", choices=[each.lower() for each in DATABASES], help="one of the two databases")
    args = parser.parse_args(argv)
    chosen = [each for each in DATABASES if args.only in (None, each.lower())]
    try:
        run(Place(args.folder, Shape(args.interactions, args.each)), chosen, args.calls)
    except (BenchError, ServerError, StoreError) as error:
        print(f"bench-large: {error}", file=sys.stderr)
        return 1
    return 0


def _enough(word: str) -> int:
    number = int(word)
    if number < LEAST:
        raise argparse.ArgumentTypeError(f"it must be {LEAST} or more")
    return number


def _many(word: str) -> int:
    number = int(word)
    # a contact has some threads of three
    if number < 10:
        raise argparse.ArgumentTypeError("it must be 10 or more")
    return number


def run(place: Place, databases: Sequence[str], calls: int) -> None:
    """All of it; raises BenchError, ServerError or StoreError."""
    shape = place.shape
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {os.getloadavg()[0]:.1f}", flush=True)
    with stores(place, databases, _tell) as found:
        print(f"{shape.interactions:,} interactions, {shape.contacts:,} contacts, {shape.people} people of ours")
        answers: dict[str, str] = {}
        for database, store in found.items():
            _tell(f"{database}: compares histories with the facts")
            questions.check(store, shape, 20)
            timings = questions.measure(store, shape, calls, _tell)
            _same(answers, timings)
            looked = looks.measure(store, shape)
            linked = [done for _run in range(LINKED) if (done := late.link(store, shape)) is not None]
            print(f"{database}, {place.size(database) / 2**30:.1f} GiB")
            show(timings)
            print(_of_looks(looked))
            print(_of_linking(linked), flush=True)


def _same(answers: dict[str, str], timings: Sequence[Timing]) -> None:
    """The databases answer alike."""
    for each in timings:
        if answers.setdefault(each.name, each.digest) != each.digest:
            raise BenchError(f"{each.name}: the databases answer differently")


def show(timings: Sequence[Timing]) -> None:
    """A line for each question; milliseconds."""
    print(f"{'ms':<26}{'p50':>8}{'p99':>8}{'first: p50':>13}{'p99':>8}{'calls':>8}")
    for each in timings:
        warm, first = each.warm, each.first
        print(f"{each.name:<26}{warm[0]:>8.2f}{warm[1]:>8.2f}{first[0]:>13.2f}{first[1]:>8.2f}{each.calls:>8,}")


def _of_linking(linked: Sequence[late.Linked]) -> str:
    if not linked:
        return "late linking: every stranger is a contact already; remove the folder to measure it again"
    times = ", ".join(f"{each.seconds:.2f}" for each in linked)
    return f"late linking of {linked[0].mails:,} mails: {times} s ({linked[-1].left:,} strangers are left)"


def _of_looks(looked: looks.Looked) -> str:
    page = f"a page of {looks.PAGE} mails to or of {looked.contacts_of_page:,} contacts: {looked.page * 1_000:.0f} ms"
    part = f"{looked.page / looked.ingest:.0%} of its ingest, {looked.ingest * 1_000:.0f} ms"
    later = f"{looked.put_off:,} of them put off: {looked.later * 1_000:.0f} ms"
    night = f"{looked.contacts:,} contacts at night: {looked.night:.1f} s, {looked.tasks:,} tasks"
    return f"follow-ups, processor time: {page}, {part}; {later}; {night}"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
