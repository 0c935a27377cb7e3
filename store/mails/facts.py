"""Facts of mails as rows, and back: what `store.mails.write` writes and a rule reads again without a new download."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.api import Attachment, Auth, Meeting, Message, Participant, Purpose, Report, Role
from matching.identity import Copy, instant
from matching.policy import Assessment, Direction, Party, occurred_at
from matching.subjects import subject_key
from matching.thread_index import conversation
from matching.threads import Node, needs_subject
from store.keys import IdentityKey
from store.mails import own_mail
from store.meetings import meeting_facts

if TYPE_CHECKING:  # drafts are made in processes that need no database
    from sqlalchemy import Row

#: The columns of a row, in the order of the tuples in a Content.
MESSAGE_COLUMNS = (
    "key",
    "mid",
    "mid_key",
    "fingerprint",
    "sender",
    "sent_at",
    "arrived_at",
    "subject",
    "subject_key",
    "is_orphan_reply",
    "is_truncated",
    "attachments",
    "attachment_count",
    "in_reply_to",
    "refs",
    "thread_index",
    "conversation_key",
    "list_id",
    "precedence",
    "auto_submitted",
    "has_unsubscribe",
    "report_type",
    "sensitivity",
    "reported_ids",
    "concerns",
    "signals_version",
    "asks",
    "is_brief",
)
#: Where the subject and the attachments stand among them.
SUBJECT, ATTACHMENTS = MESSAGE_COLUMNS.index("subject"), MESSAGE_COLUMNS.index("attachments")
CONTENT_COLUMNS = ("message_key", "text", "headers", "reports", "new_text")
PARTICIPANT_COLUMNS = ("message_key", "position", "role", "normal", "base", "email", "name")
REFERENCE_COLUMNS = ("message_key", "target_key")
BCC_COLUMNS = ("ref", "position", "message_key", "normal", "base", "email", "name")


class Told(NamedTuple):
    """What a mail tells of others, by some version of the rules."""

    #: (kind, recipient, status, category, is_hard, reason, return_on, original_id, evidence, confidence) each
    rows: tuple[tuple[Any, ...], ...]
    #: Message-IDs of the mails that it is about, where it answers or reports on such.
    concerns: tuple[str, ...]
    #: Its text without what it quotes and signs; None: all of it.
    new_text: str | None
    #: Does the new text ask something, and is it brief? None: it is not known.
    asks: bool | None
    is_brief: bool | None
    version: int


NOTHING_TOLD = Told((), (), None, None, None, 0)

_ADDRESSED = (Role.TO, Role.CC)
_encode = json.JSONEncoder(check_circular=False).encode


class Outside(NamedTuple):
    """An outside party, as far as the decision about its mail goes."""

    role: str
    normal: str
    base: str


@dataclass(slots=True)
class Content:
    """The rows of one copy's content."""

    #: Names the distinct content; copies that say the same share it.
    key: bytes
    message_row: tuple[Any, ...]
    content_row: tuple[Any, ...]
    participant_rows: list[tuple[Any, ...]]
    reference_rows: list[tuple[Any, ...]]
    bcc_rows: list[tuple[Any, ...]]
    #: (position, UID's hash, method, data) of each calendar object that came with it.
    invitation_rows: tuple[tuple[int, bytes, str, bytes], ...] = ()
    #: What it tells, as `store.mails.mail_signals` writes it.
    signal_rows: tuple[tuple[Any, ...], ...] = ()
    #: What it tells was not read, because it will hardly be stored; it is read before it is.
    is_unread: bool = False


@dataclass(slots=True)
class Draft:
    """One copy of a mail on its way into the store: what decides about it, its keys, and the rows of its content.

    It is made apart from the store, perhaps in another process, so it consists of plain values and tuples.
    """

    ref: str
    #: None: its text was left out, because it will hardly be stored.
    content: Content | None
    mid: str | None
    mid_key: bytes | None
    fingerprint: bytes
    #: Date to the second, as `identity.instant` writes it.
    sent: str
    sender: str
    is_list: bool
    direction: Direction
    is_bulk: bool
    recipient_count: int
    outside: tuple[Outside, ...]
    #: Base addresses of the contacts that the policy makes of this mail.
    made: tuple[str, ...]
    #: The placement's own values.
    flags: str
    size: int
    received_at: datetime | None
    auth: str
    #: As far as this copy tells.
    occurred_at: datetime | None
    #: What it is filed for, where that is more than its stream tells.
    purpose: Purpose | None
    #: The sender asked for confidence; "" where not.
    sensitivity: str
    #: This installation wrote it.
    is_self: bool = False


