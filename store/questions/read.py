"""Read-only questions of the command line, answered as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, bindparam, case, func, or_, select, tuple_

from matching.visibility import Level, shows_subject
from store.keys import IdentityKey
from store.mails.removals import unplaced_since
from store.mails.wanted import IS_WANTED, by_index
from store.meetings import meeting_why
from store.meetings.meeting_why import InvitationFacts
from store.questions.signal_facts import SignalFacts, signals_of
from store.schema.core import (
    account,
    contact,
    interaction,
    interaction_person,
    link,
    message,
    organization,
    person,
    placement,
    stream,
)
from store.schema.meetings import meeting
from store.upsert import select_in


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One line of a contact's history."""

    id: str
    kind: str
    direction: str
    occurred_at: datetime
    #: None: nobody else may see it, or it expired.
    subject: str | None
    people: tuple[str, ...]
    thread_id: str | None
    reason: str
    #: Of meetings: planned, held or cancelled.
    status: str | None = None
    #: What is told of it, and what it tells.
    signals: tuple[SignalFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacementFacts:
    """One place of an item, and what became of it there."""

    account: str
    stream: str
    ref: str
    verdict: str
    reason: str
    #: It is no longer there, since then; None: it is.
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """One link of an item."""

    contact_id: str
    contact: str
    address: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """An item, stored or not, with all its places."""

    verdict: str
    reason: str
    interaction_id: str | None
    subject: str | None
    links: tuple[LinkFacts, ...]
    placements: tuple[PlacementFacts, ...]
    #: Since when it is at none of its places any more; None: it lies somewhere.
    unplaced_at: datetime | None
    #: What it says of meetings.
    invitations: tuple[InvitationFacts, ...] = ()
    #: What is told of it, and what it tells.
    signals: tuple[SignalFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account fares."""

    id: str
    name: str
    owner: str
    kind: str
    state: str
    since_at: datetime
    reason: str | None
    last_success_at: datetime | None
    next_try_at: datetime | None
    #: In a row.
    failures: int
    #: Logins refused since it was last read through.
    refusals: int
    streams: int
    missing_streams: int
    placements: dict[str, int]
    wanted: int
    #: From then on all its streams were read without a gap; None: not yet.
    complete_since_at: datetime | None
    #: Items of the past known to be left; None: not known.
    backlog: int | None
    #: Of the last audit, in percent, and when it was; None: not yet.
    coverage: float | None
    audited_at: datetime | None


def timeline(
    connection: Connection, contact_id: str, limit: int, before: tuple[datetime, str] | None
) -> list[TimelineItem]:
    """Newest first; `before` is (occurred_at, interaction id) of the last item of the page above."""
    values: dict[str, Any] = {"contact": contact_id, "limit": limit}
    if before is not None:
        values["when"], values["item"] = before
    items, participants = _timeline_queries(is_further=before is not None)
    rows = connection.execute(items, values).all()
    people: dict[str, set[str]] = {}
    for item, email in connection.execute(participants, values):
        people.setdefault(item, set()).add(email)
    told = signals_of(connection, [row.id for row in rows])
    return [
        TimelineItem(
            id=row.id,
            kind=row.kind,
            direction=row.direction,
            occurred_at=row.occurred_at,
            subject=row.subject,
            people=tuple(sorted(people.get(row.id, ()))),
            thread_id=row.thread_id,
            reason=row.reason,
            status=row.status,
            signals=told.get(row.id, ()),
        )
        for row in rows
    ]


@cache
def _timeline_queries(*, is_further: bool) -> tuple[Select[Any], Select[Any]]:
    """The items of a page, and who of ours takes part in them; made once, which takes longer than their answers."""
    query = select(link.c.interaction_id, link.c.occurred_at, func.min(link.c.reason).label("reason"))
    query = query.where(link.c.contact_id == bindparam("contact"))
    if is_further:
        # compared as a row it is where the index is entered: with OR PostgreSQL passes over all rows above
        place = tuple_(link.c.occurred_at, link.c.interaction_id)
        last = (bindparam("when", type_=link.c.occurred_at.type), bindparam("item", type_=link.c.interaction_id.type))
        query = query.where(place < tuple_(*last))
    # in the order of the index, or SQLite groups and sorts the whole history for one page
    query = query.group_by(link.c.occurred_at, link.c.interaction_id)
    query = query.order_by(link.c.occurred_at.desc(), link.c.interaction_id.desc())
    page = query.limit(bindparam("limit", type_=Integer)).subquery("page")
    subject = func.coalesce(_shown_subject(), meeting.c.subject).label("subject")
    shown = (interaction.c.id, interaction.c.kind, interaction.c.direction, interaction.c.thread_id, subject)
    items = (
        select(page.c.occurred_at, page.c.reason, meeting.c.status, *shown)
        .join(interaction, interaction.c.id == page.c.interaction_id)
        .outerjoin(message, message.c.key == interaction.c.message_key)
        .outerjoin(meeting, meeting.c.interaction_id == interaction.c.id)
        .order_by(page.c.occurred_at.desc(), page.c.interaction_id.desc())
    )
    people = (
        select(page.c.interaction_id, person.c.email)
        .join(interaction_person, interaction_person.c.interaction_id == page.c.interaction_id)
        .join(person, person.c.id == interaction_person.c.person_id)
    )
    return items, people


def _shown_subject() -> ColumnElement[str]:
    """As the shared views show it."""
    is_shown = interaction.c.visibility.in_([level for level in Level if shows_subject(level)])
    return case((is_shown, message.c.subject)).label("subject")


def why(connection: Connection, key: IdentityKey, what: str) -> list[Why]:
    """What became of an item: `what` is a Message-ID (with or without <>), an id, a UID, or ACCOUNT/FOLDER/UID."""
    conditions: list[ColumnElement[bool]] = []
    bare = what.strip().removeprefix("<").removesuffix(">")
    keys = [row[0] for row in connection.execute(select(message.c.key).where(message.c.interaction_id == bare.lower()))]
    if keys:
        conditions.append(placement.c.message_key.in_(keys))
    conditions.append(placement.c.mid_key == key.digest("mid", bare))
    conditions.append(meeting_why.places_of(connection, key, bare))
    place = _place_condition(connection, what)
    if place is not None:
        conditions.append(place)
    for condition in conditions:
        rows = connection.execute(_places().where(condition)).all()
        if rows:
            return _explained(connection, rows)
    return []


def _places() -> Select[Any]:
    return (
        select(
            account.c.name.label("account"),
            stream.c.name.label("stream"),
            placement.c.ref,
            placement.c.verdict,
            placement.c.reason,
            placement.c.removed_at,
            placement.c.message_key,
            message.c.interaction_id,
            _shown_subject(),
        )
        .join(stream, stream.c.id == placement.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .outerjoin(message, message.c.key == placement.c.message_key)
        .outerjoin(interaction, interaction.c.id == message.c.interaction_id)
        .order_by(account.c.name, stream.c.name, placement.c.ref)
    )


def _place_condition(connection: Connection, what: str) -> ColumnElement[bool] | None:
    """ACCOUNT/FOLDER/UID; account and folder may themselves hold slashes."""
    head, slash, ref = what.rpartition("/")
    if not slash:
        return None
    names = select(stream.c.id, account.c.name, stream.c.name.label("folder")).join(
        account, account.c.id == stream.c.account_id
    )
    ids = [row.id for row in connection.execute(names) if f"{row.name}/{row.folder}" == head]
    if not ids:
        return None
    uid = placement.c.ref.like("%:" + ref.replace("%", r"\%").replace("_", r"\_"), escape="\\")
    return and_(placement.c.stream_id.in_(ids), or_(placement.c.ref == ref, uid))


def _explained(connection: Connection, rows: Any) -> list[Why]:
    items: dict[str | None, list[Any]] = {}
    for row in rows:
        items.setdefault(row.interaction_id, []).append(row)
    links: dict[str, list[LinkFacts]] = {}
    links_of = [i for i in items if i]
    query = select(
        link.c.interaction_id, link.c.contact_id, contact.c.display_name, link.c.address, link.c.role, link.c.reason
    ).join(contact, contact.c.id == link.c.contact_id)
    for row in select_in(connection, query.where, link.c.interaction_id, links_of):
        facts = LinkFacts(row.contact_id, row.display_name, row.address, row.role, row.reason)
        links.setdefault(row.interaction_id, []).append(facts)
    unplaced = unplaced_since(connection, links_of)
    told = signals_of(connection, links_of)
    said = meeting_why.invitations(connection, {row.message_key for row in rows if row.message_key})
    return [
        Why(
            verdict=places[0].verdict,
            reason=places[0].reason,
            interaction_id=interaction_id,
            subject=places[0].subject,
            links=tuple(links.get(interaction_id or "", ())),
            placements=tuple(
                PlacementFacts(p.account, p.stream, p.ref, p.verdict, p.reason, p.removed_at) for p in places
            ),
            unplaced_at=unplaced.get(interaction_id or ""),
            invitations=tuple(dict.fromkeys(each for p in places for each in said.get(p.message_key, ()))),
            signals=told.get(interaction_id or "", ()),
        )
        for interaction_id, places in items.items()
    ]


def account_statuses(connection: Connection) -> list[AccountStatus]:
    """All accounts that have not ended, by name."""
    counts, wanted, folders = _placements(connection), _wanted(connection), _folders(connection)
    there = (stream.c.account_id == account.c.id, stream.c.state == "ok")
    is_complete = func.count() == func.count(stream.c.complete_since_at)
    complete_since = select(case((is_complete, func.max(stream.c.complete_since_at)))).where(*there)
    query = (
        select(
            account,
            person.c.email,
            complete_since.scalar_subquery().label("complete_since_at"),
            select(func.sum(stream.c.backlog)).where(*there).scalar_subquery().label("backlog"),
        )
        .join(person, person.c.id == account.c.person_id)
        .where(account.c.ended_at.is_(None))
        .order_by(account.c.name)
    )
    return [
        AccountStatus(
            id=row.id,
            name=row.name,
            owner=row.email,
            kind=row.kind,
            state=row.state,
            since_at=row.state_since_at,
            reason=row.reason,
            last_success_at=row.last_success_at,
            next_try_at=row.next_try_at,
            failures=row.failures,
            refusals=row.refusals,
            streams=sum(count for state, count in folders.get(row.id, {}).items() if state != "gone"),
            missing_streams=folders.get(row.id, {}).get("missing", 0),
            placements=counts.get(row.id, {}),
            wanted=wanted.get(row.id, 0),
            complete_since_at=row.complete_since_at,
            backlog=row.backlog,
            coverage=row.coverage,
            audited_at=row.audited_at,
        )
        for row in connection.execute(query)
    ]


def _placements(connection: Connection) -> dict[str, dict[str, int]]:
    """Account -> verdict -> how many items that lie there have it."""
    counts: dict[str, dict[str, int]] = {}
    query = (
        select(stream.c.account_id, placement.c.verdict, func.count().label("items"))
        .join(stream, stream.c.id == placement.c.stream_id)
        .where(placement.c.removed_at.is_(None))
        .group_by(stream.c.account_id, placement.c.verdict)
    )
    for row in connection.execute(query):
        counts.setdefault(row.account_id, {})[row.verdict] = row.items
    return counts


def _wanted(connection: Connection) -> dict[str, int]:
    """Account -> how many items are to be fetched."""
    query = (
        select(stream.c.account_id, func.count().label("items"))
        .join(placement, placement.c.stream_id == stream.c.id)
        .where(IS_WANTED, placement.c.removed_at.is_(None))
        .group_by(stream.c.account_id)
    )
    return {row.account_id: row.items for row in connection.execute(by_index(query))}


def _folders(connection: Connection) -> dict[str, dict[str, int]]:
    """Account -> state -> how many streams are in it."""
    counts: dict[str, dict[str, int]] = {}
    query = select(stream.c.account_id, stream.c.state, func.count().label("items"))
    for row in connection.execute(query.group_by(stream.c.account_id, stream.c.state)):
        counts.setdefault(row.account_id, {})[row.state] = row.items
    return counts


def totals(connection: Connection) -> dict[str, int]:
    """How much the store holds."""
    return {
        name: connection.scalar(select(func.count()).select_from(table)) or 0
        for name, table in (
            ("contacts", contact),
            ("organizations", organization),
            ("interactions", interaction),
            ("meetings", meeting),
        )
    }


def busiest_contacts(connection: Connection, limit: int) -> list[tuple[str, str, str, int]]:
    """(id, name, organization, interactions) of the contacts with most history."""
    count = func.count(link.c.interaction_id.distinct()).label("items")
    query = (
        select(contact.c.id, contact.c.display_name, organization.c.display_name.label("organization"), count)
        .join(link, link.c.contact_id == contact.c.id)
        .outerjoin(organization, organization.c.id == contact.c.organization_id)
        .group_by(contact.c.id, contact.c.display_name, organization.c.display_name)
        .order_by(count.desc(), contact.c.id)
        .limit(limit)
    )
    return [(row.id, row.display_name, row.organization or "", row.items) for row in connection.execute(query)]
