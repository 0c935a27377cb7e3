"""Listening in a thread of its own, whatever goes wrong: mail goes on being read meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Before it is tried again after it failed, in seconds, at first and at most.
_AGAIN, _AGAIN_AT_MOST = 5.0, 300.0


def keep_listening(
    listen: Callable[[], None], stop: threading.Event, is_up: threading.Event, failed: Callable[[str], None]
) -> None:
    """Call `listen`, which sets `is_up` and returns when it ends, again and again until `stop` is set.

    `failed` is told what is wrong; each time it is waited longer, unless it went well for long.
    """
    wait = _AGAIN
    while not stop.is_set():
        began = time.monotonic()
        try:
            listen()
        except Exception as error:
            failed(str(error) or type(error).__name__)
        is_up.clear()
        wait = _AGAIN if time.monotonic() - began > _AGAIN_AT_MOST else min(2 * wait, _AGAIN_AT_MOST)
        stop.wait(wait)
