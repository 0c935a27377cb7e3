"""Content-Type and Content-Disposition values with their parameters (RFC 2045 5.1, 2183, 2231), as they are met.

Met: encoded words where RFC 2231 wants percent signs, raw 8-bit names, no quotes around blanks, quotes never closed,
comments, continuations in any order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from connectors.charsets import decode
from connectors.headers import text_of
from connectors.words import decode_words

_PARAMETER = re.compile(
    r"[;\s]\s*+([^\s=;\"()]++)\s*+=\s*+(?:\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)(\"|\Z)|([^;\"]*+))", re.DOTALL
)
_COMMENT = re.compile(r"\([^()]*+\)")
_TYPE = re.compile(r"([^\s/;\"=,<>]++)\s*+/\s*+([^\s;\"=,<>]++)")
_WORD = re.compile(r"\s*+([^\s;=\"]++)(?=[\s;]|\Z)(?!\s*+=)")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
#: Parameters whose unquoted value ends at a blank; in names blanks are kept.
_NAMES = ("name", "filename")

Parameters = Mapping[str, str]


def read_type(value: bytes) -> tuple[str, Parameters]:
    """Media type in lower case, "" where the value names none (see RFC 2045 5.2), and parameters."""
    return _small_type(value) if len(value) < 200 else _read_type(value)


@lru_cache(maxsize=1024)
def _small_type(value: bytes) -> tuple[str, Parameters]:
    return _read_type(value)


def _read_type(value: bytes) -> tuple[str, Parameters]:
    text = text_of(value)
    if "(" in text:
        head, semicolon, tail = text.partition(";")
        text = _COMMENT.sub(" ", head) + semicolon + tail
    match = _TYPE.match(text.lstrip())
    kind = f"{match[1]}/{match[2]}".lower() if match else ""
    return kind, _parameters(text)


@lru_cache(maxsize=256)
def _small_disposition(value: bytes) -> tuple[str, Parameters]:
    return _read_disposition(value)


def read_disposition(value: bytes) -> tuple[str, Parameters]:
    """Disposition in lower case ("" where there is none) and parameters."""
    return _small_disposition(value) if len(value) < 200 else _read_disposition(value)


def _read_disposition(value: bytes) -> tuple[str, Parameters]:
    text = text_of(value)
    match = _WORD.match(text)
    return match[1].lower() if match else "", _parameters(text if match else ";" + text)


def file_name(disposition: Parameters, content_type: Parameters) -> str | None:
    """The name of an attachment: `filename`, else `name`; None where both are missing or empty."""
    name = disposition.get("filename") or content_type.get("name")
    if not name:
        return None
    if "=?" in name:
        name = decode_words(name)
    elif "%" in name and name.isascii() and _PERCENT.search(name):
        name = _percent_decoded(name)
    return _CONTROL.sub(" ", name).strip() or None


def _percent_decoded(name: str) -> str:
    """A name in percent signs without RFC 2231's form, if it is certain: UTF-8 beyond ASCII."""
    raw = unquote_to_bytes(name)
    try:
        return name if raw.isascii() else raw.decode("utf-8")
    except UnicodeDecodeError:
        return name


def _parameters(text: str) -> Parameters:
    found: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(text):
        name = match[1].lower()
        if match[2] is not None:
            value = match[2] if match[3] else match[2].partition(";")[0]
            value = value.replace('\\"', '"').replace("\\\\", "\\")
        else:
            value = _unquoted(name, match[4])
        if "*" in name:
            _note_section(sections, name, value)
        else:
            found.setdefault(name, value)
    for name, values in sections.items():
        found[name] = _joined(values)
    return found


def _unquoted(name: str, value: str) -> str:
    if name.startswith(_NAMES):
        return value.strip()
    words = (_COMMENT.sub(" ", value) if "(" in value else value).split(None, 1)
    return words[0] if words else ""


def _note_section(sections: dict[str, dict[int, tuple[bool, str]]], name: str, value: str) -> None:
    """RFC 2231 3 and 4: name*2* is the third section, with percent signs."""
    match = _SECTION.fullmatch(name)
    if match is not None:
        sections.setdefault(match[1], {}).setdefault(int(match[2] or 0), (match[3] is not None, value))


def _joined(values: dict[int, tuple[bool, str]]) -> str:
    charset = ""
    raw: list[bytes] = []
    for number in sorted(values):
        extended, value = values[number]
        if extended and not raw and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw.append(unquote_to_bytes(value) if extended else value.encode("utf-8", "replace"))
    return decode(b"".join(raw), charset or None)
