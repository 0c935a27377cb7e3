"""keeptouch contacts sync: the lists of contacts that the configuration names; and how other commands tell of them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.api import ConnectorError
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, write_json, write_table, write_text, write_troubles
from daemon.config.records import Config, ContactSource
from daemon.config.sources import SqlSettings
from daemon.contacts.following import SourceReport, reason_of
from daemon.contacts.reading import Imported
from daemon.contacts.rows import places_of
from daemon.contacts.syncing import query_of
from daemon.problems import ConfigError
from store.contacts import foreign
from store.contacts.foreign import ForeignError

_COUNTS = ("created", "updated", "unchanged", "removed", "held_back")
#: Rejections of a source that are shown to people; --json has all of them.
_SHOWN = 20


def register(nouns: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        nouns,
        "sync",
        run_sync,
        "bring the contacts of a CRM or an address book up to date",
        "Reads the lists of contacts that the configuration names in [[contacts.sources]] and lets them take effect. "
        "`sync` and `run` do so too. Exit code 1: one failed, or removals were held back.",
    )
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="only this one")
    parser.add_argument("--accept-removals", action="store_true", help="also where many would go at once")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")


def run_sync(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session:
        chosen = session.config.chosen_sources(args.source)
        options = {"accept_removals": args.accept_removals, "dry_run": args.dry_run}
        reports = [session.follow(each, **options) for each in chosen]
    if args.json:
        write_json({"sources": [document(each) for each in reports]})
    elif reports:
        write_table(("contacts of", "state", *_COUNTS, "rejected"), map(_row, reports))
    else:
        write_text("the configuration names no [[contacts.sources]]")
    write_failures(reports)
    for each in reports:
        if each.imported and not args.json:
            troubles = [Trouble(None, each.name, told.reason) for told in each.imported.rejected]
            write_troubles(troubles[:_SHOWN])
    return 1 if any(each.error or (each.imported and reason_of(each.imported, 0)) for each in reports) else 0


def document(report: SourceReport) -> dict[str, object]:
    """A report as JSON answers have it."""
    imported, error = report.imported or Imported(unchanged=report.contacts), report.error
    return {
        "source": report.name,
        "ok": error is None,
        **{name: getattr(imported, name) for name in _COUNTS},
        "rejected": [each.reason for each in imported.rejected],
        "error": {"step": error.step, "problem": error.problem, "hint": error.hint} if error else None,
    }


def write_failures(reports: Iterable[SourceReport]) -> None:
    """What went wrong, for people: sources that failed, and removals that were held back."""
    for each in reports:
        if each.error:
            write_troubles([Trouble(None, f"contacts of {each.name}", str(each.error.problem), each.error.hint)])
        elif each.imported and (reason := reason_of(each.imported, 0)):
            write_troubles([Trouble(None, f"contacts of {each.name}", reason)])


def _row(report: SourceReport) -> tuple[str, ...]:
    imported = report.imported or Imported(unchanged=report.contacts)
    state = report.error.step if report.error else "ok"
    counts = (str(getattr(imported, name)) for name in _COUNTS)
    return report.name, state, *counts, str(len(imported.rejected))


@dataclass(frozen=True, slots=True)
class Asked:
    """How `check` found a source."""

    name: str
    problem: Trouble | None
    said: str = ""


def ask(config: Config) -> Iterator[Asked]:
    """Ask every source whether it can be read, without letting it take effect."""
    for source in config.sources:
        whose = f"contacts of {source.name}"
        try:
            said = _answer(source, config)
        except (ForeignError, ConnectorError) as error:
            yield Asked(source.name, Trouble(None, whose, error.problem, error.hint))
        except ConfigError as error:
            yield Asked(source.name, Trouble(None, whose, str(error.problems[0]), error.problems[0].hint))
        else:
            yield Asked(source.name, None, said)


def _answer(source: ContactSource, config: Config) -> str:
    secret = source.read_secret(os.environ, config.folder)
    if isinstance(source.settings, SqlSettings):
        with foreign.answer(query_of(source.settings), secret.reveal() if secret else None) as (names, rows):
            places_of(names)
            next(rows, None)
        return "ok, the query has the right columns"
    if source.reader is None:
        raise AssertionError(f"nothing reads {source.kind}")
    with source.reader(source.settings, secret) as books:
        return f"ok, {len(books.books())} address books"


def tell(asked: Asked) -> None:
    """A line for people."""
    write_text(f"contacts of {asked.name}  {'failed' if asked.problem else asked.said}")
    write_troubles([asked.problem] if asked.problem else [])
