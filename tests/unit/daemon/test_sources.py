"""The service follows lists of contacts beside the accounts: again and again, and one that fails is in nobody's way."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from daemon.config import Config
from daemon.config.records import Company, ContactsConfig, ContactSource, StoreConfig
from daemon.config.sources import SqlSettings
from daemon.environment import Environment, open_store
from daemon.retry import Backoff
from daemon.service import Service
from daemon.session import Session
from store.contacts.contact_sources import states

QUERY = "SELECT id AS external_id, mail AS address FROM p"


def wait(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Until the condition holds; fails where it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def crm(path: Path, *rows: str) -> None:
    """A CRM's database with exactly these addresses."""
    connection = sqlite3.connect(path, isolation_level=None)
    # all at once: who looks in between finds nobody, and comes back in an hour
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE IF NOT EXISTS p (id integer, mail text)")
    connection.execute("DELETE FROM p")
    connection.executemany("INSERT INTO p VALUES (?, ?)", enumerate(rows))
    connection.commit()
    connection.close()


def source(folder: Path, name: str) -> ContactSource:
    settings = SqlSettings(url=f"sqlite:///{folder / name}.db", query=QUERY, timeout_seconds=5)
    return ContactSource(name, "sql", 60, settings, None, None)


def test_a_source_is_followed_and_one_that_fails_is_tried_again(tmp_path: Path) -> None:
    crm(tmp_path / "good.db", "ann@client.example")
    config = Config(
        path=tmp_path / "config.toml",
        folder=tmp_path,
        store=StoreConfig(url=f"sqlite:///{tmp_path / 'keeptouch.db'}"),
        company=Company(domains=("acme.example",)),
        contacts=ContactsConfig(),
        people=(),
        accounts=(),
        sources=(source(tmp_path, "bad"), source(tmp_path, "good")),
    )
    quick = Backoff(first=0.02, longest=0.02)
    with Session(config, open_store(config, {}), Environment({})) as session:

        def fare() -> dict[str, str]:
            with session.store.read() as transaction:
                return {name: each.state for name, each in states(transaction, ["bad", "good"]).items()}

        with Service(session, 3600.0, threading.Event(), backoff=quick) as service:
            wait(lambda: fare() == {"bad": "failed", "good": "ok"})
            wait(lambda: service.sources.failures("bad") > 0)
            crm(tmp_path / "bad.db", "bo@client.example")
            wait(lambda: fare() == {"bad": "ok", "good": "ok"})
            wait(lambda: service.sources.failures("bad") == 0)
        with session.store.read() as transaction:
            found = transaction.exec_driver_sql("SELECT address FROM v1_contact_address ORDER BY 1").scalars().all()
        assert found == ["ann@client.example", "bo@client.example"]
