"""A query for each of many values answers the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from store.each import ForEach
from store.schema.core import link
from store.upsert import upsert_rows
from tests.unit.daemon.company_mail import House

_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_LINKS = [
    (contact, _AT + timedelta(days=day), f"{contact}{day}", role, "x@example.com", "address")
    for contact, day, role in (
        *(("anna", 1, "from"), ("anna", 3, "to"), ("anna", 5, "from"), ("anna", 9, "to")),
        *(("bold", 2, "to"), ("cyrus", 8, "from")),
    )
]


def test_the_last_before_an_instant_of_each(house: House) -> None:
    last = ForEach(
        lambda given: (
            select(link.c.occurred_at, link.c.interaction_id, (link.c.role == "from").label("is_from"))
            .where(link.c.contact_id == given["contact_id"], link.c.occurred_at < given["occurred_at"])
            .order_by(link.c.occurred_at.desc())
            .limit(2)
        ),
        *(link.c.contact_id, link.c.occurred_at),
    )
    with house.store.write() as connection:
        upsert_rows(connection, link, link.c.keys(), _LINKS)
        until = _AT + timedelta(days=6)
        found = last.rows(connection, [("cyrus", until), ("anna", until), ("nobody", until), ("bold", until)])
        nothing = last.rows(connection, [])
    told = {
        each: sorted((row.occurred_at, row.interaction_id, row.is_from) for row in rows) for each, rows in found.items()
    }
    assert told == {
        "anna": [(_AT + timedelta(days=3), "anna3", False), (_AT + timedelta(days=5), "anna5", True)],
        "bold": [(_AT + timedelta(days=2), "bold2", False)],
        "cyrus": [],
        "nobody": [],
    }
    assert nothing == {}
    assert all(type(row.is_from) is bool for rows in found.values() for row in rows)
