"""python -m tests.bench [--runs N] [--mails N] [--only import|push] [--accounts N] [--deliveries N]"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import push, sockets
from tests.bench.first_import import Result, compare, mailbox
from tests.bench.measure import BenchError, machine
from tests.servers.process import ServerError


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; exit code 1 where a program failed or left mail behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="keeptouch beside mbsync")
    parser.add_argument("--runs", type=int, default=3, help="of each program; medians are told (default 3)")
    parser.add_argument("--mails", type=int, default=10_000, help="in the generated mailbox (default 10000)")
    parser.add_argument("--only", choices=("import", "push"), help="one of the two measurements")
    parser.add_argument("--accounts", type=int, default=100, help="watched, two folders each (default 100)")
    parser.add_argument("--deliveries", type=int, default=200, help="to watched folders (default 200)")
    args = parser.parse_args(argv)
    if args.only != "push" and first_import(args):
        return 1
    return 0 if args.only == "import" else pushes(args)


def pushes(args: argparse.Namespace) -> int:
    """From the server's push to the row; exit code."""
    try:
        print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {os.getloadavg()[0]:.1f}")
        times, memory = push.measure(args.accounts, args.deliveries, lambda line: print(line, file=sys.stderr))
        push.show(times, memory, args.accounts)
        sockets.show(2 * args.accounts)
    except (BenchError, ServerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def first_import(args: argparse.Namespace) -> int:
    """keeptouch beside mbsync; exit code."""
    try:
        with mailbox(args.mails) as box, tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as folder:
            size = box.bytes / 2**20
            print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {os.getloadavg()[0]:.1f}")
            print(
                f"First import of {box.mails:,} mails in {box.folders} folders ({size:,.0f} MiB), Dovecot on loopback"
            )
            results = compare(box, Path(folder), args.runs, lambda line: print(line, file=sys.stderr, flush=True))
    except (BenchError, ServerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    show(results)
    return 0


def show(results: Sequence[Result]) -> None:
    """A table, and keeptouch beside each of the others."""
    print(f"{'program':<18}{'mails/s':>9}{'seconds':>9}{'processor':>11}{'memory':>10}")
    for result in results:
        cost = result.cost
        memory = f"{cost.memory / 2**20:.0f} MiB"
        print(f"{result.name:<18}{result.rate:>9,.0f}{cost.seconds:>9.1f}{cost.processor:>9.1f} s{memory:>10}")
    ours, *others = results
    print("; ".join(f"{ours.rate / other.rate:.2f} x {other.name}" for other in others))


if __name__ == "__main__":
    sys.exit(main())
