"""The measurement of calendars works on each server, and refuses to tell a rate of what is not all there."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bench.calendar_objects import Planned, differences, planned
from tests.bench.calendars import SERVERS, by_keeptouch, company_of, measure, served, show
from tests.bench.measure import BenchError
from tests.integration.company import Company
from tests.servers.process import MissingServer, find

pytestmark = [pytest.mark.slow, pytest.mark.server]
#: More than what is read before a process of its own is worth it.
OBJECTS = 300


@pytest.fixture(scope="module")
def wanted() -> list[Planned]:
    """A small calendar."""
    return list(planned(OBJECTS, datetime.now(UTC)))


@pytest.fixture(scope="module")
def imported(wanted: list[Planned], tmp_path_factory: pytest.TempPathFactory) -> Company:
    """What keeptouch made of it."""
    with served("radicale", wanted) as calendar:
        company = company_of(calendar, tmp_path_factory.mktemp("imported"))
        company.sync()
    return company


@pytest.mark.usefixtures("warm_keeptouch")
@pytest.mark.parametrize("server", SERVERS)
def test_both_programs_import_the_whole_calendar(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        find("vdirsyncer")
        told: list[str] = []
        compared = measure(server, 40, 1, told.append)
    except MissingServer as missing:
        pytest.skip(f"needs a program that is not installed here: {missing}")
    assert [line.startswith("not counted") for line in told] == [True] * 2 + [False] * 2
    assert len(compared.keeptouch) == len(compared.vdirsyncer) == 1
    show(compared)
    assert f"40 calendar objects, {compared.meetings} meetings; {server} on loopback" in capsys.readouterr().out


def test_what_is_planned_is_in_the_store(imported: Company, wanted: list[Planned]) -> None:
    assert sum(len(each.rows) for each in wanted) > OBJECTS
    assert any(not each.rows for each in wanted)
    assert any(len({row.subject for row in each.rows}) == 2 for each in wanted)
    assert differences(imported, wanted) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE meeting SET subject = 'x' WHERE id = (SELECT min(id) FROM meeting)", "meeting"),
        ("UPDATE meeting SET starts_at = ends_at WHERE id = (SELECT min(id) FROM meeting)", "meeting"),
        ("DELETE FROM attendee WHERE meeting_id = (SELECT min(id) FROM meeting)", "attendee"),
        ("UPDATE attendee SET response = 'tentative' WHERE meeting_id = (SELECT min(id) FROM meeting)", "attendee"),
        ("DELETE FROM link WHERE interaction_id = (SELECT min(interaction_id) FROM link)", "link to a contact"),
    ],
)
def test_a_wrong_row_is_told(imported: Company, wanted: list[Planned], tmp_path: Path, change: str, told: str) -> None:
    copy = Company(tmp_path / "copy", key=None)
    with sqlite3.connect(imported.store) as source, sqlite3.connect(copy.store) as target:
        source.backup(target)
        target.execute(change)
    [first, *_more] = differences(copy, wanted)
    assert told in first


@pytest.mark.usefixtures("warm_keeptouch")
def test_no_rate_is_told_of_half_a_calendar(wanted: list[Planned], tmp_path: Path) -> None:
    with served("radicale", wanted[:20]) as calendar:
        with pytest.raises(BenchError, match="keeptouch saw 20 of 21 objects"):
            by_keeptouch(calendar, tmp_path / "fewer", wanted[:21])
        with pytest.raises(BenchError, match="meetings wrong or doubled"):
            by_keeptouch(calendar, tmp_path / "more", [Planned(""), *wanted[1:20]])
