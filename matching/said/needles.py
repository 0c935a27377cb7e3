"""Which pieces of text a pattern can't match without: most mails hold none of them, and need no pattern at all.

A mail is looked into for a hundred patterns, and `re` tries each at each place. To look for a few letters first is
twenty times as quick. The pieces are read off the pattern as `re` itself understands it (its own parser, which is not
part of its documented face: where it is another one, nothing is left out, and all is searched as before).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

#: Shorter pieces are in every text.
_SHORTEST = 2
#: More pieces than this cost as much as the pattern.
_MOST = 40
#: Groups of which one is looked for.
_GROUPS = 3


def needles(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Of each of these groups one is in every text that the pattern matches; () where none is sure to be.

    Texts are in lower case. The group that is there least comes first.
    """
    try:
        parsed = importlib.import_module("re._parser").parse(pattern)
        found = _of_sequence(list(parsed))
    except (ImportError, AttributeError, TypeError, ValueError):
        return ()
    best = sorted(found, key=lambda each: (-_worth(each), sorted(each)))
    return tuple(tuple(sorted(each)) for each in best[:_GROUPS])


def _of_sequence(parts: Iterable[Any]) -> set[frozenset[str]]:
    """Of what stands one behind the other all has to be there."""
    found: set[frozenset[str]] = set()
    run = ""
    for operator, argument in [*parts, (None, None)]:
        if str(operator) == "LITERAL":
            run += chr(argument)
            continue
        if len(run) >= _SHORTEST:
            found.add(frozenset((run,)))
        run = ""
        found |= _of_part(str(operator), argument)
    return found


def _of_part(operator: str, argument: Any) -> set[frozenset[str]]:
    if operator == "SUBPATTERN":
        return _of_sequence(list(argument[-1]))
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _of_sequence(list(argument[2])) if argument[0] else set()
    if operator == "BRANCH":
        together: set[str] = set()
        for one in argument[1]:
            best = max(_of_sequence(list(one)), key=_worth, default=None)
            if best is None:
                return set()
            together |= best
        return {frozenset(together)} if len(together) <= _MOST else set()
    return set()


def _worth(found: frozenset[str]) -> float:
    """Long ones and few are best."""
    return min(map(len, found)) - len(found) / 8
