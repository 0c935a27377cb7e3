"""Which configuration is read where the first place can't be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import find_config


def test_a_folder_that_may_not_be_looked_into_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of an administrator, say, who types sudo -u keeptouch."""
    monkeypatch.chdir(tmp_path)

    def is_file(path: Path) -> bool:
        if path.is_relative_to(tmp_path):
            raise PermissionError(13, "Permission denied", str(path))
        return path == Path("/etc/keeptouch/config.toml")

    monkeypatch.setattr(Path, "is_file", is_file)
    assert find_config(None, {}) == Path("/etc/keeptouch/config.toml")
