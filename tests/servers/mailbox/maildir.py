"""Writes a corpus as the Maildir of a Dovecot user, some thousand mails a second."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.mailbox.corpus import Corpus
from tests.servers.mailbox.correspondence import Mail
from tests.servers.mailbox.encoding import utf7


@dataclass(slots=True)
class Stats:
    """What was written."""

    n: int = 0
    bytes: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Folder:
    path: Path
    #: (file name without flags, flags) by UID, from 1.
    files: list[tuple[str, str]] = field(default_factory=list)


class _Writer:
    def __init__(self, root: Path, seed: int, uidvalidity: int) -> None:
        self._root = root
        self._seed = seed
        self._uidvalidity = uidvalidity
        self._folders: dict[str, _Folder] = {}
        # as root, all belongs to the nearest folder above that is another user's
        above = next((p for p in root.absolute().parents if p.exists() and p.stat().st_uid), None)
        self._owner = above.stat() if above and os.getuid() == 0 else None
        missing = [p for p in (root, *root.absolute().parents) if not p.exists()]
        root.mkdir(parents=True, exist_ok=True)
        for path in missing:
            self._own(path)

    def _own(self, path: Path) -> None:
        if self._owner:
            os.chown(path, self._owner.st_uid, self._owner.st_gid)

    def _folder(self, name: str) -> _Folder:
        if name not in self._folders:
            path = self._root if name == "INBOX" else self._root / ("." + utf7(name).replace("/", "."))
            for sub in ("cur", "new", "tmp"):
                (path / sub).mkdir(parents=True)
                self._own(path / sub)
            self._own(path)
            if name != "INBOX":
                (path / "maildirfolder").touch()
                self._own(path / "maildirfolder")
            self._folders[name] = _Folder(path)
        return self._folders[name]

    def add(self, number: int, mail: Mail) -> tuple[int, int]:
        """Write a mail; its UID, and its size as IMAP counts it (CRLF)."""
        folder = self._folder(mail.folder)
        size = len(mail.data) + mail.data.count(b"\n")
        name = f"{mail.when}.M{number:06d}P{self._seed}.testbed,S={len(mail.data)},W={size}"
        file = os.open(folder.path / "cur" / f"{name}:2,{mail.flags}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.write(file, mail.data)
            os.utime(file, (mail.when, mail.when))
            if self._owner:
                os.fchown(file, self._owner.st_uid, self._owner.st_gid)
        finally:
            os.close(file)
        folder.files.append((name, mail.flags))
        return len(folder.files), size

    def finish(self) -> dict[str, int]:
        """Write Dovecot's own lists, so that UIDs are known and nothing is left to sort; folder -> mails."""
        for name, folder in self._folders.items():
            guid = random.Random(f"{self._seed}{name}").getrandbits(128)
            lines = [f"3 V{self._uidvalidity} N{len(folder.files) + 1} G{guid:032x}\n"]
            lines += [f"{uid} :{file}:2,{flags}\n" for uid, (file, flags) in enumerate(folder.files, 1)]
            (folder.path / "dovecot-uidlist").write_text("".join(lines))
            self._own(folder.path / "dovecot-uidlist")
        # version 2 of Dovecot's file: levels are parted by tabs, whatever the separator is
        names = sorted(utf7(name).replace("/", "\t") for name in self._folders if name != "INBOX")
        (self._root / "subscriptions").write_text("V\t2\n\n" + "".join(f"{name}\n" for name in names))
        self._own(self._root / "subscriptions")
        return {name: len(folder.files) for name, folder in self._folders.items()}


def digest(text: str) -> str:
    """What the manifest says of a text: the same for the same words, however they are spaced."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()


def write_maildir(
    root: Path,
    n: int = 1000,
    seed: int = 1,
    me: str = "alice@example.org",
    *,
    manifest: Path | None = None,
    uidvalidity: int = 1_700_000_000,
    **corpus: Any,
) -> Stats:
    """Write a new mailbox of `n` mails to the Maildir `root`, and the truth about it to `manifest`.

    Further words are those of Corpus. Raises FileExistsError where a mailbox is there already.
    """
    start = time.monotonic()
    stats = Stats(n=n)
    writer = _Writer(root, seed, uidvalidity)
    truth = []
    for number, mail in enumerate(Corpus(seed, me, **({"total": n} | corpus)).take(n)):
        uid, size = writer.add(number, mail)
        kind = str(mail.meta["kind"])
        stats.kinds[kind] = stats.kinds.get(kind, 0) + 1
        stats.bytes += len(mail.data)
        if manifest:
            placed = {"folder": mail.folder, "uid": uid, "flags": mail.flags, "when": mail.when, "size": size}
            text = None if mail.text is None else digest(mail.text)
            said = mail.meta | placed | {"text": text, "attachments": mail.attachments}
            truth.append(json.dumps(said, ensure_ascii=False) + "\n")
    stats.folders = writer.finish()
    if manifest:
        manifest.write_text("".join(truth), "utf-8")
    stats.seconds = time.monotonic() - start
    return stats
