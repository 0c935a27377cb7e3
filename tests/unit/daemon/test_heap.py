"""What a process holds in dead cycles is let go of, and threads share what they take memory from."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

from daemon import heap


class _Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.self = self


def test_dead_cycles_are_let_go_of() -> None:
    seen = weakref.ref(_Knot())
    gc.disable()
    try:
        heap.give_back()
    finally:
        gc.enable()
    assert seen() is None


_ARENAS = """
import ctypes, sys, threading
from daemon import heap
if sys.argv[1] == "shared":
    heap.keep_little()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
done = threading.Barrier(12)
def take():
    libc.malloc(100)
    done.wait()
for thread in [threading.Thread(target=take) for _ in range(12)]:
    thread.start()
sys.stdout.flush()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def test_threads_share_two_arenas() -> None:
    counts = {}
    for how in ("shared", "own"):
        told = subprocess.run([sys.executable, "-c", _ARENAS, how], capture_output=True, check=True, text=True).stdout
        counts[how] = told.count("<heap nr=")
    assert counts["shared"] <= 2 < counts["own"]
