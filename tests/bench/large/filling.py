"""Filling an empty store with the rows of a shape: one pass over its mails for all databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from connectors.api import Purpose, Stream
from daemon import reprocess
from store.accounts import company as company_store
from store.accounts import streams
from store.accounts.company import AccountFacts, PersonFacts
from store.engine import Store
from store.schema.core import account
from store.types import instant_text
from tests.bench.large import contacts, mails
from tests.bench.large import shape as shapes
from tests.bench.large.mails import Known, Mailboxes, Row
from tests.bench.large.shape import END, FEED, KEY, Shape

#: Mails that are sorted by time together: some weeks of them.
_BLOCK = 30_000
#: Table -> columns of its rows.
COLUMNS = mails.COLUMNS | contacts.COLUMNS
_LISTED = [Stream(name="INBOX", purpose=Purpose.INBOX), Stream(name="Sent", purpose=Purpose.SENT)]


class Sink(Protocol):
    """A database that takes rows in bulk."""

    def add(self, table: str, rows: Sequence[Row]) -> None:
        """Rows of a table, with the columns that COLUMNS names."""


def prepare(store: Store, shape: Shape) -> Mailboxes:
    """Our people and their mailboxes in an empty store, under the policy of the shape."""
    people = [PersonFacts(addresses=(shapes.person(each),)) for each in range(shape.people)]
    accounts = [
        AccountFacts(name=f"p{n}", owner=each.addresses[0], kind="memory", login=f"p{n}", is_shared=False)
        for n, each in enumerate(people)
    ]
    with store.write() as transaction:
        company_store.save_people(transaction, KEY, people)
        ids = company_store.save_accounts(transaction, KEY, accounts, END)
        placed = [streams.save(transaction, ids[each.name], _LISTED, END) for each in accounts]
        transaction.execute(account.update().values(state="ok", last_success_at=END))
        reprocess.note_applied(transaction, shapes.company())
    return Mailboxes(
        people=[KEY.id("person", each.addresses[0]) for each in people],
        accounts=[ids[each.name] for each in accounts],
        inboxes=[each["INBOX"] for each in placed],
        sent=[each["Sent"] for each in placed],
    )


def fill(shape: Shape, boxes: Mailboxes, sinks: Sequence[Sink], progress: Callable[[int], None]) -> tuple[int, int]:
    """Hand all rows to the sinks; returns the feed's first and last number. `progress` hears of mails done."""
    known = Known.of(shape)
    recent: list[tuple[str, str, str]] = []
    since = instant_text(END - FEED)
    done = 0
    for block in _blocks(shape, boxes, known):
        for table, rows in block.items():
            for sink in sinks:
                sink.add(table, rows)
        recent += [(row[3], row[0], row[5]) for row in block["interaction"] if row[3] >= since]
        done += len(block["interaction"])
        progress(done)
    first_seq = (shape.interactions - len(recent)) * 4 + 1
    changes = list(contacts.change_rows(first_seq, recent))
    rest = (contacts.contact_rows(shape, known), contacts.task_rows(shape, boxes, known), changes)
    for each in (*rest, contacts.skipped_rows(shape, boxes)):
        for table, rows in _by_table(each).items():
            for sink in sinks:
                sink.add(table, rows)
    return first_seq, first_seq + len(changes) - 1


def _blocks(shape: Shape, boxes: Mailboxes, known: Known) -> Iterator[dict[str, list[Row]]]:
    """Table -> rows, of some mails after the other; within a block in the order of their time."""
    waiting: list[tuple[datetime, list[tuple[str, Row]]]] = []
    for thread in mails.threads(shape):
        waiting.extend(mails.rows_of(thread, shape, boxes, known))
        if len(waiting) >= _BLOCK:
            yield _sorted(waiting)
            waiting = []
    yield _sorted(waiting)


def _sorted(waiting: list[tuple[datetime, list[tuple[str, Row]]]]) -> dict[str, list[Row]]:
    waiting.sort(key=lambda each: each[0])
    return {"interaction": [], **_by_table(row for _at, rows in waiting for row in rows)}


def _by_table(rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for table, row in rows:
        found.setdefault(table, []).append(row)
    return found
