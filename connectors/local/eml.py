"""A folder tree of .eml files, as mail programs export them; a mail's ref is its path below the account's folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from connectors.local.files import text_of
from connectors.local.listing import Entry
from connectors.local.tree import Tree, below

_SUFFIX = ".eml"


class EmlTree(Tree):
    """Each folder with .eml files in it is a stream, the top one under the name INBOX."""

    def find(self) -> Iterator[tuple[tuple[str, ...], Path]]:
        """See Tree: every folder in which such files lie, and the top."""
        for levels, path in below(self._path, skip=()):
            is_open = os.access(path, os.R_OK | os.X_OK)
            if not levels or not is_open or any(name.lower().endswith(_SUFFIX) for name in os.listdir(path)):
                yield tuple(text_of(level) for level in levels) or ("INBOX",), path

    def entries(self, folder: Path) -> Iterator[Entry]:
        """See Tree."""
        place = folder.relative_to(self._path)
        with os.scandir(folder) as found:
            for file in found:
                if not file.name.lower().endswith(_SUFFIX):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    status = file.stat()
                    path = str(place / file.name)
                    # a file that was written anew is another mail at the same place
                    mark = f"{path}\n{status.st_size}\n{status.st_mtime_ns}"
                    yield Entry(status.st_mtime_ns, mark, text_of(path), path)
