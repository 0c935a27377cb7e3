"""The database server of the tests does what the tests rely on."""

from __future__ import annotations

import pytest

from tests.servers.postgres import Postgres


def test_each_database_is_empty_and_sorts_by_code_point(postgres: Postgres, postgres_url: str) -> None:
    database = postgres_url.rpartition("/")[2]
    assert postgres_url != postgres.create_database()
    assert postgres.sql("SELECT count(*) FROM pg_stat_user_tables", database) == "0\n"
    assert postgres.sql("SELECT 'Z' < 'a' COLLATE \"default\"", database) == "t\n"


@pytest.mark.server
@pytest.mark.slow
def test_committed_rows_outlive_a_crash_of_a_durable_server(postgres: Postgres) -> None:
    with Postgres(durable=True) as server:
        server.sql("CREATE TABLE kept AS SELECT 42 AS answer")
        server.restart(crash=True)
        assert server.sql("SELECT answer FROM kept") == "42\n"
