"""How often Python looks for objects that hold each other."""

from __future__ import annotations

import gc


def look_seldom() -> None:
    """For a process that stores or reads mail, once it has imported what it needs.

    A page of mails makes some 50,000 objects and lets go of them: looking through them, and through all that was
    imported, every 700 objects costs a first import a tenth of its time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
