"""What waits to be fetched is found without reading all placements, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from store.mails import write
from store.questions import read
from tests.unit.daemon.company_mail import House

QUESTIONS: dict[str, Callable[[House, Connection, str], object]] = {
    "streams of an account": lambda _house, connection, account: write.streams_wanting(connection, account),
    "refs of a stream": lambda _house, connection, _account: write.wanted_refs(connection, 1, 10),
    "count of an account": lambda _house, connection, account: write.count_wanted(connection, account),
    "accounts": lambda _house, connection, _account: write.accounts_wanting(connection),
    "count": lambda _house, connection, _account: write.count_all_wanted(connection),
    "status": lambda _house, connection, _account: read._wanted(connection),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_sqlite_looks_by_the_index_of_what_is_wanted(sqlite_house: House, question: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _is_many: bool) -> None:
        asked.append((sql, values))

    event.listen(sqlite_house.store.engine, "before_cursor_execute", note)
    with sqlite_house.store.read() as connection:
        QUESTIONS[question](sqlite_house, connection, sqlite_house.accounts["alice"])
        [(sql, values)] = [each for each in asked if "placement" in each[0]]
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    looks = [each for each in plan if " placement " in f"{each} "]
    assert looks, plan
    assert all(
        "USING INDEX ix_placement_wanted" in each or "COVERING INDEX ix_placement_wanted" in each for each in looks
    )
