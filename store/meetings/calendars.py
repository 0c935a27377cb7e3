"""What calendars hold and what mails say of meetings: writing these facts, and reading them again by UID."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, literal, select, tuple_

from connectors.api import Auth, Meeting
from matching.itip import MailObject
from matching.meetings import CalendarCopy, changed
from matching.policy import Verdict
from store.contacts.holders import Candidate
from store.derivation.copies import StoredPlace, mark_dirty
from store.keys import IdentityKey
from store.mails.write import Place
from store.meetings.meeting_facts import MeetingDraft, bare, dump_former, load, load_former, text_of
from store.schema.core import (
    account,
    message,
    participant,
    person,
    person_address,
    placement,
    skipped_participant,
    stream,
)
from store.schema.meetings import attendee, calendar_object, calendar_party, invitation, leave, meeting, series
from store.upsert import one_of, select_in, update_rows, upsert_rows

_PLACED = ("stream_id", "ref", "mid_key", "flags", "size", "auth", "seen_at", "is_wanted", "verdict", "reason")
_SKIPPED = ("direction", "occurred_at", "recipient_count", "is_bulk", "policy_version")
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def write_stored(
    connection: Connection,
    place: Place,
    items: Sequence[tuple[MeetingDraft, str]],
    before: Container[str],
    now: datetime,
) -> set[bytes]:
    """Write calendar objects worth keeping, each with the reason; returns the UIDs of those that are new or differ.

    `before`: the refs at which something lay already.
    """
    refs = [item.ref for item, _reason in items if item.ref in before]
    known = {row.ref: row for row in _objects_at(connection, place.stream_id, refs)}
    _forget(connection, (calendar_party, skipped_participant), place.stream_id, refs)
    rows = []
    touched: set[bytes] = set()
    for item, _reason in items:
        old = known.get(item.ref)
        if old is None or old.data != item.data:
            touched |= {item.uid_key, *((old.uid_key,) if old is not None else ())}
        former = ""
        if old is not None and old.uid_key == item.uid_key:
            former = old.former
            if old.data != item.data:
                former = dump_former(changed(load(old.data), load_former(old.former), item.meeting))
        rows.append((place.stream_id, item.ref, item.uid_key, item.data, former, item.is_private))
    names = ("stream_id", "ref", "uid_key", "data", "former", "is_private")
    upsert_rows(connection, calendar_object, names, rows, update=names[2:])
    parties = [(place.stream_id, item.ref, p.normal, p.base) for item, _reason in items for p in item.parties]
    upsert_rows(connection, calendar_party, ("stream_id", "ref", "normal", "base"), parties)
    _place(connection, [(*_placed(item, place, now), Verdict.STORED.value, why, *_NOTHING) for item, why in items])
    return touched


def write_skipped(
    connection: Connection,
    key: IdentityKey,
    place: Place,
    items: Sequence[tuple[MeetingDraft, str]],
    before: Container[str],
    now: datetime,
    policy_version: int,
) -> None:
    """Write calendar objects that are not kept, as far as a later decision needs them; `before` as for those kept."""
    forget(connection, place.stream_id, [item.ref for item, _reason in items if item.ref in before])
    _place(
        connection,
        [
            (
                *(*_placed(item, place, now), Verdict.SKIPPED.value, reason),
                "outbound" if item.outside else "internal",
                item.starts_at,
                len(item.parties),
                False,
                policy_version,
            )
            for item, reason in items
        ],
    )
    upsert_rows(
        connection,
        skipped_participant,
        ("stream_id", "ref", "role", "address_key", "base_key", "is_creatable"),
        [
            (
                *(place.stream_id, item.ref, "attendee"),
                *(key.digest("address", each.normal), key.digest("base", each.base)),
                each.is_creatable,
            )
            for item, _reason in items
            for each in item.outside
        ],
    )


def forget(connection: Connection, stream_id: int, refs: Iterable[str]) -> None:
    """Nothing is kept of what lies there but its placement."""
    _forget(connection, (calendar_object, calendar_party, skipped_participant, leave), stream_id, list(refs))


def _forget(connection: Connection, tables: Iterable[Any], stream_id: int, refs: Sequence[str]) -> None:
    for table in tables if refs else ():
        here = one_of(connection, table.c.ref, refs)
        connection.execute(delete(table).where(table.c.stream_id == stream_id, here))


_NOTHING = (None,) * len(_SKIPPED)


def _placed(item: MeetingDraft, place: Place, now: datetime) -> tuple[Any, ...]:
    return place.stream_id, item.ref, item.uid_key, "", item.size, Auth.UNKNOWN.value, now, False


def _place(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    names = (*_PLACED, *_SKIPPED)
    kept = [name for name in names if name not in ("stream_id", "ref", "seen_at")]
    upsert_rows(connection, placement, names, rows, update=kept)


def _objects_at(connection: Connection, stream_id: int, refs: Sequence[str]) -> list[Any]:
    query = select(calendar_object).where(calendar_object.c.stream_id == stream_id)
    return select_in(connection, query.where, calendar_object.c.ref, refs)


# -- what has to be derived anew -----------------------------------------------------------------------------------


def mark(connection: Connection, uid_keys: Iterable[bytes]) -> None:
    """Have the meetings of these UIDs derived anew."""
    mark_dirty(connection, "meeting", [each.hex() for each in uid_keys])


def is_any(connection: Connection) -> bool:
    """Is anything known of meetings?"""
    queries = (select(literal(1)).select_from(table).limit(1) for table in (calendar_object, invitation, meeting))
    return any(connection.execute(query).first() is not None for query in queries)


def mark_with(connection: Connection, addresses: Sequence[Candidate], but: Iterable[str] = ()) -> bool:
    """Have the meetings of these addresses derived anew, all `but` those with these dirty keys; are there any?"""
    if not addresses or not is_any(connection):
        return False
    found = uids_with(connection, [each.normal for each in addresses], [each.base for each in addresses])
    found -= {bytes.fromhex(each) for each in but}
    mark(connection, found)
    return bool(found)


def uids_at(connection: Connection, stream_id: int, refs: Iterable[str]) -> set[bytes]:
    """The UIDs of what is kept of these places."""
    query = select(calendar_object.c.uid_key).where(calendar_object.c.stream_id == stream_id)
    return {row.uid_key for row in select_in(connection, query.where, calendar_object.c.ref, list(refs))}


def refs_kept(connection: Connection, stream_id: int, refs: Iterable[str]) -> dict[str, bytes]:
    """ref -> UID of what is kept of these places."""
    query = select(calendar_object.c.ref, calendar_object.c.uid_key).where(calendar_object.c.stream_id == stream_id)
    return {row.ref: row.uid_key for row in select_in(connection, query.where, calendar_object.c.ref, list(refs))}


def uids_of_accounts(connection: Connection, account_ids: Collection[str]) -> set[bytes]:
    """The UIDs of what lies in calendars of these accounts."""
    query = select(calendar_object.c.uid_key).join(stream, stream.c.id == calendar_object.c.stream_id)
    return {row.uid_key for row in select_in(connection, query.where, stream.c.account_id, account_ids)}


def uids_of_mails(connection: Connection, message_keys: Iterable[bytes]) -> set[bytes]:
    """The UIDs that these mails speak of."""
    query = select(invitation.c.uid_key)
    return {row.uid_key for row in select_in(connection, query.where, invitation.c.message_key, list(message_keys))}


def uids_with(connection: Connection, normals: Iterable[str], bases: Iterable[str]) -> set[bytes]:
    """The UIDs of meetings in which these addresses take part, as calendars have it, or that came by mail with them."""
    found: set[bytes] = set()
    objects = select(calendar_object.c.uid_key).join(
        calendar_party,
        and_(
            calendar_party.c.stream_id == calendar_object.c.stream_id,
            calendar_party.c.ref == calendar_object.c.ref,
        ),
    )
    normals, bases = list(normals), list(bases)
    for column, values in ((calendar_party.c.normal, normals), (calendar_party.c.base, bases)):
        found.update(row.uid_key for row in select_in(connection, objects.where, column, values))
    invited = select(invitation.c.uid_key).join(participant, participant.c.message_key == invitation.c.message_key)
    for column, values in ((participant.c.normal, normals), (participant.c.base, bases)):
        found.update(row.uid_key for row in select_in(connection, invited.where, column, values))
    frozen = select(meeting.c.uid_key).join(attendee, attendee.c.meeting_id == meeting.c.id)
    found.update(row.uid_key for row in select_in(connection, frozen.where, attendee.c.address, normals))
    return found


def all_uids(connection: Connection) -> list[bytes]:
    """Of everything that is known of meetings."""
    queries = (select(table.c.uid_key) for table in (calendar_object, invitation, series))
    return sorted({row.uid_key for query in queries for row in connection.execute(query.distinct())})


# -- reading -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sources:
    """All that calendars and mails say of one UID."""

    copies: list[CalendarCopy] = field(default_factory=list)
    mails: list[MailObject] = field(default_factory=list)
    places: list[StoredPlace] = field(default_factory=list)
    is_private: bool = False
    #: Copy's name -> the time zone of its owner, and from when on its calendar has been read.
    zones: dict[str, str] = field(default_factory=dict)
    since: list[datetime | None] = field(default_factory=list)
    #: Mail object's name -> (mail, position).
    rows: dict[str, tuple[bytes, int]] = field(default_factory=dict)


def sources(connection: Connection, uid_keys: Sequence[bytes]) -> dict[bytes, Sources]:
    """UID -> what is said of it."""
    found = {each: Sources() for each in uid_keys}
    _read_calendars(connection, found)
    _read_mails(connection, found)
    return found


def _read_calendars(connection: Connection, found: dict[bytes, Sources]) -> None:
    owners: dict[str, frozenset[str]] = {}
    for person_id, address in connection.execute(select(person_address.c.person_id, person_address.c.address)):
        owners[person_id] = owners.get(person_id, frozenset()) | {address}
    columns = (
        *(calendar_object.c.uid_key, calendar_object.c.stream_id, calendar_object.c.ref, calendar_object.c.data),
        *(calendar_object.c.former, calendar_object.c.is_private, placement.c.removed_at, stream.c.account_id),
        *(account.c.since_at, account.c.person_id, account.c.visibility, person.c.time_zone),
    )
    same = and_(placement.c.stream_id == calendar_object.c.stream_id, placement.c.ref == calendar_object.c.ref)
    query = (
        select(*columns)
        .join(placement, same)
        .join(stream, stream.c.id == calendar_object.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .join(person, person.c.id == account.c.person_id)
    )
    for (
        uid_key,
        _stream,
        ref,
        data,
        former,
        is_private,
        removed_at,
        account_id,
        since_at,
        person_id,
        level,
        zone,
    ) in select_in(connection, query.where, calendar_object.c.uid_key, found):
        each = found[uid_key]
        # its row number tells no more of the calendar than the order in which calendars were found
        name = f"{account_id} {ref}"
        each.copies.append(
            CalendarCopy(
                name=name,
                meeting=load(data, ref),
                owners=owners.get(person_id, frozenset()),
                removed_at=removed_at,
                former=load_former(former),
            )
        )
        each.places.append(StoredPlace(account_id, person_id, Auth.UNKNOWN.value, "", level))
        each.is_private |= is_private
        each.zones[name] = zone or ""
        if removed_at is None:
            each.since.append(since_at)


def _read_mails(connection: Connection, found: dict[bytes, Sources]) -> None:
    columns = (invitation, message.c.sender, message.c.arrived_at, message.c.sent_at, message.c.is_sent_copy)
    query = select(*columns, message.c.sensitivity).join(message, message.c.key == invitation.c.message_key)
    rows = select_in(connection, query.where, invitation.c.uid_key, found)
    places: dict[bytes, list[StoredPlace]] = {}
    held = (
        select(
            placement.c.message_key, stream.c.account_id, account.c.person_id, placement.c.auth, account.c.visibility
        )
        .join(stream, stream.c.id == placement.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
    )
    for p in select_in(connection, held.where, placement.c.message_key, {row.message_key for row in rows}):
        place = StoredPlace(p.account_id, p.person_id, p.auth, "", p.visibility)
        places.setdefault(p.message_key, []).append(place)
    ours = set(connection.scalars(select(person_address.c.address))) if rows else set()
    for row in rows:
        each = found[row.uid_key]
        name = f"{row.message_key.hex()} {row.position}"
        auths = {place.auth for place in places.get(row.message_key, ())}
        is_own_word = row.is_sent_copy and row.sender in ours
        each.mails.append(
            MailObject(
                name=name,
                meeting=load(row.data),
                sender=row.sender,
                is_trusted=Auth.FAIL.value not in auths and (Auth.PASS.value in auths or is_own_word),
                arrived_at=row.arrived_at or row.sent_at or _UNKNOWN_TIME,
            )
        )
        each.rows[name] = (row.message_key, row.position)
        if not each.copies:
            each.places += places.get(row.message_key, ())
            each.is_private |= bool(row.sensitivity)


def objects_after(connection: Connection, after: tuple[int, str], limit: int) -> list[tuple[int, str, Meeting]]:
    """The next (stream, ref, calendar object) in order, for a walk through all that are kept."""
    table = calendar_object.c
    later = tuple_(table.stream_id, table.ref) > tuple_(literal(after[0]), literal(after[1]))
    query = select(table.stream_id, table.ref, table.data).where(later)
    rows = connection.execute(query.order_by(table.stream_id, table.ref).limit(limit))
    return [(row.stream_id, row.ref, load(row.data, row.ref)) for row in rows]


def invitations_of(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, tuple[Meeting, ...]]:
    """Mail -> the calendar objects that came with it."""
    query = select(invitation.c.message_key, invitation.c.data).order_by(
        invitation.c.message_key, invitation.c.position
    )
    found: dict[bytes, tuple[Meeting, ...]] = {}
    for row in select_in(connection, query.where, invitation.c.message_key, message_keys):
        found[row.message_key] = (*found.get(row.message_key, ()), load(row.data))
    return found


def bare_invitations(connection: Connection, message_keys: Iterable[bytes]) -> None:
    """What these mails bring loses what it is about and where."""
    query = select(invitation.c.message_key, invitation.c.position, invitation.c.data)
    rows = select_in(connection, query.where, invitation.c.message_key, message_keys)
    changed = [(bare(row.data), row.message_key, row.position) for row in rows]
    update_rows(connection, invitation, ("message_key", "position"), ("data",), changed)
    mark(connection, uids_of_mails(connection, [row.message_key for row in rows]))


def texts_of_mails(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, str]:
    """Mail -> all words of the calendar objects that came with it."""
    query = select(invitation.c.message_key, invitation.c.data)
    found: dict[bytes, str] = {}
    for row in select_in(connection, query.where, invitation.c.message_key, message_keys):
        found[row.message_key] = found.get(row.message_key, "") + text_of(row.data)
    return found


_OUTCOMES = select(invitation.c.message_key, invitation.c.position, invitation.c.outcome, invitation.c.meeting_id)


def save_outcomes(connection: Connection, rows: Iterable[tuple[bytes, int, str | None, str | None]]) -> None:
    """(mail, position, outcome, meeting): what became of each object that came by mail."""
    wanted = {(key, position): (outcome, meeting_id) for key, position, outcome, meeting_id in rows}
    keys = [key for key, _position in wanted]
    stored = select_in(connection, _OUTCOMES.where, invitation.c.message_key, keys)
    before = {(row.message_key, row.position): (row.outcome, row.meeting_id) for row in stored}
    changed = [(*said, *place) for place, said in wanted.items() if before.get(place, said) != said]
    update_rows(connection, invitation, ("message_key", "position"), ("outcome", "meeting_id"), changed)
