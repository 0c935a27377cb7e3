"""What Python's `email` makes of mails and header values, in the form the scorers of the labelled corpora take."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import compat32, default
from email.utils import getaddresses, parsedate_to_datetime
from functools import partial
from typing import Any, cast

_ID = re.compile(r"<([^<>\s]+)>")
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError)


def answer(read: Callable[[], Any]) -> Any:
    """What `read` gives, None where the library raises."""
    try:
        return read()
    except _BROKEN:
        return None


def read_mail(raw: bytes, *, modern: bool) -> dict[str, Any]:
    """A prediction for score_mime.py; `modern`: with email.policy.default, else compat32."""
    message = message_from_bytes(raw, policy=default) if modern else message_from_bytes(raw, policy=compat32)
    named = {name: str(answer(partial(message.get, name)) or "") for name in ("message-id", "references", "date")}
    date = answer(lambda: parsedate_to_datetime(named["date"]))
    prediction: dict[str, Any] = {
        "subject": _words(str(answer(lambda: message["subject"]) or ""), modern),
        "date": answer(lambda: date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        "message_id": (_ID.findall(named["message-id"]) or [""])[0],
        "references": _ID.findall(named["references"]),
        **{name: _people(message, name, modern) for name in ("from", "to", "cc")},
        "text": [],
        "html": [],
        "attachments": [],
    }
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart() and kind != "message/rfc822":
            continue
        name = answer(part.get_filename)
        is_body = part.get_content_disposition() != "attachment" and not name
        if is_body and kind in ("text/plain", "text/html"):
            prediction["text" if kind == "text/plain" else "html"].append(_content(part, modern))
        else:
            prediction["attachments"].append({"type": kind, "name": _words(name, modern) if name else None})
    return prediction


def _words(text: str, modern: bool) -> str:
    """compat32 leaves encoded words to its user, who has email.header for them."""
    return text if modern else str(answer(lambda: make_header(decode_header(text))) or text)


def _content(part: Message, modern: bool) -> str:
    if modern:
        text = answer(cast("EmailMessage", part).get_content)
        if isinstance(text, str):
            return text
    raw = part.get_payload(decode=True)
    raw = raw if isinstance(raw, bytes) else b""
    text = answer(lambda: raw.decode(part.get_content_charset("utf-8"), "replace"))
    return text if isinstance(text, str) else raw.decode("utf-8", "replace")


def _people(message: Message, name: str, modern: bool) -> list[dict[str, str | None]]:
    if modern:
        header = answer(lambda: message[name])
        boxes = [(box.display_name, box.addr_spec) for box in answer(lambda: header.addresses) or ()]
    else:
        boxes = [
            (_words(box, modern), email) for box, email in getaddresses([str(v) for v in message.get_all(name, [])])
        ]
    return [{"name": box or None, "address": email or None} for box, email in boxes]


def read_date(value: str, *, modern: bool) -> datetime | None:
    """The date of a header value."""
    if not modern:
        return cast("datetime | None", answer(lambda: parsedate_to_datetime(value)))
    message = message_from_bytes(b"Date: " + value.encode() + b"\n\n", policy=default)
    return cast("datetime | None", answer(lambda: message["date"].datetime))


def read_addresses(value: str, *, modern: bool) -> list[dict[str, str | None]]:
    """The mailboxes of a header value."""
    raw = b"To: " + value.encode() + b"\n\n"
    return _people(message_from_bytes(raw, policy=default if modern else compat32), "to", modern)


def read_ids(value: str, *, modern: bool) -> list[str]:
    """Message-IDs, which the library leaves to its user."""
    return _ID.findall(value)
