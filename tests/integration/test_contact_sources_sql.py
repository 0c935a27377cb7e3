"""A CRM's own database as a list of contacts: what its rows say, what goes, what fails, and that nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from daemon.config.records import ContactSource
from daemon.config.sources import SqlSettings
from daemon.contacts.following import Following, SourceReport
from daemon.contacts.lists import FEW
from daemon.contacts.syncing import follow_source
from store.contacts.contact_sources import states
from tests.integration.company import Company
from tests.integration.contact_entries import id_of, merge
from tests.unit.daemon.company_mail import NOON, House

pytestmark = pytest.mark.later

QUERY = (
    "SELECT id AS external_id, name AS display_name, mail AS address, main AS is_primary, firm AS organization FROM p"
)
CONTACTS = "SELECT external_id, display_name FROM v1_contact WHERE external_source = 'crm'"


class Crm:
    """The other program's database, with one table."""

    def __init__(self, url: str, connect: Callable[[], Any]) -> None:
        self.url = url
        self._connect = connect
        self.run("CREATE TABLE p (id integer, name text, mail text, main boolean, firm text)")

    def run(self, sql: str) -> None:
        connection = self._connect()
        connection.execute(sql)
        connection.commit()
        connection.close()

    def say(self, *rows: str) -> None:
        """Hold exactly these rows of SQL values."""
        self.run("DELETE FROM p")
        for row in rows:
            self.run(f"INSERT INTO p VALUES ({row})")  # noqa: S608 - values of these tests


@pytest.fixture
def crm(request: pytest.FixtureRequest, tmp_path: Path, house: House) -> Crm:
    """On the same database as the store."""
    if house.store.engine.dialect.name == "sqlite":
        path = tmp_path / "crm.db"
        return Crm(f"sqlite:///{path}", lambda: sqlite3.connect(path))
    url = request.getfixturevalue("postgres").create_database()
    plain = str(url).replace("+psycopg", "")
    return Crm(plain, lambda: psycopg.connect(plain))


def source(crm: Crm, query: str = QUERY, **more: Any) -> ContactSource:
    settings = SqlSettings(url=more.pop("url", crm.url), query=query, timeout_seconds=more.pop("timeout", 20))
    return ContactSource("crm", "sql", 60, settings, None, None)


def follow(house: House, what: ContactSource, now: datetime = NOON, **options: bool) -> SourceReport:
    following = Following(
        store=house.store, company=house.company, clock=lambda: now, environ={}, folder=Path(), **options
    )
    report = follow_source(following, what)
    house.derive()
    return report


def counts(report: SourceReport) -> tuple[int, int, int, int]:
    assert report.error is None, report.error
    assert report.imported is not None
    imported = report.imported
    return imported.created, imported.updated, imported.unchanged, imported.removed


def test_rows_become_contacts_and_follow_what_the_crm_does(house: House, crm: Crm) -> None:
    crm.say(
        "1, 'Ann Lee', 'ann@home.example', false, 'Client GmbH'",
        "1, NULL, 'ann@client.example', true, NULL",
        "2, 'مریم حسینی', NULL, NULL, NULL",
        "3, '', 'bo@else.example', NULL, NULL",
    )
    assert counts(follow(house, source(crm))) == (3, 0, 0, 0)
    assert house.rows(CONTACTS) == [("1", "Ann Lee"), ("2", "مریم حسینی"), ("3", "bo@else.example")]
    assert house.rows("SELECT address FROM v1_contact_address WHERE is_primary") == [
        ("ann@client.example",),
        ("bo@else.example",),
    ]
    assert ("Client GmbH",) in house.rows("SELECT display_name FROM v1_organization")
    crm.say("1, 'Ann Li', 'ann@client.example', true, NULL", "4, 'Di', 'ann@home.example', true, NULL")
    assert counts(follow(house, source(crm))) == (1, 1, 0, 2)
    assert house.rows(CONTACTS) == [("1", "Ann Li"), ("4", "Di")]


