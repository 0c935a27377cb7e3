"""The measurement of Exchange works, and refuses to tell a rate of what is not all there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.exchange import by_keeptouch, measure, served, show
from tests.bench.measure import BenchError

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_keeptouch")]


@pytest.mark.parametrize(("mails", "meetings"), [(20, 5)])
def test_both_programs_read_everything(mails: int, meetings: int, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    compared = measure(mails, meetings, 1, told.append)
    assert [line.startswith("not counted") for line in told] == [True] * 2 + [False] * 2
    assert compared.keeptouch.requests["GetItem"] > 0
    assert compared.exchangelib.requests["GetItem"] > 0
    # a question a folder, and which folders there are
    assert set(compared.poll) == {"FindFolder", "GetFolder", "SyncFolderItems"}
    show(compared)
    assert f"{mails} mails and {meetings} calendar items" in capsys.readouterr().out


def test_no_rate_is_told_of_what_is_missing(tmp_path: Path) -> None:
    with served(0, 5) as box:
        (mailbox,) = box.server.mailboxes.values()
        uid = box.meetings[0].text.partition("UID:")[2].partition("\n")[0]
        mailbox.remove(mailbox.event_id("calendar", uid))
        with pytest.raises(BenchError, match="4 of 5 items"):
            by_keeptouch(box, tmp_path)
