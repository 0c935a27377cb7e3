"""Maildir: one file a mail, in `cur` and `new`; folders as Maildir++ (".A.B") or as folders in folders.

Nothing is moved from `new` to `cur`: that would tell other programs that somebody has seen the mail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from connectors import foldernames
from connectors.local.files import Raw, text_of
from connectors.local.listing import Entry
from connectors.local.tree import Tree, below

#: In this order: a mail that is moved from one to the other meanwhile is seen twice rather than never.
_PARTS = ("new", "cur")
_FLAGS = {
    "S": "\\Seen",
    "R": "\\Answered",
    "F": "\\Flagged",
    "T": "\\Deleted",
    "D": "\\Draft",
    "P": "$Forwarded",
}
_SEPARATOR = ":2,"
#: From 1989 on; other numbers are no times.
_SECONDS = re.compile(r"[6-9][0-9]{8}|[1-4][0-9]{9}")


class Maildir(Tree):
    """A mail's ref is its file's name without flags, which delivery makes unique."""

    def find(self) -> Iterator[tuple[tuple[str, ...], Path]]:
        """See Tree: every Maildir, in the manner of Maildir++ too."""
        for levels, path in below(self._path, skip=("cur", "new", "tmp")):
            if not os.access(path, os.R_OK | os.X_OK) or any((path / part).is_dir() for part in _PARTS):
                yield _decoded(levels), path

    def entries(self, folder: Path) -> Iterator[Entry]:
        """See Tree."""
        place = folder.relative_to(self._path)
        found: dict[str, str] = {}
        # raises where the folder is gone; one of its parts may be missing
        for part in [part for part in _PARTS if part in os.listdir(folder)]:
            names = (name for name in os.listdir(folder / part) if not name.startswith("."))
            found.update((name.partition(_SEPARATOR)[0], str(place / part / name)) for name in names)
        for unique, path in found.items():
            yield Entry(_delivered(unique) or 0, unique, text_of(unique), path)

    def flags(self, path: Path) -> frozenset[str]:
        """See Tree: the letters behind `:2,` in the name."""
        return frozenset(_FLAGS[letter] for letter in path.name.partition(_SEPARATOR)[2] if letter in _FLAGS)

    def received_at(self, path: Path, raw: Raw) -> datetime:
        """The earlier of the file's time, which a server sets to INTERNALDATE, and that in its name.

        A copy that lost its times still has its name, and a mail that was moved in later has its time.
        """
        named = _delivered(path.name)
        return raw.written_at if named is None else min(raw.written_at, datetime.fromtimestamp(named, UTC))


def _delivered(name: str) -> int | None:
    """Seconds since 1970 at the beginning of a file's name; None where there are none."""
    seconds = name.partition(".")[0]
    return int(seconds) if _SECONDS.fullmatch(seconds) else None


def _decoded(levels: tuple[str, ...]) -> tuple[str, ...]:
    parts = [part for level in levels for part in (level[1:].split(".") if level.startswith(".") else [level])]
    return tuple(foldernames.decode(os.fsencode(part)) for part in parts) or ("INBOX",)
