"""The role that the service needs on PostgreSQL: no superuser, and a clear text where a right is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.api import Purpose
from store.accounts import company
from store.engine import Store
from store.errors import StoreError
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import KEY, House, mail

pytestmark = pytest.mark.server


def as_role(postgres: Postgres, url: str, role: str, *statements: str) -> str:
    """The URL for a role of the test's own, after these statements on the database."""
    database = url.rpartition("/")[2]
    postgres.sql(f"DROP ROLE IF EXISTS {role}")
    postgres.sql(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    for statement in statements:
        postgres.sql(statement.format(role=role, database=database), database)
    return url.replace("test@", f"{role}@")


@pytest.mark.parametrize(
    "grant",
    ["GRANT CREATE ON DATABASE {database} TO {role}", "CREATE SCHEMA keeptouch AUTHORIZATION {role}"],
    ids=["may make the schema", "owns the schema"],
)
def test_a_plain_role_makes_and_fills_a_store(
    tmp_path: Path, postgres: Postgres, postgres_url: str, grant: str
) -> None:
    role = f"plain{grant[:2].lower()}"
    url = as_role(postgres, postgres_url, role, "REVOKE ALL ON DATABASE {database} FROM PUBLIC", grant)
    postgres.sql(f"GRANT CONNECT ON DATABASE {url.rpartition('/')[2]} TO {role}")
    with House(tmp_path, url=url) as house:
        house.read("alice", "Sent", [mail("alice@acme.example", "ann@client.example", mid="a@x")], Purpose.SENT)
        assert house.rows("SELECT message_id FROM v1_interaction") == [("a@x",)]
        assert house.rows("SELECT DISTINCT schemaname FROM pg_stat_user_tables") == [("keeptouch",)]


def test_a_role_that_may_not_make_the_schema_is_told_so(tmp_path: Path, postgres: Postgres, postgres_url: str) -> None:
    url = as_role(postgres, postgres_url, "poor")
    with pytest.raises(StoreError, match="permission denied for database") as error:
        Store.open(url, key_text=KEY, key_file=tmp_path / "unused")
    assert "docs/store.md" in error.value.hint


def test_a_standby_is_told_from_a_server_that_can_be_written_to(
    tmp_path: Path, postgres: Postgres, postgres_url: str
) -> None:
    House(tmp_path, url=postgres_url).store.close()
    database = postgres_url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with (
        Store.open(postgres_url, key_text=KEY, key_file=tmp_path / "unused") as store,
        pytest.raises(StoreError, match="read-only") as error,
    ):
        store.transact(lambda transaction: company.save_setting(transaction, "a", "1"))
    assert "primary" in error.value.hint
