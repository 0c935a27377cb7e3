"""Rows that other programs wrote into a table w1_*: each takes effect and is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from store.engine import Store, Transaction

#: Rows that take effect in one transaction.
BATCH = 200

Row = TypeVar("Row")


class Applied(NamedTuple):
    """How many rows were looked at, and how many of them could not be carried out."""

    rows: int
    refused: int


class Table(Protocol[Row]):
    """A table of such rows: store.writers.w1_merge, w1_deadline and w1_task_state are ones."""

    def is_anything_waiting(self, connection: Transaction, /) -> bool:
        """Does any row wait? Costs a look-up in an index."""
        ...

    def waiting(self, connection: Transaction, limit: int, /) -> list[Row]:
        """Rows that wait, kept from changing until the transaction ends."""
        ...

    def answer(self, connection: Transaction, errors: Sequence[tuple[Row, str | None]], now: datetime, /) -> None:
        """Tell the programs what became of their rows: (row, error or None)."""
        ...


def apply_rows(
    store: Store,
    clock: Callable[[], datetime],
    table: Table[Row],
    apply: Callable[[Transaction, Row, datetime], str | None],
    *,
    lock: Callable[[Transaction], None] = lambda _transaction: None,
) -> Applied:
    """Let what waits in a table take effect; raises StoreError.

    `apply` carries a row out, or returns why it can't be; the others go on. `lock` comes before the rows are read.
    """
    with store.read() as transaction:
        if not table.is_anything_waiting(transaction):
            return Applied(0, 0)
    count = refused = 0
    while True:
        with store.write() as transaction:
            lock(transaction)
            rows = table.waiting(transaction, BATCH)
            answers = [(row, apply(transaction, row, clock())) for row in rows]
            table.answer(transaction, answers, clock())
        count += len(rows)
        refused += sum(1 for _row, error in answers if error)
        if len(rows) < BATCH:
            return Applied(count, refused)
