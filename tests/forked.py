"""Work in a child of this process, which has everything imported already."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def begin(work: Callable[[], object], *, user: int | None = None, group: int | None = None) -> int:
    """Start a child, as this user and group alone where they are given; returns its process id.

    Its exit code is 0 where the work ended well, else 1.
    """
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        if group is not None:
            os.setgroups([])
            os.setgid(group)
        if user is not None:
            os.setuid(user)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def end(child: int) -> int:
    """Wait for it: its exit code, or the signal that killed it below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(work: Callable[[], object], *, user: int | None = None, group: int | None = None) -> int:
    """Both."""
    return end(begin(work, user=user, group=group))
