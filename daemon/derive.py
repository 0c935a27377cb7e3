"""What follows from the facts: interactions, contacts, links, people, threads.

Everything is computed from the committed facts of the items and addresses marked dirty, never by increments, so any
order of arrival gives the same result. A batch is one transaction; a kill costs at most a batch of repeated work.

Nobody else writes while a batch is derived. Two pages that race (a mail and its answer) decide without each other, but
both are there when the later one of them is derived: whatever one of them made a contact or stored, the other's copies
and answers are found, and what is read after the batch sees what it made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from daemon import followups
from daemon.derived import Made, note_made
from daemon.mail_batch import MailBatch
from daemon.meetings import BATCH as MEETINGS
from daemon.meetings import derive_meetings
from matching.policy import Company
from store.contacts.holders import Candidate
from store.derivation import copies
from store.engine import Store, Transaction
from store.mails import write

#: Items derived in one transaction.
BATCH = 1000


def derive(store: Store, company: Company, now: Callable[[], datetime], *, with_held: bool = True) -> int:
    """Derive everything that is dirty, by whomever it was marked; returns how many items and addresses that were.

    What was marked before the call is derived when it returns, by this process or by another one. `with_held`: some of
    the contacts that can wait are looked at too.
    """
    with store.read() as transaction:
        if not (copies.is_anything_dirty(transaction) or followups.is_anything_to_do(transaction, company, now())):
            return 0
    total = 0
    made: Made = Made()
    while True:
        done, is_more = store.transact(partial(_derive_batch, store, company, now(), made))
        note_made(made)
        total += done
        if is_more:
            continue
        # of what has waited for long there can be very much: it is looked at bit by bit, by each call a part
        look = partial(followups.raise_tasks, store.key, company, now(), with_held=with_held, made=made)
        with_held = False
        is_over = not store.transact(look)
        note_made(made)
        if is_over:
            return total


def _derive_batch(
    store: Store, company: Company, now: datetime, made: Made, transaction: Transaction
) -> tuple[int, bool]:
    """(how many keys were derived, whether there may be more); `made` becomes what the transaction makes."""
    made.clear()  # it may be repeated
    keys = _Keys(
        copies.take_dirty(transaction, "item", BATCH),
        copies.take_dirty(transaction, "address", BATCH),
        copies.take_dirty(transaction, "meeting", MEETINGS),
    )
    is_more = len(keys.items) == BATCH or len(keys.normals) == BATCH or len(keys.meetings) == MEETINGS
    is_more |= _derive_keys(store, company, now, made, transaction, keys)
    return sum(map(len, keys)), is_more


def derive_these(
    store: Store, company: Company, now: Callable[[], datetime], take: Callable[[Transaction], Collection[str]]
) -> int:
    """Derive the items that `take` takes, in its transaction, and nothing else that waits: that is for whoever marked
    it. Tasks that follow are raised by the next `derive`. Returns how many items that were."""
    made: Made = Made()

    def work(transaction: Transaction) -> int:
        made.clear()  # it may be repeated
        items = take(transaction)
        _derive_keys(store, company, now(), made, transaction, _Keys(items))
        return len(items)

    done = store.transact(work)
    note_made(made)
    return done


class _Keys(NamedTuple):
    """What one transaction derives."""

    items: Collection[str]
    normals: Sequence[str] = ()
    meetings: Sequence[str] = ()


def _derive_keys(
    store: Store, company: Company, now: datetime, made: Made, transaction: Transaction, keys: _Keys
) -> bool:
    """May there be more to derive by these?"""
    met = derive_meetings(store.key, company, now, transaction, keys.meetings, made)
    if not (keys.items or keys.normals or met):
        return False
    found = copies.copies_of_items(transaction, keys.items)
    write.want_copies(transaction, [c.row for c in found if c.row.interaction_id is None])
    batch = MailBatch(store, transaction, company, now)
    batch.add(found)
    is_more = batch.make_contacts([Candidate(n, company.rules.base(n), n) for n in keys.normals], met, keys.meetings)
    is_more |= batch.save()
    made["interaction", "email"] += batch.new
    return is_more
