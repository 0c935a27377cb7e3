"""Where a run of the tests and its servers keep their files: in memory, as far as the machine has room for them.

A new database of PostgreSQL is some hundred files, which a disk takes ten times as long for.
"""

from __future__ import annotations

import atexit
import os
import shutil
from pathlib import Path

from tests.servers.process import alive

#: Names the folder; whoever sets it says himself where they lie.
VARIABLE = "KEEPTOUCH_TEST_TMP"
_MEMORY = Path("/dev/shm")
_PREFIX = "keeptouch-tests-"
#: More than a run with six workers and its servers need.
_ENOUGH = 4 << 30


def work_in_memory(memory: Path = _MEMORY, enough: int = _ENOUGH) -> Path | None:
    """From now on servers of this process and of those below it lie in memory; returns the folder, or None.

    It goes with this process. What runs that were killed have left there is removed.
    """
    if VARIABLE in os.environ or not os.access(memory, os.W_OK | os.X_OK):
        return None
    _remove_left(memory)
    if shutil.disk_usage(memory).free < enough:
        return None
    folder = memory / f"{_PREFIX}{os.getpid()}"
    folder.mkdir(exist_ok=True)
    # the servers have users of their own
    folder.chmod(0o755)
    os.environ[VARIABLE] = str(folder)
    atexit.register(_leave, folder, os.getpid())
    return folder


def can_hold_programs(folder: Path) -> bool:
    """Tests make programs too, and some machines start none that lie in memory."""
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC


def _remove_left(memory: Path) -> None:
    for left in memory.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX)
        if pid.isdigit() and not alive(int(pid)) and left.stat().st_uid == os.getuid():
            shutil.rmtree(left, ignore_errors=True)


def _leave(folder: Path, owner: int) -> None:
    # a fork of this process may end as a process does
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
