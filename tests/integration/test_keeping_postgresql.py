"""Keeping a store on PostgreSQL: upgraded when told to, guarded from programs that are behind, known when restored."""

from __future__ import annotations

import os
import shlex
import threading
import time
from pathlib import Path

import psycopg
import pytest

from daemon.decisions import export, import_decisions
from store import migrate
from store.engine import Store
from store.errors import StoreError
from tests import forked
from tests.integration.company import Company
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import KEY, NOON, House
from tests.unit.daemon.test_decisions import enter, read_all
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill
from tests.unit.store import later_release

pytestmark = [pytest.mark.slow, pytest.mark.server]

#: Of this program, before a later release is made up.
NEWEST = migrate.revisions()[-1]


def opened(url: str, folder: Path, *, may_create: bool = True, may_upgrade: bool = False) -> Store:
    return Store.open(url, key_text=KEY, key_file=folder / "unused", may_create=may_create, may_upgrade=may_upgrade)


def refusal(url: str, folder: Path, *, may_create: bool = True) -> StoreError:
    with pytest.raises(StoreError) as error:
        opened(url, folder, may_create=may_create)
    return error.value


def plain(url: str) -> str:
    """The URL as other programs have it."""
    return url.replace("+psycopg", "")


def row(url: str, sql: str) -> tuple[object, ...] | None:
    with psycopg.connect(plain(url), options="-c search_path=keeptouch") as connection:
        return connection.execute(sql).fetchone()


@pytest.fixture
def filled(postgres_url: str, tmp_path: Path) -> str:
    """URL of a store with mail, made by this release."""
    with House(tmp_path, url=postgres_url) as house:
        fill(house, copies(), 1)
    return postgres_url


