"""The measurement of pushes works, and a mail is a row soon after its push."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import push
from tests.bench.sockets import memory_of_watches

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("dovecot")
def test_every_mail_is_pushed_and_becomes_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    pushes, memory = push.measure(4, 8, lambda _line: None)
    assert len(pushes) == 8
    assert all(0 < each.pushed < each.delivered for each in pushes)
    # the aim is 100 ms for 95 of 100 on an idle machine; a test machine is none
    assert statistics.median(each.pushed for each in pushes) < 1.0
    push.show(pushes, memory, 4)
    assert capsys.readouterr().out.count(" ms") == 6


@pytest.mark.usefixtures("dovecot")
@pytest.mark.parametrize("tls", [False, True])
def test_a_watched_folder_takes_less_than_40_kilobytes(tls: bool) -> None:
    # what it keeps of its own in Python alone is more than a kilobyte
    assert 1_000 < memory_of_watches(100, tls=tls) < 40_000
