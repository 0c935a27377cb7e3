"""How the words are written down by which people promise something or complain, in one language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

from matching.folding import fold
from matching.said.needles import Groups, beginnings, needles

#: Mongolian is often written on keyboards without these letters.
_PLAIN = str.maketrans("өү", "оу")
_ANCHOR = re.compile(r"(?<!\[)\^")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")


class Alphabet(Enum):
    """The letters that a text has, once it is `plain`."""

    LATIN = "a-z"
    ARABIC = "\u0621-\u064a"
    CYRILLIC = "а-я"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWords:
    """Words for days, as patterns (`re`); a group "n" holds how many."""

    today: str
    tomorrow: str
    #: The day after tomorrow.
    later: str = ""
    in_hours: str = ""
    in_days: str = ""
    in_weeks: str = ""
    this_week: str = ""
    next_week: str = ""
    this_month: str = ""
    next_month: str = ""
    #: Group "n": a day of this month, or of the next.
    of_month: str = ""
    #: Monday to Sunday.
    weekdays: tuple[str, str, str, str, str, str, str]
    #: The last day of the week as calendars there print it, 0 is Monday.
    last_weekday: int = 6
    #: Words for numbers -> number.
    numbers: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Patterns (`re`) of natural spelling; they are folded as the texts are. Alternatives are given one by one."""

    #: The language's name for dates (BCP 47).
    code: str
    alphabet: Alphabet
    #: Is in every text of the language, as far as it shares its letters with others.
    script: str
    #: In the first person: something will be sent, or an answer given.
    promises: tuple[str, ...]
    #: The same in words that mean it only where a day is named, or where it is said to be soon.
    promises_by_day: tuple[str, ...] = ()
    #: "Soon", which names no day.
    soon: str = ""
    #: Conditions, questions without a mark, what others said, what is sent now.
    no_promise: tuple[str, ...]
    #: These complain, whatever stands around them but `no_complaint`.
    complains: tuple[str, ...]
    #: What went wrong: a complaint unless it is `mended`.
    faults: tuple[str, ...]
    #: Praise, denials, talk about complaints of others or in general, regrets of their own.
    no_complaint: tuple[str, ...]
    #: Questions that complain; others ask.
    accuses: str
    #: It is well again, may happen or belongs to others.
    mended: tuple[str, ...]
    days: DayWords


class Alternative(NamedTuple):
    """One pattern of several; it is compiled when a text may match it, for most never do."""

    written: str
    #: Of each of these groups of pieces it needs one, see `needles`.
    groups: Groups
    #: Has it to do with where a sentence begins?
    is_anchored: bool

    def is_in(self, text: str) -> bool:
        """Does the text match?"""
        return _compiled(self.written).search(text) is not None


@dataclass(frozen=True, slots=True)
class Searched:
    """Alternatives, of which few are looked for in most texts."""

    patterns: tuple[Alternative, ...]
    #: Beginning of a word -> places of patterns that need one of some such words; and the places of all others.
    by_word: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    others: tuple[int, ...] = ()

    @classmethod
    def of(cls, alternatives: tuple[str, ...]) -> Searched:
        """Compiled, each by itself: the more apart they are, the fewer have to be tried."""
        found = (_folded(each) for written in alternatives for each in _apart(written) if each)
        made = [Alternative(each, needles(each), bool(_ANCHOR.search(each))) for each in found]
        by_word: dict[str, list[int]] = {}
        others = []
        for place, each in enumerate(made):
            known = next((group for group in each.groups if all(piece.beginning for piece in group)), None)
            if known is None:
                others.append(place)
            for beginning in {piece.beginning for piece in known or ()}:
                by_word.setdefault(beginning, []).append(place)
        return cls(tuple(made), {word: tuple(places) for word, places in by_word.items()}, tuple(others))

    def within(self, text: str, words: frozenset[str] | None = None) -> Searched:
        """Those that may be found in a sentence of a text; `words`: its `beginnings`, where they are known."""
        words = beginnings(text) if words is None else words
        places = {*self.others, *chain.from_iterable(self.by_word[each] for each in self.by_word.keys() & words)}
        likely = [each for place in sorted(places) if _may_match(text, (each := self.patterns[place]).groups)]
        return Searched(tuple([each for each in likely if each.is_anchored or each.is_in(text)]))

    def search(self, text: str) -> bool:
        """Is any of them there?"""
        return any(_may_match(text, each.groups) and each.is_in(text) for each in self.patterns)


def _apart(pattern: str) -> Iterator[str]:
    """What "|" parts outside of all brackets."""
    depth, start = 0, 0
    is_class = False
    for place, (before, sign) in enumerate(pairwise(f" {pattern}")):
        if before == "\\":
            continue
        if is_class or sign == "[":
            is_class = sign != "]"
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and not depth:
            yield pattern[start:place]
            start = place + 1
    yield pattern[start:]


def _may_match(text: str, groups: Groups) -> bool:
    for group in groups:  # as loops: any() and all() take five times as long
        for piece, _beginning in group:
            if piece in text:
                break
        else:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Patterns:
    """The words of a language, ready to search with."""

    code: str
    promises: Searched
    promises_by_day: Searched
    soon: re.Pattern[str]
    no_promise: Searched
    complains: Searched
    faults: Searched
    no_complaint: Searched
    mended: Searched
    accuses: re.Pattern[str]

    @classmethod
    def of(cls, words: Words) -> Patterns:
        """Compiled; alternatives of which there are none match nothing."""
        return cls(
            code=words.code,
            promises=Searched.of(words.promises),
            promises_by_day=Searched.of(words.promises_by_day),
            soon=compiled(words.soon),
            no_promise=Searched.of(words.no_promise),
            complains=Searched.of(words.complains),
            faults=Searched.of(words.faults),
            no_complaint=Searched.of(words.no_complaint),
            mended=Searched.of(words.mended),
            accuses=compiled(words.accuses),
        )

    def promising(self, text: str, words: frozenset[str]) -> Patterns | None:
        """The same with those alone by which a text, or a part of it, may promise; None: there are none.

        `words`: the `beginnings` of the text.
        """
        surely, by_day = self.promises.within(text, words), self.promises_by_day.within(text, words)
        is_any = surely.patterns or by_day.patterns
        return replace(self, promises=surely, promises_by_day=by_day) if is_any else None

    def complaining(self, text: str, words: frozenset[str]) -> Patterns | None:
        """The same with those by which it may complain."""
        complains, faults = self.complains.within(text, words), self.faults.within(text, words)
        return replace(self, complains=complains, faults=faults) if complains.patterns or faults.patterns else None


def plain(text: str) -> str:
    """`text` folded, and in one spelling of Mongolian."""
    return fold(text).translate(_PLAIN)


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for texts that are `plain`; "" matches nothing."""
    return re.compile(_folded(pattern) if pattern else r"(?!)")


#: `re` itself keeps some hundred patterns for all of the program.
_compiled = cache(re.compile)


def _folded(pattern: str) -> str:
    # what is ASCII is written as it is looked for, and folded would be another pattern
    return _FOREIGN.sub(lambda match: plain(match[0]), pattern)
