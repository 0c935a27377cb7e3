"""The database server of the tests does what the tests rely on."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.servers.postgres import Postgres
from tests.servers.process import ServerError


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


@pytest.mark.server
@pytest.mark.slow
def test_kept_data_are_there_at_the_next_start_and_have_one_server(postgres: Postgres) -> None:
    # the server's user has to reach it
    folder = Path(tempfile.mkdtemp(prefix="kt-kept-", dir=os.environ.get("KEEPTOUCH_TEST_TMP")))
    folder.chmod(0o755)
    try:
        with Postgres(kept=folder / "cluster") as server:
            server.sql("CREATE TABLE kept AS SELECT 42 AS answer")
            with pytest.raises(ServerError, match="another server works with"), Postgres(kept=folder / "cluster"):
                pass
            assert server.sql("SHOW shared_buffers") == "64MB\n"
        with Postgres(kept=folder / "cluster", settings={"shared_buffers": "32MB"}) as server:
            assert server.sql("SELECT answer FROM kept") == "42\n"
            assert server.sql("SHOW shared_buffers") == "32MB\n"
            server.restart(crash=True)
            assert server.sql("SELECT answer FROM kept") == "42\n"
    finally:
        shutil.rmtree(folder)
