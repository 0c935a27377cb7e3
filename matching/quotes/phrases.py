"""Many phrases looked up in a text at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import itemgetter

#: Characters of a word by which the phrases are found that may hold it.
_BEGINNING = 5
_beginning_of = itemgetter(slice(_BEGINNING))


class Phrases:
    """Phrases of which a text may hold some, in the form of `normal.plain`.

    A text without them costs one look at each of its words, however many phrases there are.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        #: Those that have no such word, in ASCII and in other scripts.
        self._others: list[str] = []
        foreign = []
        for phrase in sorted(phrases):
            # its first word may end a longer one of the text, and its last word may begin one
            *inner, last = phrase.split(" ")[1:] or [""]
            surest = max([*inner, last] if len(last) >= _BEGINNING else inner, key=len, default="")
            if surest:
                self._by_beginning.setdefault(_beginning_of(surest), []).append(phrase)
            elif phrase.isascii():
                self._others.append(phrase)
            else:
                foreign.append(re.escape(phrase))
        self._foreign = re.compile("|".join(foreign)) if foreign else None

    def are_in(self, text: str) -> bool:
        """Does the text hold one of them?"""
        words = text.split(" ")
        known = self._by_beginning.keys()
        if not known.isdisjoint(map(_beginning_of, words)):
            for begin in known & set(map(_beginning_of, words)):
                if any(phrase in text for phrase in self._by_beginning[begin]):
                    return True
        if any(phrase in text for phrase in self._others):
            return True
        return self._foreign is not None and not text.isascii() and self._foreign.search(text) is not None
