"""Sentences of the words that somebody wrote anew, in one spelling for all (see `language.plain`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from matching.quotes.parts import is_quoted
from matching.said.language import plain

#: Characters of a mail that are looked into, and of a sentence.
MAX_TEXT = 4_000
MAX_SENTENCE = 600
#: A line of so many characters that goes on in the next one was broken by a mail program (RFC 3676 has 66 to 78).
_WRAPPED = 56
_LINK = re.compile(r"\S+://\S+|www\.\S+|\S+@\S+")
_END = re.compile(r"(?<=[.!?؟。！？…])[\"'»”)]*\s+(?=\D)")
_ASKS = re.compile(r"[?؟？]")
_ITEM = re.compile(r"\s*(?:[-*•–—]|\d+[.)])\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One of them."""

    text: str
    #: Does it end in a question mark?
    asks: bool


def own_words(text: str) -> str:
    """What somebody wrote of a mail's new text: without what is quoted within it, and without links."""
    return _LINK.sub(" ", "\n".join("" if is_quoted(line) else line for line in text[:MAX_TEXT].split("\n")))


def sentences(words: str) -> Iterator[Sentence]:
    """The sentences of `own_words`."""
    for part in _joined(words):
        for each in _END.split(part):
            found = plain(each).strip(" \t-*•\"'«»")
            if found:
                yield Sentence(found[:MAX_SENTENCE], _ASKS.search(each) is not None)


def _joined(text: str) -> Iterator[str]:
    """Lines, those that a program broke made whole."""
    whole, last = "", ""
    for line in (each.strip() for each in text.split("\n")):
        if whole and not _goes_on(last, line):
            yield whole
            whole = ""
        whole, last = f"{whole} {line}".strip(), line
    if whole:
        yield whole


def _goes_on(last: str, line: str) -> bool:
    if not last or not line or _ITEM.match(line):
        return False
    return len(last) >= _WRAPPED or (line[0].islower() and last[-1] not in ".!?:;")
