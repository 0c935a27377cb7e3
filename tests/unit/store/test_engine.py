"""Opening a store: made, migrated, refused with a clear text, and left in order."""

from __future__ import annotations

import os
import sqlite3
import traceback
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from daemon.redaction import Redaction
from store import migrate, migrating, postgresql
from store.engine import Store, make_engine
from store.errors import StoreError
from store.schema import core
from tests.integration.databases import opened as connected
from tests.unit.store.schema_text import schema_text


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made; on each of the two databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    made: str = request.getfixturevalue("postgres_url")
    return made


def opened(folder: Path, url: str = "", **more: object) -> Store:
    url = url or f"sqlite:///{folder / 'store.db'}"
    return Store.open(url, key_file=folder / "identity.key", **more)  # type: ignore[arg-type]  # the test's own options


def refused(folder: Path, url: str = "", **more: object) -> str:
    with pytest.raises(StoreError) as error:
        opened(folder, url, **more)
    assert error.value.hint
    return str(error.value)


def test_a_new_store_gets_a_key_file_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert (tmp_path / "identity.key").stat().st_mode & 0o777 == 0o600
    first = sqlite3.connect(tmp_path / "store.db").execute("SELECT store_id FROM v1_store").fetchone()
    opened(tmp_path).close()
    assert sqlite3.connect(tmp_path / "store.db").execute("SELECT store_id FROM v1_store").fetchone() == first


def test_a_new_store_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with opened(tmp_path) as store, store.write() as transaction:
            transaction.exec_driver_sql("UPDATE meta SET value = value")
            found = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert found.keys() >= {"store.db", "store.db-wal", "store.db-shm", "identity.key"}
    assert set(found.values()) == {0o600}, found
    # one that was opened to others stays so
    (tmp_path / "store.db").chmod(0o640)
    opened(tmp_path).close()
    assert (tmp_path / "store.db").stat().st_mode & 0o777 == 0o640


def test_the_revisions_are_those_that_alembic_knows() -> None:
    scripts = ScriptDirectory.from_config(migrating.alembic_config())
    assert migrate.revisions() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert migrate.revisions()[-1] == scripts.get_current_head()


def test_the_key_is_nowhere_in_the_database(tmp_path: Path) -> None:
    opened(tmp_path).close()
    key = (tmp_path / "identity.key").read_text().strip()
    content = (tmp_path / "store.db").read_bytes()
    assert key.encode() not in content
    assert bytes.fromhex(key) not in content


def test_another_key_is_refused(tmp_path: Path, url: str) -> None:
    opened(tmp_path, url).close()
    assert "not the one this store was made with" in refused(tmp_path, url, key_text="22" * 32)


def test_a_missing_key_is_not_made_anew_for_an_old_store(tmp_path: Path, url: str) -> None:
    opened(tmp_path, url).close()
    (tmp_path / "identity.key").unlink()
    assert "missing" in refused(tmp_path, url)
    assert not (tmp_path / "identity.key").exists()


@pytest.mark.parametrize("text", ["", "xyz", "11" * 31])
def test_a_broken_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "identity.key").write_text(text)
    assert "key" in refused(tmp_path)


def test_a_newer_store_is_left_alone(tmp_path: Path, url: str) -> None:
    opened(tmp_path, url).close()
    with connected(url, may_write=True) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer" in refused(tmp_path, url)


def test_a_foreign_database_is_left_alone(tmp_path: Path, url: str) -> None:
    (tmp_path / "store.db").touch()
    with connected(url, may_write=True) as database:
        if database.kind == "postgresql":
            database.execute("CREATE SCHEMA keeptouch")
        database.execute("CREATE TABLE customers (id INTEGER)")
    assert "not keeptouch's" in refused(tmp_path, url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("a letter to a friend, longer than any header of a database " * 20)
    assert "not a database" in refused(tmp_path)


def test_a_database_of_others_beside_ours_is_none_of_our_business(tmp_path: Path, postgres_url: str) -> None:
    with connected(postgres_url, may_write=True) as database:
        database.execute("CREATE TABLE public.meta (name TEXT)")
    with opened(tmp_path, postgres_url) as store, store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM v1_store").scalar() == 1


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "find_spec", lambda _name: None)
    with pytest.raises(StoreError, match="driver") as error:
        opened(tmp_path, "postgresql://keeptouch@127.0.0.1/keeptouch")
    assert "keeptouch[postgresql]" in error.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "folder" in refused(tmp_path / "nowhere", key_text="11" * 32)


def test_reading_makes_no_store(tmp_path: Path, url: str) -> None:
    assert "no store" in refused(tmp_path, url, may_create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_made_as_the_migrations_make_it(tmp_path: Path, url: str) -> None:
    engine = make_engine(url, None)
    with engine.connect() as connection, connection.begin() as transaction:
        if connection.dialect.name == "postgresql":
            postgresql.make_schema(connection)
        migrating.run(connection)
        migrated = schema_text(connection)
        assert migrating.differences(connection) == []
        state = connection.exec_driver_sql("SELECT * FROM feed_state").all()
        transaction.rollback()
    engine.dispose()
    with opened(tmp_path, url) as store, store.read() as connection:
        assert schema_text(connection) == migrated
        assert migrating.differences(connection) == []
        assert connection.exec_driver_sql("SELECT * FROM feed_state").all() == state


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["identity.key", "store.db"]


def test_the_last_to_close_leaves_a_file_that_needs_no_wal(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    first.close()
    assert _journal(tmp_path) == "wal"
    with second.write() as connection:
        connection.execute(core.meta.insert().values(name="x", value="y"))
    second.close()
    assert _journal(tmp_path) == "delete"
    with opened(tmp_path) as again, again.read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'x'").scalar() == "y"


def _journal(folder: Path) -> str:
    """The journal mode in the file's header (sqlite.org/fileformat2.html, offset 18)."""
    header = (folder / "store.db").read_bytes()
    return {1: "delete", 2: "wal"}[header[18]]


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path, url: str) -> None:
    def fail(store: Store) -> None:
        with store.write() as connection:
            connection.execute(core.meta.insert().values(name="x", value="y"))
            raise RuntimeError

    with opened(tmp_path, url) as store:
        with pytest.raises(RuntimeError):
            fail(store)
        with store.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM meta WHERE name = 'x'").scalar() == 0


def test_what_the_database_refuses_is_quoted_in_no_traceback(tmp_path: Path, url: str) -> None:
    def fail(store: Store) -> None:
        with store.write() as connection:
            for value in ("first", "kanarienvogel"):
                connection.execute(core.meta.insert().values(name="Salary", value=value))

    with opened(tmp_path, url) as store:
        with pytest.raises(IntegrityError) as refused:
            fail(store)
        text = "".join(traceback.format_exception(refused.value))
        assert "kanarienvogel" not in text
        left = Redaction().text(text)
        # this line of the test is quoted as well
        assert "Salary" not in left.replace('name="Salary"', "")
        assert "INSERT INTO" in left
        assert "line" in left.partition("The above exception")[2]