def test_a_list_that_says_the_same_is_not_looked_at_again_for_a_day(house: House, crm: Crm) -> None:
    crm.say("1, 'Ann', 'ann@client.example', true, NULL")
    follow(house, source(crm))
    again = follow(house, source(crm), NOON + timedelta(hours=1))
    assert (again.error, again.imported, again.contacts) == (None, None, 1)
    assert counts(follow(house, source(crm), NOON + timedelta(days=1))) == (0, 0, 1, 0)


def test_an_empty_or_short_answer_removes_nobody(house: House, crm: Crm) -> None:
    rows = [f"{n}, 'Name {n}', 'p{n}@client.example', true, NULL" for n in range(FEW * 2)]
    crm.say(*rows)
    follow(house, source(crm))
    for left in (0, 3):
        crm.say(*rows[:left])
        report = follow(house, source(crm))
        assert counts(report)[3] == 0
        with house.store.read() as transaction:
            told = states(transaction, ["crm"])["crm"]
        assert (told.state, told.contacts) == ("ok", FEW * 2)
        assert told.reason is not None
        assert told.reason.startswith(f"{FEW * 2 - left} contacts are gone at once, so none was removed")
    assert counts(follow(house, source(crm), accept_removals=True))[3] == FEW * 2 - 3
    assert len(house.rows(CONTACTS)) == 3


def test_another_list_under_the_same_name_removes_nobody_either(house: House, crm: Crm) -> None:
    crm.say(*(f"{n}, 'Name {n}', 'p{n}@client.example', true, NULL" for n in range(5)))
    follow(house, source(crm))
    crm.say(*(f"{n}, 'Name {n}', 'p{n}@client.example', true, NULL" for n in range(10, 19)))
    for _time in range(3):
        assert counts(follow(house, source(crm)))[3] == 0, "what came with it makes what is gone no likelier"
    assert len(house.rows(CONTACTS)) == 14
    assert counts(follow(house, source(crm), accept_removals=True))[3] == 5


def test_a_row_without_an_id_stops_removals(house: House, crm: Crm) -> None:
    crm.say(*(f"{n}, 'Name {n}', 'p{n}@client.example', true, NULL" for n in range(3)))
    follow(house, source(crm))
    crm.say("1, 'Name 1', 'p1@client.example', true, NULL", "NULL, 'Who', 'p2@client.example', true, NULL")
    report = follow(house, source(crm))
    assert counts(report)[3] == 0
    assert report.imported is not None
    assert [each.reason for each in report.imported.rejected] == ["the row has no external_id"]
    assert len(house.rows(CONTACTS)) == 3


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT id AS external_id FROM p", 'the query gives no column "address"'),
        (f"{QUERY}, q", None),
        ("SELECT id AS external_id, mail AS address, mail AS adress FROM p", 'the query gives a column "adress"'),
        ("DELETE FROM p", None),
        ("", None),
    ],
)
def test_a_query_that_fails_is_told_and_changes_nothing(
    house: House, crm: Crm, query: str, problem: str | None
) -> None:
    crm.say("1, 'Ann', 'ann@client.example', true, NULL")
    follow(house, source(crm))
    report = follow(house, source(crm, query))
    assert report.error is not None
    assert problem is None or report.error.problem == problem
    with house.store.read() as transaction:
        told = states(transaction, ["crm"])["crm"]
    assert (told.state, told.contacts) == ("failed", 1)
    assert told.reason == f"query: {report.error.problem}"
    assert house.rows(CONTACTS) == [("1", "Ann")]
    assert follow(house, source(crm)).error is None, "nothing was deleted over there"


def test_a_query_without_an_end_is_given_up(house: House, crm: Crm) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT count(*) AS external_id, 'a@client.example' AS address FROM n"
    )
    report = follow(house, source(crm, endless, timeout=1))
    assert report.error is not None
    assert report.error.problem == "no answer within 1 s"


def test_a_database_that_is_not_there_is_told(house: House, crm: Crm, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}" if crm.url.startswith("sqlite") else "postgresql://x@127.0.0.1:1/x"
    report = follow(house, source(crm, url=url))
    assert report.error is not None
    assert not (tmp_path / "none.db").exists()


