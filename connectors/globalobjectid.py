"""The names that Exchange and Outlook give to meetings, and the UIDs that others know the same meetings by.

Exchange keeps a meeting under a GlobalObjectId ([MS-OXOCAL], section 2.2.1.27), which it writes in hexadecimal digits
where iCalendar has a UID. Of a meeting that came from elsewhere it holds the UID that this one had ([MS-OXCICAL],
section 2.1.3.1.1.20.26); of an exception of a series, the day that it stands for.
"""

from __future__ import annotations

import re

_CLASS = "040000008200E00074C5B7101A82E008"
#: Digits: the class, a day, a time of creation, nothing, the length of the data.
_HEAD = len(_CLASS) + 8 + 16 + 16 + 8
_DAY = slice(len(_CLASS), len(_CLASS) + 8)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_FOREIGN = b"vCal-Uid\x01\x00\x00\x00"


def plain_uid(uid: str) -> str:
    """The UID that a meeting has everywhere: of a GlobalObjectId the foreign UID in it, else its digits in upper case,
    without the day of an exception. Any other UID stays as it is."""
    if uid[: len(_CLASS)].upper() != _CLASS or len(uid) < _HEAD or len(uid) % 2 or not _HEXADECIMAL.fullmatch(uid):
        return uid
    digits = uid.upper()
    data = bytes.fromhex(digits[_HEAD:])
    if data.startswith(_FOREIGN):
        foreign = data[len(_FOREIGN) :].split(b"\x00", 1)[0].decode("utf-8", "replace").strip()
        if foreign:
            return foreign
    return f"{_CLASS}00000000{digits[_DAY.stop :]}"
