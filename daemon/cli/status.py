"""keeptouch status: how every account fares, from the store alone."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import Trouble, instant, write_error, write_json, write_table, write_text, write_troubles
from daemon.cli.status_parts import (
    account_document,
    account_row,
    digest_document,
    digest_trouble,
    list_document,
    list_row,
    missing_line,
    source_document,
    source_row,
)
from daemon.config import Config, ConfigError, Problem, load_store
from daemon.doctor.accounts import cure_of
from daemon.doctor.database import room_at
from daemon.doctor.findings import Result
from daemon.environment import open_store, utc_now
from daemon.reloading import Refusal, refusal
from store.accounts.missing import Missing, missing
from store.contacts.contact_sources import SourceState, states
from store.errors import StoreError
from store.followups import digests, task_entries
from store.followups.digests import DigestStatus
from store.followups.task_entries import Standing
from store.keeping.space import space_at
from store.questions.read import AccountStatus, account_statuses, totals
from store.store_files import file_of

#: States of accounts that ask nobody to do anything.
_WELL = ("ok", "new", "disabled")
#: So long digests that were not sent are told.
_RECENT = timedelta(days=2)


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows."""

    refused: Refusal | None
    accounts: list[AccountStatus]
    missing: list[Missing]
    sources: list[SourceState]
    lists: list[Standing]
    #: None: no digests are wanted.
    digests: DigestStatus | None
    totals: dict[str, int]

    @property
    def is_well(self) -> bool:
        """Is there nothing in it that asks somebody to do something?"""
        return (
            all(each.state in _WELL for each in self.accounts)
            and all(each.state == "ok" for each in self.sources)
            and all(each.problem is None for each in self.lists)
            and not (self.digests and self.digests.troubles)
        )


def _known(config: Config) -> _Known:
    with open_store(config, os.environ, may_create=False) as store, store.read() as transaction:
        names = [each.name for each in config.sources]
        followed = states(transaction, names)
        return _Known(
            refusal(transaction),
            account_statuses(transaction),
            missing(transaction),
            [followed[name] for name in names if name in followed],
            task_entries.standings(transaction, [each.name for each in config.followed if each.tasks]),
            digests.status(transaction, (utc_now() - _RECENT).date()) if config.digest else None,
            totals(transaction),
        )


def _tell(args: argparse.Namespace, config: Config, broken: Sequence[Problem]) -> int:
    """What the store knows; `broken` are the problems of the configuration that lies there."""
    known = _known(config)
    refused = known.refused
    problems = broken or (refused.problems if refused else ())
    short = dict(_short(config))
    if refused:
        write_error(f"the service goes on with the configuration before: it refused this one at {instant(refused.at)}")
    troubles = [*map(Trouble.of, problems), *short.values()]
    write_troubles(troubles)
    if args.json:
        refused_at = instant(refused.at) if refused else None
        told = [each.document() for each in troubles]
        write_json({**_answer(known), "problems": told, "refused_at": refused_at})
    else:
        _show(known, utc_now())
    if broken:
        return 2
    return 0 if known.is_well and not problems and Result.FAILED not in short else 1


def _answer(known: _Known) -> dict[str, object]:
    return {
        "accounts": [account_document(each, known.missing) for each in known.accounts],
        "sources": [source_document(each) for each in known.sources],
        "task_lists": [list_document(each) for each in known.lists],
        "digest": digest_document(known.digests) if known.digests else None,
        "store": known.totals,
    }


def _show(known: _Known, now: datetime) -> None:
    """For people: a table of each kind of thing that there is, and a line for what there is to do."""
    write_table(
        (
            *("account", "owner", "state", "last success", "complete since", "left"),
            *("stored", "skipped", "quarantined", "waiting", "reason"),
        ),
        [account_row(each, now) for each in known.accounts],
    )
    for each in known.accounts:
        if each.state not in _WELL:
            write_text(f"{each.name}: {cure_of(each)}")
    if known.sources:
        columns = ("contacts of", "kind", "state", "last success", "contacts", "not taken", "reason")
        write_table(columns, map(source_row, known.sources))
    if known.lists:
        headers = ("task list of", "list", "state", "last success", "reason")
        write_table(headers, [list_row(each, now) for each in known.lists])
    if known.digests:
        write_text(f"digests: last sent {instant(known.digests.last_sent_at) or 'never'}")
        write_troubles([digest_trouble(each, now) for each in known.digests.troubles])
    for folder in known.missing:
        write_text(missing_line(folder))
    write_text(", ".join(f"{count} {name}" for name, count in known.totals.items()))


def _short(config: Config) -> Iterator[tuple[Result, Trouble]]:
    """The disk, where there is little left, and how bad that is."""
    file = file_of(config.store.url)
    space = space_at(file) if file is not None else None
    for each in room_at(space, file) if space is not None and file is not None else ():
        yield each.result, Trouble(None, "disk", f"{each.subject}: {each.problem}", each.cure)