def draft(
    message: Message, assessment: Assessment, made: Iterable[Party], key: IdentityKey, told: Told | None
) -> Draft:
    """The message with its keys and rows; `made`: the parties that the policy makes contacts of; `told`: what it tells
    of others, None where that was not read."""
    when = instant(message.sent_at)
    subject = subject_key(message.subject)
    parties = assessment.parties
    blind = [p for p in parties if p.role is Role.BCC]
    seen = [p for p in parties if p.role is not Role.BCC] if blind else parties
    addressed = sorted({p.normal for p in seen if p.role in _ADDRESSED and p.normal is not None})
    arrived_at = _earliest(message.received_at, message.transported_at)
    one = Draft(
        ref=message.ref,
        content=None,
        mid=message.message_id,
        mid_key=key.digest("mid", message.message_id) if message.message_id else None,
        fingerprint=key.digest("fingerprint", assessment.sender, when, subject, *addressed),
        sent=when,
        sender=assessment.sender,
        is_list=bool(message.list_id),
        direction=assessment.direction,
        is_bulk=bool(assessment.bulk),
        recipient_count=assessment.recipient_count,
        outside=tuple(
            Outside(p.role.value, p.normal, p.base or "") for p in parties if p.normal is not None and not p.is_own
        ),
        made=tuple(p.base for p in made if p.base),
        flags=" ".join(sorted(message.flags)),
        size=message.size,
        received_at=message.received_at,
        auth=message.auth.value,
        occurred_at=occurred_at(message.sent_at, arrived_at, is_sent_copy=assessment.direction is Direction.OUTBOUND),
        purpose=message.purpose,
        sensitivity=message.sensitivity,
        is_self=own_mail.is_own(key, message.message_id, message.headers),
    )
    if not message.is_skimmed:
        one.content = _content(message, one, seen, blind, subject, key, told)
    return one


def _content(
    message: Message,
    one: Draft,
    seen: Sequence[Party],
    blind: Sequence[Party],
    subject: str,
    key: IdentityKey,
    read: Told | None,
) -> Content:
    told = read or NOTHING_TOLD
    invitations = meeting_facts.invited(message.invitations, key) if message.invitations else ()
    reports = _encode([(each.type, each.text) for each in message.reports]) if message.reports else ""
    said = _said(message, seen, [data for *_rest, data in invitations], reports)
    content_key = key.digest("message", message.message_id or "", one.sent, one.sender, *said)
    targets = dict.fromkeys((*message.references, *message.in_reply_to, *told.concerns))
    return Content(
        key=content_key,
        message_row=_message_row(content_key, message, one, subject, key, told),
        content_row=(
            content_key,
            message.text,
            zlib.compress(message.headers, 1),
            zlib.compress(reports.encode("utf-8", "replace")) if reports else None,
            told.new_text,
        ),
        participant_rows=[
            (content_key, position, p.role.value, p.normal, p.base, p.email, p.name) for position, p in enumerate(seen)
        ],
        reference_rows=[(content_key, key.digest("mid", target)) for target in targets],
        bcc_rows=[
            (message.ref, position, content_key, p.normal, p.base, p.email, p.name) for position, p in enumerate(blind)
        ],
        invitation_rows=invitations,
        signal_rows=told.rows,
        is_unread=read is None,
    )


def _said(message: Message, seen: Sequence[Party], invitations: Sequence[bytes], reports: str) -> tuple[str, ...]:
    """What makes a content another one, beside its Message-ID, date and sender. Stored keys hang on it."""
    return (
        message.subject,
        message.text,
        _encode([(p.role, p.email, p.name) for p in seen]),
        _encode([message.in_reply_to, message.references, message.reported_ids]),
        message.thread_index,
        _attachments_text(message.attachments),
        message.list_id,
        message.precedence,
        message.auto_submitted,
        str(message.has_unsubscribe),
        message.report_type,
        message.sensitivity,
        # the same words with another calendar object are another content
        *(data.hex() for data in invitations),
        *((reports,) if reports else ()),
    )


