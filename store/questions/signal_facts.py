"""Signals as people ask for them: those of an item, and how many there are of each kind by each rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, union_all

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
#: Each signal by what it is about and by what tells it, so that one question finds both by their indexes.
_TOLD = union_all(
    *(select(*_SHOWN, signal.c.id, of.label("of")) for of in (signal.c.interaction_id, signal.c.source_interaction_id))
).subquery("told")
_BY_TIME = select(_TOLD).order_by(_TOLD.c.occurred_at, _TOLD.c.kind, _TOLD.c.id)


def signals_of(connection: Connection, interaction_ids: Iterable[str]) -> dict[str, tuple[SignalFacts, ...]]:
    """Interaction -> the signals that are about it or that it tells, oldest first."""
    found: dict[str, dict[SignalFacts, None]] = {}
    for *facts, _id, of in select_in(connection, _BY_TIME.where, _TOLD.c.of, interaction_ids):
        found.setdefault(of, {})[SignalFacts(*facts)] = None
    return {each: tuple(facts) for each, facts in found.items()}


def counts(connection: Connection) -> list[tuple[str, str, int]]:
    """(kind, rule, how many), by kind, the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for kind, evidence in connection.execute(select(signal.c.kind, signal.c.evidence)):
        found[kind, _RULE.split(evidence, maxsplit=1)[0]] += 1
    return sorted(((*each, count) for each, count in found.items()), key=lambda row: (row[0], -row[2], row[1]))
