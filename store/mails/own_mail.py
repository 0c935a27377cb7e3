"""Mails that this installation wrote: how they are marked, and how they are recognised when a mailbox brings them.

The mark is a MAC over the Message-ID under the identity key, so that nobody can have a mail of their own passed over by
writing the header into it, and a store that is built anew still knows what it once wrote.
"""

from __future__ import annotations

import hmac
import re

from store.keys import IdentityKey

HEADER = "X-Keeptouch"
_MARK = re.compile(rb"^X-Keeptouch:[ \t]*([0-9a-f]{32})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


def mark(key: IdentityKey, message_id: str) -> str:
    """The value of the header, for a Message-ID without brackets."""
    return key.digest("own mail", message_id).hex()


def is_own(key: IdentityKey, message_id: str | None, headers: bytes) -> bool:
    """Did this installation write the mail with this header section?"""
    if not message_id or b"eeptouch" not in headers:
        return False
    found = _MARK.search(headers)
    return found is not None and hmac.compare_digest(found[1].decode().lower(), mark(key, message_id))
