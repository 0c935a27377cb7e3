"""How long what is kept: each class of data goes after its days, in bounded batches.

What expires is not read again: a mail's rows stay where they are, with NULL for what went; a mail that went as a whole
leaves its places, as `expired`, without text, hash or time. Mail that is read when it is older already is written so
from the start (daemon.admission).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, or_, select, tuple_, update

from matching.policy import Verdict
from store.derivation import history, rebuild
from store.derivation.idle_contacts import drop_idle_contacts
from store.engine import Store
from store.mails.write import nothing_but
from store.meetings import calendars
from store.opens import tracking
from store.privacy.meeting_retention import subjects_of_meetings, whole_meetings
from store.schema.core import (
    content,
    interaction,
    link,
    message,
    placement,
    placement_bcc,
    skipped_participant,
)
from store.schema.feed import webhook_delivery
from store.schema.tasks import signal
from store.upsert import one_of, select_in

#: Mails that lose something in one transaction, and placements that are looked at in one.
BATCH = 500
_PLACEMENTS = 5_000


@dataclass(frozen=True, slots=True)
class Limits:
    """[privacy.retention]: days after which a class of data goes; None: it is kept."""

    #: the text of mails
    text: int | None = None
    #: their header blocks
    headers: int | None = None
    #: their subjects and the names of their attachments
    subject: int | None = None
    #: mails as a whole, kept or not: who wrote to whom, and when
    participants: int | None = None
    #: what is known of mails that are not kept, counted from when they were read: so much later a contact may come
    skipped: int | None = None
    #: replies, bounces, opens and their like
    signals: int | None = None
    #: messages to webhooks that nobody has taken
    outbox: int | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            days = getattr(self, each.name)
            if days is not None and not 1 <= days <= 36_500:
                raise ValueError(f"{each.name} must be from 1 to 36500 days, or be left out")

    def days(self, name: str) -> int | None:
        """After how many days a class goes."""
        found: int | None = getattr(self, name)
        return found

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) is not None for each in fields(self))


NO_LIMITS = Limits()

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

#: One batch: takes the instant before which things go; returns how many went, -1 when there is nothing left.
_Step = Callable[[Connection, datetime], int]


def retain(
    store: Store, limits: Limits, now: datetime, is_stopped: Callable[[], bool] = lambda: False
) -> dict[str, int]:
    """Let go what is older than the limits; returns class -> how many rows lost it. Ends early when stopped."""
    done: dict[str, int] = {}
    for name, limit, make in _CLASSES:
        days = limits.days(limit)
        if days is None:
            continue
        step, before = make(), now - timedelta(days=days)
        done.setdefault(name, 0)
        while not is_stopped():
            with store.write() as transaction:
                count = step(transaction, before)
            if count < 0:
                break
            done[name] += count
    return done


def _each(column: Any, changes: dict[str, Any]) -> Callable[[], _Step]:
    """Mails lose what stands in a column of their copies. Walks the history once, some hundred in each transaction."""

    def make() -> _Step:
        after: tuple[datetime, str] = (_BEGINNING, "")

        def step(connection: Connection, before: datetime) -> int:
            nonlocal after
            item = interaction.c
            later = or_(item.occurred_at > after[0], and_(item.occurred_at == after[0], item.id > after[1]))
            query = select(item.id, item.occurred_at).where(item.occurred_at < before, later)
            rows = connection.execute(query.order_by(item.occurred_at, item.id).limit(BATCH)).all()
            if not rows:
                return -1
            after = (rows[-1].occurred_at, rows[-1].id)
            return _blank(connection, column, changes, [row.id for row in rows])

        return step

    return make


def _blank(connection: Connection, column: Any, changes: dict[str, Any], interaction_ids: Sequence[str]) -> int:
    table = column.table
    key = table.c.message_key if table is content else table.c.key
    query = select(key, message.c.thread_id).where(column.is_not(None))
    if table is content:
        query = query.join(message, message.c.key == content.c.message_key)
    rows = select_in(connection, query.where, message.c.interaction_id, interaction_ids)
    if rows:
        connection.execute(update(table).where(one_of(connection, key, [row[0] for row in rows])).values(changes))
        if table is message:
            calendars.bare_invitations(connection, [row[0] for row in rows])
            threads = {row.thread_id for row in rows if row.thread_id}
            history.refresh_threads(connection, threads, {}, _BEGINNING)
    return len(rows)


def _whole_mails() -> _Step:
    """Mails go as a whole, and the contacts that the policy made of nothing else."""

    def step(connection: Connection, before: datetime) -> int:
        query = select(interaction.c.id).where(interaction.c.occurred_at < before, interaction.c.kind == "email")
        ids = list(connection.scalars(query.order_by(interaction.c.occurred_at).limit(BATCH)))
        if not ids:
            return -1
        of_mail = select_in(connection, select(message.c.key).where, message.c.interaction_id, ids)
        linked = select_in(connection, select(link.c.contact_id).distinct().where, link.c.interaction_id, ids)
        deny_messages(connection, [row.key for row in of_mail], Verdict.EXPIRED, "age")
        rebuild.remove_interactions(connection, ids, before)
        drop_idle_contacts(connection, [row.contact_id for row in linked])
        return len(ids)

    return step


def deny_messages(connection: Connection, keys: Sequence[bytes], verdict: Verdict, reason: str) -> None:
    """The places of these copies are known, and nothing else of them."""
    if keys:
        here = one_of(connection, placement.c.message_key, keys)
        connection.execute(update(placement).where(here).values(nothing_but(verdict, reason)))
        connection.execute(delete(placement_bcc).where(one_of(connection, placement_bcc.c.message_key, keys)))


def _skipped(when: Any) -> Callable[[], _Step]:
    """What was skipped keeps its place alone. Walks all placements once, some thousand in each transaction."""

    def make() -> _Step:
        after: tuple[int, str] = (-1, "")

        def step(connection: Connection, before: datetime) -> int:
            nonlocal after
            table = placement.c
            later = tuple_(table.stream_id, table.ref) > tuple_(literal(after[0]), literal(after[1]))
            query = select(table.stream_id, table.ref, table.verdict, table.is_wanted, when.label("since"))
            walk = query.where(later).order_by(table.stream_id, table.ref).limit(_PLACEMENTS)
            rows = connection.execute(walk).all()
            if not rows:
                return -1
            after = (rows[-1].stream_id, rows[-1].ref)
            old = [r for r in rows if r.verdict == Verdict.SKIPPED.value and not r.is_wanted and r.since < before]
            _expire_skipped(connection, old)
            return len(old)

        return step

    return make


def _expire_skipped(connection: Connection, rows: Iterable[Any]) -> None:
    by_stream: dict[int, list[str]] = {}
    for row in rows:
        by_stream.setdefault(row.stream_id, []).append(row.ref)
    for stream_id, refs in by_stream.items():
        parties = skipped_participant
        of_stream = parties.c.stream_id == stream_id
        connection.execute(delete(parties).where(of_stream, one_of(connection, parties.c.ref, refs)))
        here = and_(placement.c.stream_id == stream_id, one_of(connection, placement.c.ref, refs))
        connection.execute(update(placement).where(here).values(nothing_but(Verdict.EXPIRED, "age")))


def _dated(when: Any) -> Callable[[], _Step]:
    """Rows of a table go that has a time and an id."""

    def step(connection: Connection, before: datetime) -> int:
        table = when.table
        ids = list(connection.scalars(select(table.c.id).where(when < before).limit(BATCH)))
        if not ids:
            return -1
        connection.execute(delete(table).where(one_of(connection, table.c.id, ids)))
        return len(ids)

    return lambda: step


#: When a skipped mail happened.
_HAPPENED = func.coalesce(
    placement.c.occurred_at, placement.c.received_at, placement.c.seen_at, type_=placement.c.seen_at.type
)

#: (what goes, which of the limits says so, how); the widest first, so that nothing is blanked that goes as a whole.
_CLASSES: tuple[tuple[str, str, Callable[[], _Step]], ...] = (
    ("participants", "participants", _whole_mails),
    ("participants", "participants", whole_meetings),
    ("text", "text", _each(content.c.text, {"text": None, "new_text": None})),
    ("headers", "headers", _each(content.c.headers, {"headers": None, "reports": None})),
    ("subject", "subject", _each(message.c.subject, {"subject": None, "attachments": "[]"})),
    ("subject", "subject", subjects_of_meetings),
    ("skipped", "participants", _skipped(_HAPPENED)),
    ("skipped", "skipped", _skipped(placement.c.seen_at)),
    ("participants", "participants", lambda: tracking.expire),
    ("signals", "signals", lambda: tracking.expire),
    ("signals", "signals", _dated(signal.c.occurred_at)),
    ("outbox", "outbox", _dated(webhook_delivery.c.created_at)),
)
