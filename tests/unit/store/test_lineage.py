"""A store that was put back or moved is noticed, however that was done, and one that was not is left alone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from store import lineage
from store.engine import Store
from store.errors import StoreError
from store.keeping import backup
from store.schema import core
from tests import forked
from tests.unit.daemon.company_mail import KEY, House
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill


def opened(folder: Path, *, may_create: bool = True, may_upgrade: bool = False) -> Store:
    return Store.open(
        f"sqlite:///{folder / 'store.db'}",
        key_text=KEY,
        key_file=folder / "unused",
        may_create=may_create,
        may_upgrade=may_upgrade,
    )


def value(store: Store, name: str) -> str | None:
    with store.read() as connection:
        found: str | None = connection.scalar(
            core.meta.select().where(core.meta.c.name == name).with_only_columns(core.meta.c.value)
        )
        return found


def note(store: Store, name: str) -> None:
    with store.write() as connection:
        connection.execute(core.meta.insert().values(name=name, value="1"))


def counted(folder: Path) -> int:
    return int((folder / "store.db.generation").read_text())


def copied_over(saved: Path, store: Path) -> None:
    """`cp`: the file stays, its content is another."""
    store.write_bytes(saved.read_bytes())


def replaced(saved: Path, store: Path) -> None:
    """As `rsync`, `tar` and `mv` do."""
    shutil.copy(saved, saved.with_suffix(".new"))
    saved.with_suffix(".new").replace(store)


def replaced_with_all_beside(saved: Path, store: Path) -> None:
    """The folder as a whole, as it was when it was saved."""
    replaced(saved, store)
    shutil.copy(saved.with_name("saved.generation"), store.with_name("store.db.generation"))


@pytest.mark.parametrize("put_back", [copied_over, replaced, replaced_with_all_beside])
def test_a_plain_copy_that_is_put_back_begins_a_new_epoch(
    tmp_path: Path, put_back: Callable[[Path, Path], None]
) -> None:
    with opened(tmp_path) as store:
        note(store, "before")
        epoch = value(store, "feed_epoch")
    shutil.copy(tmp_path / "store.db", tmp_path / "saved")
    shutil.copy(tmp_path / "store.db.generation", tmp_path / "saved.generation")
    with opened(tmp_path) as store:
        assert store.opened.put_back is None
        note(store, "after")
    put_back(tmp_path / "saved", tmp_path / "store.db")
    with opened(tmp_path) as store:
        assert store.opened.put_back is not None
        assert value(store, "after") is None
        second = value(store, "feed_epoch")
        assert second != epoch
    with opened(tmp_path) as store:
        assert store.opened.put_back is None
        assert value(store, "feed_epoch") == second


def test_the_same_copy_put_back_twice_begins_two_epochs(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        note(store, "before")
        backup.write_copy(store.engine, tmp_path / "saved", "backup of today")
        epochs = {value(store, "feed_epoch")}
    for _time in range(2):
        copied_over(tmp_path / "saved", tmp_path / "store.db")
        with opened(tmp_path) as store:
            assert store.opened.put_back == "it is a backup of today"
            epochs.add(value(store, "feed_epoch"))
    assert len(epochs) == 3


def test_a_copy_made_since_the_last_start_is_noticed_too(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        note(store, "before")
        with sqlite3.connect(tmp_path / "saved") as target, sqlite3.connect(tmp_path / "store.db") as source:
            source.backup(target)
        target.close()
        source.close()
        note(store, "after")
    copied_over(tmp_path / "saved", tmp_path / "store.db")
    with opened(tmp_path) as store:
        assert store.opened.put_back == "it is older than what was written here last"


def test_a_store_that_was_killed_is_the_one_it_was(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        note(store, "a")
        note(store, "b")
        epoch = value(store, "feed_epoch")
    # the last transaction was committed, and its number not yet written down
    (tmp_path / "store.db.generation").write_text(f"{counted(tmp_path) - 1}\n")
    with opened(tmp_path) as store:
        assert store.opened.put_back is None
        note(store, "c")
        assert value(store, "feed_epoch") == epoch
        assert value(store, "generation") == str(counted(tmp_path))


@pytest.mark.parametrize("content", [None, "", "nonsense", "9" * 30])
def test_a_file_beside_it_that_is_lost_or_broken_keeps_nobody_from_working(tmp_path: Path, content: str | None) -> None:
    with opened(tmp_path) as store:
        note(store, "a")
    beside = tmp_path / "store.db.generation"
    beside.unlink()
    if content is not None:
        beside.write_text(content)
    with opened(tmp_path) as store:
        assert store.opened.put_back is None
        note(store, "b")
        assert value(store, "generation") == str(counted(tmp_path))


def test_only_transactions_that_change_something_count(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        note(store, "a")
        before = counted(tmp_path)
        with store.write() as connection:
            connection.execute(core.meta.select())
        assert counted(tmp_path) == before
        with pytest.raises(IntegrityError):
            note(store, "a")
        assert counted(tmp_path) == before
        note(store, "c")
        assert counted(tmp_path) == before + 1


def test_who_only_reads_leaves_a_copy_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        backup.write_copy(store.engine, tmp_path / "saved", "backup of today")
    replaced(tmp_path / "saved", tmp_path / "store.db")
    before = (tmp_path / "store.db").read_bytes()
    with opened(tmp_path, may_create=False) as store:
        assert store.opened.put_back is None
    assert (tmp_path / "store.db").read_bytes() == before
    with opened(tmp_path) as store:
        assert store.opened.put_back == "it is a backup of today"


def test_every_stream_of_a_store_that_was_put_back_is_compared(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        fill(house, copies(), 1)
        assert house.rows("SELECT DISTINCT compared_at IS NULL FROM stream") == [(0,)]
        with house.store.write() as transaction:
            lineage.begin_anew(transaction)
        assert house.rows("SELECT DISTINCT compared_at IS NULL FROM stream") == [(1,)]


def test_a_backup_beside_what_a_killed_store_has_left_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        backup.write_copy(store.engine, tmp_path / "saved", "backup of today")

    def killed() -> None:
        store = opened(tmp_path)
        note(store, "a")
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked.run(killed) == -signal.SIGKILL
    assert (tmp_path / "store.db-wal").stat().st_size > 0
    copied_over(tmp_path / "saved", tmp_path / "store.db")
    for may_create in (True, False):
        with pytest.raises(StoreError, match="belongs to the store that was there before") as error:
            opened(tmp_path, may_create=may_create)
        assert "take store.db-wal and store.db-shm away" in error.value.hint
    for end in ("-wal", "-shm"):
        (tmp_path / f"store.db{end}").unlink()
    with opened(tmp_path) as store:
        assert store.opened.put_back == "it is a backup of today"
        assert value(store, "a") is None
