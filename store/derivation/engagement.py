"""How it stands with each contact: who wrote last, how fast both sides answer, whether it has gone quiet.

Rows follow from links and signals, and from the time: so the tick makes them, and not each mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select, union

from connectors.api import Role
from matching.opens.verdicts import HUMAN
from matching.rhythm import median_seconds, quiet_from, usual_gap
from store.derivation.copies import mark_dirty, take_dirty
from store.each import ForEach
from store.followups.task_looks import AGAIN_WITHIN, put_off
from store.schema.core import contact, dirty, interaction, link
from store.schema.meetings import meeting
from store.schema.signals import MECHANICAL, OPENS, SURE, engagement
from store.schema.tasks import TASKS, signal, task_look
from store.upsert import one_of, select_in, upsert_rows

#: The dirty kind of contacts.
KIND = "contact"
#: That of contacts whose score and stage are to be worked out.
SCORES = "score"
#: Answers, and mails and meetings, that are looked back to.
_ANSWERS, TIMES = 200, 100
_ADDRESSED = (Role.TO.value, Role.CC.value, Role.BCC.value)


class Engagement(NamedTuple):
    """A row of `engagement`. Seconds are by the clock, but for those of working time."""

    contact_id: str
    last_in_at: datetime | None
    last_out_at: datetime | None
    #: Mail either way, or a meeting held.
    last_at: datetime | None
    reply_count: int
    #: Medians.
    their_answer_seconds: int | None
    our_answer_seconds: int | None
    their_answer_working_seconds: int | None
    our_answer_working_seconds: int | None
    usual_gap_seconds: int | None
    quiet_from_at: datetime | None
    is_quiet: bool
    #: Opens and clicks of people.
    open_count: int = 0
    click_count: int = 0
    #: Both, by their verdicts.
    confirmed_count: int = 0
    probable_human_count: int = 0
    proxy_open_count: int = 0
    prefetch_count: int = 0
    scanner_count: int = 0
    bot_count: int = 0
    self_count: int = 0
    last_open_at: datetime | None = None


_Given = Mapping[str, ColumnElement[Any]]
_told_by = signal.c.source_interaction_id == link.c.interaction_id
_of_mail = interaction.c.id == link.c.interaction_id
_IS_MECHANICAL = exists().where(_told_by, signal.c.kind.in_(MECHANICAL), signal.c.confidence >= SURE)
_IS_FROM = and_(link.c.role == Role.FROM.value, ~_IS_MECHANICAL)
_IS_TO = and_(link.c.role.in_(_ADDRESSED), exists().where(_of_mail, interaction.c.direction == "outbound"))
_IS_MET = exists().where(meeting.c.interaction_id == link.c.interaction_id, meeting.c.status == "held")

_IS_CONTACT = or_(_IS_FROM, _IS_TO, _IS_MET)


def _latest(kind: ColumnElement[bool], limit: int) -> ForEach:
    """The last times of a contact, along the primary key of the links."""

    def build(given: _Given) -> Select[Any]:
        of_contact = select(link.c.occurred_at).where(link.c.contact_id == given["contact_id"], kind)
        return of_contact.order_by(link.c.occurred_at.desc()).limit(limit)

    return ForEach(build, link.c.contact_id)


_LAST_IN, _LAST_OUT, _LATELY = _latest(_IS_FROM, 1), _latest(_IS_TO, 1), _latest(_IS_CONTACT, TIMES)


def _replies(given: _Given) -> ColumnElement[bool]:
    return and_(signal.c.contact_id == given["contact_id"], signal.c.kind == "reply")


_REPLY_COUNT = ForEach(lambda given: select(func.count().label("n")).where(_replies(given)), link.c.contact_id)
_THEIRS = ForEach(
    lambda given: (
        select(signal.c.answer_seconds, signal.c.answer_working_seconds)
        .where(_replies(given), signal.c.answer_seconds.is_not(None))
        .order_by(signal.c.occurred_at.desc())
        .limit(_ANSWERS)
    ),
    link.c.contact_id,
)
_OPENS = ForEach(
    lambda given: (
        select(signal.c.kind, signal.c.verdict, func.count().label("n"), func.max(signal.c.occurred_at).label("last"))
        .where(signal.c.contact_id == given["contact_id"])
        .where(signal.c.kind.in_(("open", "click")), signal.c.verdict.is_not(None))
        .group_by(signal.c.kind, signal.c.verdict)
    ),
    link.c.contact_id,
)
_asked = link.alias("asked")
_IS_ASKED = exists().where(
    _asked.c.interaction_id == interaction.c.parent_id,
    _asked.c.contact_id == link.c.contact_id,
    _asked.c.role == Role.FROM.value,
)
_ANSWER_TIMES = interaction.c.answer_seconds, interaction.c.answer_working_seconds
_IS_OURS = (
    link.c.role.in_(_ADDRESSED),
    interaction.c.direction == "outbound",
    interaction.c.answer_seconds.is_not(None),
    _IS_ASKED,
)
_OURS = ForEach(
    lambda given: (
        select(*_ANSWER_TIMES)
        .join(link, _of_mail)
        .where(link.c.contact_id == given["contact_id"], *_IS_OURS)
        .order_by(link.c.occurred_at.desc())
        .limit(_ANSWERS)
    ),
    link.c.contact_id,
)


_met = meeting.alias("met")
#: (contact, interaction, when, when a meeting was over, is a mail the contact's?) of all that counts as contact.
CONTACT_TIMES = (
    select(link.c.contact_id, link.c.interaction_id, link.c.occurred_at, _met.c.over_at, _IS_FROM.label("is_from"))
    .outerjoin(_met, and_(_met.c.interaction_id == link.c.interaction_id, _met.c.status == "held"))
    .where(_IS_CONTACT)
)


def _last_before(kind: ColumnElement[bool]) -> ForEach:
    def build(given: _Given) -> Select[Any]:
        earlier = link.c.contact_id == given["contact_id"], link.c.occurred_at < given["occurred_at"]
        return CONTACT_TIMES.where(*earlier, kind).order_by(link.c.occurred_at.desc()).limit(1)

    return ForEach(build, link.c.contact_id, link.c.occurred_at)


#: Of contacts, with an instant each: the first of them, and the last ones of each kind before the instant.
BEGINNINGS = (
    ForEach(
        lambda given: (
            CONTACT_TIMES.where(link.c.contact_id == given["contact_id"]).order_by(link.c.occurred_at).limit(1)
        ),
        *(link.c.contact_id, link.c.occurred_at),
    ),
    *map(_last_before, (_IS_FROM, _IS_TO, _IS_MET)),
)
#: Of our answers to contacts.
OUR_ANSWERS = (
    select(link.c.contact_id, link.c.interaction_id, link.c.occurred_at, *_ANSWER_TIMES)
    .select_from(interaction.join(link, _of_mail))
    .where(*_IS_OURS)
)


def mark(connection: Connection, contact_ids: Iterable[str | None]) -> None:
    """Have how it stands with these looked at anew, and what is to be done about them."""
    wanted = [each for each in contact_ids if each]
    mark_standing(connection, wanted)
    mark_tasks(connection, wanted)


def mark_standing(connection: Connection, contact_ids: Iterable[str | None]) -> None:
    """Have how it stands with these looked at anew; what is to be done about them is marked otherwise, or the same."""
    wanted = [each for each in contact_ids if each]
    mark_dirty(connection, KIND, wanted)
    mark_dirty(connection, SCORES, wanted)


def mark_tasks(connection: Connection, contact_ids: Iterable[str]) -> None:
    """Have looked anew at what is to be done about these."""
    mark_dirty(connection, TASKS, contact_ids)


def mark_all(connection: Connection) -> None:
    """Have all contacts looked at anew."""
    known = union(select(contact.c.id), select(engagement.c.contact_id))
    mark(connection, connection.scalars(known).all())


def forget(connection: Connection, contact_ids: Sequence[str]) -> None:
    """Nothing is known of these contacts any more."""
    connection.execute(delete(engagement).where(engagement.c.contact_id.in_(contact_ids)))
    connection.execute(delete(dirty).where(dirty.c.kind == KIND, dirty.c.key.in_(contact_ids)))


def is_due(connection: Connection, now: datetime) -> bool:
    """Is there anything for `refresh` to do?"""
    waiting = select(dirty.c.key).where(dirty.c.kind == KIND).limit(1)
    return any(connection.execute(query).first() is not None for query in (waiting, _late(now).limit(1)))


def _late(now: datetime) -> Select[tuple[str]]:
    late = and_(engagement.c.quiet_from_at <= now, engagement.c.is_quiet.is_(False))
    return select(engagement.c.contact_id).where(late)


def refresh(connection: Connection, now: datetime, limit: int, least: timedelta = timedelta(0)) -> int:
    """Look at contacts that were marked, or whose silence has become long; returns at how many, at most `limit`.

    `least`: so long after a mail nothing is to be done that comes of it.
    """
    ids = take_dirty(connection, KIND, limit)
    late: set[str] = set(connection.scalars(_late(now).limit(limit - len(ids))))
    ids += sorted(late - set(ids))
    alive = {row.id for row in select_in(connection, _ALIVE.where, contact.c.id, ids)}
    rows = _look(connection, sorted(alive), now)
    # what is to be done about them was marked when they were; it is looked at again where they have another rhythm now,
    # where they have gone quiet, and where something was not known yet
    gaps = select(engagement.c.contact_id, engagement.c.usual_gap_seconds)
    had = select_in(connection, gaps.where, engagement.c.contact_id, ids)
    former = {row.contact_id: row.usual_gap_seconds for row in had}
    others = [row for row in rows if row.usual_gap_seconds != former.get(row.contact_id)]
    soon = select(task_look.c.contact_id).where(task_look.c.look_at <= now + AGAIN_WITHIN)
    again = {row.contact_id for row in select_in(connection, soon.where, task_look.c.contact_id, ids)}
    gone = set(ids) - {row.contact_id for row in rows}
    if gone:
        connection.execute(delete(engagement).where(one_of(connection, engagement.c.contact_id, sorted(gone))))
    upsert_rows(connection, engagement, Engagement._fields, rows, update=Engagement._fields[1:])
    mark_tasks(connection, again | gone | late)
    put_off(connection, {row.contact_id: (row.last_at or now) + least for row in others}, now)
    return len(ids)


_ALIVE = select(contact.c.id).where(contact.c.deleted_at.is_(None), contact.c.merged_into_id.is_(None))


def _look(connection: Connection, contact_ids: Sequence[str], now: datetime) -> list[Engagement]:
    """How it stands with those of them with whom there was contact."""
    latest = {
        each: sorted((row.occurred_at for row in rows if row.occurred_at <= now), reverse=True)
        for each, rows in _LATELY.rows(connection, _alone(contact_ids)).items()
    }
    found = [each for each in contact_ids if latest[each]]
    asked = (_LAST_IN, _LAST_OUT, _REPLY_COUNT, _THEIRS, _OURS, _OPENS)
    answers = [query.rows(connection, _alone(found)) for query in asked]
    return [_engagement(each, now, latest[each], *(answer[each] for answer in answers)) for each in found]


def _alone(contact_ids: Iterable[str]) -> list[tuple[str]]:
    return [(each,) for each in contact_ids]


def _engagement(
    contact_id: str,
    now: datetime,
    times: Sequence[datetime],
    last_in: Sequence[Any],
    last_out: Sequence[Any],
    replies: Sequence[Any],
    their_answers: Sequence[Any],
    our_answers: Sequence[Any],
    opens: Sequence[Any],
) -> Engagement:
    """`times` newest first, and what was asked of the contact."""
    gap = usual_gap(times)
    theirs, our = _medians(their_answers), _medians(our_answers)
    quiet = quiet_from(times[0], gap) if gap is not None else None
    return Engagement(
        contact_id=contact_id,
        last_in_at=last_in[0].occurred_at if last_in else None,
        last_out_at=last_out[0].occurred_at if last_out else None,
        last_at=times[0],
        reply_count=replies[0].n,
        their_answer_seconds=theirs[0],
        our_answer_seconds=our[0],
        their_answer_working_seconds=theirs[1],
        our_answer_working_seconds=our[1],
        usual_gap_seconds=int(gap.total_seconds()) if gap is not None else None,
        quiet_from_at=quiet,
        is_quiet=quiet is not None and quiet <= now,
        **_opens(opens),
    )


def _opens(rows: Iterable[Any]) -> dict[str, Any]:
    """The columns that count opens and clicks."""
    found: dict[str, Any] = dict.fromkeys(OPENS, 0)
    last: list[datetime] = []
    for row in rows:
        found[f"{row.verdict}_count"] += row.n
        if row.verdict in HUMAN:
            found[f"{row.kind}_count"] += row.n
            last += [row.last] if row.kind == "open" else []
    return {**found, "last_open_at": max(last, default=None)}


def _medians(rows: Sequence[Any]) -> tuple[int | None, int | None]:
    """(by the clock, in working time)"""
    return median_seconds([row[0] for row in rows]), median_seconds([row[1] for row in rows if row[1] is not None])


def rhythms(connection: Connection, contact_ids: Iterable[str]) -> dict[str, list[tuple[datetime, datetime]]]:
    """Contact -> when there was contact, and when each was known to have been, in the order of time."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in select_in(connection, CONTACT_TIMES.where, link.c.contact_id, contact_ids):
        found.setdefault(row.contact_id, []).append((row.occurred_at, row.over_at or row.occurred_at))
    for each in found.values():
        each.sort()
    return found
