"""The Thread-Index header of Outlook and Exchange (MS-OXOMSG section 2.2.1.3, PidTagConversationIndex)."""

from __future__ import annotations

import base64
import binascii

#: Bytes that every mail of a conversation shares: a reserved byte, five bytes of time, a GUID.
HEADER = 22
#: Bytes that each answer adds to those of its parent.
LEVEL = 5
_MAX_LEVELS = 200


def decode(thread_index: str) -> bytes:
    """Header and levels as bytes, cut to whole levels; b"" for what is no Thread-Index."""
    try:
        value = base64.b64decode("".join(thread_index.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    if len(value) < HEADER:
        return b""
    levels = min((len(value) - HEADER) // LEVEL, _MAX_LEVELS)
    return value[: HEADER + levels * LEVEL]


def conversation(thread_index: str) -> str:
    """What all mails of the conversation share, as hexadecimal digits; "" for what is no Thread-Index."""
    return decode(thread_index)[:HEADER].hex()


def ancestors(index: bytes) -> list[bytes]:
    """The values of the mails above, nearest first."""
    return [index[:end] for end in range(len(index) - LEVEL, HEADER - 1, -LEVEL)]
