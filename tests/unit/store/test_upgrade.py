"""An older store is upgraded with a copy beside it, a newer one refused, and a program that is too old shut out."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from store import migrate, migrating, upgrading
from store.contacts import merging
from store.engine import Store
from store.errors import StoreError
from store.keeping.backup import KEPT, upgrade_copies
from store.published import feed_triggers, views
from store.schema import core
from store.writers import triggers
from tests import forked
from tests.unit.daemon.company_mail import KEY, NOON, House
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill
from tests.unit.store import later_release

#: Of this program, before a later release is made up.
NEWEST = migrate.revisions()[-1]


def opened(folder: Path, *, may_create: bool = True, may_upgrade: bool = False) -> Store:
    return Store.open(
        f"sqlite:///{folder / 'store.db'}",
        key_text=KEY,
        key_file=folder / "unused",
        may_create=may_create,
        may_upgrade=may_upgrade,
    )


def refusal(folder: Path, *, may_create: bool = True) -> StoreError:
    with pytest.raises(StoreError) as error:
        opened(folder, may_create=may_create)
    return error.value


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a store with mail, made by this release."""
    folder = tmp_path_factory.mktemp("filled")
    with House(folder) as house:
        fill(house, copies(), 1)
    return (folder / "store.db").read_bytes()


@pytest.fixture
def old(tmp_path: Path, filled: bytes) -> Path:
    """A folder with that store."""
    (tmp_path / "store.db").write_bytes(filled)
    (tmp_path / "store.db").chmod(0o640)
    return tmp_path


def test_an_older_store_is_upgraded_and_a_copy_lies_beside_it(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old / "store.db", "SELECT * FROM v1_interaction ORDER BY id")
    later_release.install(monkeypatch, old)
    with opened(old) as store:
        done = store.opened.upgraded
        assert done is not None
        assert (done.before, done.after) == (NEWEST, later_release.REVISION)
        assert done.copy == old / f"store.db.before-{later_release.REVISION}"
    assert rows(old / "store.db", "SELECT * FROM v1_interaction ORDER BY id") == before
    assert rows(old / "store.db", "SELECT DISTINCT colour FROM stream") == [("blue",)]
    assert rows(old / "store.db", "PRAGMA foreign_key_check") == []
    assert done.copy.stat().st_mode & 0o777 == 0o640
    assert rows(done.copy, "SELECT * FROM v1_interaction ORDER BY id") == before
    assert rows(done.copy, "PRAGMA integrity_check") == [("ok",)]
    with opened(old) as again:
        assert again.opened.upgraded is None


@pytest.mark.slow
def test_addresses_of_an_older_store_name_who_stands_for_their_contact(house: House) -> None:
    fill(house, copies(), 1)
    with house.store.write() as transaction:
        ids = sorted(transaction.execute(text("SELECT id FROM contact")).scalars())[:3]
        transaction.execute(text("UPDATE contact SET deleted_at = updated_at WHERE id = :id"), {"id": ids[2]})
        merging.merge(transaction, ids[0], ids[1], NOON)
    shown = house.rows("SELECT * FROM v1_contact_address ORDER BY id")
    held = house.rows("SELECT id, holder_id FROM contact_address ORDER BY id")
    with house.store.engine.begin() as connection:  # as release 0011 had it
        for each in (triggers, feed_triggers, views):
            each.drop(connection)
        later = (
            "ix_contact_merged_into_id",
            "ix_link_meetings",
            "ix_mail_signal_kind_recipient",
            "ix_contact_organization_id",
        )
        for index in ("ix_contact_address_holder_id", *later):
            connection.exec_driver_sql(f"DROP INDEX {index}")
        connection.exec_driver_sql("CREATE INDEX ix_mail_signal_kind ON mail_signal (kind)")
        connection.exec_driver_sql("ALTER TABLE contact_address DROP COLUMN holder_id")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0011'")
    assert upgrading.upgrade(house.store.engine) is not None
    assert house.rows("SELECT id, holder_id FROM contact_address ORDER BY id") == held
    assert house.rows("SELECT * FROM v1_contact_address ORDER BY id") == shown
    moved = house.rows("SELECT DISTINCT holder_id FROM contact_address WHERE holder_id <> contact_id")
    assert moved == [(ids[1],)]
    with house.store.read() as connection:
        assert migrating.differences(connection) == []


