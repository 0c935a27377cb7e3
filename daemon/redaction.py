"""Addresses of people do not stand in the log unless the administrator wants them there.

What stands before the at sign becomes `***` and eight hexadecimal digits, the same ones for the same address as long as
the process lives: lines about one person can be matched, and nobody can tell afterwards who it was, since the key dies
with the process. Domains stay, because they tell whose server is meant. More is hidden rather than less: Message-IDs
look like addresses, and `user=ann@client.example` may be an address as a whole (VERP).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from structlog.typing import EventDict, WrappedLogger

from matching.addresses import normalize

#: Fields that administrators fill: commands take the names of accounts, also where those are addresses of mailboxes.
KEPT = frozenset({"account", "level", "timestamp", "logger"})
#: Fields that others fill with what is nobody's business, whatever it looks like.
PERSONAL = frozenset({"subject", "title", "snippet", "display_name"})

#: At signs: as they are, of full and small width, and percent-encoded as in URLs, also more than once.
_AT = re.compile("[@\uff20\ufe6b]|%(?:25)*40")
#: What is in no local part without quotes (RFC 5322 section 3.2.3, RFC 6531 section 3.3), beside white space.
_ENDS = frozenset('<>()[],;:"@\uff20\ufe6b')
_DOMAIN = re.compile(r"""\[[^\]\s]*\]|[^\s<>()\[\],;:"'/?@]+""")
#: Header text of strangers (RFC 2047 section 2): a subject or a name, as a server quotes it.
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=")
#: What PostgreSQL says of a row that it refuses, up to what SQLAlchemy or a traceback says next.
_DETAIL = re.compile(r"DETAIL:.*?(?=\n[A-Z]+:|\n\[SQL|\n\nThe above|\n\nDuring|\Z)", re.DOTALL)
#: What a text puts around an address.
_AROUND = "'`{|"
_PLAIN = (bool, int, float, date, timedelta, type(None))


class Redaction:
    """A processor that hides addresses in all fields, however deep."""

    def __init__(self) -> None:
        #: Are addresses and subjects written as they are?
        self.is_off = False
        self._key = secrets.token_bytes(16)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
        """The event as it is to be written."""
        if self.is_off:
            return event
        return {key: value if key in KEPT else self._field(key, value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """The text without addresses."""
        if self.is_off:
            return text
        if "=?" in text:
            text = _ENCODED_WORD.sub("=?***?=", text)
        if "DETAIL:" in text:
            text = _DETAIL.sub("DETAIL: ***", text)
        # most texts have no such character at all, and that is quickly found out
        if text.isascii() and "@" not in text and "%" not in text:
            return text
        parts: list[str] = []
        done = 0
        for at in _AT.finditer(text):
            start = _local_start(text, done, at.start())
            if start < at.start():
                parts += text[done:start], self._mark(text[start : at.start()], at), at[0]
                done = at.end()
        return "".join((*parts, text[done:])) if parts else text

    def _field(self, key: object, value: object) -> object:
        if key in PERSONAL and value:
            return self._digest(str(value))
        return self._value(value)

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, Mapping):
            return {self._value(key): self._field(key, each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(each) for each in value]
        if isinstance(value, bytes | bytearray):
            return self.text(value.decode("utf-8", "backslashreplace"))
        # whatever else the renderer would write as a text
        return self.text(str(value))

    def _mark(self, local: str, at: re.Match[str]) -> str:
        found = _DOMAIN.match(at.string, at.end())
        domain = found[0].rstrip(".") if found else ""
        for _ in range(at[0].count("25") + 1 if at[0][0] == "%" else 0):
            local, domain = unquote(local), unquote(domain)
        address = f"{local}@{domain}"
        return self._digest(normalize(address) or address.casefold())

    def _digest(self, text: str) -> str:
        said = text.encode("utf-8", "surrogatepass")
        return f"***{blake2b(said, key=self._key, digest_size=4).hexdigest()}"


def _local_start(text: str, floor: int, at: int) -> int:
    """Where the local part before an at sign begins, not before `floor` and on the same line; `at`: there is none."""
    start = at
    floor = max(floor, text.rfind("\n", floor, at) + 1)
    if at > floor and text[at - 1] == '"':
        start = _opening(text, floor, at - 1)
    while start > floor and not text[start - 1].isspace():
        if text[start - 1] in _ENDS:
            shifted = _shifted(text, floor, start)
            if shifted == start:
                break
            start = shifted
        else:
            start -= 1
    local = text[start:at]
    folder, slash, last = local.rpartition("/")
    if local[0:1] == "/" and last and "=" not in folder:
        # of a URL the path stays
        return start + len(folder) + len(slash)
    return at - len(local.lstrip(_AROUND))


def _opening(text: str, floor: int, closing: int) -> int:
    """Where the quoted string that ends here begins (RFC 5322 section 3.2.4); in doubt earlier.

    Quotes within it have a backslash before them, or more where it was quoted as a whole, as JSON and Python do.
    """
    opening = closing
    while (opening := text.rfind('"', floor, opening)) >= 0:
        if opening == floor or text[opening - 1] != "\\":
            return opening
    return max(floor, text.find('"', floor, closing))


def _shifted(text: str, floor: int, end: int) -> int:
    """Where a run of letters in UTF-7 begins that a comma belongs to (RFC 3501 section 5.1.3); `end`: it does not."""
    start = end
    while start > floor and (text[start - 1].isalnum() or text[start - 1] in "+,"):
        start -= 1
    return start - 1 if start > floor and text[start - 1] == "&" else end
