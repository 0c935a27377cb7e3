"""Facts of mails as rows, and back: what `store.write` writes and a rule reads again without a new download."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from connectors.api import Attachment, Auth, Message, Participant, Role
from matching.identity import Copy, instant
from matching.policy import Assessment, Party
from matching.subjects import subject_key
from matching.thread_index import conversation
from matching.threads import Node, needs_subject
from store.keys import IdentityKey


@dataclass(frozen=True, slots=True)
class Draft:
    """One copy of a mail on its way into the store: the record, what it is to us, and its keys."""

    message: Message
    assessment: Assessment
    #: Names the distinct content; copies that say the same share it.
    key: bytes
    mid_key: bytes | None
    fingerprint: bytes

    @property
    def arrived_at(self) -> datetime | None:
        """The earliest time that a server of ours vouches for."""
        times = [t for t in (self.message.received_at, self.message.transported_at) if t is not None]
        return min(times, default=None)


def draft(message: Message, assessment: Assessment, key: IdentityKey) -> Draft:
    """The message with its keys."""
    subject = subject_key(message.subject)
    when = instant(message.sent_at)
    addressed = sorted({p.normal for p in assessment.parties if p.role in (Role.TO, Role.CC) and p.normal is not None})
    content = (
        message.subject,
        message.text,
        json.dumps([(p.role, p.email, p.name) for p in assessment.parties if p.role is not Role.BCC]),
        json.dumps([message.in_reply_to, message.references, message.reported_ids]),
        message.thread_index,
        _attachments_text(message.attachments),
        message.list_id,
        message.precedence,
        message.auto_submitted,
        str(message.has_unsubscribe),
        message.report_type,
    )
    return Draft(
        message=message,
        assessment=assessment,
        key=key.digest("message", message.message_id or "", when, assessment.sender, *content),
        mid_key=key.digest("mid", message.message_id) if message.message_id else None,
        fingerprint=key.digest("fingerprint", assessment.sender, when, subject, *addressed),
    )


def message_row(item: Draft, key: IdentityKey, *, is_sent_copy: bool) -> dict[str, Any]:
    """The row of table `message`."""
    message = item.message
    subject = subject_key(message.subject)
    shared = conversation(message.thread_index)
    return {
        "key": item.key,
        "mid": message.message_id,
        "mid_key": item.mid_key,
        "fingerprint": item.fingerprint,
        "sender": item.assessment.sender,
        "sent_at": message.sent_at,
        "arrived_at": item.arrived_at,
        "is_sent_copy": is_sent_copy,
        "subject": message.subject,
        "subject_key": key.digest("subject", subject) if subject else None,
        "is_orphan_reply": needs_subject(_node(message)),
        "text": message.text,
        "is_truncated": message.is_truncated,
        "attachments": _attachments_text(message.attachments),
        "attachment_count": len(message.attachments),
        "in_reply_to": json.dumps(message.in_reply_to),
        "refs": json.dumps(message.references),
        "thread_index": message.thread_index,
        "conversation_key": key.digest("conversation", shared) if shared else None,
        "list_id": message.list_id,
        "precedence": message.precedence,
        "auto_submitted": message.auto_submitted,
        "has_unsubscribe": message.has_unsubscribe,
        "report_type": message.report_type,
        "reported_ids": json.dumps(message.reported_ids),
        "headers": zlib.compress(message.headers, 1),
    }


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


def participant_rows(item: Draft) -> list[dict[str, Any]]:
    """Rows of table `participant`: all but Bcc, which belongs to the copy."""
    return [
        {"message_key": item.key, "position": position, "role": party.role.value, **_party(party)}
        for position, party in enumerate(p for p in item.assessment.parties if p.role is not Role.BCC)
    ]


def bcc_rows(item: Draft, stream_id: int) -> list[dict[str, Any]]:
    """Rows of table `placement_bcc`."""
    blind = [p for p in item.assessment.parties if p.role is Role.BCC]
    return [
        {
            "stream_id": stream_id,
            "ref": item.message.ref,
            "position": position,
            "message_key": item.key,
            **_party(party),
        }
        for position, party in enumerate(blind)
    ]


def reference_rows(item: Draft, key: IdentityKey) -> list[dict[str, Any]]:
    """Rows of table `reference`: the edges of the thread graph."""
    targets = dict.fromkeys((*item.message.references, *item.message.in_reply_to))
    return [{"message_key": item.key, "target_key": key.digest("mid", target)} for target in targets]


def skipped_rows(item: Draft, stream_id: int, key: IdentityKey, creatable: Sequence[bool]) -> list[dict[str, Any]]:
    """Rows of table `skipped_participant`; `creatable` runs along `assessment.outside`."""
    return [
        {
            "stream_id": stream_id,
            "ref": item.message.ref,
            "role": party.role.value,
            "address_key": key.digest("address", party.normal or ""),
            "base_key": key.digest("base", party.base or ""),
            "is_creatable": may,
        }
        for party, may in zip(item.assessment.outside, creatable, strict=True)
    ]


def _party(party: Party) -> dict[str, Any]:
    return {"normal": party.normal, "base": party.base, "email": party.email, "name": party.name}


def _attachments_text(attachments: Iterable[Attachment]) -> str:
    return json.dumps([(a.name, a.type, a.size) for a in attachments])


def message_of(row: Row[Any], participants: Iterable[Row[Any]]) -> Message:
    """The record again; `participants` in order of position. `ref`, flags and size belong to placements."""
    return Message(
        ref="",
        message_id=row.mid,
        in_reply_to=tuple(json.loads(row.in_reply_to)),
        references=tuple(json.loads(row.refs)),
        thread_index=row.thread_index,
        sent_at=row.sent_at,
        received_at=row.arrived_at,
        subject=row.subject,
        participants=tuple(Participant(Role(p.role), p.email, p.name) for p in participants),
        text=row.text,
        is_truncated=row.is_truncated,
        attachments=tuple(Attachment(*each) for each in json.loads(row.attachments)),
        list_id=row.list_id,
        precedence=row.precedence,
        auto_submitted=row.auto_submitted,
        has_unsubscribe=row.has_unsubscribe,
        report_type=row.report_type,
        reported_ids=tuple(json.loads(row.reported_ids)),
        auth=Auth.UNKNOWN,
        headers=zlib.decompress(row.headers),
    )


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
