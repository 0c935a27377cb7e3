"""keeptouch demo: a small made-up company, followed by the real pipeline, and what came of it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.interrupts import stop_on_signals
from daemon.cli.opening import session_of
from daemon.cli.output import Trouble, instant, write_json, write_refusal
from daemon.cli.progress import progress_shown
from daemon.cli.sync import document as report_document
from daemon.cli.sync import sync_all
from daemon.cli.timeline import contact as contact_document
from daemon.cli.timeline import document as item_document
from daemon.cli.why import document as why_document
from daemon.config import load
from daemon.demo.folder import Place, prepare
from daemon.demo.outcome import Outcome, outcome
from daemon.demo.rendering import write_plain, write_rich
from daemon.demo.sections import QUERIES, Shown, sections
from daemon.problems import refuse

_INTERRUPTED = 130
#: What `sqlite3 FILE QUERY` does, where that program is missing.
_STAND_IN = (
    "sqlite3() {{ {python} -c 'import sys, sqlite3;"
    ' [print(*row, sep="|") for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]\' "$@"; }}'
)


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "demo",
        demo,
        "show what keeptouch does, on a small made-up company",
        "Makes a small company with two mailboxes in a folder, reads them as `sync` does, and shows what came of it. "
        "Asks no server. Run again, it reads the same mailboxes again.",
    )
    parser.add_argument("--folder", default="demo", metavar="FOLDER", help="where to make it (default: demo)")


def demo(args: argparse.Namespace) -> int:
    """The command."""
    if args.config is not None:
        raise refuse("--config", "has no meaning here", "demo makes a configuration of its own; --folder says where")
    today = datetime.now(UTC).date()
    place = prepare(Path(args.folder), today)
    config = load(place.config, environ=os.environ, today=today)
    with session_of(config) as session:
        with progress_shown(args.json) as progress, stop_on_signals() as stop:
            began = time.monotonic()
            reports = sync_all(session, config.followed, stop, progress)
            seconds = time.monotonic() - began
            again = sync_all(session, config.followed, stop, progress)
        if stop.is_set():
            return _INTERRUPTED
        troubles = [
            Trouble(report.account, report.error.step, report.error.problem, report.error.hint)
            for report in (*reports, *again)
            if report.error is not None
        ]
        if not troubles:
            _show(args, place, seconds, outcome(session, reports, again))
    if troubles:
        write_refusal(troubles, as_json=args.json)
    return 1 if troubles else 0


def _show(args: argparse.Namespace, place: Place, seconds: float, found: Outcome) -> None:
    if args.json:
        write_json(document(place, found))
        return
    shown = Shown(
        _short(place.folder),
        place.made_on,
        place.is_reused,
        program="keeptouch" if shutil.which("keeptouch") else _short(Path(sys.argv[0])),
        seconds=seconds,
        stand_in="" if shutil.which("sqlite3") else _STAND_IN.format(python=_short(Path(sys.executable))),
    )
    parts = sections(found, shown)
    if sys.stdout.isatty():
        write_rich(parts, Console())
    else:
        write_plain(parts)


def _short(path: Path) -> str:
    """The path as one types it from here."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def document(place: Place, found: Outcome) -> dict[str, object]:
    """The outcome as `demo --json` has it."""
    return {
        "folder": str(place.folder.absolute()),
        "config": str(place.config.absolute()),
        "store": str(place.folder.absolute() / "keeptouch.db"),
        "made_on": place.made_on.isoformat(),
        "reused": place.is_reused,
        "accounts": [report_document(report) for report in found.reports],
        "stored_again": found.stored_again,
        "totals": found.totals,
        "left_out": [
            {"verdict": verdict, "reason": reason, "items": items} for verdict, reason, items in found.left_out
        ],
        "busiest": [
            {
                "id": each.id,
                "display_name": each.name,
                "organization": each.organization,
                "interactions": each.interactions,
                "last_at": instant(each.last_at),
            }
            for each in found.busiest
        ],
        "timeline": {
            "contact": contact_document(found.contact),
            "items": [item_document(item) for item in found.history],
        },
        "why": why_document(found.why),
        "queries": list(QUERIES),
    }