class Later:
    """A later release in a process of its own, which upgrades the store when it is told to."""

    def __init__(self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told, self._tell = os.pipe()

        def work() -> None:
            os.read(told, 1)
            later_release.install(monkeypatch, folder)
            opened(url, folder, may_upgrade=True).close()

        self._child = forked.begin(work)
        os.close(told)

    def begin(self) -> None:
        """Let it upgrade."""
        os.write(self._tell, b"!")

    def has_worked(self) -> bool:
        """Wait for its end."""
        os.close(self._tell)
        return forked.end(self._child) == 0


def wait_for_waiting(url: str, sessions: int) -> None:
    """Until so many sessions wait for a lock."""
    end = time.monotonic() + 60
    while row(url, "SELECT count(*) FROM pg_locks WHERE NOT granted") != (sessions,):
        assert time.monotonic() < end


@pytest.mark.parametrize("may_create", [True, False])
def test_an_older_store_is_refused_until_it_is_upgraded_on_purpose(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_create: bool
) -> None:
    before = row(filled, "SELECT count(*) FROM v1_interaction")
    later_release.install(monkeypatch, tmp_path)
    error = refusal(filled, tmp_path, may_create=may_create)
    assert "older" in error.problem
    assert "keeptouch store upgrade" in error.hint
    with opened(filled, tmp_path, may_create=False, may_upgrade=True) as store:
        done = store.opened.upgraded
        assert done is not None
        assert (done.before, done.after, done.copy) == (NEWEST, later_release.REVISION, None)
        assert store.opened.put_back is None
    opened(filled, tmp_path, may_create=may_create).close()
    assert row(filled, "SELECT count(*) FROM v1_interaction") == before
    monkeypatch.undo()
    error = refusal(filled, tmp_path, may_create=may_create)
    assert f"a newer keeptouch, {later_release.VERSION}; this is" in error.problem
    assert "copy" not in error.hint


def test_an_upgrade_waits_for_writers_and_stops_those_that_are_behind(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    problems: list[StoreError] = []

    def write(store: Store) -> None:
        with store.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES ('x', '1')")
            begun.set()
            go_on.wait(20)

    def write_later(store: Store) -> None:
        try:
            with store.write() as connection:
                connection.exec_driver_sql("INSERT INTO meta VALUES ('y', '1')")
        except StoreError as error:
            problems.append(error)

    upgrade = Later(filled, tmp_path, monkeypatch)
    with opened(filled, tmp_path) as one, opened(filled, tmp_path) as other:
        writer = threading.Thread(target=write, args=(one,))
        latecomer = threading.Thread(target=write_later, args=(other,))
        writer.start()
        assert begun.wait(20)
        upgrade.begin()
        wait_for_waiting(filled, 1)
        latecomer.start()  # while the upgrade waits for the writer
        wait_for_waiting(filled, 2)
        go_on.set()
        writer.join(60)
        latecomer.join(60)
    assert upgrade.has_worked()
    assert row(filled, "SELECT count(*) FROM meta WHERE name IN ('x', 'y')") == (1,)
    assert "newer keeptouch" in problems[0].problem


def test_an_upgrade_gives_up_where_a_reader_keeps_a_view_in_use(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release.install(monkeypatch, tmp_path)
    monkeypatch.setattr("store.upgrading._PATIENCE", "100ms")
    with psycopg.connect(plain(filled), options="-c search_path=keeptouch") as reader:
        reader.execute("SELECT * FROM v1_thread")  # and its transaction stays open
        with pytest.raises(StoreError, match="other sessions") as error:
            opened(filled, tmp_path, may_upgrade=True)
        assert "pg_stat_activity" in error.value.hint
    with opened(filled, tmp_path, may_upgrade=True) as store:
        assert store.opened.upgraded is not None


def test_a_release_behind_the_oldest_allowed_is_refused(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later, opened(filled, tmp_path) as store:
        later.setattr(migrate, "program", lambda: "9.1.0")
        with store.write() as connection:
            migrate.shut_out(connection, "9.1.0")
    assert "allows keeptouch 9.1.0 and newer" in refusal(filled, tmp_path).problem


def test_two_programs_make_a_store_at_once(postgres_url: str, tmp_path: Path) -> None:
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(opened(postgres_url, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(stores) == 4
    for store in stores:
        store.close()


# -- restored -----------------------------------------------------------------------------------------------------


def test_a_restored_dump_is_noticed_by_its_place(postgres: Postgres, filled: str, tmp_path: Path) -> None:
    epoch = row(filled, "SELECT feed_epoch FROM v1_store")
    with opened(filled, tmp_path) as store:
        assert store.opened.put_back is None
    dump = postgres.dir / "restored.dump"
    postgres.tool("pg_dump", "--format=custom", "--schema=keeptouch", f"--file={dump}", plain(filled))
    target = postgres.create_database()
    postgres.tool("pg_restore", "--no-owner", f"--dbname={plain(target)}", str(dump))
    assert row(target, "SELECT feed_epoch FROM v1_store") == epoch
    with opened(target, tmp_path) as store:
        assert store.opened.put_back == "it lies in another place than before"
    second = row(target, "SELECT feed_epoch FROM v1_store")
    assert second != epoch
    assert row(target, "SELECT count(*) FROM stream WHERE compared_at IS NOT NULL") == (0,)
    with opened(target, tmp_path) as store:
        assert store.opened.put_back is None
    # in its own database, where it was
    with psycopg.connect(plain(target), autocommit=True) as connection:
        connection.execute("DROP SCHEMA keeptouch CASCADE")
    postgres.tool("pg_restore", "--no-owner", f"--dbname={plain(target)}", str(dump))
    with opened(target, tmp_path) as store:
        assert store.opened.put_back is not None
    assert row(target, "SELECT feed_epoch FROM v1_store") not in (epoch, second)


def test_a_host_of_databases_may_keep_its_functions_to_itself(postgres: Postgres, tmp_path: Path) -> None:
    postgres.sql("CREATE ROLE plain LOGIN")
    url = postgres.create_database()
    database = url.rpartition("/")[2]
    postgres.sql(f"GRANT CREATE ON DATABASE {database} TO plain")
    postgres.sql("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC", database)
    for _start in range(2):
        with opened(url.replace("test@", "plain@"), tmp_path) as store:
            assert store.opened.put_back is None
    found = row(url, "SELECT value FROM meta WHERE name = 'place'")
    assert found is not None
    assert str(found[0]).count("/") == 1


def test_a_restart_of_the_database_is_no_restore(tmp_path: Path) -> None:
    with Postgres(durable=True) as server:
        url = server.create_database()
        opened(url, tmp_path).close()
        for crash in (False, True):
            server.restart(crash=crash)
            with opened(url, tmp_path) as store:
                assert store.opened.put_back is None


def test_a_backup_is_left_to_the_databases_own_tools(postgres: Postgres, filled: str, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", key=KEY, url=filled)
    target = postgres.dir / "told.dump"
    answer = company.run("store", "backup", "--json", str(target))
    assert answer.code == 2
    program, *words = shlex.split(answer.document["problems"][0]["hint"])
    postgres.tool(program, *words)
    assert target.stat().st_size > 0
    copy = postgres.create_database()
    postgres.tool("pg_restore", "--no-owner", f"--dbname={plain(copy)}", str(target))
    company.url = copy
    assert company.run("store", "verify").code == 0


def test_grants_and_copies_on_the_command_line(postgres: Postgres, filled: str, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", key=KEY, url=filled)
    postgres.sql("CREATE ROLE bi LOGIN")
    answer = company.run("store", "grant", "--role", "bi", "--access", "read")
    assert (answer.code, answer.err) == (0, "")
    assert "bi may read" in answer.out
    (tmp_path / "secret").write_text("of no use here\n")
    copy = tmp_path / "copy.db"
    assert company.run("store", "copy-to", f"sqlite:///{copy}").code == 0
    company.url = f"sqlite:///{copy}"
    url = postgres.create_database()
    assert company.run("store", "copy-to", "--password-file", str(tmp_path / "secret"), url).code == 0
    assert row(url, "SELECT count(*) FROM v1_interaction") == row(filled, "SELECT count(*) FROM v1_interaction")


# -- decisions ----------------------------------------------------------------------------------------------------


def test_decisions_go_from_one_database_to_the_other(postgres_url: str, tmp_path: Path) -> None:
    with House(tmp_path) as here, House(tmp_path, url=postgres_url) as there:
        read_all(here)
        enter(here, ("1", "Ann", "ann@client.example", False), ("2", "Dora", "dora@third.example", True))
        export(here.store, tmp_path / "d.jsonl", NOON, "0.1.0")
        assert import_decisions(there.store, there.company, lambda: NOON, tmp_path / "d.jsonl").refused == []
        there.derive()
        export(there.store, tmp_path / "e.jsonl", NOON, "0.1.0")
        assert (tmp_path / "e.jsonl").read_text("utf-8") == (tmp_path / "d.jsonl").read_text("utf-8")
