"""keeptouch explain --headers: what is made of single values of mail headers; one JSON value a line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from connectors.api import parse_addresses, parse_date, parse_ids
from daemon.cli.output import Trouble, json_text, write_line, write_troubles
from daemon.credentials import why_unreadable

_FOLD = re.compile(rb"\r?\n(?=[ \t])")


def _date(value: bytes) -> object:
    """The date and time with the offset as written, or null."""
    date = parse_date(value)
    return date.isoformat(timespec="seconds") if date else None


def _addresses(value: bytes) -> object:
    """Its mailboxes, those of groups among them."""
    return [{"name": each.name or None, "address": each.email or None} for each in parse_addresses(value)]


def _ids(value: bytes) -> object:
    """Its message ids, without brackets."""
    return list(parse_ids(value))


#: What --headers may say.
KINDS: Mapping[str, Callable[[bytes], object]] = {"date": _date, "address": _addresses, "id": _ids}


def explain_headers(files: Sequence[str], kind: str, *, folded: bool) -> int:
    """Write what each value becomes. `folded`: lines that begin with a blank go on with the value before (RFC 5322)."""
    is_fine = True
    for file in files:
        try:
            raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except (OSError, ValueError) as error:
            write_troubles([Trouble(None, "explain", f"{file} {why_unreadable(error)}")])
            is_fine = False
            continue
        for value in values(raw, folded=folded):
            write_line(json_text(KINDS[kind](value)))
    return 0 if is_fine else 1


def values(raw: bytes, *, folded: bool) -> list[bytes]:
    """The values in a file: an empty line is an empty value."""
    if folded:
        raw = _FOLD.sub(b"", raw)
    lines = raw.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]
