"""The log of a SQLite store is written back beside the transactions."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from store import checkpoints
from store.checkpoints import Checkpoints
from store.engine import Store
from tests.unit.daemon.company_mail import House


def put(store: Store, rows: int, name: str) -> None:
    with store.write() as transaction:
        transaction.exec_driver_sql(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO meta (name, value) SELECT ? || i, 'x' FROM n",
            (rows, name),
        )


def wait() -> None:
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join()


def in_file_alone(file: Path, name: str) -> int:
    """How many such rows the file has without its log."""
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    # as it says itself, it has a log; here it has none
    with copy.open("r+b") as header:
        header.seek(18)
        header.write(b"\x01\x01")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        found: int = connection.execute("SELECT count(*) FROM meta WHERE name LIKE ?", (f"{name}%",)).fetchone()[0]
    return found


def test_so_many_rows_are_written_back_and_whoever_reads_is_not_disturbed(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with House(tmp_path) as house:
        store = house.store
        # less than a transaction that makes the log long
        put(store, 100, "few")
        wait()
        assert in_file_alone(file, "few") == 0
        with store.read() as reader:
            assert reader.exec_driver_sql("SELECT count(*) FROM meta WHERE name LIKE 'few%'").scalar() == 100
            put(store, checkpoints.ROWS, "many")
            wait()
            # what the reader does not see yet stays in the log
            assert in_file_alone(file, "many") == 0
            assert reader.exec_driver_sql("SELECT count(*) FROM meta WHERE name LIKE 'many%'").scalar() == 0
        put(store, checkpoints.ROWS, "more")
        wait()
        assert in_file_alone(file, "more") == checkpoints.ROWS
        log = file.with_name("store.db-wal").stat().st_size
        put(store, 100, "again")
        # it begins at its start again
        assert file.with_name("store.db-wal").stat().st_size == log


def test_who_closes_waits_for_it_and_no_thread_is_left(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        put(house.store, checkpoints.ROWS, "many")
    assert [each.name for each in threading.enumerate()].count("checkpoint") == 0
    assert not (tmp_path / "store.db-wal").exists()
    assert in_file_alone(tmp_path / "store.db", "many") == checkpoints.ROWS


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_is_locked_or_gone_is_left_alone(tmp_path: Path, is_there: bool) -> None:
    """A thread that raised would fail this test: warnings are errors."""
    file = tmp_path / "any.db"
    with contextlib.closing(sqlite3.connect(file if is_there else ":memory:", isolation_level=None)) as other:
        other.execute("CREATE TABLE one (two)")
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN EXCLUSIVE")
        work = Checkpoints(file)
        work.committed(checkpoints.ROWS)
        work.close()
        other.execute("ROLLBACK")
    assert file.exists() is is_there
    work.committed(checkpoints.ROWS)
    assert [each.name for each in threading.enumerate()].count("checkpoint") == 0
