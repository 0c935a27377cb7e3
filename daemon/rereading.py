"""What older rules have read in the stored mails is read anew."""

from __future__ import annotations

from collections.abc import Callable

from connectors.api import Message
from daemon.reading import VERSION, read
from store.derivation.copies import items_of, mark_dirty
from store.engine import Store, Transaction
from store.mails import rereading

_BATCH = 500


def read_anew(store: Store, progress: Callable[[int], None]) -> None:
    """Read what older rules have read, some hundred mails in a transaction; `progress` hears how many.

    Killed at any point it goes on where it was. What follows from them is derived afterwards, of the mails marked here.
    """
    after = b""
    while True:
        with store.write() as transaction:
            found = rereading.unread(transaction, VERSION, after, _BATCH)
            if not found:
                return
            _save(transaction, store, found)
        after = found[-1][0]
        progress(len(found))


def _save(transaction: Transaction, store: Store, found: list[tuple[bytes, Message]]) -> None:
    told = dict(zip([key for key, _message in found], read([message for _key, message in found]), strict=True))
    targets = [(key, store.key.digest("mid", each)) for key, one in told.items() for each in one.concerns]
    rereading.replace(transaction, told, targets)
    rereading.want_reports(transaction, list(told))
    mark_dirty(transaction, "item", items_of(transaction, list(told)))
