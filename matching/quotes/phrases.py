"""Many phrases looked up in a text at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matching.known_words import KnownWords

#: Letters of a word that is rare enough to find a phrase by.
_RARE = 4


class Phrases:
    """Phrases of which a text may hold some, in the form of `normal.plain`.

    A text without them costs a look at each of its words, and more for those that no text had before, however many
    phrases there are.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        #: Word inside a phrase, which stands whole in the text then -> its phrases.
        self._by_word: dict[str, list[str]] = {}
        #: Of the others, whose first word may end a longer one of the text, and whose last word may begin one: their
        #: longest word -> them; in ASCII, and in other letters.
        self._by_part: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        for phrase in sorted(phrases):
            words = phrase.split(" ")
            inner = max(words[1:-1], key=len, default="")
            if len(inner) >= _RARE:
                self._by_word.setdefault(inner, []).append(phrase)
            else:
                longest = max(words, key=len)
                self._by_part[not longest.isascii()].setdefault(longest, []).append(phrase)
        self._known = KnownWords(self._may_begin, self._begun)

    def are_in(self, text: str) -> bool:
        """Does the text hold one of them?"""
        return any(phrase in text for phrase in self._known.held(text.split(" ")))

    def _may_begin(self, words: str) -> bool:
        if not self._by_word.keys().isdisjoint(words.split(" ")):
            return True
        tables = self._by_part[:1] if words.isascii() else self._by_part
        return any(part in words for by_part in tables for part in by_part)

    def _begun(self, word: str) -> Iterator[str]:
        """Phrases that may be where the word is."""
        yield from self._by_word.get(word, ())
        for by_part in self._by_part:
            for part, phrases in by_part.items():
                if part in word:
                    yield from phrases
