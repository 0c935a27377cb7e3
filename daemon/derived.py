"""How much this process has derived since it began: new interactions by type, tasks raised by rule."""

from __future__ import annotations

import threading
from collections import Counter

#: ("interaction", its type) or ("task", its rule) -> how many.
Made = Counter[tuple[str, str]]

_LOCK = threading.Lock()
_TOTAL: Made = Counter()


def note_made(made: Made) -> None:
    """Count what a transaction made; called when it is committed."""
    if made:
        with _LOCK:
            _TOTAL.update(made)


def made_by_now(what: str) -> dict[str, int]:
    """Of "interaction" by type, or of "task" by rule, all that was made by now."""
    with _LOCK:
        return {name: count for (each, name), count in _TOTAL.items() if each == what}
