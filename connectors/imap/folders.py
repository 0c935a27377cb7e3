"""The answer to LIST as streams: decoded names, purposes, the options' choice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connectors import foldernames
from connectors.choices import Choice, matches
from connectors.imap.responses import Listed
from connectors.records import Purpose, Stream

_UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}
#: In bytes; no server makes longer ones, but one that lies may name 16 MB.
_LONGEST_NAME = 4096
#: A name with line breaks in it could never be sent back.
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of an account."""

    streams: tuple[Stream, ...]
    #: Stream name -> the name as the server writes it, also of folders that are not followed.
    wires: dict[str, bytes]
    #: Patterns of the options that no folder matches.
    unmatched: tuple[str, ...]


def chosen(listed: Iterable[Listed], choice: Choice, *, tells_removals: bool = False) -> Folders:
    """Folders that can be opened and that the options choose, in the order in which they are read."""
    named: dict[str, Listed] = {}
    levels: dict[str, tuple[str, ...]] = {}
    for folder in listed:
        if folder.attributes & _UNSELECTABLE or len(folder.wire) > _LONGEST_NAME or _CONTROLS.search(folder.wire):
            continue
        parts = _levels(folder)
        name = "/".join(parts)
        if name in named:
            # "a/b" under "." beside "a.b": the second keeps the server's own way of writing
            name = foldernames.decode(folder.wire)
        if name not in named:
            named[name], levels[name] = folder, parts
    uses = {name: use for name, one in named.items() if (use := foldernames.special_use(one.attributes))}
    streams = [
        Stream(
            name=name,
            purpose=foldernames.followed_as(name, levels[name], uses, choice),
            # a folder without HIGHESTMODSEQ tells nothing of the kind (RFC 7162, section 3.1.2.2)
            tells_removals=tells_removals and (one.standing is None or one.standing.modseq is not None),
        )
        for name, one in named.items()
        if choice.chooses(name)
    ]
    return Folders(
        foldernames.in_order(streams),
        {name: folder.wire for name, folder in named.items()},
        choice.unmatched(named),
    )


def watched(streams: Iterable[Stream], patterns: tuple[str, ...] | None) -> tuple[Stream, ...]:
    """The streams to watch: those that match, or the inbox and Sent; of Sent only the folder above its others.

    Where the inbox is a label of Gmail's, All Mail stands for it.
    """
    unlogged = (Purpose.DRAFTS, Purpose.JUNK, Purpose.TRASH)
    known = {stream.name: stream for stream in streams if stream.purpose not in unlogged}
    if patterns is not None:
        return tuple(stream for name, stream in known.items() if any(matches(name, p) for p in patterns))
    sent = {name for name, stream in known.items() if stream.purpose is Purpose.SENT}
    highest = {name for name in sent if name.rpartition("/")[0] not in sent}
    usual = {Purpose.INBOX} & {stream.purpose for stream in known.values()} or {Purpose.ALL}
    return tuple(s for name, s in known.items() if name in highest or s.purpose in usual)


def _levels(folder: Listed) -> tuple[str, ...]:
    """The decoded levels of a name; INBOX in any case is INBOX (RFC 3501, section 5.1)."""
    wire = folder.wire.split(folder.separator) if folder.separator else [folder.wire]
    parts = [foldernames.decode(part) for part in wire]
    if parts[0].upper() == "INBOX":
        parts[0] = "INBOX"
    return tuple(parts)
