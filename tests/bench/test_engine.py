"""The measurement of many accounts works: all are polled, again and again."""

from __future__ import annotations

import pytest

from tests.bench import engine

pytestmark = pytest.mark.slow


def test_all_accounts_are_polled_and_their_lag_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # each is a process
    monkeypatch.setattr(engine, "SERVERS", 3)
    polled = engine.measure(30, 5.0, 1, lambda _line: None)
    # an interval is a tenth shorter at the least, and a busy machine may be late
    assert 30 * 4 <= polled.polls <= 30 * 15
    assert len(polled.lag_p95) == 1
    assert 0 <= polled.lag_p50[0] <= polled.lag_p95[0] <= polled.lag_max[0]
    engine.show(polled)
    assert capsys.readouterr().out.count("lag ") == 3
