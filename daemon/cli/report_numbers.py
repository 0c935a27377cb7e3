"""keeptouch report reps and contacts: as tables, JSON, CSV and pictures."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.opening import opened_store
from daemon.cli.output import instant, write_error, write_json, write_line, write_table, write_text
from daemon.cli.tasks import person_named
from daemon.contacts.exporting import cell_of_spreadsheet
from daemon.environment import utc_now
from daemon.plots import draw_contacts, draw_weeks, refuse_unfit
from daemon.problems import refuse
from store.questions import reports
from store.questions.reports import COUNTS, Stand, Week, week_of

_WEEKS, _TOP = 8, 20
#: Columns as people and files have them.
_OF_WEEK = ("person", "display_name", "week_starts_on", *COUNTS)
_OF_CONTACT = (
    *("contact_id", "display_name", "organization", "score", "stage", "since_on", "days_in_stage"),
    *("last_contact_at", "open_tasks"),
)


def add_numbers(nouns: Verbs) -> None:
    """Add the commands."""
    parser = add_verb(
        nouns,
        "reps",
        reps,
        "what each of ours did, week by week",
        "Mails out and in, answers and their median time, meetings, and tasks of each person, week by week (UTC).",
    )
    parser.add_argument("--person", metavar="EMAIL", help="only this person of ours")
    parser.add_argument("--since", metavar="DAY", help="from the week of this day on, as in 2026-03-02")
    parser.add_argument(
        "--weeks", type=int, metavar="N", help=f"so many weeks, the last ones or from --since on ({_WEEKS})"
    )
    _add_forms(parser)
    parser = add_verb(
        nouns,
        "contacts",
        contacts,
        "the contacts with the highest scores, and how they stand",
        "Score, stage and time in it, last contact and open tasks of the contacts with the highest scores.",
    )
    parser.add_argument("--top", type=int, default=_TOP, metavar="N", help=f"so many at most ({_TOP})")
    _add_forms(parser)


def _add_forms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", action="store_true", help="answer as CSV, with a line of names")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw it as .png or .svg too; needs the extra keeptouch[plots]"
    )


def reps(args: argparse.Namespace) -> int:
    """report reps"""
    today = _today(args)
    first, last = _span(args.since, args.weeks, today)
    found: list[Week] = []

    def read(store_args: argparse.Namespace) -> None:
        with opened_store(store_args) as store, store.read() as transaction:
            email = person_named(transaction, args.person) if args.person else None
            found.extend(reports.weeks(transaction, first, last, today, email))

    def tell() -> None:
        if args.json:
            write_json({"weeks": [dict(zip(_OF_WEEK, _week(each), strict=True)) for each in found]})
        elif args.csv:
            _write_csv(_OF_WEEK, [_week(each) for each in found])
        elif found:
            header = ("week", "who", "out", "in", "answers", "median", "working", "met", "tasks", "open", "late")
            write_table(header, [_line(each) for each in found])
        else:
            write_text("nothing is known of that time")

    return _carried_out(args, read, tell, lambda path: draw_weeks(found, path))


def contacts(args: argparse.Namespace) -> int:
    """report contacts"""
    if args.top < 1:
        raise refuse("--top", "must be 1 at least", "as in --top 20")
    today = _today(args)
    found: list[Stand] = []

    def read(store_args: argparse.Namespace) -> None:
        with opened_store(store_args) as store, store.read() as transaction:
            found.extend(reports.contacts(transaction, args.top))

    def tell() -> None:
        rows = [_stand(each, today) for each in found]
        if args.json:
            write_json({"contacts": [dict(zip(_OF_CONTACT, each, strict=True)) for each in rows]})
        elif args.csv:
            _write_csv(_OF_CONTACT, rows)
        elif found:
            header = ("score", "contact", "organization", "stage", "for days", "last contact", "tasks")
            write_table(header, [_standing(each, today) for each in found])
        else:
            write_text("no contact has a score yet: the service works them out within a minute")

    return _carried_out(args, read, tell, lambda path: draw_contacts(found, path))


def _carried_out(
    args: argparse.Namespace,
    read: Callable[[argparse.Namespace], None],
    tell: Callable[[], None],
    draw: Callable[[Path], str],
) -> int:
    """Read, draw and tell; what can't be drawn is refused before anything is read."""
    if args.json and args.csv:
        raise refuse("--csv", "stands beside --json", "ask for one of them")
    if args.plot is not None:
        refuse_unfit(args.plot)
    read(args)
    if args.plot is not None and (remark := draw(args.plot)):
        write_error(f"{args.plot}: {remark}")
    tell()
    return 0


def _today(args: argparse.Namespace) -> date:
    return utc_now().astimezone(ZoneInfo(load_config(args).company.timezone)).date()


def _span(since: str | None, weeks: int | None, today: date) -> tuple[date, date]:
    """The first and the last Monday."""
    if weeks is not None and not 1 <= weeks <= 5_000:
        raise refuse("--weeks", "must be from 1 to 5000", "as in --weeks 8")
    if since is None:
        last = week_of(today)
        return last - timedelta(weeks=(weeks or _WEEKS) - 1), last
    try:
        first = week_of(date.fromisoformat(since))
        return first, first + timedelta(weeks=weeks - 1) if weeks else max(first, week_of(today))
    except (ValueError, OverflowError):
        raise refuse("--since", f'"{since}" is no day', "write it as in 2026-03-02") from None


def _week(each: Week) -> tuple[object, ...]:
    return each.person, each.display_name, each.week_starts_on.isoformat(), *(each.counts[name] for name in COUNTS)


def _line(each: Week) -> Sequence[str]:
    counts = each.counts
    numbers = ("mails_out_count", "mails_in_count", "answer_count")
    return (
        each.week_starts_on.isoformat(),
        each.display_name or each.person,
        *(str(counts[name]) for name in numbers),
        _time(counts["answer_seconds"]),
        _time(counts["answer_working_seconds"]),
        *(str(counts[name]) for name in ("meeting_count", "task_count", "open_count", "late_count")),
    )


def _time(seconds: int | None) -> str:
    """ "1:05" of hours and minutes."""
    return "" if seconds is None else f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def _days(each: Stand, today: date) -> int | None:
    return (today - each.since_on).days if each.since_on is not None else None


def _stand(each: Stand, today: date) -> tuple[object, ...]:
    return (
        *(each.id, each.display_name, each.organization, each.score, each.stage),
        each.since_on.isoformat() if each.since_on else None,
        *(_days(each, today), instant(each.last_at), each.open_tasks),
    )


def _standing(each: Stand, today: date) -> Sequence[str]:
    days = _days(each, today)
    return (
        "" if each.score is None else f"{each.score:g}",
        each.display_name,
        each.organization or "",
        each.stage or "",
        ("" if each.stage is None else "365+") if days is None else str(days),
        f"{each.last_at:%Y-%m-%d}" if each.last_at else "",
        str(each.open_tasks or ""),
    )


def _write_csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """RFC 4180, but for the ends of lines, which are those of other output."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell_of_spreadsheet(each) if isinstance(each, str) else each for each in row])
    write_line(text.getvalue().removesuffix("\n"))
