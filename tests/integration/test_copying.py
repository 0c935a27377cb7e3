"""A store in another database: same rows and ids, a new epoch, and nothing at all where the copy did not end."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.engine import Store, make_engine
from store.errors import StoreError
from store.keeping import copying
from store.keeping.copying import Progress, copy_store
from store.keeping.verify import verify
from tests import forked
from tests.unit.daemon.company_mail import KEY, House, mail
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill

pytestmark = [pytest.mark.slow, pytest.mark.server]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[House]:
    """A store with mail, contacts of another program, and rows of it that no other database takes."""
    with House(tmp_path) as house:
        fill(house, copies(), 1)
        with house.store.write() as transaction:
            for values in (
                "('crm', '1', 'مریم Ünal', 0, NULL)",
                "('crm', '2', CAST(x'c328' AS TEXT), 0, NULL)",
                "('crm', '3', 'Cem', 7, NULL)",
                "('crm', '4', 'a' || char(0), 0, NULL)",
                "('crm', '5', 'Eve', 0, 'yesterday')",
            ):
                columns = "external_source, external_id, display_name, is_deleted, applied_at"
                transaction.exec_driver_sql(f"INSERT INTO w1_contact ({columns}) VALUES {values}")  # noqa: S608 - words of this test
            transaction.exec_driver_sql(
                "INSERT INTO w1_contact_address (external_source, external_id, address)"
                " VALUES ('crm', '1', 'm@client.example')"
            )
        yield house


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'copy.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def quiet(_table: str, _rows: int, _is_compared: bool) -> None:
    """Nobody looks."""


def opened(tmp_path: Path, url: str) -> Store:
    return Store.open(url, key_text=KEY, key_file=tmp_path / "unused")


class Copy(House):
    """What `House` does, in a store that is there already."""

    def __init__(self, like: House, store: Store) -> None:
        self.store, self.company = store, like.company
        self.accounts, self.folders, self.skims = like.accounts, like.folders, like.skims


def meta(house: House) -> dict[str, str]:
    return dict(house.rows("SELECT name, value FROM meta"))


def test_a_copy_shows_the_same_and_goes_on(tmp_path: Path, here: House, target: str) -> None:
    before, epoch = here.contract(), meta(here)["feed_epoch"]
    copied = {each.table: each for each in copy_store(here.store, target, None, quiet)}
    assert copied["message"].rows == 8
    assert copied["w1_contact"].left_out == 4
    with Copy(here, opened(tmp_path, target)) as there:
        assert there.store.opened.put_back is None
        assert there.contract() == before
        assert there.rows("SELECT external_id, display_name FROM w1_contact") == [("1", "مریم Ünal")]
        assert meta(there)["feed_epoch"] != epoch
        assert meta(there)["store_id"] == meta(here)["store_id"]
        assert verify(there.store.engine, target, there.store.key, lambda _check: None).findings == []
        # what is numbered by the database goes on behind what was copied
        there.read("bob", "Another", [mail("ann@client.example", "bob@acme.example", mid="later@x")])
        here.read("bob", "Another", [mail("ann@client.example", "bob@acme.example", mid="later@x")])
        assert there.contract() == here.contract()


def test_a_copy_and_its_copy_have_the_same_checksums(tmp_path: Path, here: House, postgres_url: str) -> None:
    first = copy_store(here.store, postgres_url, None, quiet)
    with opened(tmp_path, postgres_url) as there:
        second = copy_store(there, f"sqlite:///{tmp_path / 'back.db'}", None, quiet)
    assert [(t.table, t.rows, t.checksum) for t in first] == [(t.table, t.rows, t.checksum) for t in second]


def test_a_copy_that_is_killed_leaves_nothing_and_is_begun_again(tmp_path: Path, here: House, target: str) -> None:
    for victim in (("message", False), ("placement", False), ("contact", True)):

        def kill(table: str, _rows: int, is_compared: bool, victim: tuple[str, bool] = victim) -> None:
            if (table, is_compared) == victim:
                os.kill(os.getpid(), signal.SIGKILL)

        def copy(kill: Progress = kill) -> None:
            here.store.engine.dispose(close=False)  # its connections are the parent's
            copy_store(here.store, target, None, kill)

        assert forked.run(copy) == -signal.SIGKILL
    copy_store(here.store, target, None, quiet)
    with Copy(here, opened(tmp_path, target)) as there:
        assert there.contract() == here.contract()
    assert list(tmp_path.glob("*.part")) == []


def test_a_difference_is_noticed_and_nothing_stays(
    tmp_path: Path, here: House, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_of = copying.rows_of
    seen: list[str] = []

    def lossy(connection: object, table: object) -> object:
        # what arrives of the second reading lacks a row, as on a disk that loses one
        seen.append(str(table))
        for batch in rows_of(connection, table):  # type: ignore[arg-type]  # passed on as it came
            yield batch[1:] if seen.count("message") == 2 and str(table) == "message" else batch

    monkeypatch.setattr(copying, "rows_of", lossy)
    with pytest.raises(StoreError, match="the table message is not the same: 8 rows were sent, 7 arrived"):
        copy_store(here.store, target, None, quiet)
    monkeypatch.undo()
    copy_store(here.store, target, None, quiet)


def test_only_an_empty_database_is_taken(tmp_path: Path, here: House, target: str) -> None:
    copy_store(here.store, target, None, quiet)
    with pytest.raises(StoreError, match=r"is not empty|is there already") as error:
        copy_store(here.store, target, None, quiet)
    assert error.value.hint
    with Copy(here, opened(tmp_path, target)) as there:
        assert there.contract() == here.contract()


def test_a_database_with_other_tables_is_not_taken(here: House, postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE SCHEMA keeptouch CREATE TABLE customers (id integer)")
    with pytest.raises(StoreError, match="is not empty"):
        copy_store(here.store, postgres_url, None, quiet)


def test_of_two_copies_at_once_one_is_refused(tmp_path: Path, here: House, postgres_url: str) -> None:
    problems: list[str] = []

    def other(table: str, _rows: int, _is_compared: bool) -> None:
        if table == "message" and not problems:
            with pytest.raises(StoreError) as error:
                copy_store(here.store, postgres_url, None, quiet)
            problems.append(error.value.problem)

    copy_store(here.store, postgres_url, None, other)
    assert "another keeptouch makes tables" in problems[0]


def test_text_that_postgresql_lacks_is_told_with_its_table(here: House, postgres_url: str) -> None:
    with here.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE message SET subject = 'a' || char(0) || 'b'")
    with pytest.raises(StoreError, match="a row of message holds text that PostgreSQL does not take, in subject"):
        copy_store(here.store, postgres_url, None, quiet)
    engine = make_engine(postgres_url, None)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('message')").scalar() is None
    engine.dispose()


def test_others_write_to_the_source_meanwhile(tmp_path: Path, here: House, target: str) -> None:
    before = here.contract()

    def write(table: str, _rows: int, _is_compared: bool) -> None:
        if table == "message":
            with sqlite3.connect(tmp_path / "store.db") as connection:
                connection.execute("UPDATE thread SET subject = 'changed'")
            connection.close()

    copy_store(here.store, target, None, write)
    with Copy(here, opened(tmp_path, target)) as there:
        assert there.contract() == before
