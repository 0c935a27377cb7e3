"""Where the servers of the tests keep their files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests import forked
from tests.servers.memory import VARIABLE, work_in_memory


def test_servers_lie_in_memory_where_there_is_room_and_nothing_is_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")  # which is put back in the end
    monkeypatch.delenv(VARIABLE)
    child = forked.begin(lambda: None)
    forked.end(child)
    killed, running, foreign = (tmp_path / f"keeptouch-tests-{name}" for name in (child, os.getppid(), "other"))
    for each in (killed, running, foreign):
        (each / "data").mkdir(parents=True)
    free = shutil.disk_usage(tmp_path).free
    assert work_in_memory(tmp_path, 2 * free) is None
    assert VARIABLE not in os.environ
    folder = work_in_memory(tmp_path, 1)
    assert folder is not None
    assert os.environ[VARIABLE] == str(folder)
    assert sorted(tmp_path.iterdir()) == sorted([running, foreign, folder])
    # workers of this run, and whoever chose a place himself
    assert work_in_memory(tmp_path, 1) is None
