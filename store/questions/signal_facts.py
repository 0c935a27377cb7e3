"""Signals as people ask for them: those of an item, and how many there are of each kind by each rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from store.schema.tasks import signal
from store.upsert import select_in

#: Where the rule's name ends in the evidence.
_RULE = re.compile(r"[:;]")


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """One signal of an item."""

    kind: str
    occurred_at: datetime
    evidence: str
    confidence: float
    #: The item that it is about, and the one that tells it.
    interaction_id: str | None
    source_interaction_id: str | None
    recipient: str | None
    status: str | None
    category: str | None
    is_hard: bool | None
    reason: str | None
    return_on: date | None
    answer_seconds: int | None
    answer_working_seconds: int | None
    verdict: str | None


_SHOWN = tuple(signal.c[name] for name in SignalFacts.__dataclass_fields__)
_BY_TIME = select(*_SHOWN).order_by(signal.c.occurred_at, signal.c.kind, signal.c.id)


def signals_of(connection: Connection, interaction_ids: Iterable[str]) -> dict[str, tuple[SignalFacts, ...]]:
    """Interaction -> the signals that are about it or that it tells, oldest first."""
    ids = set(interaction_ids)
    found: dict[str, dict[SignalFacts, None]] = {}
    for column in (signal.c.interaction_id, signal.c.source_interaction_id):
        for row in select_in(connection, _BY_TIME.where, column, ids):
            facts = SignalFacts(*row)
            found.setdefault(getattr(row, column.name), {})[facts] = None
    return {each: tuple(sorted(facts, key=lambda one: (one.occurred_at, one.kind))) for each, facts in found.items()}


def counts(connection: Connection) -> list[tuple[str, str, int]]:
    """(kind, rule, how many), by kind, the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for kind, evidence in connection.execute(select(signal.c.kind, signal.c.evidence)):
        found[kind, _RULE.split(evidence, maxsplit=1)[0]] += 1
    return sorted(((*each, count) for each, count in found.items()), key=lambda row: (row[0], -row[2], row[1]))
