"""What people say in their mail: that they will send something, and by when; that they complain. Pure.

    language   how words are written down          sentences  which words count: a mail's new ones
    days       "tomorrow", "by Friday"              english, persian, arabic, mongolian ...  data

A sentence promises where somebody says in the first person what will come to the other side: "I will send", "we'll get
back to you", "قرارداد را می‌فرستم", "سأرسل", "илгээнэ". What hangs on a condition, asks, is denied, was said by others
or goes out with the mail itself is no promise. A sentence complains by its words ("unacceptable", "I want to complain")
or by what went wrong ("arrived damaged") where that is not mended, asked or feared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from matching.said.days import Days
from matching.said.language import Alphabet, Patterns, compiled, plain
from matching.said.needles import beginnings
from matching.said.sentences import Sentence, own_words, sentences

__all__ = ["Promise", "complaint", "promise"]

#: Faces that say it in every language.
_ANGRY = frozenset("😠😡🤬")
#: Undetermined, BCP 47.
_NO_LANGUAGE = "und"
_ALPHABETS = {each: re.compile(f"[{each.value}]") for each in Alphabet}


@dataclass(frozen=True, slots=True)
class Promise:
    """We will send something, or answer."""

    #: Of the sentence (BCP 47).
    language: str
    #: The first day that is named for it; None: there is none.
    by: date | None


def promise(text: str, said_on: date) -> Promise | None:
    """What is promised first in a mail's new text (see matching.quotes); `said_on`: the day where it was written."""
    words = own_words(text)
    whole, languages = _known(words)
    there = beginnings(whole) if languages else frozenset()
    likely = [(found, days) for each, days in languages if (found := each.promising(whole, there)) is not None]
    if not likely:
        return None
    return min(_promised(sentences(words), likely, said_on), key=lambda each: each.by or date.max, default=None)


def complaint(text: str) -> str | None:
    """The language (BCP 47) in which a mail's new text complains; None: it does not."""
    words = own_words(text)
    whole, languages = _known(words)
    there = beginnings(whole) if languages else frozenset()
    likely = [found for each, _days in languages if (found := each.complaining(whole, there)) is not None]
    codes = (one.code for sentence in sentences(words) for one in likely if _complains(sentence, one))
    language = next(codes, None) if likely else None
    return _NO_LANGUAGE if language is None and not _ANGRY.isdisjoint(words) else language


def _known(words: str) -> tuple[str, list[tuple[Patterns, Days]]]:
    """(the words as patterns are written for, the languages that they may be in)"""
    whole = plain(words.replace("\n", " "))
    alphabets = {each for each, letter in _ALPHABETS.items() if letter.search(whole)}
    scripts = enumerate(_scripts())
    return whole, [_ready(i) for i, (alphabet, script) in scripts if alphabet in alphabets and script.search(whole)]


def _promised(told: Iterable[Sentence], promising: list[tuple[Patterns, Days]], said_on: date) -> Iterable[Promise]:
    for sentence in told:
        for each, days in promising:
            if _promises(sentence, each, days, said_on):
                yield Promise(each.code, next(iter(days.named(sentence.text, said_on)), None))


def _promises(sentence: Sentence, each: Patterns, days: Days, said_on: date) -> bool:
    if sentence.asks:
        return False
    is_said = each.promises.search(sentence.text)
    if not is_said and each.promises_by_day.search(sentence.text):
        is_said = each.soon.search(sentence.text) is not None or bool(days.named(sentence.text, said_on))
    return is_said and not each.no_promise.search(sentence.text)


def _complains(sentence: Sentence, each: Patterns) -> bool:
    if sentence.asks and not each.accuses.search(sentence.text):
        return False
    is_said = each.complains.search(sentence.text)
    is_fault = not is_said and each.faults.search(sentence.text)
    if not (is_said or is_fault) or each.no_complaint.search(sentence.text):
        return False
    return is_said or not each.mended.search(sentence.text)


@cache
def _scripts() -> tuple[tuple[Alphabet, re.Pattern[str]], ...]:
    """How each language is known."""
    # the words are for those alone who look for them
    from matching.said.languages import LANGUAGES  # noqa: PLC0415 - imported with the first mail that is looked into

    return tuple((each.alphabet, compiled(each.script)) for each in LANGUAGES)


@cache
def _ready(place: int) -> tuple[Patterns, Days]:
    """A language's patterns, which take a while to compile."""
    from matching.said.languages import LANGUAGES  # noqa: PLC0415 - as above

    words = LANGUAGES[place]
    return Patterns.of(words), Days.of(words.code, words.days)
