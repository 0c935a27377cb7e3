"""Which folders and calendars are followed: patterns of their full names, as the options of all kinds have them."""

from __future__ import annotations

import fnmatch
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """By full decoded names; `*` and `?` stand for any letters, also "/"."""

    #: Only those that match one of these; empty: all.
    include: tuple[str, ...] = ()
    #: Never those that match one of these.
    exclude: tuple[str, ...] = ()

    def chooses(self, name: str) -> bool:
        """Is what bears that name followed?"""
        included = not self.include or any(matches(name, pattern) for pattern in self.include)
        return included and not any(matches(name, pattern) for pattern in self.exclude)

    def unmatched(self, names: Collection[str]) -> tuple[str, ...]:
        """Its patterns that none of these full names matches."""
        return unmatched(names, (*self.include, *self.exclude))


def unmatched(names: Collection[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns that none of these full names matches."""
    return tuple(pattern for pattern in patterns if not any(matches(name, pattern) for name in names))


def matches(name: str, pattern: str) -> bool:
    """Does a full name match? Brackets are plain letters, because of [Gmail]; the inbox has one name in any case
    (RFC 3501, section 5.1)."""
    literal = unicodedata.normalize("NFC", pattern).replace("[", "[[]")
    return fnmatch.fnmatchcase(name, literal) or (pattern.upper() == "INBOX" and name == "INBOX")
