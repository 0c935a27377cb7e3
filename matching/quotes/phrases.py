"""Many phrases looked up in a text at once."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Letters of a word that is rare enough to find a phrase by.
_RARE = 4


class Phrases:
    """Phrases of which a text may hold some, in the form of `normal.plain`.

    A text without them costs one look at each of its words, and one for each of the few phrases that have no word
    inside, however many phrases there are.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        #: Word inside a phrase, which stands whole in the text then -> its phrases.
        self._by_word: dict[str, list[str]] = {}
        #: Of the others, whose first word may end a longer one of the text, and whose last word may begin one: their
        #: longest word -> them; in ASCII, and in other letters.
        self._by_part: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        joined = []
        for phrase in sorted(phrases):
            words = phrase.split(" ")
            inner = max(words[1:-1], key=len, default="")
            longest = max(words, key=len)
            if len(inner) >= _RARE:
                self._by_word.setdefault(inner, []).append(phrase)
            elif phrase.isascii() or len(words) > 1:
                self._by_part[not longest.isascii()].setdefault(longest, []).append(phrase)
            else:
                joined.append(re.escape(phrase))
        self._joined = re.compile("|".join(joined)) if joined else None

    def are_in(self, text: str) -> bool:
        """Does the text hold one of them?"""
        words = text.split(" ")
        if not self._by_word.keys().isdisjoint(words):
            for word in self._by_word.keys() & set(words):
                if any(phrase in text for phrase in self._by_word[word]):
                    return True
        for by_part in self._by_part[:1] if text.isascii() else self._by_part:
            for part in by_part:
                if part in text and any(phrase in text for phrase in by_part[part]):
                    return True
        return self._joined is not None and not text.isascii() and self._joined.search(text) is not None
