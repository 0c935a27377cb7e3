"""A backup is whole and one state of the store, whatever others do meanwhile; and it is there whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from store.engine import Store, file_engine
from store.errors import StoreError
from store.keeping import backup
from tests import forked
from tests.unit.daemon.company_mail import KEY


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An open store in a folder of its own, mode 0640."""
    (tmp_path / "store").mkdir()
    path = tmp_path / "store" / "store.db"
    made = Store.open(f"sqlite:///{path}", key_text=KEY, key_file=tmp_path / "unused")
    path.chmod(0o640)
    return made


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def test_the_file_of_an_engine_that_only_reads_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a store?100%25.db"
    path.touch()
    assert backup.database_file(file_engine(path)) == path


@pytest.mark.slow
def test_a_backup_is_one_state_while_others_write(store: Store, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with store.write() as connection:
                # two rows that agree in every state
                for name in ("one", "other"):
                    sql = f"INSERT OR REPLACE INTO meta VALUES ('{name}', '{number}')"  # noqa: S608 - words of ours
                    connection.exec_driver_sql(sql)

    with store:
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(20):
                backup.write_copy(store.engine, tmp_path / f"{number}.db", "backup")
        finally:
            stop.set()
            writer.join()
    for number in range(20):
        path = tmp_path / f"{number}.db"
        assert len(set(rows(path, "SELECT value FROM meta WHERE name IN ('one', 'other')"))) <= 1
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(path, "SELECT value FROM meta WHERE name = 'copied'") == [("backup",)]


def test_a_backup_needs_no_wal_and_is_as_open_as_the_store(store: Store, tmp_path: Path) -> None:
    with store:
        backup.write_copy(store.engine, tmp_path / "b.db", "backup")
    assert (tmp_path / "b.db").read_bytes()[18:20] == b"\x01\x01"
    assert (tmp_path / "b.db").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.db", "store"]


def test_what_was_deleted_is_not_in_a_backup(store: Store, tmp_path: Path) -> None:
    with store:
        for sql in ("INSERT INTO meta VALUES ('x', 'canary-7713')", "DELETE FROM meta WHERE name = 'x'"):
            with store.write() as connection:
                connection.exec_driver_sql(sql)
        backup.write_copy(store.engine, tmp_path / "b.db", "backup")
    assert b"canary-7713" not in (tmp_path / "b.db").read_bytes()


def test_a_backup_that_is_interrupted_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_TICK", 1)
    with store:
        with pytest.raises(KeyboardInterrupt):
            backup.write_copy(store.engine, tmp_path / "b.db", "backup", stop)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]
        backup.write_copy(store.engine, tmp_path / "b.db", "backup")
    assert (tmp_path / "b.db").exists()


def test_what_a_killed_backup_left_is_taken_away_and_that_of_one_at_work_is_not(store: Store, tmp_path: Path) -> None:
    child = forked.begin(lambda: None)
    forked.end(child)
    left, at_work, other = (tmp_path / f"b.db.{who}.part" for who in (child, 1, "x"))
    for path in (left, at_work, other):
        path.touch()
    with store:
        backup.write_copy(store.engine, tmp_path / "b.db", "backup")
    assert (left.exists(), at_work.exists(), other.exists()) == (False, True, True)


def test_a_folder_that_is_missing_is_named(store: Store, tmp_path: Path) -> None:
    with store, pytest.raises(StoreError) as error:
        backup.write_copy(store.engine, tmp_path / "nowhere" / "b.db", "backup")
    assert str(tmp_path / "nowhere" / "b.db") in error.value.problem
    assert "folder" in error.value.hint
