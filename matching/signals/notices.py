"""The words of a notice, parted from the mail that came back under them, and the addresses in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matching.signals.records import Mail, read_fields

#: Characters of a notice that are looked into.
MAX_NOTICE = 16 * 1024
#: And of the header section of the mail that came back.
_MAX_RETURNED = 16 * 1024

#: How programs announce the mail that came back: a whole line, without the signs around it.
_BELOW = re.compile(
    r"""
    below\ (?:this\ line|follows|are\ the)\b.*|.*\bbelow\ this\ line\ is\b.*|below\ is\ (?:the|a\ copy).*
    | (?!.*attached).*\bcopy\ of\ (?:the|your)\ (?:original\ |first\ )?(?:message|mail)\b.*
    | (?:the\ )?(?:\w+\ ){0,4}(?:header|text|body|start|lines|bytes|kb)s?\ of\ (?:the\ |your\ )?
        (?:original\ |undelivered\ |returned\ |unsent\ )?(?:message|mail)\b.*
    | (?:(?:the|your)\ )?(?:original|returned|unsent|undelivered|rejected)\ (?:message|mail|e-mail|letter)
        (?:\ (?:follows|info|text|headers?|content|is|body|attached|as\ follows)\b.*)?
    | message\ (?:header|text|headers?)\ (?:follows|from).*
    | (?:元のメッセージ|original-?\ ?nachricht|ursprüngliche\ nachricht|message\ d'origine|mensaje\ original
        |mensagem\ original|messaggio\ originale|исходное\ (?:сообщение|письмо)|原始邮件).*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SIGNS = " \t>*=_-#+.:"
#: A line that announces nothing is no longer than this.
_MAX_LINE = 200
#: A header section that begins without an announcement.
_TRANSPORT = re.compile(r"(?:Received: \S|Return-Path: *<|X-Received: by |Delivered-To: |DKIM-Signature: )")
_FIELD = re.compile(
    r"(?:Received|Return-Path|From|To|Message-ID|Date|Subject|X-[\w-]+|DKIM-Signature|MIME-Version|ARC-[\w-]+): ?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~@-])[\w!#$%&*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,127}@(?:[\w-]{1,63}\.){0,8}[\w-]{1,63}"
)
_QUOTED_ADDRESS = re.compile(r'"[^"\s@]{1,64}"@(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}')


class Notice(NamedTuple):
    """A notice and what came back with it."""

    #: The program's own words.
    words: str
    #: The fields of the mail that came back, where its header section is there.
    returned: dict[str, tuple[str, ...]]


def read_notice(mail: Mail) -> Notice:
    """The words above the returned mail; its header section from the parts of the report, else from below them."""
    end = _end_of_words(mail.text)
    returned = next((read_fields(each.text) for each in mail.reports if is_returned(each.type)), None)
    if returned is None:
        returned = _fields_below(mail.text[end : end + _MAX_RETURNED])
    return Notice(mail.text[: min(end, MAX_NOTICE)], returned)


def _end_of_words(text: str) -> int:
    """Where the mail that came back begins, or its announcement; not before there were any words."""
    at = 0
    has_words = False
    for line in text.split("\n"):
        if has_words and len(line) <= _MAX_LINE:
            bare = line.strip(_SIGNS)
            if bare and (_BELOW.fullmatch(bare) or _TRANSPORT.match(line.lstrip(" \t>"))):
                return at
        has_words = has_words or (not line.isspace() and line != "")
        at += len(line) + 1
    return len(text)


def is_returned(kind: str) -> bool:
    """Is it a part in which the mail comes back, or its header section?"""
    return "rfc822" in kind or kind in ("message/global", "message/global-headers")


def _fields_below(text: str) -> dict[str, tuple[str, ...]]:
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines[:40]) if _FIELD.match(line.lstrip(" \t>"))), None)
    if start is None:
        return {}
    block: list[str] = []
    indent = len(lines[start]) - len(lines[start].lstrip(" \t>"))
    for line in lines[start:]:
        line = line[indent:]
        if not line.strip():
            break
        block.append(line)
    return read_fields("\n".join(block))


def addresses_in(text: str) -> Iterator[str]:
    """The addresses in a text, in order, with repetitions; none that stands in a Message-ID's place."""
    for match in _ADDRESS.finditer(text):
        yield match[0].rstrip(".'-_")
    if '"@' in text:
        yield from (match[0] for match in _QUOTED_ADDRESS.finditer(text))


def first_address(text: str) -> str | None:
    """The first address in a text."""
    return next(addresses_in(text), None)


def unique(addresses: Iterable[str]) -> list[str]:
    """Each address once, however it is written, in order."""
    found: dict[str, str] = {}
    for each in addresses:
        found.setdefault(each.lower(), each)
    return list(found.values())
