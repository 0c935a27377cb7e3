"""keeptouch accounts audit: does the store hold what the servers hold?"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from connectors.api import AuthFailed, ConnectorError
from daemon.audit import AccountAudit, Audit, FolderAudit, percent
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.interrupts import stop_on_signals
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, write_json, write_table, write_troubles
from daemon.cli.progress import Tell, progress_shown
from daemon.config import Account
from daemon.deletions import loss
from daemon.problems import ConfigError
from daemon.session import Session
from store.mails.removals import HeldBack

#: Accounts audited at a time.
_AT_ONCE = 4
#: Refs of each kind that are named for a folder.
_NAMED = 20


def register(verbs: Verbs) -> None:
    """Add the command to `accounts`."""
    parser = add_verb(
        verbs,
        "audit",
        audit,
        "compare the store with what the servers hold",
        "Compares folder by folder what lies on the server with what the store knows of it. What differs is looked at "
        "twice, and new mail is read in between, so that mail which comes or goes meanwhile is no difference. "
        "Exit code 1: something is missing, or an account could not be audited.",
    )
    parser.add_argument("account", metavar="ACCOUNT", nargs="?", help="only this account, or those of this entry")
    parser.add_argument("--repair", action="store_true", help="fetch what is missing or quarantined, and compare again")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An account's audit, or why there is none."""

    account: str
    audit: AccountAudit | None
    troubles: tuple[Trouble, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Could the account be looked at, and is everything covered?"""
        return self.audit is not None and self.audit.is_whole


def audit(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session:
        accounts = session.config.chosen(args.account)
        for account in accounts if args.account else ():
            session.standings.insist(session.account_ids[account.name])
        with progress_shown(args.json) as progress, stop_on_signals() as stop:
            outcomes = list(_audit_all(session, accounts, args.repair, stop, progress))
            if args.repair:
                session.tick(stop)
    write_troubles(trouble for outcome in outcomes for trouble in outcome.troubles)
    if args.json:
        write_json({"accounts": [_document(outcome) for outcome in outcomes]})
    else:
        header = ("account", "folder", "expected", "covered", "missing", "hollow", "surplus", "coverage")
        write_table(header, (row for outcome in outcomes for row in _rows(outcome)))
    return 0 if all(outcome.is_whole for outcome in outcomes) else 1


def _audit_all(
    session: Session, accounts: Sequence[Account], repair: bool, stop: threading.Event, progress: Tell
) -> Iterator[Outcome]:
    def one(account: Account) -> Outcome:
        return _audit_one(session, account, repair, stop, progress)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="audit") as pool:
        yield from pool.map(one, accounts)


def _audit_one(session: Session, account: Account, repair: bool, stop: threading.Event, progress: Tell) -> Outcome:
    work = Audit(
        session.ingest(),
        session.account_ids[account.name],
        lambda: session.open_connector(account),
        stop=stop,
        progress=lambda stream, seen: progress(account.name, stream, seen),
    )
    try:
        found = work.run(repair=repair)
    except ConfigError as error:
        first = error.problems[0]
        return Outcome(account.name, None, (Trouble(account.name, "credentials", str(first), first.hint),))
    except ConnectorError as error:
        if isinstance(error, AuthFailed):
            session.login_failed(account, error)
        return Outcome(account.name, None, (Trouble(account.name, error.step or "audit", error.problem, error.hint),))
    refused = (Trouble(account.name, e.step, f"{name}: {e.problem}", e.hint) for name, e in found.refused)
    return Outcome(account.name, found, (*refused, *(_held_back(account.name, each) for each in found.held_back)))


def _held_back(account: str, each: HeldBack) -> Trouble:
    problem = f"{loss(each)}; their places are kept"
    return Trouble(account, "removals", problem, f"if that is right: keeptouch accounts accept-deletions {account}")


def _document(outcome: Outcome) -> dict[str, object]:
    found = outcome.audit or AccountAudit()
    return {
        "account": outcome.account,
        "ok": outcome.is_whole,
        "coverage": found.coverage if outcome.audit else None,
        "fetched": found.fetched,
        "removed": found.removed,
        "errors": [trouble.document() for trouble in outcome.troubles],
        "streams": [_folder_document(folder) for folder in found.folders],
    }


def _folder_document(folder: FolderAudit) -> dict[str, object]:
    kinds = {"missing": folder.missing, "hollow": folder.hollow, "surplus": folder.surplus}
    return {
        "stream": folder.stream.name,
        "expected": folder.expected,
        "covered": folder.covered,
        **{kind: len(refs) for kind, refs in kinds.items()},
        "quarantined": len(folder.quarantined),
        "coverage": percent(folder.covered, folder.expected),
        "refs": {kind: list(islice(refs, _NAMED)) for kind, refs in kinds.items()},
    }


def _rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    """A line for the account, and one for each folder that differs."""
    if outcome.audit is None:
        return
    folders = outcome.audit.folders
    *counts, coverage = _counts(folders)
    yield (outcome.account, "", *counts, coverage if outcome.audit.coverage is not None else "unknown")
    for folder in folders:
        if folder.differs:
            yield ("", folder.stream.name, *_counts([folder]))


def _counts(folders: Iterable[FolderAudit]) -> tuple[str, ...]:
    kept = list(folders)
    expected, covered = sum(f.expected for f in kept), sum(f.covered for f in kept)
    counts = (
        expected,
        covered,
        sum(len(f.missing) for f in kept),
        sum(len(f.hollow) for f in kept),
        sum(len(f.surplus) for f in kept),
    )
    return (*map(str, counts), f"{percent(covered, expected):g} %")
