"""Bytes of an iCalendar stream -> its content lines, unfolded (RFC 5545, section 3.1). Nothing raises.

Written for speed: an import reads tens of thousands of events. Lines are looked at only as far as their name, and only
the properties that a record needs are taken apart.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from connectors.charsets import decode

#: Upper-case parameter name -> value as written, quotes and RFC 6868 escapes undone.
Params: TypeAlias = dict[str, str]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CARET = re.compile(r"\^([n'^])")
_CARETS = {"n": "\n", "'": '"', "^": "^"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NO_PARAMS: Params = {}


def unfolded_lines(raw: bytes) -> list[str]:
    """The content lines, without line ends, with empty ones. Folds are undone before the charset: they may cut one."""
    if raw[:2] in _UTF16:
        raw = raw.decode("utf-16", "replace").encode("utf-8")
    raw = raw.replace(b"\r", b"") if b"\n" in raw else raw.replace(b"\r", b"\n")
    raw = raw.replace(b"\n ", b"").replace(b"\n\t", b"")
    return decode(raw).split("\n")


def split_line(line: str) -> tuple[str, Params, str]:
    """(upper-case name, parameters, value) of a content line; value "" where there is no colon."""
    head, _, value = line.partition(":")
    if '"' in head:
        return _split_quoted(line)
    if ";" not in head:
        return head.strip().upper(), _NO_PARAMS, value
    name, *params = head.split(";")
    return name.strip().upper(), _params(params), value


def _split_quoted(line: str) -> tuple[str, Params, str]:
    """The same where parameters have quotes, which may hold colons and semicolons."""
    pieces: list[str] = []
    start = at = 0
    is_quoted = False
    for at, char in enumerate(line):
        if char == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif char == ";":
            pieces.append(line[start:at])
            start = at + 1
        elif char == ":":
            break
    else:
        # a quote that is never closed: as if quotes meant nothing
        if is_quoted:
            return split_line(line.replace('"', ""))
        at = len(line)
    pieces.append(line[start:at])
    return pieces[0].strip().upper(), _params(pieces[1:]), line[at + 1 :]


def _params(pieces: list[str]) -> Params:
    found: Params = {}
    for piece in pieces:
        name, _, value = piece.partition("=")
        if '"' in value:
            value = value.replace('"', "")
        if "^" in value:
            value = _CARET.sub(lambda match: _CARETS[match[1]], value)
        found.setdefault(name.strip().upper(), value)
    return found


def unescaped(value: str) -> str:
    r"""TEXT (section 3.3.11) without its escapes; a backslash before anything else stands for that."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
