"""The benchmark itself works: it measures whole imports and refuses to tell a rate of half ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.__main__ import show
from tests.bench.first_import import Mailbox, compare, import_by_keeptouch, pull_by_mbsync
from tests.bench.measure import BenchError, run
from tests.conftest import Login
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir
from tests.servers.process import MissingServer, find

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def box(dovecot: Dovecot) -> Mailbox:
    """A small mailbox, with mbsync there to read it."""
    try:
        find("mbsync")
    except MissingServer as missing:
        pytest.skip(f"{missing}; install it with: sudo make servers")
    dovecot.add_user("bench", "secret")
    login = Login("bench", "secret", dovecot.maildir("bench"))
    stats = write_maildir(login.maildir, n=200, seed=4, me="alice@example.org", median=3000)
    return Mailbox(dovecot, login, 200, len(stats.folders), stats.bytes)


def test_every_program_imports_the_whole_mailbox(
    box: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    results = compare(box, tmp_path, 1, told.append)
    assert [result.name for result in results] == ["keeptouch", "mbsync", "mbsync, FSync no"]
    assert len(told) == 3
    for result in results:
        assert result.rate > 0
        assert result.cost.processor > 0
    assert results[0].cost.memory > results[1].cost.memory > 0
    show(results)
    table = capsys.readouterr().out
    assert table.count("\n") == 5
    assert " x mbsync" in table


def test_a_rate_is_told_of_whole_imports_alone(box: Mailbox, tmp_path: Path) -> None:
    more = Mailbox(box.dovecot, box.login, box.mails + 1, box.folders, box.bytes)
    for place, program in ((tmp_path / "a", import_by_keeptouch), (tmp_path / "b", pull_by_mbsync)):
        place.mkdir()
        with pytest.raises(BenchError, match="200 of 201"):
            program(more, place)
    with pytest.raises(BenchError, match="ended with 3: why"):
        run(["sh", "-c", "echo why >&2; exit 3"])
