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
    # the kernel's peak begins anew (man 5 proc)
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _kilobytes("VmRSS"), time.process_time()
    yield
    assert (_kilobytes("VmHWM") - before) * 1024 < MEMORY
    assert time.process_time() - start < SECONDS


def _kilobytes(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)
