"""What people said of tasks, on its way from one store into another of the same identity key.

It hangs on what a task came of, whose id is the same there; the tasks themselves follow from the mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, select

from matching.followups import State
from store.derivation.copies import mark_dirty
from store.keys import IdentityKey
from store.privacy import suppression
from store.schema.core import contact_address
from store.schema.tasks import TASKS, task_decision
from store.upsert import select_in, upsert_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedTask:
    """What somebody said last of a task, as table task_decision has it."""

    rule: str
    #: In its normal form; "": of a rule that is about the contact, whatever its addresses.
    address: str
    trigger_id: str
    state: str
    snoozed_until_at: datetime | None
    changed_at: datetime
    changed_by: str | None
    note: str | None

    def __post_init__(self) -> None:
        if State(self.state) is State.SETTLED:
            raise ValueError("state is settled, which nobody says of a task")
        if (self.snoozed_until_at is None) is (self.state == State.SNOOZED):
            raise ValueError("snoozed_until_at belongs to the state snoozed")


_NAMES = tuple(each.name for each in fields(DecidedTask))
_KEY = ("rule", "address", "trigger_id")


def task_decisions(connection: Connection) -> Iterator[DecidedTask]:
    """All of it."""
    query = select(*(task_decision.c[name] for name in _NAMES))
    for row in connection.execute(query.order_by(*(task_decision.c[name] for name in _KEY))).all():
        yield DecidedTask(**row._mapping)


def restore_tasks(
    connection: Connection, key: IdentityKey, decided: Sequence[DecidedTask], base_of: Callable[[str], str]
) -> int:
    """It holds here, unless something was said here as late or later; returns of how many nothing was new.

    Nothing is kept of people who were erased.
    """
    erased = suppression.load(connection, key)
    triggers = sorted({each.trigger_id for each in decided})
    rows = select_in(connection, select(task_decision).where, task_decision.c.trigger_id, triggers)
    known = {(row.rule, row.address, row.trigger_id): row.changed_at for row in rows}
    news = [
        each
        for each in decided
        if not (each.address and erased.holds(each.address, base_of(each.address)))
        and ((here := known.get((each.rule, each.address, each.trigger_id))) is None or here < each.changed_at)
    ]
    upsert_rows(connection, task_decision, _NAMES, [astuple(each) for each in news], update=_NAMES[len(_KEY) :])
    addresses = sorted({each.address for each in news if each.address})
    holders = select_in(connection, select(contact_address.c.contact_id).where, contact_address.c.normal, addresses)
    mark_dirty(connection, TASKS, {row.contact_id for row in holders})
    return len(decided) - len(news)
