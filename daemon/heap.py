"""What our processes do with memory: how often Python looks for objects that hold each other, and what is given back.

A process that reads for weeks, with dozens of threads and exceptions of every server that was away, would hold several
times what it needs: by dead cycles that nobody looks for, and by free room between what is used.
"""

from __future__ import annotations

import contextlib
import gc
from importlib import import_module
from typing import Any

#: Of mallopt(3): at most so many arenas, from which threads take memory; and so many free bytes at the heap's end.
_M_ARENA_MAX, _ARENAS = -8, 2
_M_TRIM_THRESHOLD, _FREE = -1, 64 * 1024
#: Other C libraries than glibc lack these functions; they do well without.
_WITHOUT = contextlib.suppress(AttributeError, ImportError, OSError)


def _libc() -> Any:
    # nobody else needs it
    return import_module("ctypes").CDLL(None)


def look_seldom() -> None:
    """To be called when all is imported.

    A page of mails makes some 50,000 objects and lets go of them: looking through them, and through all that was
    imported, every 700 objects costs a first import a tenth of its time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def keep_little() -> None:
    """To be called before there are threads, by a process that reads for long.

    glibc would give 8 arenas a processor, each with free room of its own; one thread at a time runs Python, and what
    runs beside it waits for servers. And it would keep free room at the heap's end, twice as much as its largest block.
    """
    with _WITHOUT:
        mallopt = _libc().mallopt
        mallopt(_M_ARENA_MAX, _ARENAS)
        mallopt(_M_TRIM_THRESHOLD, _FREE)


def give_back() -> None:
    """Let go of dead cycles, and of free pages to the system (malloc_trim(3))."""
    gc.collect()
    with _WITHOUT:
        _libc().malloc_trim(0)