def _message_row(
    content_key: bytes, message: Message, one: Draft, subject: str, key: IdentityKey, told: Told
) -> tuple[object, ...]:
    """The row of table `message`, in the order of its columns."""
    shared = conversation(message.thread_index) if message.thread_index else ""
    return (
        content_key,
        message.message_id,
        one.mid_key,
        one.fingerprint,
        one.sender,
        message.sent_at,
        _earliest(message.received_at, message.transported_at),
        message.subject,
        key.digest("subject", subject) if subject else None,
        needs_subject(_node(message)),
        message.is_truncated,
        _attachments_text(message.attachments),
        len(message.attachments),
        ids_text(message.in_reply_to),
        ids_text(message.references),
        message.thread_index,
        key.digest("conversation", shared) if shared else None,
        message.list_id,
        message.precedence,
        message.auto_submitted,
        message.has_unsubscribe,
        message.report_type,
        message.sensitivity,
        ids_text(message.reported_ids),
        ids_text(told.concerns),
        told.version,
        told.asks,
        told.is_brief,
    )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two times of arrival that a server of ours vouches for."""
    if one is None or other is None:
        return one or other
    return min(one, other)


def _node(message: Message) -> Node:
    """The part of a thread's node that tells whether the mail names what it answers."""
    return Node(
        key=message.message_id or "",
        references=message.references,
        in_reply_to=message.in_reply_to,
        thread_index=message.thread_index,
        subject=message.subject,
        sent_at=message.sent_at,
    )


def ids_text(ids: Sequence[str]) -> str:
    """Message-IDs as they are kept."""
    return _encode(ids) if ids else "[]"


def _attachments_text(attachments: Iterable[Attachment]) -> str:
    return _encode([(a.name, a.type, a.size) for a in attachments]) if attachments else "[]"


def message_of(row: Any, participants: Iterable[Any], invitations: Sequence[Meeting] = ()) -> Message:
    """The record again, of a row of `message` and `content`; `participants` in order of position.

    `ref`, flags and size belong to placements. What has expired is empty."""
    return Message(
        ref="",
        message_id=row.mid,
        in_reply_to=tuple(json.loads(row.in_reply_to)),
        references=tuple(json.loads(row.refs)),
        thread_index=row.thread_index,
        sent_at=row.sent_at,
        received_at=row.arrived_at,
        subject=row.subject or "",
        participants=tuple(Participant(Role(p.role), p.email, p.name) for p in participants),
        text=row.text or "",
        is_truncated=row.is_truncated,
        attachments=tuple(Attachment(*each) for each in json.loads(row.attachments)),
        list_id=row.list_id,
        precedence=row.precedence,
        auto_submitted=row.auto_submitted,
        has_unsubscribe=row.has_unsubscribe,
        report_type=row.report_type,
        sensitivity=row.sensitivity,
        reported_ids=tuple(json.loads(row.reported_ids)),
        auth=Auth.UNKNOWN,
        headers=zlib.decompress(row.headers) if row.headers else b"",
        invitations=tuple(invitations),
        reports=tuple(Report(*each) for each in json.loads(zlib.decompress(row.reports))) if row.reports else (),
    )


def message_of_draft(one: Draft, content: Content) -> Message:
    """The record that a draft was made of, as far as drafts are made of it."""
    row = SimpleNamespace(**dict(zip(MESSAGE_COLUMNS, content.message_row, strict=True)))
    _key, row.text, row.headers, row.reports, _new_text = content.content_row
    people = [SimpleNamespace(role=role, email=email, name=name) for *_, role, _n, _b, email, name in _people(content)]
    return replace(
        message_of(row, people),
        ref=one.ref,
        received_at=one.received_at,
        transported_at=row.arrived_at,
        flags=frozenset(one.flags.split()),
        size=one.size,
        auth=Auth(one.auth),
        purpose=one.purpose,
        invitations=tuple(meeting_facts.load(data) for *_rest, data in content.invitation_rows),
    )


def _people(content: Content) -> Iterable[tuple[Any, ...]]:
    """(…, role, normal, base, email, name) of all who take part, blind copies last."""
    yield from content.participant_rows
    yield from ((Role.BCC.value, *row[3:]) for row in content.bcc_rows)


def copy_of(row: Row[Any], reply_to: frozenset[str]) -> Copy:
    """What identity needs to know of a stored message row."""
    return Copy(
        key=row.key,
        mid=row.mid,
        sent_at=row.sent_at,
        sender=row.sender,
        fingerprint=row.fingerprint,
        is_list=bool(row.list_id),
        reply_to=reply_to,
        arrived_at=row.arrived_at,
    )
