"""Signals of contacts, as the rules of follow-ups see them: bounces, absences, opens and clicks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from matching.followups import Absence, Bounce, Mail, Open
from matching.opens.verdicts import HUMAN
from store.schema.signals import SURE
from store.schema.tasks import signal
from store.upsert import select_in


def signs_of(connection: Connection, contact_ids: Iterable[str], since: datetime) -> dict[str, list[Any]]:
    """Bounces for good, notes of being away, and opens and clicks of people, of these contacts."""
    is_bounce = and_(signal.c.kind == "bounce", signal.c.is_hard)
    is_away = and_(signal.c.kind == "auto_reply", signal.c.return_on.is_not(None))
    is_open = and_(signal.c.kind.in_(("open", "click")), signal.c.verdict.in_(sorted(HUMAN)))
    is_meant = or_(is_bounce, is_away, is_open)
    sure = select(signal).where(signal.c.confidence >= SURE, signal.c.occurred_at >= since, is_meant)
    found: dict[str, list[Any]] = {}
    for row in select_in(connection, sure.where, signal.c.contact_id, contact_ids):
        found.setdefault(row.contact_id, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.occurred_at, row.id))
    return found


def bounces(rows: Iterable[Any], mails: Mapping[str, Mail]) -> Iterable[Bounce]:
    """Mails of ours that came back; `mails`: those of the relation."""
    for row in rows:
        mail = mails.get(row.interaction_id or "")
        if row.kind == "bounce" and mail is not None and mail.address:
            yield Bounce(
                mail_id=mail.id,
                source_id=row.source_interaction_id,
                at=row.occurred_at,
                address=mail.address,
                reason=(row.category or "").replace("_", " "),
            )


def absences(rows: Iterable[Any]) -> Iterable[Absence]:
    """Notes of being away."""
    for row in rows:
        if row.kind == "auto_reply":
            yield Absence(source_id=row.source_interaction_id, at=row.occurred_at, return_on=row.return_on)


def opens(rows: Iterable[Any], mails: Mapping[str, Mail]) -> Iterable[Open]:
    """Opens and clicks of mails of the relation."""
    for row in rows:
        if row.kind in ("open", "click") and row.interaction_id in mails:
            yield Open(mail_id=row.interaction_id, at=row.occurred_at)
