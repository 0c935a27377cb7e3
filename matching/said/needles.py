"""Which pieces of text a pattern can't match without: most mails hold none of them, and need no pattern at all.

A mail is looked into for a hundred patterns, and `re` tries each at each place. To look for a few letters first is
twenty times as quick, and quicker still where a piece begins as a word does: then the set of the beginnings of the
text's words tells most often that it is not there. The pieces are read off the pattern as `re` itself understands it
(its own parser, which is not part of its documented face: where it is another one, nothing is left out, and all is
searched as before).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

#: Shorter pieces are in every text.
_SHORTEST = 2
#: More pieces than this cost as much as the pattern.
_MOST = 40
#: Groups of which one is looked for.
_GROUPS = 3
_BEGINNING = re.compile(r"(?<!\w)\w{3}")
_WORD_BEHIND = re.compile(r"(?<=\W)\w{3}")


class Piece(NamedTuple):
    """Some letters, and the first three of a word that is there wherever they are; "" where no word is sure to be."""

    text: str
    beginning: str


#: A pattern needs one piece of each group.
Groups = tuple[tuple[Piece, ...], ...]


def beginnings(text: str) -> frozenset[str]:
    """The first three letters of each word that is as long."""
    return frozenset(_BEGINNING.findall(text))


def needles(pattern: str) -> Groups:
    """Of each of these groups one is in every text that the pattern matches; () where none is sure to be.

    Texts are in lower case. The group that is there least comes first.
    """
    try:
        parsed = importlib.import_module("re._parser").parse(pattern)
        found = _of_sequence(list(parsed), is_beginning=False)
    except (ImportError, AttributeError, TypeError, ValueError):
        return ()
    best = sorted(found, key=lambda each: (-_worth(each), sorted(each)))
    return tuple(tuple(sorted(each)) for each in best[:_GROUPS])


def _of_sequence(parts: Iterable[Any], *, is_beginning: bool) -> set[frozenset[Piece]]:
    """Of what stands one behind the other all has to be there; `is_beginning`: a word may only begin here."""
    found: set[frozenset[Piece]] = set()
    run = ""
    for operator, argument in [*parts, (None, None)]:
        name = str(operator)
        if name == "LITERAL":
            run += chr(argument)
            continue
        if len(run) >= _SHORTEST:
            found.add(frozenset((_piece(run, is_beginning=is_beginning),)))
        is_beginning &= not run
        run = ""
        if name == "AT":
            is_beginning |= str(argument) == "AT_BOUNDARY"
        elif name not in ("ASSERT", "ASSERT_NOT"):
            found |= _of_part(name, argument, is_beginning=is_beginning)
            is_beginning = False
    return found


def _piece(run: str, *, is_beginning: bool) -> Piece:
    told = _BEGINNING.match(run) if is_beginning else None
    told = told or _WORD_BEHIND.search(run)
    return Piece(run, told[0] if told else "")


def _of_part(operator: str, argument: Any, *, is_beginning: bool) -> set[frozenset[Piece]]:
    if operator == "SUBPATTERN":
        return _of_sequence(list(argument[-1]), is_beginning=is_beginning)
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _of_sequence(list(argument[2]), is_beginning=is_beginning) if argument[0] else set()
    if operator == "BRANCH":
        together: set[Piece] = set()
        for one in argument[1]:
            best = max(_of_sequence(list(one), is_beginning=is_beginning), key=_worth, default=None)
            if best is None:
                return set()
            together |= best
        return {frozenset(together)} if len(together) <= _MOST else set()
    return set()


def _worth(found: frozenset[Piece]) -> float:
    """Long ones and few are best."""
    return min(len(each.text) for each in found) - len(found) / 8
