"""Scores and stages of contacts: they follow from the whole history of each, the formulas, and the day.

The tick makes them, of contacts that were marked and of those that time changes. Rows that would say the same stay as
they are, so that the feed tells of changes alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, insert, literal, or_, select

from matching.scoring import REACH, Answer, Past, Scoring, measures, next_change, standing
from store.derivation.copies import take_dirty
from store.derivation.engagement import BEGINNINGS, CONTACT_TIMES, OUR_ANSWERS, SCORES
from store.schema.core import contact, dirty, link, meta
from store.schema.scores import COUNTED, HOURS, contact_score, contact_stage
from store.schema.signals import SURE
from store.schema.tasks import signal
from store.upsert import one_of, select_in, upsert, upsert_rows

_SIGNATURE = "scoring"
_ALIVE = select(contact.c.id).where(contact.c.deleted_at.is_(None), contact.c.merged_into_id.is_(None))
_SCORE = ("contact_id", "score", "formula_version", *COUNTED, *HOURS, "look_on")
_STAGE = ("contact_id", "stage", "since_on", "previous_stage", "rule")
#: Digits after the point that a score has.
_DIGITS = 4


@dataclass(slots=True)
class _Times:
    """What was when with a contact; the same interaction once."""

    mails_in: set[tuple[str, date]] = field(default_factory=set)
    mails_out: set[tuple[str, date]] = field(default_factory=set)
    meetings: set[tuple[str, date]] = field(default_factory=set)
    bounces: list[date] = field(default_factory=list)
    their_answers: list[Answer] = field(default_factory=list)
    our_answers: dict[str, Answer] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        """A row of CONTACT_TIMES."""
        if row.over_at is not None:
            self.meetings.add((row.interaction_id, _day(row.over_at)))
        else:
            (self.mails_in if row.is_from else self.mails_out).add((row.interaction_id, _day(row.occurred_at)))


def begin(connection: Connection, scoring: Scoring) -> None:
    """Under other formulas all contacts are looked at."""
    told = hashlib.sha256(json.dumps(scoring.signature).encode()).hexdigest()
    if connection.scalar(select(meta.c.value).where(meta.c.name == _SIGNATURE)) == told:
        return
    upsert(connection, meta, [{"name": _SIGNATURE, "value": told}], update=["value"])
    connection.execute(delete(dirty).where(dirty.c.kind == SCORES))
    connection.execute(insert(dirty).from_select(["kind", "key"], select(literal(SCORES), contact.c.id)))


def is_due(connection: Connection, now: datetime) -> bool:
    """Is there anything for `refresh` to do?"""
    waiting = select(dirty.c.key).where(dirty.c.kind == SCORES).limit(1)
    late = select(contact_score.c.contact_id).where(contact_score.c.look_on <= _day(now)).limit(1)
    return any(connection.execute(query).first() is not None for query in (waiting, late))


def refresh(connection: Connection, scoring: Scoring, now: datetime, limit: int) -> int:
    """Look at contacts that were marked, or that the day changes; returns at how many, at most `limit`."""
    today = _day(now)
    ids = take_dirty(connection, SCORES, limit)
    late = select(contact_score.c.contact_id).where(contact_score.c.look_on <= today)
    ids = list(dict.fromkeys([*ids, *connection.scalars(late.limit(limit - len(ids)))]))
    scores: list[tuple[Any, ...]] = []
    stages: list[tuple[Any, ...]] = []
    for contact_id, past in _pasts(connection, ids, today).items():
        stage = standing(past, scoring, today)
        if min(past.days()) <= today:
            found = measures(past, today)
            counted = [None if found[name] is None else round(found[name] or 0) for name in COUNTED]
            value = scoring.formula.value(found)
            score = None if value is None else round(value, _DIGITS)
            whole = (contact_id, score, scoring.version, *counted, *(found[name] for name in HOURS))
            scores.append((*whole, next_change(past, today)))
        if stage is not None:
            before = stage.before.value if stage.before else None
            stages.append((contact_id, stage.rule.stage.value, stage.since, before, stage.rule.when.text))
    _save(connection, contact_score, _SCORE, ids, scores, now)
    _save(connection, contact_stage, _STAGE, ids, stages, None)
    return len(ids)


def forget(connection: Connection, contact_ids: Sequence[str]) -> None:
    """Nothing is known of these contacts any more."""
    for table in (contact_score, contact_stage):
        connection.execute(delete(table).where(table.c.contact_id.in_(contact_ids)))
    connection.execute(delete(dirty).where(dirty.c.kind == SCORES, dirty.c.key.in_(contact_ids)))


def _save(
    connection: Connection,
    table: Any,
    names: Sequence[str],
    ids: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    now: datetime | None,
) -> None:
    """The rows of these contacts become these; those that say the same are not written."""
    columns = select(*(table.c[name] for name in names))
    stored = {row[0]: tuple(row) for row in select_in(connection, columns.where, table.c.contact_id, ids)}
    if gone := sorted(stored.keys() - {row[0] for row in rows}):
        connection.execute(delete(table).where(one_of(connection, table.c.contact_id, gone)))
    changed = [row for row in rows if stored.get(row[0]) != row]
    if now is not None:
        names, changed = (*names, "computed_at"), [(*row, now) for row in changed]
    upsert_rows(connection, table, names, changed, update=names[1:])


def _pasts(connection: Connection, contact_ids: Iterable[str], today: date) -> dict[str, Past]:
    """What there was with each living contact with whom there was anything."""
    since = datetime.combine(today - REACH, time(), UTC)
    alive = [row.id for row in select_in(connection, _ALIVE.where, contact.c.id, contact_ids)]
    found: dict[str, _Times] = {}
    for row in select_in(connection, CONTACT_TIMES.where(link.c.occurred_at >= since).where, link.c.contact_id, alive):
        found.setdefault(row.contact_id, _Times()).add(row)
    is_older = exists().where(link.c.contact_id == contact.c.id, link.c.occurred_at < since)
    older = select_in(connection, select(contact.c.id).where(is_older).where, contact.c.id, alive)
    for query in BEGINNINGS:
        for each, rows in query.rows(connection, [(row.id, since) for row in older]).items():
            for row in rows:
                found.setdefault(each, _Times()).add(row)
    names = ("contact_id", "kind", "occurred_at", "answer_seconds", "answer_working_seconds")
    is_bounce = and_(signal.c.kind == "bounce", signal.c.is_hard, signal.c.confidence >= SURE)
    is_answer = and_(signal.c.kind == "reply", signal.c.answer_seconds.is_not(None))
    told = select(*(signal.c[name] for name in names)).where(or_(is_bounce, is_answer), signal.c.occurred_at >= since)
    for row in select_in(connection, told.where, signal.c.contact_id, found):
        if row.kind == "bounce":
            found[row.contact_id].bounces.append(_day(row.occurred_at))
        else:
            found[row.contact_id].their_answers.append(_answer(row))
    answers = OUR_ANSWERS.where(link.c.occurred_at >= since)
    for row in select_in(connection, answers.where, link.c.contact_id, found):
        found[row.contact_id].our_answers[row.interaction_id] = _answer(row)
    return {each: _past(times) for each, times in found.items()}


def _past(times: _Times) -> Past:
    def by_day(answers: Iterable[Answer]) -> list[Answer]:
        return sorted(answers, key=lambda each: each.on)

    return Past(
        mails_in=sorted(on for _id, on in times.mails_in),
        mails_out=sorted(on for _id, on in times.mails_out),
        meetings=sorted(on for _id, on in times.meetings),
        bounces=sorted(times.bounces),
        their_answers=by_day(times.their_answers),
        our_answers=by_day(times.our_answers.values()),
    )


def _answer(row: Any) -> Answer:
    return Answer(_day(row.occurred_at), row.answer_seconds, row.answer_working_seconds)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
