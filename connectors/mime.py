"""Bytes -> Message, pure (placeholder that the parser replaces)."""
from __future__ import annotations

from datetime import datetime

from connectors.records import Message, Unreadable


def parse_message(
    raw: bytes,
    *,
    ref: str,
    received_at: datetime | None = None,
    flags: frozenset[str] = frozenset(),
    size: int | None = None,
    authserv_id: str | None = None,
) -> Message | Unreadable:
    raise NotImplementedError
