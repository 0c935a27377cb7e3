"""All that the store holds of a person's opens and clicks, as plain records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from store.opens.tracking_ending import CLICK, OPEN, to_addresses
from store.privacy.erasure import Person
from store.schema.tracking import tracked, tracked_recipient, tracking_hit
from store.types import instant_text
from store.upsert import select_in

_FEATURES = ("agent_kind", "agent_family", "network", "rules_version", "agent", "address")


def opens_of(connection: Connection, person: Person) -> Iterator[dict[str, Any]]:
    """The tracked mails to the person, and what was asked of each: by any of those whom it was to."""
    ids = to_addresses(connection, person.forms)
    hits: dict[str, list[dict[str, Any]]] = {}
    mails = select_in(connection, select(tracked).order_by(tracked.c.created_at, tracked.c.id).where, tracked.c.id, ids)
    began = {row.id: row.created_at for row in mails}
    asked = select(tracking_hit).order_by(tracking_hit.c.seconds, tracking_hit.c.id)
    for row in select_in(connection, asked.where, tracking_hit.c.tracked_id, ids):
        at = instant_text(began[row.tracked_id] + timedelta(seconds=row.seconds))
        features = {name: getattr(row, name) for name in _FEATURES}
        hits.setdefault(row.tracked_id, []).append({"kind": CLICK if row.position else OPEN, "at": at, **features})
    to: dict[str, list[str]] = {}
    columns = select(tracked_recipient.c.tracked_id, tracked_recipient.c.address).order_by(tracked_recipient.c.address)
    for row in select_in(connection, columns.where, tracked_recipient.c.tracked_id, ids):
        to.setdefault(row.tracked_id, []).append(row.address)
    for row in mails:
        times = {name: instant_text(value) if value else None for name, value in _times(row)}
        yield {"record": "tracked_mail", **times, "recipients": to.get(row.id, []), "hits": hits.get(row.id, [])}


def _times(row: Any) -> list[tuple[str, Any]]:
    return [("created_at", row.created_at), ("ended_at", row.ended_at)]
