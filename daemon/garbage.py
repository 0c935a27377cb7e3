"""How often Python looks for objects that hold each other, in the processes of ours that read and write much."""

from __future__ import annotations

import gc


def look_seldom() -> None:
    """To be called when all is imported.

    A page of mails makes some 50,000 objects and lets go of them: looking through them, and through all that was
    imported, every 700 objects costs a first import a tenth of its time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
