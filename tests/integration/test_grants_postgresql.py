"""Roles on PostgreSQL: readers read the views and nothing else, writers write w1_* besides, an upgrade keeps both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from store.engine import Store
from store.errors import StoreError
from store.published.grants import WRITABLE, Access, Granted, grant
from store.published.views import VIEWS
from store.schema.core import metadata
from tests.servers.postgres import Postgres
from tests.test_store_contract import questions
from tests.unit.daemon.company_mail import KEY, House
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill
from tests.unit.store import later_release

pytestmark = [pytest.mark.slow, pytest.mark.server]
_numbers = count(1)


@pytest.fixture
def role(postgres: Postgres) -> str:
    """A new role, whose name needs quotes."""
    name = f'Näme "of" {next(_numbers)}\''
    quoted = name.replace('"', '""')
    postgres.sql(f'CREATE ROLE "{quoted}" LOGIN')
    return name


@pytest.fixture
def house(postgres_url: str, tmp_path: Path) -> Iterator[House]:
    """A store with mail, owned by the cluster's administrator."""
    with House(tmp_path, url=postgres_url) as house:
        fill(house, copies(), 1)
        yield house


def as_role(url: str, role: str) -> psycopg.Connection:
    """The role's own connection, with nothing set."""
    parts = re.fullmatch(r"postgresql\+psycopg://[^@]+@([^:]+):(\d+)/(\w+)", url)
    assert parts is not None
    host, port, name = parts.groups()
    return psycopg.connect(host=host, port=int(port), dbname=name, user=role, autocommit=True)


def give(house: House, role: str, access: Access) -> Granted:
    with house.store.write() as transaction:
        return grant(transaction, role, access)


def may(connection: psycopg.Connection, *words: str) -> bool:
    """Is the statement of these words carried out?"""
    try:
        connection.execute(" ".join(words).encode())
    except (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState, errors.FeatureNotSupported):
        # the latter two of views and of their columns
        return False
    return True


def test_a_reader_asks_the_questions_of_the_manual_without_naming_the_schema(
    house: House, postgres_url: str, role: str
) -> None:
    assert give(house, role, Access.READ).missing == []
    with as_role(postgres_url, role) as reader:
        for question in questions():
            reader.execute(question.encode())
        for view in VIEWS:
            assert may(reader, "SELECT * FROM", view.name)


def test_a_reader_reads_no_table_and_changes_nothing(house: House, postgres_url: str, role: str) -> None:
    give(house, role, Access.READ)
    with as_role(postgres_url, role) as reader:
        tables = [*metadata.tables, "alembic_version"]
        assert not [name for name in tables if may(reader, "SELECT * FROM", f"keeptouch.{name}")]
        for view in VIEWS:
            assert not may(reader, "DELETE FROM", view.name)
            assert not may(reader, "INSERT INTO", view.name, "DEFAULT VALUES")
            assert not may(reader, "UPDATE", view.name, "SET", view.columns[0][0], "= NULL")
        for statement in (
            "INSERT INTO w1_contact (external_source, external_id) VALUES ('a', '1')",
            "CREATE TABLE keeptouch.mine (id integer)",
            "CREATE VIEW keeptouch.mine AS SELECT 1",
            "ALTER VIEW v1_contact RENAME TO mine",
            "TRUNCATE keeptouch.message",
            "SELECT nextval('keeptouch.stream_id_seq')",
        ):
            assert not may(reader, statement), statement
        # PostgreSQL only warns of a right that one has and may not pass on
        may(reader, "GRANT SELECT ON v1_contact TO PUBLIC")
        assert reader.execute("SELECT has_table_privilege('public', 'v1_contact', 'SELECT')").fetchone() == (False,)


