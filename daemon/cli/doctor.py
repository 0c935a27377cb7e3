"""keeptouch doctor: is all that the service needs in order, and what to do where it is not."""

from __future__ import annotations

import argparse
import os

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.output import write_json, write_text
from daemon.config import find_config
from daemon.doctor.examining import examine
from daemon.doctor.findings import Checked, Finding, Result
from daemon.environment import utc_now


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "doctor",
        doctor,
        "look for what is wrong with this machine, the store and the servers, and mend what is safe",
        "Looks at the configuration, modes of files, secrets, the store and its disk, servers and their certificates, "
        "clocks, and how accounts fare, and says of each problem what to do. Nobody is logged in: that is `check`. "
        "Exit code 1: a check failed; warnings alone: 0.",
    )
    parser.add_argument("--fix", action="store_true", help="mend what is safe: modes, an older store, a large WAL")


def doctor(args: argparse.Namespace) -> int:
    """The command."""
    path = find_config(args.config, os.environ)
    made: list[Checked] = []
    for checked in examine(path, os.environ, utc_now, is_mending=args.fix):
        made.append(checked)
        if not args.json:
            _tell(checked)
    is_well = all(each.result is not Result.FAILED for each in made)
    if args.json:
        write_json({"ok": is_well, "checks": [_document(each) for each in made]})
    elif is_well:
        write_text("nothing has failed")
    return 0 if is_well else 1


def _tell(checked: Checked) -> None:
    reason = f", {checked.skipped}" if checked.skipped else ""
    write_text(f"{checked.number:2} {checked.name:14} {checked.result}{reason}")
    for done in checked.mended:
        write_text(f"     mended: {done}")
    for each in checked.findings:
        whose = f"{each.subject}: " if each.subject and not each.problem.startswith(each.subject) else ""
        write_text(f"     {each.result}: {whose}{each.problem}")
        if each.cure:
            write_text(f"         {each.cure}")


def _document(checked: Checked) -> dict[str, object]:
    return {
        "number": checked.number,
        "check": checked.name,
        "result": checked.result,
        "skipped": checked.skipped or None,
        "mended": checked.mended,
        "findings": [_finding(each) for each in checked.findings],
    }


def _finding(each: Finding) -> dict[str, object]:
    return {
        "subject": each.subject or None,
        "result": each.result,
        "problem": each.problem,
        "cure": each.cure,
        "can_be_mended": each.mend is not None,
    }
