"""`keeptouch changes`, and what is done once a day."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from daemon.cli.main import main
from daemon.config import load
from daemon.upkeep import EVERY, keep_up
from store.engine import Store
from tests.integration.company import Company
from tests.unit.daemon.company_mail import KEY, House, mail
from tests.unit.daemon.test_pipeline import ALICE, ANN

NOW = datetime.now(UTC)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A configuration without accounts, and a store with one mail."""
    company = Company(tmp_path / "company", key=KEY)
    with House(company.folder, name=company.store.name) as house:
        house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")])
    company.write()
    return company


def opened(company: Company) -> Store:
    return Store.open(f"sqlite:///{company.store}", key_text=KEY, key_file=company.folder / "unused")


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_all_changes_or_those_after_a_number(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(company.config), "changes"]) == 0
    whole = told(capsys)
    assert [each["seq"] for each in whole] == list(range(1, len(whole) + 1))
    assert list(whole[0]) == ["seq", "entity", "entity_id", "op", "changed_at"]
    assert {each["entity"] for each in whole} >= {"person", "account_status"}
    assert main(["--config", str(company.config), "changes", "--since", "2", "--json"]) == 0
    assert told(capsys) == whole[2:]


@pytest.mark.parametrize(
    ("argv", "message"), [(["--since", "4711"], "4711 is not among them"), (["--epoch", "x"], "the feed is of epoch")]
)
def test_who_has_to_begin_anew_is_told(
    company: Company, argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(company.config), "changes", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "read the views anew" in err


@pytest.mark.slow
def test_following_tells_what_comes(company: Company) -> None:
    ((last,),) = company.rows("SELECT last_seq FROM v1_store")
    since = str(last - 1)
    with subprocess.Popen(company.command("changes", "--since", since, "--follow"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["seq"] == last
        with opened(company) as store, store.write() as transaction:
            transaction.execute(text("UPDATE person SET team = 'sales'"))
        come = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (come["seq"], come["entity"], come["op"]) == (last + 1, "person", "upsert")


def test_old_changes_are_dropped_once_a_day(company: Company) -> None:
    config = load(company.config, environ={}, today=NOW.date())
    ((last,),) = company.rows("SELECT last_seq FROM v1_store")
    with opened(company) as store:
        assert keep_up(store, config, NOW)
        assert company.rows("SELECT first_seq FROM v1_store") == [(1,)]
        later = NOW + timedelta(days=config.store.feed_days + 1)
        assert keep_up(store, config, later)
        assert company.rows("SELECT first_seq FROM v1_store") == [(last + 1,)]
        assert not keep_up(store, config, later + EVERY - timedelta(seconds=1))
        assert keep_up(store, config, later + EVERY)


def test_a_feed_that_keeps_nothing_is_refused(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.config.write_text(company.config.read_text().replace("[store]", "[store]\nfeed_days = 0"))
    assert main(["--config", str(company.config), "changes"]) == 2
    assert "store.feed_days" in capsys.readouterr().err
