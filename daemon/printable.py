"""Text of strangers, fit for a terminal and a line of a log: what would steer them is shown, not done."""

from __future__ import annotations

import re

#: Control characters (C0, DEL, C1), line and paragraph separators, lone surrogates, and the characters that reorder
#: whole runs of text. Not the marks and joiners that Persian, Arabic and Mongolian writing needs.
_STEERING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text on one line, with each such character written as an escape."""
    return _STEERING.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMES.get(character) or (f"\\x{ord(character):02x}" if character < "\x80" else f"\\u{ord(character):04x}")