def test_what_was_refused_is_taken_when_it_can_be(house: House, crm: Crm) -> None:
    with house.store.write() as transaction:
        transaction.exec_driver_sql("INSERT INTO w1_contact (external_source, external_id) VALUES ('hub', '9')")
    crm.say("1, 'Ann', 'ann@client.example', true, NULL", "2, 'Bo', 'ann@client.example', true, NULL")
    report = follow(house, source(crm))
    assert report.imported is not None
    assert len(report.imported.rejected) == 1
    crm.say("1, 'Ann', 'a@client.example', true, NULL", "2, 'Bo', 'ann@client.example', true, NULL")
    assert counts(follow(house, source(crm))) == (1, 1, 0, 0)


def test_a_merge_outlives_the_next_reading(house: House, crm: Crm) -> None:
    crm.say("1, 'Ann', 'ann@client.example', true, NULL", "2, 'A. Lee', 'ann@home.example', true, NULL")
    follow(house, source(crm))
    merge(house, id_of(house, "ann@home.example"), id_of(house, "ann@client.example"))
    report = follow(house, source(crm), NOON + timedelta(days=2))
    assert counts(report) == (0, 0, 2, 0)
    assert house.rows("SELECT external_id FROM v1_contact WHERE merged_into_id IS NOT NULL") == [("2",)]


def test_a_dry_run_writes_nothing(house: House, crm: Crm) -> None:
    crm.say("1, 'Ann', 'ann@client.example', true, NULL")
    assert counts(follow(house, source(crm), dry_run=True)) == (1, 0, 0, 0)
    assert house.rows(CONTACTS) == []


# -- the commands -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_tell_how_a_source_fares(tmp_path: Path) -> None:
    crm = Crm(f"sqlite:///{tmp_path / 'crm.db'}", lambda: sqlite3.connect(tmp_path / "crm.db"))
    crm.say("1, 'Ann', 'ann@client.example', true, NULL")
    company = Company(tmp_path / "company")
    company.extra = f"""
[[contacts.sources]]
name = "crm"
kind = "sql"
url = "sqlite:///../crm.db"
query = "{QUERY}"
"""
    assert company.run("check").out.startswith("contacts of crm  ok, the query has the right columns\n")
    assert company.run("contacts", "sync", "--json", "--dry-run").document["sources"][0]["created"] == 1
    synced = company.run("sync", "--json").document["sources"]
    assert [(each["source"], each["ok"], each["created"]) for each in synced] == [("crm", True, 1)]
    (told,) = company.run("status", "--json").document["sources"]
    assert (told["state"], told["contacts"], told["reason"]) == ("ok", 1, None)
    crm.run("ALTER TABLE p RENAME TO people")
    failed = company.run("contacts", "sync", "crm")
    assert (failed.code, "no such table" in failed.err) == (1, True)
    assert company.run("status").code == 1
    checked = company.run("check", "--json")
    assert checked.code == 1
    assert "no such table" in checked.document["problems"][0]["problem"]
    assert company.run("sync").code == 1
    assert company.run("contacts", "sync", "hub").code == 2


@pytest.mark.slow
def test_what_is_wrong_with_a_source_is_told_all_at_once(tmp_path: Path) -> None:
    company = Company(tmp_path / "company")
    company.extra = """
[[contacts.sources]]
name = "crm"
kind = "sql"
url = "postgresql://reader:secret@crm.acme.example/crm"
every_minutes = 0
[[contacts.sources]]
name = "crm"
kind = "sql"
url = "sqlite:///missing.db"
query = "SELECT 1"
query_file = "config.toml"
[[contacts.sources]]
name = "other"
kind = "ldap"
[[contacts.sources]]
name = "third"
kind = "sql"
url = "nosuchdb://host/x"
query = "SELECT 1"
pasword = "x"
"""
    answer = company.run("check", "--json")
    assert answer.code == 2
    assert "secret" not in answer.out + answer.err
    keys = [each["problem"].partition(": ")[0] for each in answer.document["problems"]]
    assert keys == [
        "contacts.sources[crm].query",
        "contacts.sources[crm].url",
        "contacts.sources[crm].every_minutes",
        "contacts.sources[crm].query",
        "contacts.sources[crm].url",
        "contacts.sources[crm].name",
        "contacts.sources[other].kind",
        "contacts.sources[third].pasword",
        "contacts.sources[third].url",
    ]
