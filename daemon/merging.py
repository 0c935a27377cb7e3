"""Contacts that other programs say are one (table w1_merge): each row takes effect and is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from daemon.w1_rows import apply_rows
from store.contacts import merging
from store.contacts.merging import MergeRefused
from store.engine import Store, Transaction
from store.writers import w1_merge
from store.writers.w1_merge import MergeRow

log = structlog.get_logger()


def apply_merges(store: Store, clock: Callable[[], datetime]) -> int:
    """Let what waits in w1_merge take effect; returns how many rows were looked at.

    To be called once a poll, after `apply_entered`; what follows for links is marked dirty, for `derive`.
    """
    done = apply_rows(store, clock, w1_merge, _apply, lock=merging.lock)
    if done.rows:
        log.info("merges applied", count=done.rows, refused=done.refused)
    return done.rows


def _apply(transaction: Transaction, row: MergeRow, now: datetime) -> str | None:
    """Carry it out; returns why it can't be."""
    if row.is_deleted is None:
        return "is_deleted is neither true nor false"
    if not row.contact_id or not row.merged_into_id:
        return "contact_id or merged_into_id is no text in UTF-8"
    try:
        if row.is_deleted:
            merging.unmerge(transaction, row.contact_id, now)
        else:
            merging.merge(transaction, row.contact_id, row.merged_into_id, now)
    except MergeRefused as refused:
        return refused.problem
    return None
