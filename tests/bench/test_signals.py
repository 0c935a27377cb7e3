"""The measurement of signals works: with them and without, the same mails."""

from __future__ import annotations

import pytest

from tests.bench.signals import measure, show

pytestmark = pytest.mark.slow


def test_a_page_with_signals_and_without(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    compared = measure(120, 1, told.append)
    assert [line.split(":")[0] for line in told] == ["not counted"] * 2 + ["run 1"] * 2
    assert len(compared.reading) == len(compared.without) == 1
    show(compared)
    assert "import of 120" in capsys.readouterr().out