def test_a_writer_writes_what_is_to_be_written_and_no_other_table(house: House, postgres_url: str, role: str) -> None:
    granted = give(house, role, Access.WRITE)
    assert granted.missing == []
    assert any("w1_contact" in line for line in granted.done)
    with as_role(postgres_url, role) as writer:
        for _time in range(2):
            writer.execute(
                "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '17', 'Ann Lee')"
                " ON CONFLICT (external_source, external_id) DO UPDATE SET display_name = excluded.display_name"
            )
        writer.execute(
            "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', '17', 'a@b.example')"
        )
        assert writer.execute("SELECT error FROM w1_contact").fetchall() == [(None,)]
        writer.execute("DELETE FROM w1_contact_address")
        others = [name for name in metadata.tables if name not in WRITABLE]
        assert not [name for name in others if may(writer, "SELECT * FROM", f"keeptouch.{name}")]
        assert not may(writer, "DELETE FROM keeptouch.contact")


def test_repeating_it_changes_nothing_and_more_rights_are_kept(house: House, postgres_url: str, role: str) -> None:
    give(house, role, Access.WRITE)
    give(house, role, Access.READ)
    with as_role(postgres_url, role) as writer:
        assert may(writer, "INSERT INTO w1_contact (external_source, external_id) VALUES ('a', '1')")
        [path] = writer.execute("SHOW search_path").fetchall()
    assert path == ('keeptouch, "$user", public',)


def test_a_search_path_that_was_set_before_stays_behind_ours(
    house: House, postgres: Postgres, postgres_url: str, role: str
) -> None:
    quoted = role.replace('"', '""')
    postgres.sql(f'ALTER ROLE "{quoted}" SET search_path = crm, "Own Tables"')
    give(house, role, Access.READ)
    with as_role(postgres_url, role) as reader:
        assert reader.execute("SHOW search_path").fetchone() == ('keeptouch, crm, "Own Tables"',)


def test_a_role_that_is_missing_is_refused_with_the_command(house: House) -> None:
    with pytest.raises(StoreError, match="there is no role nobody") as error:
        give(house, "nobody", Access.READ)
    assert 'CREATE ROLE "nobody" LOGIN' in error.value.hint


def test_what_the_service_may_not_do_is_named_and_the_rest_is_done(
    postgres: Postgres, tmp_path: Path, role: str
) -> None:
    service = f"service{next(_numbers)}"
    postgres.sql(f"CREATE ROLE {service} LOGIN")
    url = postgres.create_database()
    database = url.rpartition("/")[2]
    postgres.sql(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    postgres.sql(f"GRANT CONNECT, CREATE ON DATABASE {database} TO {service}")
    with House(tmp_path, url=url.replace("test@", f"{service}@")) as house:
        granted = give(house, role, Access.READ)
        commands = [command for _what, command in granted.missing]
        assert [command.split()[0:2] for command in commands] == [["GRANT", "CONNECT"], ["ALTER", "ROLE"]]
        for command in commands:
            postgres.sql(command)
        assert give(house, role, Access.READ).missing == []
        with as_role(url, role) as reader:
            assert reader.execute("SELECT count(*) FROM v1_contact").fetchone() == (0,)


def test_an_upgrade_keeps_what_was_granted(
    house: House, postgres: Postgres, postgres_url: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, narrow = (f"role{next(_numbers)}" for _ in range(2))
    for name in (writer, narrow):
        postgres.sql(f"CREATE ROLE {name} LOGIN")
    give(house, role, Access.READ)
    give(house, writer, Access.WRITE)
    with house.store.write() as transaction:  # by hand
        transaction.exec_driver_sql(f"GRANT USAGE ON SCHEMA keeptouch TO {narrow}")
        transaction.exec_driver_sql(f"GRANT SELECT ON v1_thread TO {narrow}")
    house.store.close()
    later_release.install(monkeypatch, tmp_path)
    with Store.open(postgres_url, key_text=KEY, key_file=tmp_path / "unused", may_upgrade=True) as store:
        assert store.opened.upgraded is not None
    with as_role(postgres_url, role) as one:
        assert all(may(one, "SELECT * FROM", view.name) for view in VIEWS)
        assert not may(one, "INSERT INTO w1_contact (external_source, external_id) VALUES ('a', '1')")
    with as_role(postgres_url, writer) as one:
        assert may(one, "INSERT INTO w1_contact (external_source, external_id) VALUES ('a', '1')")
    with as_role(postgres_url, narrow) as one:
        assert may(one, "SELECT * FROM keeptouch.v1_thread")
        assert not may(one, "SELECT * FROM keeptouch.v1_contact")
