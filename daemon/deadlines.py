"""Days that other programs set on contacts and threads (table w1_deadline): each row takes effect and is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from daemon.w1_rows import apply_rows
from matching.names import clean_name
from store.contacts import merging
from store.contacts.merging import MergeRefused
from store.derivation import engagement
from store.engine import Store, Transaction
from store.followups import deadlines
from store.writers import w1_deadline
from store.writers.w1 import too_long
from store.writers.w1_deadline import DeadlineRow

log = structlog.get_logger()

#: A longer title is a mistake.
MAX_TITLE = 200


def apply_deadlines(store: Store, clock: Callable[[], datetime]) -> int:
    """Let what waits in w1_deadline take effect; returns how many rows were looked at.

    To be called once a poll, after `apply_entered` and `apply_merges`; tasks follow by `derive`.
    """

    def apply(transaction: Transaction, row: DeadlineRow, now: datetime) -> str | None:
        touched: set[str] = set()
        error = _apply(store, transaction, row, touched, now)
        engagement.mark_tasks(transaction, sorted(touched))
        return error

    done = apply_rows(store, clock, w1_deadline, apply, lock=merging.lock)
    if done.rows:
        log.info("deadlines applied", count=done.rows, refused=done.refused)
    return done.rows


def _apply(store: Store, transaction: Transaction, row: DeadlineRow, touched: set[str], now: datetime) -> str | None:
    """Carry it out; returns why it can't be. `touched` hears of the contacts."""
    if not row.external_source or not row.external_id:
        return "external_source or external_id is no text in UTF-8"
    identity = (row.external_source, row.external_id)
    if row.is_deleted is None:
        return "is_deleted is neither true nor false"
    if row.is_deleted:
        touched |= deadlines.end(transaction, identity, now)
        return None
    problem = _problem(row)
    if problem is not None:
        return problem
    contact_id, mail_id = row.contact_id, None
    if contact_id is not None:
        try:
            known = merging.known(transaction, contact_id)
        except MergeRefused as refused:
            return refused.problem
        contact_id = known.merged_into_id or known.id
    if row.thread_id is not None:
        found = deadlines.last_of_thread(transaction, deadlines.thread_now(transaction, row.thread_id), contact_id)
        if found is None:
            return f"no mail of the thread {row.thread_id} has to do with {'the' if row.contact_id else 'a'} contact"
        contact_id, mail_id = found
    assert contact_id is not None
    assert row.due_on is not None
    title = clean_name(row.title or "")
    what = (contact_id, mail_id, row.due_on, title, row.since_at)
    touched |= deadlines.put(transaction, store.key, identity, *what, now)
    return None


def _problem(row: DeadlineRow) -> str | None:
    if row.due_on is None:
        return "due_on is no day such as 2026-03-01"
    if not row.has_good_time:
        return "since_at is no instant such as 2026-03-01T08:00:00Z"
    if row.title is not None and not row.title:
        return "title is empty, or no text in UTF-8"
    if problem := too_long("title", row.title, MAX_TITLE):
        return problem
    if row.contact_id is None and row.thread_id is None:
        return "contact_id and thread_id are both NULL: one of them must say what it is set on"
    if row.contact_id == "" or row.thread_id == "":
        return "contact_id or thread_id is no id"
    return None
