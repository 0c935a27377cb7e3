"""What the words of texts hold, remembered: most words of a mail have been in others before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
#: Words that are remembered at most, and characters of the longest; what is longer is a link or a number.
_MOST, _LONGEST = 16_384, 24


class KnownWords(Generic[T]):
    """Tells what is held by the words of a text. What is remembered only changes how long it takes."""

    def __init__(self, holds: Callable[[str], bool], held: Callable[[str], Iterable[T]]) -> None:
        """`held`: what one word holds; `holds`: may one of several, parted by blanks, hold anything? In less time."""
        self._holds = holds
        self._held = held
        #: Words that hold nothing, and what others hold.
        self._barren: set[str] = set()
        self._telling: dict[str, tuple[T, ...]] = {}

    def held(self, words: Iterable[str]) -> set[T]:
        """All that the words hold."""
        found: set[T] = set()
        new = set(words) - self._barren
        for word in new & self._telling.keys():
            found.update(self._telling[word])
            new.discard(word)
        if not new:
            return found
        if len(self._barren) + len(self._telling) > _MOST:
            self._barren.clear()
            self._telling.clear()
        if self._holds(" ".join(new)):
            for word in new:
                self._look(word, found)
        else:
            self._barren.update([word for word in new if len(word) <= _LONGEST])
        return found

    def _look(self, word: str, found: set[T]) -> None:
        held = tuple(self._held(word))
        found.update(held)
        if len(word) > _LONGEST:
            return
        if held:
            self._telling[word] = held
        else:
            self._barren.add(word)
