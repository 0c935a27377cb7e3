"""Signals of the history: what mails tell of each other, each with its evidence, and the addresses that bounce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, select, update

from connectors.api import Role
from store.derivation import engagement
from store.schema.core import contact_address, interaction, message, participant
from store.schema.signals import REPLY, SURE
from store.schema.tasks import signal
from store.upsert import one_of, select_in, update_rows, upsert_rows

#: What contact_address.state says.
ACTIVE, BOUNCED = "active", "bounced"


class Signal(NamedTuple):
    """A row of `signal` that a mail tells."""

    id: str
    #: The mail that it is about; None: it is not known.
    interaction_id: str | None
    contact_id: str | None
    kind: str
    occurred_at: datetime
    evidence: str
    confidence: float
    #: The mail that tells it.
    source_interaction_id: str
    recipient: str | None = None
    status: str | None = None
    category: str | None = None
    is_hard: bool | None = None
    reason: str | None = None
    return_on: date | None = None
    #: Of replies: how long it took, by the clock and in working time.
    answer_seconds: int | None = None
    answer_working_seconds: int | None = None
    #: Of opens and clicks: who it was.
    verdict: str | None = None


_SIGNALS = select(*(signal.c[name] for name in Signal._fields))
_LAST_BOUNCES = (
    select(signal.c.recipient, func.max(signal.c.occurred_at).label("at"))
    .where(and_(signal.c.kind == "bounce", signal.c.is_hard, signal.c.confidence >= SURE))
    .group_by(signal.c.recipient)
)
_LAST_HEARD = (
    select(participant.c.normal, func.max(interaction.c.occurred_at).label("at"))
    .join(message, message.c.key == participant.c.message_key)
    .join(interaction, interaction.c.id == message.c.interaction_id)
    .where(participant.c.role == Role.FROM.value, interaction.c.is_unverified.is_(False))
    .group_by(participant.c.normal)
)
_STATES = select(contact_address.c.id, contact_address.c.normal, contact_address.c.state)


def is_failure(row: Signal) -> bool:
    """Does it say that a mail of ours did not reach its recipient, for good? See `store.derivation.unreached`."""
    return row.kind == "bounce" and bool(row.is_hard) and row.confidence >= SURE and row.interaction_id is not None


def replace(connection: Connection, source_ids: Iterable[str], wanted: Iterable[Signal]) -> set[Signal]:
    """What these mails tell becomes exactly `wanted`; rows that stay are not touched.

    Returns what went and what came.
    """
    rows = select_in(connection, _SIGNALS.where, signal.c.source_interaction_id, source_ids)
    before, now = {Signal._make(row) for row in rows}, set(wanted)
    if gone := sorted({each.id for each in before} - {each.id for each in now}):
        connection.execute(delete(signal).where(one_of(connection, signal.c.id, gone)))
    added = sorted(now - before, key=lambda each: each.id)
    upsert_rows(connection, signal, Signal._fields, added, update=Signal._fields[1:])
    changed = before ^ now
    engagement.mark(connection, {each.contact_id for each in changed if each.kind != REPLY})
    # that a mail is an answer is told by its place too
    engagement.mark_standing(connection, {each.contact_id for each in changed if each.kind == REPLY})
    return changed


def forget(connection: Connection, interaction_ids: Sequence[str]) -> None:
    """These mails are no more: what they told goes, and what is told of them is of none."""
    if interaction_ids:
        told = one_of(connection, signal.c.source_interaction_id, interaction_ids)
        connection.execute(delete(signal).where(told))
        about = one_of(connection, signal.c.interaction_id, interaction_ids)
        connection.execute(update(signal).where(about).values(interaction_id=None))


def settle_addresses(connection: Connection, normals: Iterable[str]) -> None:
    """Say of these addresses (normal forms) whether they bounce: for good, and nobody has written from there since."""
    wanted = sorted(set(normals))
    last = select_in(connection, _LAST_BOUNCES.where, signal.c.recipient, wanted)
    failed = {row.recipient: row.at for row in last}
    heard = select_in(connection, _LAST_HEARD.where, participant.c.normal, failed)
    since = {row.normal: row.at for row in heard}
    bounced = {each for each, at in failed.items() if each not in since or since[each] <= at}
    changed = [
        (state, row.id)
        for row in select_in(connection, _STATES.where, contact_address.c.normal, wanted)
        if row.state != (state := BOUNCED if row.normal in bounced else ACTIVE)
    ]
    update_rows(connection, contact_address, ("id",), ("state",), changed)
