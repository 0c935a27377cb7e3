"""keeptouch sync --dry-run: what would become of the mail and the meetings that a sync reads."""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors.api import ConnectorError
from daemon.cli.arguments import load_config
from daemon.cli.logins import Logins
from daemon.cli.output import Trouble, write_json, write_table, write_text, write_troubles
from daemon.cli.progress import Tell, progress_shown
from daemon.config import Account, Config
from daemon.environment import addresses_of, blocked_by, company_of, open_store, utc_now
from daemon.ingest import Tally
from daemon.problems import ConfigError
from daemon.rehearsal import Expected, Rehearsal
from daemon.rehearsal_meetings import Calendars
from daemon.report import Problem, Report
from daemon.reprocess import is_pending
from store.engine import Store
from store.errors import NoStoreError

#: Accounts read at a time.
_AT_ONCE = 4


@dataclass(slots=True)
class _Outcome:
    """An account, and what would become of its folders' mail."""

    report: Report
    folders: Mapping[str, Expected] = field(default_factory=dict)


def rehearse(args: argparse.Namespace, stop: threading.Event) -> int:
    """The command."""
    config = load_config(args)
    company = company_of(config)
    with _store(config) as store:
        is_changed = is_pending(store, company)
        ids = {each.name: store.key.id("account", each.kind, each.login) for each in config.accounts}
        rehearsal = Rehearsal(store, company, utc_now, configured=blocked_by(config, ids), limits=config.retention)
        with progress_shown(args.json) as progress:
            chosen = config.chosen(args.account)
            logins = Logins(config, store, insisted=chosen if args.account else ())
            calendars = {each.name: _calendars(config, each, ids[each.name]) for each in chosen}
            outcomes = _read(chosen, logins, rehearsal, calendars, stop, progress)
        rehearsal.conclude()
    write_troubles(
        Trouble(o.report.account, o.report.error.step, o.report.error.problem, o.report.error.hint)
        for o in outcomes
        if o.report.error is not None
    )
    if args.json:
        accounts = [_document(outcome) for outcome in outcomes]
        write_json({"dry_run": True, "policy_changed": is_changed, "accounts": accounts})
    else:
        _show(outcomes, is_changed)
    return 1 if any(outcome.report.error for outcome in outcomes) else 0


@contextmanager
def _store(config: Config) -> Iterator[Store]:
    """The store, for reading; an empty one, which goes away at the end, where there is none."""
    try:
        store = open_store(config, os.environ, may_create=False)
    except NoStoreError:
        with tempfile.TemporaryDirectory(prefix="keeptouch-") as folder:
            path = Path(folder)
            key = secrets.token_hex(32)
            with Store.open(f"sqlite:///{path / 'empty.db'}", key_text=key, key_file=path / "none") as empty:
                yield empty
    else:
        with store:
            yield store


def _calendars(config: Config, account: Account, account_id: str) -> Calendars:
    owner = next(each for each in config.people if each.email == account.owner)
    zone = owner.timezone or config.company.timezone
    return Calendars(account_id, frozenset(addresses_of(owner)), zone, account.since_at, account.visibility)


def _read(
    accounts: Sequence[Account],
    logins: Logins,
    rehearsal: Rehearsal,
    calendars: Mapping[str, Calendars],
    stop: threading.Event,
    progress: Tell,
) -> list[_Outcome]:

    def one(account: Account) -> _Outcome:
        outcome, began = _Outcome(Report(account.name)), time.monotonic()
        try:
            outcome.folders = rehearsal.read(
                calendars[account.name],
                logins.opening(account),
                outcome.report,
                stop=stop,
                progress=lambda stream, seen: progress(account.name, stream, seen),
            )
        except ConfigError as error:
            first = error.problems[0]
            outcome.report.error = Problem("credentials", str(first), first.hint)
        except ConnectorError as error:
            outcome.report.fail(error)
        if outcome.report.failure is not None:
            logins.failed(account, outcome.report.failure)
        outcome.report.seconds = time.monotonic() - began
        return outcome

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="account") as pool:
        return list(pool.map(one, accounts))


def _counts(tally: Tally) -> dict[str, int]:
    names = ("seen", "stored", "known", "skipped", "quarantined")
    return {name: getattr(tally, name) for name in names}


def _total(folders: Mapping[str, Expected]) -> Tally:
    total = Tally()
    for each in folders.values():
        total.add(Counter(_counts(each.tally)))
    return total


def _document(outcome: _Outcome) -> dict[str, object]:
    error = outcome.report.error
    return {
        "account": outcome.report.account,
        "ok": error is None,
        **_counts(_total(outcome.folders)),
        "wanted": sum(each.wanted for each in outcome.folders.values()),
        "seconds": round(outcome.report.seconds, 3),
        "error": {"step": error.step, "problem": error.problem, "hint": error.hint} if error else None,
        "streams": [
            {
                "stream": name,
                **_counts(each.tally),
                "wanted": each.wanted,
                "reasons": dict(sorted(each.reasons.items())),
            }
            for name, each in outcome.folders.items()
        ],
    }


def _show(outcomes: Sequence[_Outcome], is_changed: bool) -> None:
    rows = []
    for outcome in outcomes:
        whole = _total(outcome.folders)
        wanted = sum(each.wanted for each in outcome.folders.values())
        rows.append((outcome.report.account, "", *map(str, _counts(whole).values()), str(wanted), ""))
        for name, each in outcome.folders.items():
            if each.tally.seen or each.wanted:
                why = ", ".join(f"{count} {reason}" for reason, count in each.reasons.most_common())
                rows.append(("", name, *map(str, _counts(each.tally).values()), str(each.wanted), why))
    write_table(
        ("account", "folder", "seen", "stored", "known", "skipped", "quarantined", "fetched again", "why skipped"), rows
    )
    if is_changed:
        write_text("The policy has changed: a sync first decides anew about the mail that is known already.")
    write_text("Nothing was written.")
