"""Replies of SMTP (RFC 5321, section 4.2): those of the server, passed on as they are, and our own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(rb"([2-5][0-9]{2})([ -]?)([^\r\n\0]*)\Z")


@dataclass(frozen=True, slots=True)
class Reply:
    """A code, and the whole text with its line ends."""

    code: int
    raw: bytes

    @property
    def is_good(self) -> bool:
        """Did it agree, for good (2xx)?"""
        return 200 <= self.code < 300

    @property
    def texts(self) -> tuple[str, ...]:
        """What its lines say behind the code."""
        return tuple(line[4:].decode("utf-8", "replace") for line in self.raw.split(b"\r\n")[:-1])


def reply(code: int, *texts: str) -> Reply:
    """One of ours, a line for each text."""
    marks = ("-",) * (len(texts) - 1) + (" ",)
    lines = (f"{code}{mark}{text}\r\n" for mark, text in zip(marks, texts, strict=True))
    return Reply(code, "".join(lines).encode("utf-8", "replace"))


def read_line(line: bytes) -> tuple[int, bool] | None:
    """(code, is it the last one) of a line of a reply without its end; None: it is none."""
    match = _LINE.match(line)
    return None if match is None or (match[3] and not match[2]) else (int(match[1]), match[2] != b"-")
