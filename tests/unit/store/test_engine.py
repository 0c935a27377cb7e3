"""Opening a store: made, migrated, refused with a clear text, and left in order."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store import migrate, schema
from store.engine import Store
from store.errors import StoreError
from store.upgrading import alembic_config


def opened(folder: Path, **more: object) -> Store:
    return Store.open(f"sqlite:///{folder / 'store.db'}", key_file=folder / "identity.key", **more)  # type: ignore[arg-type]  # the test's own options


def refused(folder: Path, **more: object) -> str:
    with pytest.raises(StoreError) as error:
        opened(folder, **more)
    assert error.value.hint
    return str(error.value)


def test_a_new_store_gets_a_key_file_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert (tmp_path / "identity.key").stat().st_mode & 0o777 == 0o600
    first = sqlite3.connect(tmp_path / "store.db").execute("SELECT store_id FROM v1_store").fetchone()
    opened(tmp_path).close()
    assert sqlite3.connect(tmp_path / "store.db").execute("SELECT store_id FROM v1_store").fetchone() == first


def test_the_revisions_are_those_that_alembic_knows() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert migrate.revisions() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert migrate.revisions()[-1] == scripts.get_current_head()


def test_the_key_is_nowhere_in_the_database(tmp_path: Path) -> None:
    opened(tmp_path).close()
    key = (tmp_path / "identity.key").read_text().strip()
    content = (tmp_path / "store.db").read_bytes()
    assert key.encode() not in content
    assert bytes.fromhex(key) not in content


def test_another_key_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert "not the one this store was made with" in refused(tmp_path, key_text="22" * 32)


def test_a_missing_key_is_not_made_anew_for_an_old_store(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "identity.key").unlink()
    assert "missing" in refused(tmp_path)
    assert not (tmp_path / "identity.key").exists()


@pytest.mark.parametrize("text", ["", "xyz", "11" * 31])
def test_a_broken_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "identity.key").write_text(text)
    assert "key" in refused(tmp_path)


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer" in refused(tmp_path)


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    connection.close()
    assert "not keeptouch's" in refused(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("a letter to a friend, longer than any header of a database " * 20)
    assert "not a database" in refused(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "folder" in refused(tmp_path / "nowhere", key_text="11" * 32)


def test_reading_makes_no_store(tmp_path: Path) -> None:
    assert "no store" in refused(tmp_path, may_create=False)
    assert list(tmp_path.iterdir()) == []


def test_migrations_lead_to_the_schema_of_the_code(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["identity.key", "store.db"]


def test_the_last_to_close_leaves_a_file_that_needs_no_wal(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    first.close()
    assert _journal(tmp_path) == "wal"
    with second.write() as connection:
        connection.execute(schema.meta.insert().values(name="x", value="y"))
    second.close()
    assert _journal(tmp_path) == "delete"
    with opened(tmp_path) as again, again.read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'x'").scalar() == "y"


def _journal(folder: Path) -> str:
    """The journal mode in the file's header (sqlite.org/fileformat2.html, offset 18)."""
    header = (folder / "store.db").read_bytes()
    return {1: "delete", 2: "wal"}[header[18]]


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(store: Store) -> None:
        with store.write() as connection:
            connection.execute(schema.meta.insert().values(name="x", value="y"))
            raise RuntimeError

    with opened(tmp_path) as store:
        with pytest.raises(RuntimeError):
            fail(store)
        with store.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM meta WHERE name = 'x'").scalar() == 0
