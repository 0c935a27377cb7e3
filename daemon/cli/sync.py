"""keeptouch sync: read every account once, then go."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from daemon import heap
from daemon.cli import sources
from daemon.cli.arguments import Verbs, add_account, add_verb
from daemon.cli.interrupts import stop_on_signals
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, write_json, write_table, write_troubles
from daemon.cli.progress import progress_shown
from daemon.cli.rehearsal import rehearse
from daemon.config import Account
from daemon.ingest import Tally
from daemon.list_keeping import Keeper
from daemon.report import Report
from daemon.retry import Backoff
from daemon.servers import Server, Servers, server_of
from daemon.session import Session

#: Accounts read at a time: their servers answer while another one's page is written.
_AT_ONCE = 4
#: Mail of one account can make earlier mail of another wanted, which can make a contact, and so on.
_MAX_ROUNDS = 10


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "sync",
        sync,
        "read every account once",
        "Reads what is new in every account, writes it to the store, brings tasks together with people's lists, sends "
        "the daily mails that are due, and ends. Nothing else on a server is changed. "
        "Exit code 1: an account failed; the others were read.",
    )
    add_account(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would become of mails and meetings")


def sync(args: argparse.Namespace) -> int:
    """The command."""
    heap.keep_little()
    if args.dry_run:
        with stop_on_signals() as stop:
            return rehearse(args, stop)
    with opened_session(args) as session:
        accounts = session.config.chosen(args.account)
        for account in accounts if args.account else ():
            session.standings.insist(session.account_ids[account.name])
        with progress_shown(args.json) as progress, stop_on_signals() as stop:
            # who is a contact is known before the mail is read
            followed = [session.follow(each) for each in session.config.sources if args.account is None]
            reports = sync_all(session, accounts, stop, progress, insists=args.account is not None)
            troubles = keep_lists(session, accounts, stop, insists=args.account is not None)
            if not stop.is_set():
                session.send_digests(stop)
            for sender in session.senders():
                if not stop.is_set() and sender.has_news():
                    sender.turn()
    write_troubles(
        Trouble(r.account, r.error.step, r.error.problem, r.error.hint) for r in reports if r.error is not None
    )
    write_troubles(troubles)
    sources.write_failures(followed)
    if args.json:
        lists = [sources.document(each) for each in followed]
        told = [trouble.document() for trouble in troubles]
        write_json({"accounts": [document(report) for report in reports], "sources": lists, "problems": told})
    else:
        show(reports)
    has_failed = any(report.error for report in reports) or any(each.error for each in followed)
    return 1 if has_failed or troubles else 0


def sync_all(
    session: Session, accounts: Sequence[Account], stop: threading.Event, progress: Any, *, insists: bool = False
) -> list[Report]:
    """One turn of every account, and further ones for mail that the others' turns made wanted.

    A server that asks for a rest has it from all its accounts; with `insists` not for what it said before.
    """
    servers = Servers(Backoff())
    servers.rested = session.note_rest
    for server, (left, error) in ({} if insists else session.rests(map(server_of, accounts))).items():
        servers.resume(server, error, left)
    session.apply_entered()
    session.keep_up(stop)
    ingest = session.ingest()
    reports = {account.name: Report(account.name) for account in accounts}

    def turn(account: Account, only_wanted: bool = False) -> None:
        server, report = server_of(account), reports[account.name]
        if not servers.is_resting(server):
            session.take_turn(
                account,
                ingest,
                report,
                stop=_StopOrRest(stop, servers, server),
                progress=lambda stream, seen: progress(account.name, stream, seen),
                only_wanted=only_wanted,
            )
            servers.rest(server, report.failure)
        problem = servers.problem(server)
        if problem is not None and servers.is_resting(server) and report.error is None and not stop.is_set():
            # it was cut short, or not begun
            report.fail(problem)
            session.save_state(account, report)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="account") as pool:
        list(pool.map(turn, accounts))
    for _round in range(_MAX_ROUNDS):
        waiting = [a for a in accounts if reports[a.name].error is None and session.wanted(a)]
        if not waiting or stop.is_set():
            break
        for account in waiting:
            turn(account, only_wanted=True)
    session.tick(stop)
    return list(reports.values())


def keep_lists(
    session: Session, accounts: Sequence[Account], stop: threading.Event, *, insists: bool = False
) -> list[Trouble]:
    """Bring tasks together with the lists of those who have one; what went wrong."""
    keeper, troubles = Keeper(), []
    for account in accounts:
        problem = None if stop.is_set() else keeper.keep(session, account, stop.is_set, insists=insists)
        if problem is not None:
            troubles.append(Trouble(account.name, problem.step, problem.problem, problem.hint))
    return troubles


class _StopOrRest(threading.Event):
    """Set when the command has to end, or another account was told that their server wants to be left alone."""

    def __init__(self, stop: threading.Event, servers: Servers, server: Server | None) -> None:
        super().__init__()
        self._stop, self._servers, self._server = stop, servers, server

    def is_set(self) -> bool:
        return self._stop.is_set() or self._servers.is_resting(self._server)


def counts(tally: Tally) -> dict[str, int]:
    """A tally as JSON answers have it."""
    return {
        "seen": tally.seen,
        "stored": tally.stored,
        "known": tally.known,
        "skipped": tally.skipped,
        "quarantined": tally.quarantined,
    }


def document(report: Report) -> dict[str, object]:
    """A report as `sync --json` has it."""
    error = report.error
    return {
        "account": report.account,
        "ok": error is None,
        **counts(report.total),
        "seconds": round(report.seconds, 3),
        "error": {"step": error.step, "problem": error.problem, "hint": error.hint} if error else None,
        "streams": [{"stream": name, **counts(tally)} for name, tally in report.streams.items()],
    }


def show(reports: Iterable[Report]) -> None:
    """A table for people."""
    rows = [
        (
            r.account,
            "ok" if r.error is None else r.error.step,
            *map(str, counts(r.total).values()),
            f"{r.seconds:.1f} s",
        )
        for r in reports
    ]
    write_table(("account", "state", "seen", "stored", "known", "skipped", "quarantined", "time"), rows)
