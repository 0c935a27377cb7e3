"""What several of these tests share: a company's store on PostgreSQL, and another program beside keeptouch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.unit.daemon.company_mail import House


@pytest.fixture
def postgres_house(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    """A company with an empty store in a database of the test's own."""
    with House(tmp_path, url=postgres_url) as house:
        yield house


@pytest.fixture
def other(postgres_house: House, postgres_url: str) -> Iterator[psycopg.Connection]:
    """Another program's connection to that database."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), options="-c search_path=keeptouch") as connection:
        yield connection
