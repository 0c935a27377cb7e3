"""Blocking and unblocking: what is kept out goes from the history at once; what is let in again is fetched again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from daemon import reprocess
from daemon.reprocess import Outcome
from matching.blocking import Block, BlockRule
from matching.policy import Company
from store.engine import Store
from store.privacy import blocks


def planned(
    store: Store, company: Company, clock: Callable[[], datetime], account_ids: Sequence[str], rule: BlockRule
) -> Outcome:
    """What would go if this were blocked. Writes nothing."""
    with store.read() as transaction:
        found = blocks.all_blocks(transaction)
    first = 1 + max((each.id for each in found), default=0)
    new = [Block(first + n, account_id, rule) for n, account_id in enumerate(account_ids)]
    return reprocess.difference(store, company, clock, [*found, *new])


def block(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    account_ids: Sequence[str],
    rule: BlockRule,
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    """Keep this out from now on, and take out what is there. A kill in between is made good by the next command."""
    with store.write() as transaction:
        blocks.add(transaction, account_ids, rule, blocks.COMMAND, clock())
    return reprocess.reprocess(store, company, clock, progress)


def unblock(store: Store, company: Company, ids: Sequence[int]) -> int:
    """Let in again what these blocks kept out: it is fetched from the servers; returns how many mails."""
    with store.write() as transaction:
        blocks.remove(transaction, ids)
        wanted = blocks.release(transaction)
        reprocess.note_applied(transaction, company)
    return wanted
