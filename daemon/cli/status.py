"""keeptouch status: how every account fares, from the store alone."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import Trouble, write_error, write_json, write_table, write_text, write_troubles
from daemon.config import Config, ConfigError, Problem, load_store
from daemon.doctor.accounts import cure_of
from daemon.doctor.database import room_at
from daemon.doctor.findings import Result
from daemon.environment import open_store, utc_now
from daemon.reloading import refusal
from store import digests, task_entries
from store.contact_sources import SourceState, states
from store.digests import DigestStatus, NotSent
from store.errors import StoreError
from store.missing import Missing, missing
from store.read import AccountStatus, account_statuses, totals
from store.space import space_at
from store.store_files import file_of
from store.task_entries import Standing

#: States of accounts that ask nobody to do anything.
_WELL = ("ok", "new", "disabled")
#: So long digests that were not sent are told.
_RECENT = timedelta(days=2)
#: A stream that was read whole is complete since the beginning of time, as its connector counts it.
_FIRST_YEAR = 1970


def register(verbs: Verbs) -> None:
    """Add the command."""
    add_verb(
        verbs,
        "status",
        status,
        "how every account fares",
        "Tells from the store, without asking a server, how every account fares, and whether the service works under "
        "the configuration that lies there. Exit code 1: an account fails, it does not, or the store's "
        "disk is full; 2: the configuration is broken, and the service goes on with the one before.",
    )


def status(args: argparse.Namespace) -> int:
    """The command."""
    try:
        config, broken = load_config(args), None
    except ConfigError as error:
        # a service may well go on with the one before
        found_store = load_store(error.path, environ=os.environ) if error.path else None
        if found_store is None:
            raise
        config, broken = found_store, error
    try:
        return _tell(args, config, broken.problems if broken else ())
    except StoreError:
        if broken:
            raise broken from None
        raise


def _tell(args: argparse.Namespace, config: Config, broken: Sequence[Problem]) -> int:
    """What the store knows; `broken` are the problems of the configuration that lies there."""
    with open_store(config, os.environ, may_create=False) as store, store.read() as transaction:
        refused = refusal(transaction)
        accounts = account_statuses(transaction)
        folders = missing(transaction)
        held = totals(transaction)
        names = [each.name for each in config.sources]
        followed = states(transaction, names)
        mails = digests.status(transaction, (utc_now() - _RECENT).date()) if config.digest else None
        kept = task_entries.standings(transaction, [each.name for each in config.followed if each.tasks])
    found = [followed[name] for name in names if name in followed]
    problems = broken or (refused.problems if refused else ())
    short = dict(_short(config))
    if refused:
        write_error(f"the service goes on with the configuration before: it refused this one at {instant(refused.at)}")
    write_troubles([*(Trouble.of(each) for each in problems), *short.values()])
    if args.json:
        lists = [_source_document(each) for each in found]
        documents = [_document(each, folders) for each in accounts]
        told = [each.document() for each in (*map(Trouble.of, problems), *short.values())]
        refused_at = instant(refused.at) if refused else None
        told_lists = [_list_document(each) for each in kept]
        told_mails = _digest_document(mails) if mails else None
        answer = {
            "accounts": documents,
            "sources": lists,
            "task_lists": told_lists,
            "digest": told_mails,
            "store": held,
        }
        write_json({**answer, "problems": told, "refused_at": refused_at})
    else:
        write_table(
            (
                *("account", "owner", "state", "last success", "complete since", "left"),
                *("stored", "skipped", "quarantined", "waiting", "reason"),
            ),
            [_row(each, utc_now()) for each in accounts],
        )
        for each in accounts:
            if each.state not in _WELL:
                write_text(f"{each.name}: {cure_of(each)}")
        if found:
            write_table(
                ("contacts of", "kind", "state", "last success", "contacts", "not taken", "reason"),
                map(_source_row, found),
            )
        if kept:
            columns = ("task list of", "list", "state", "last success", "reason")
            write_table(columns, [_list_row(each, utc_now()) for each in kept])
        if mails:
            write_text(f"digests: last sent {instant(mails.last_sent_at) or 'never'}")
            write_troubles([_digest_trouble(each, utc_now()) for each in mails.troubles])
        for folder in folders:
            write_text(_missing(folder))
        write_text(", ".join(f"{count} {name}" for name, count in held.items()))
    is_well = all(each.state in _WELL for each in accounts) and all(each.state == "ok" for each in found)
    is_well = is_well and all(each.problem is None for each in kept) and not (mails and mails.troubles)
    if broken:
        return 2
    return 0 if is_well and not problems and Result.FAILED not in short else 1


def instant(value: datetime | None) -> str | None:
    """A time as JSON answers have it: UTC with Z."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _short(config: Config) -> Iterator[tuple[Result, Trouble]]:
    """The disk, where there is little left, and how bad that is."""
    file = file_of(config.store.url)
    space = space_at(file) if file is not None else None
    for each in room_at(space, file) if space is not None and file is not None else ():
        yield each.result, Trouble(None, "disk", f"{each.subject}: {each.problem}", each.cure)


