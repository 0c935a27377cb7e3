"""The measurement of opens works: what was asked for is in the store, or is not, and the mails are all there."""

from __future__ import annotations

import pytest

from tests.bench.tracking import measure, show

pytestmark = pytest.mark.slow


def test_an_import_beside_both_listeners(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    compared = measure(50, 200, 1, told.append, tracked=20, is_warm=True)
    assert [line.split(":")[0] for line in told] == ["run 1"] * 2
    assert len(compared.writing) == len(compared.answering) == 1
    assert all(rate > 10 for rate in compared.rates)
    show(compared)
    assert "Import of 50 mails" in capsys.readouterr().out
