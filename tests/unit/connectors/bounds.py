"""What a server may cost us, whatever it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Beside what we had before.
MEMORY = 64 * 1024 * 1024
SECONDS = 20.0
_STATUS = Path("/proc/self/status")


@pytest.fixture
def bounded() -> Iterator[None]:
    """The test takes less than MEMORY at any time, and less than SECONDS of processor."""
    before, start = begin(), time.process_time()
    yield
    assert growth(before) < MEMORY
    assert time.process_time() - start < SECONDS


def begin() -> int:
    """Bytes of this process in memory now; its peak begins anew (man 5 proc)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _kilobytes("VmRSS") * 1024


def growth(before: int) -> int:
    """By how many bytes the peak since `begin` lies above what was there then."""
    return _kilobytes("VmHWM") * 1024 - before


def _kilobytes(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)