def _missing(each: Missing) -> str:
    return (
        f"{each.account}: the server does not list {each.stream} since {each.since_at:%Y-%m-%d}; its "
        f"{each.mails:,} items count as gone from {each.gone_at:%Y-%m-%d} on, or now by "
        f"keeptouch accounts accept-deletions {each.account}"
    )


def _document(each: AccountStatus, folders: Sequence[Missing]) -> dict[str, object]:
    return {
        "account": each.name,
        "id": each.id,
        "owner": each.owner,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "state_since_at": instant(each.since_at),
        "last_success_at": instant(each.last_success_at),
        "next_try_at": instant(each.next_try_at),
        "failures": each.failures,
        "streams": each.streams,
        "missing_streams": each.missing_streams,
        "missing": [
            {"stream": folder.stream, "since_at": instant(folder.since_at), "mails": folder.mails}
            for folder in folders
            if folder.account == each.name
        ],
        "stored": each.placements.get("stored", 0),
        "skipped": each.placements.get("skipped", 0),
        "quarantined": each.placements.get("quarantined", 0),
        "suppressed": each.placements.get("suppressed", 0),
        "expired": each.placements.get("expired", 0),
        "wanted": each.wanted,
        "complete_since_at": instant(each.complete_since_at),
        "backlog": each.backlog,
        "coverage": each.coverage,
        "audited_at": instant(each.audited_at),
    }


def _source_document(each: SourceState) -> dict[str, object]:
    return {
        "source": each.name,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "tried_at": instant(each.tried_at),
        "last_success_at": instant(each.last_success_at),
        "contacts": each.contacts,
        "rejected": each.rejected,
    }


def _source_row(each: SourceState) -> tuple[str, ...]:
    last = instant(each.last_success_at) or "never"
    return each.name, each.kind, each.state, last, str(each.contacts), str(each.rejected), each.reason or ""


def _list_document(each: Standing) -> dict[str, object]:
    return {
        "account": each.account,
        "list": each.name,
        "state": "failed" if each.problem else "ok",
        "reason": each.problem,
        "hint": each.hint,
        "failures": each.failures,
        "next_try_at": instant(each.next_try_at),
        "last_success_at": instant(each.synced_at),
    }


def _list_row(each: Standing, now: datetime) -> tuple[str, ...]:
    reason = each.problem or ""
    if each.hint:
        reason += f"; {each.hint}"
    if each.next_try_at is not None:
        reason += f"; next try {_moment(each.next_try_at, now)}" if each.next_try_at > now else "; next try now"
    return each.account, each.name, "failed" if each.problem else "ok", instant(each.synced_at) or "never", reason


def _digest_document(mails: DigestStatus) -> dict[str, object]:
    return {
        "last_sent_at": instant(mails.last_sent_at),
        "troubles": [
            {
                "person": each.person,
                "sent_on": each.sent_on.isoformat(),
                "state": each.state,
                "problem": each.problem,
                "next_try_at": instant(each.next_try_at),
            }
            for each in mails.troubles
        ],
    }


def _digest_trouble(each: NotSent, now: datetime) -> Trouble:
    following = f"next try {_moment(each.next_try_at, now)}" if each.next_try_at else ""
    return Trouble(None, "digest", f"{each.person}, {each.sent_on}: {each.state}, {each.problem}", following)


def _row(each: AccountStatus, now: datetime) -> tuple[str, ...]:
    return (
        each.name,
        each.owner,
        each.state,
        instant(each.last_success_at) or "never",
        _complete(each),
        "?" if each.backlog is None else str(each.backlog),
        *(str(each.placements.get(verdict, 0)) for verdict in ("stored", "skipped", "quarantined")),
        str(each.wanted),
        _reason(each, now),
    )


def _reason(each: AccountStatus, now: datetime) -> str:
    """Why an account fails, since when, and when it is tried again."""
    reason = each.reason or ""
    if each.failures:
        times = "once" if each.failures == 1 else f"{each.failures} times"
        reason += f"; failed {times} since {_moment(each.since_at, now)}"
    if each.next_try_at is not None:
        is_past = each.next_try_at <= now
        reason += "; next try now" if is_past else f"; next try {_moment(each.next_try_at, now)}"
    return reason


def _moment(value: datetime, now: datetime) -> str:
    """A time for people: without its day where that is today."""
    return f"{value:%H:%M} UTC" if value.date() == now.date() else f"{value:%Y-%m-%d %H:%M} UTC"


def _complete(each: AccountStatus) -> str:
    """The day from which on the account was read without a gap."""
    if each.complete_since_at is None:
        return "not yet"
    # servers' own beginning of time, where everything was read
    return each.complete_since_at.strftime("%Y-%m-%d") if each.complete_since_at.year > _FIRST_YEAR else "ever"
