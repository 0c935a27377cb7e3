"""The questions that docs/store.md begins with have answers, the same ones on both databases."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from daemon.cli.main import main
from store.engine import Store
from store.published.grants import Access, grant
from store.published.views import VIEWS
from tests.servers.datasette import Datasette
from tests.servers.postgres import Postgres
from tests.servers.process import ServerError
from tests.test_store_contract import questions

pytestmark = pytest.mark.slow

#: One row of each view that this version does not fill, about people of the demo.
LATER = (
    """
    INSERT INTO task (id, rule, title, state, due_on, person_id, contact_id, priority, reason, created_at, updated_at)
    SELECT 'task', 'no_answer', 'Call', 'open', '2026-11-24', p.id, c.id, 50, 'no answer', i.occurred_at, i.occurred_at
    FROM v1_person p, v1_contact c, v1_interaction i WHERE p.email = 'sara@acme.example' ORDER BY c.id, i.id LIMIT 1
    """,
    """
    INSERT INTO signal (id, interaction_id, contact_id, kind, occurred_at, evidence, confidence)
    SELECT 'signal', l.interaction_id, l.contact_id, 'bounce', i.occurred_at, '550', 1
    FROM v1_interaction_contact l JOIN v1_interaction i ON i.id = l.interaction_id
    ORDER BY l.interaction_id, l.contact_id LIMIT 1
    """,
    """
    INSERT INTO signal (id, interaction_id, contact_id, kind, occurred_at, evidence, confidence, verdict)
    SELECT 'open', interaction_id, contact_id, 'open', occurred_at, 'chrome', .7, 'probable_human'
    FROM signal WHERE id = 'signal'
    """,
)
#: Columns that tell when and how often it was read.
VOLATILE = {
    "created_at",
    "updated_at",
    "computed_at",
    "feed_epoch",
    "last_success_at",
    "state_since_at",
    "first_seq",
    "last_seq",
}


class Reader:
    """A program with SQL alone."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if url.startswith("postgresql"):
            event.listen(self._engine, "connect", lambda raw, _: raw.execute("SET search_path TO keeptouch"))

    def close(self) -> None:
        self._engine.dispose()

    def fill(self) -> None:
        with self._engine.begin() as connection:
            for statement in LATER:
                connection.execute(text(statement))

    def answer(self, question: str) -> list[tuple[object, ...]]:
        """Rows as SQLite has them, sorted, without what differs from one reading to the next."""
        with self._engine.connect() as connection:
            found = connection.execute(text(question))
            kept = [at for at, name in enumerate(found.keys()) if name not in VOLATILE]
            return sorted((tuple(_plain(row[at]) for at in kept) for row in found), key=repr)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
        case date():
            return value.isoformat()
        case Decimal() | float():
            return int(value) if value == int(value) else float(value)
        case bool():
            return int(value)
    return value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's company, with its mailboxes."""
    folder = tmp_path_factory.mktemp("questions") / "demo"
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["demo", "--folder", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def sqlite(folder: Path) -> Iterator[Reader]:
    reader = Reader(f"sqlite:///{folder / 'keeptouch.db'}")
    reader.fill()
    yield reader
    reader.close()


@pytest.fixture
def postgresql(folder: Path, postgres_url: str) -> Iterator[Reader]:
    """The same mailboxes read into PostgreSQL, under the same identity key."""
    config = folder / "config.toml"
    before = config.read_text("utf-8")
    url = postgres_url.replace("postgresql+psycopg", "postgresql")
    lines = [f'url = "{url}"' if line.startswith("url = ") else line for line in before.splitlines()]
    config.write_text("\n".join(lines), "utf-8")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["--config", str(config), "sync"]) == 0
    finally:
        config.write_text(before, "utf-8")
    reader = Reader(postgres_url)
    reader.fill()
    yield reader
    reader.close()


def test_there_are_at_least_ten() -> None:
    assert len(questions()) >= 10


@pytest.mark.parametrize("question", questions(), ids=lambda question: str(question).partition("\n")[0])
def test_every_question_has_an_answer(sqlite: Reader, question: str) -> None:
    assert sqlite.answer(question)


def test_the_answers_are_the_same_on_both_databases(sqlite: Reader, postgresql: Reader) -> None:
    for question in questions():
        assert postgresql.answer(question) == sqlite.answer(question), question
    for view in VIEWS:
        if view.name not in ("v1_redirect", "v1_change"):
            everything = f"SELECT * FROM {view.name}"  # noqa: S608 - a name of ours
            assert postgresql.answer(everything) == sqlite.answer(everything), view.name


def test_datasette_answers_them(folder: Path, sqlite: Reader) -> None:
    with Datasette(folder / "keeptouch.db") as board:
        for question in questions():
            assert len(board.rows(question)) == len(sqlite.answer(question)), question
        with pytest.raises(ServerError, match="must be a SELECT"):
            board.rows("DELETE FROM contact")


def test_psql_answers_them_to_a_reader(
    folder: Path, sqlite: Reader, postgresql: Reader, postgres: Postgres, postgres_url: str
) -> None:
    postgres.sql("CREATE ROLE board LOGIN")
    store = Store.open(postgres_url, key_file=folder / "identity.key", may_create=False)
    with store, store.write() as transaction:
        assert grant(transaction, "board", Access.READ).missing == []
    database = postgres_url.rpartition("/")[2]
    for question in questions():
        count = f"SELECT count(*) FROM ({question.rstrip().rstrip(';')}) AS asked"  # noqa: S608 - words of the manual
        assert int(postgres.sql(count, database, user="board")) == len(sqlite.answer(question)), question
    with pytest.raises(ServerError, match="permission denied"):
        postgres.sql("SELECT * FROM keeptouch.contact", database, user="board")