def test_nothing_is_upgraded_by_who_only_reads(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later_release.install(monkeypatch, old)
    error = refusal(old, may_create=False)
    assert "older" in error.problem
    assert "keeptouch store upgrade" in error.hint
    assert upgrade_copies(old / "store.db") == []
    with opened(old, may_create=False, may_upgrade=True) as store:
        assert store.opened.upgraded is not None


def test_a_newer_store_is_refused_with_the_release_and_the_copy_that_help(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later_release.install(later, old)
        opened(old).close()
    error = refusal(old)
    assert f"a newer keeptouch, {later_release.VERSION}; this is" in error.problem
    assert f"install keeptouch {later_release.VERSION}" in error.hint
    copy = old / f"store.db.before-{later_release.REVISION}"
    assert str(copy) in error.hint
    copy.replace(old / "store.db")
    with opened(old) as store:
        assert store.opened.put_back == f"it is a copy from before the upgrade to {later_release.REVISION}"


def test_an_upgrade_with_another_key_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later_release.install(monkeypatch, old)
    with pytest.raises(StoreError, match="not the one this store was made with"):
        Store.open(f"sqlite:///{old / 'store.db'}", key_text="22" * 32, key_file=old / "unused")
    assert rows(old / "store.db", "SELECT version_num FROM alembic_version") == [(NEWEST,)]


def test_an_upgrade_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old / "store.db", "SELECT sql FROM sqlite_master ORDER BY name")
    later_release.install(monkeypatch, old, more='op.execute("DELETE FROM person")')
    with pytest.raises(StoreError, match="would not be whole"):
        opened(old)
    assert rows(old / "store.db", "SELECT sql FROM sqlite_master ORDER BY name") == before
    assert rows(old / "store.db", "SELECT count(*) FROM person") == [(2,)]


@pytest.mark.slow
def test_an_upgrade_that_is_killed_is_done_by_the_next_start(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old / "store.db", "SELECT * FROM v1_interaction ORDER BY id")
    with monkeypatch.context() as killed:
        later_release.install(killed, old, more="import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        child = forked.begin(lambda: opened(old))
        assert forked.end(child) == -signal.SIGKILL
        (old / "later").rename(old / "killed")
    (old / f"store.db.before-{later_release.REVISION}.{child}.part").write_bytes(b"what a kill may leave")
    later_release.install(monkeypatch, old)
    with opened(old) as store:
        assert store.opened.upgraded is not None
    assert rows(old / "store.db", "SELECT * FROM v1_interaction ORDER BY id") == before
    assert [path.name for path in old.glob("*.part")] == []


def test_only_a_few_copies_are_kept(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(KEPT + 2):
        (old / f"store.db.before-00{number:02}").touch()
    (old / "store.db.before").touch()
    later_release.install(monkeypatch, old)
    opened(old).close()
    kept = [path.name for path in upgrade_copies(old / "store.db")]
    assert kept == ["store.db.before-0003", "store.db.before-0004", f"store.db.before-{later_release.REVISION}"]
    assert (old / "store.db.before").exists()


def test_a_program_that_works_with_the_store_is_stopped_by_an_upgrade(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(old) as running:
        _write(running)
        with monkeypatch.context() as later:
            later_release.install(later, old)
            opened(old).close()
        with pytest.raises(StoreError, match="written by a newer keeptouch"):
            _write(running)
    assert rows(old / "store.db", "SELECT value FROM meta WHERE name = 'x'") == [("1",)]


def _write(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('x', '1') ON CONFLICT DO UPDATE SET value = value + 1")


# -- the oldest program allowed -----------------------------------------------------------------------------------


def test_a_program_older_than_the_store_allows_is_refused_and_stopped(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(old) as running:
        _write(running)
        with monkeypatch.context() as later, opened(old) as other:
            later.setattr(migrate, "program", lambda: "9.1.0")
            with other.write() as connection:
                migrate.shut_out(connection, "9.1.0")
        with pytest.raises(StoreError, match=r"allows keeptouch 9\.1\.0 and newer"):
            _write(running)
    error = refusal(old)
    assert "allows keeptouch 9.1.0 and newer, and this is" in error.problem
    assert "install keeptouch" in error.hint


def test_a_release_that_writes_otherwise_shuts_older_ones_out(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(migrate, "program", lambda: "9.1.0")
        later.setattr(migrate, "OLDEST_PROGRAM", "9.0.0")
        assert "older" in refusal(old, may_create=False).problem
        with opened(old) as store:
            assert store.opened.upgraded is not None
            assert store.opened.upgraded.copy is not None
    assert "allows keeptouch 9.0.0 and newer" in refusal(old).problem


@pytest.mark.parametrize("version", ["99.0.0", "0.0.1", "x"])
def test_a_program_shuts_out_neither_itself_nor_nobody(old: Path, version: str) -> None:
    with opened(old) as store, pytest.raises(StoreError, match="shut out"), store.write() as connection:
        migrate.shut_out(connection, version)


@pytest.mark.parametrize(
    ("release", "other", "expected"),
    [
        ("0.9.0", "0.10.0", True),
        ("0.10.0", "0.9.0", False),
        ("1.0.0", "1.0.0", False),
        ("1.0.0rc1", "1.0.0", False),
        ("", "0.1.0", True),
        ("1.0", "1.0.1", True),
    ],
)
def test_releases_are_ordered_by_their_numbers(release: str, other: str, expected: bool) -> None:
    assert migrate.is_before(release, other) is expected


def test_a_new_store_says_whose_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.read() as connection:
        found = migrate.condition_of(connection)
        assert (found.state, found.program) == (migrate.State.CURRENT, migrate.program())
        assert found.oldest_program == migrate.OLDEST_PROGRAM
        assert connection.execute(core.meta.select()).fetchall()
