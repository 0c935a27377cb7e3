"""What the tests of the measurements share."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from tests import warm_start
from tests.bench import measure
from tests.integration.company import keeptouch


@pytest.fixture
def warm_keeptouch(monkeypatch: pytest.MonkeyPatch) -> None:
    """keeptouch is measured as a fork of the warm process: for tests in which its start is of no interest."""

    def begin(command: Sequence[str], **named: Any) -> subprocess.Popen[str]:
        start = warm_start.Popen[str] if command[0] == keeptouch() else subprocess.Popen[str]
        return start(command, **named)

    monkeypatch.setattr(measure, "begin", begin)
