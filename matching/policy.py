"""Which contacts come into being by themselves, and which mail is worth keeping."""

from __future__ import annotations

from enum import StrEnum


class Create(StrEnum):
    """`contacts.create`: when an unknown outside address becomes a contact by itself."""

    OFF = "off"
    #: at least one non-bulk mail of ours to at most 20 recipients
    CORRESPONDED = "corresponded"
    #: any mail from or to a person outside
    ALL = "all"
