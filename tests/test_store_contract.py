"""The readers' contract: the views are what docs/store.md says, on both databases, and only ever grow."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy import types as sql

from daemon.cli.main import main
from store.published.views import CONTRACT_VERSION, VIEWS
from store.schema import core
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "store.md").read_text("utf-8")
#: Views, their columns in order, and the columns' types, as readers were promised. It may only grow.
SNAPSHOT = Path("tests/contract/v1.json")
#: view -> column -> type
Contract = Mapping[str, Mapping[str, str]]

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_POSTGRESQL: Mapping[str, tuple[type[sql.TypeEngine[Any]], ...]] = {
    "id": (sql.VARCHAR, sql.TEXT),
    "text": (sql.VARCHAR, sql.TEXT),
    "integer": (sql.INTEGER, sql.BIGINT),
    "number": (sql.NUMERIC,),
    "flag": (sql.BOOLEAN,),
    "date": (sql.DATE,),
    "instant": (sql.TIMESTAMP,),
}


@dataclass(frozen=True)
class Column:
    """What the page says of a column."""

    type: str
    may_be_null: bool
    meaning: str


def sections(level: str) -> dict[str, str]:
    """Heading -> what stands under it."""
    _top, *parts = re.split(rf"^{level} (.+)$", PAGE, flags=re.MULTILINE)
    ends = re.compile(rf"^#{{1,{len(level)}}} ", re.MULTILINE)
    return {name: ends.split(body, maxsplit=1)[0] for name, body in zip(parts[::2], parts[1::2], strict=True)}


def described() -> dict[str, dict[str, Column]]:
    """view -> column -> what the page says, in the order of the page."""
    row = re.compile(r"^\| `(\w+)` \| (\w+) \| (yes|no) \| (.*)\|$", re.MULTILINE)
    return {
        name: {column: Column(kind, null == "yes", meaning) for column, kind, null, meaning in row.findall(body)}
        for name, body in sections("###").items()
    }


def words() -> dict[tuple[str, str], set[str]]:
    """(view, column) -> the words of its closed list."""
    rows = re.findall(r"^\| `(\w+)\.(\w+)` \| (.*) \|$", sections("##")["Words"], flags=re.MULTILINE)
    return {(view, column): set(re.findall(r"`(\w+)`", text)) for view, column, text in rows}


def questions() -> list[str]:
    """The page's SQL."""
    return re.findall(r"^```sql\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def in_code() -> Contract:
    return {view.name: {name: kind for name, _sql, kind in view.columns} for view in VIEWS}


def fits(value: object, column: Column) -> bool:
    """Is the value, as SQLite and JSON have it, what the page promises?"""
    if value is None:
        return column.may_be_null
    match column.type:
        case "id":
            return isinstance(value, str) and _UUID.fullmatch(value) is not None
        case "date":
            return isinstance(value, str) and _DATE.fullmatch(value) is not None
        case "instant":
            return isinstance(value, str) and _INSTANT.fullmatch(value) is not None
        case "flag":
            return value in (0, 1) and isinstance(value, int)
        case "integer":
            return isinstance(value, int)
        case "number":
            return isinstance(value, int | float)
        case _:
            return column.type == "text" and isinstance(value, str)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A reader of the store of `keeptouch demo`."""
    folder = tmp_path_factory.mktemp("contract") / "demo"
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["demo", "--folder", str(folder)]) == 0
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'keeptouch.db'}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


# -- the page ----------------------------------------------------------------------------------------------------


def test_the_page_has_every_view_and_column_in_order_with_its_type() -> None:
    page = {view: {name: column.type for name, column in columns.items()} for view, columns in described().items()}
    assert [(view, list(columns.items())) for view, columns in page.items()] == [
        (view, list(columns.items())) for view, columns in in_code().items()
    ]


def test_the_examples_have_the_columns_that_the_page_names() -> None:
    for view, body in sections("###").items():
        (found,) = re.findall(r"^```json\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)
        example = json.loads(found)
        columns = described()[view]
        assert list(example) == list(columns), view
        assert all(fits(example[name], column) for name, column in columns.items()), view
        for name, value in example.items():
            assert value in words().get((view, name), {value}) | {None}, f"{view}.{name}"


def test_the_closed_lists_are_those_that_the_views_refer_to() -> None:
    referring = {
        (view, name)
        for view, columns in described().items()
        for name, column in columns.items()
        if "[Words](#words)" in column.meaning
    }
    assert set(words()) == referring


def test_the_links_of_the_page_lead_somewhere() -> None:
    headings = {name.lower().replace(" ", "-") for level in ("##", "###") for name in sections(level)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
    for name in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / name).is_file(), name


# -- a store -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_rows_are_what_the_page_says(demo: sqlite3.Connection) -> None:
    lists = words()
    for view, columns in described().items():
        rows = demo.execute(f"SELECT * FROM {view}").fetchall()  # noqa: S608 - the name of a view of ours
        is_empty = "No rows in this version" in sections("###")[view]
        assert bool(rows) != is_empty or view == "v1_redirect", f"the demo has {len(rows)} rows of {view}"
        for row in rows:
            for name, column in columns.items():
                assert fits(row[name], column), f"{view}.{name} is {row[name]!r}"
                if row[name] is not None:
                    assert row[name] in lists.get((view, name), {row[name]}), f"{view}.{name} is {row[name]!r}"


@pytest.mark.parametrize("columns", ["p.subject, p.snippet, p.message_id", "count(p.id)"])
def test_an_interaction_is_looked_up_by_its_id_also_to_the_right_of_a_left_join(
    demo: sqlite3.Connection, columns: str
) -> None:
    query = f"SELECT i.id, {columns} FROM v1_interaction i LEFT JOIN v1_interaction p ON p.id = i.parent_id"  # noqa: S608 - made of the words above
    plan = [row[3] for row in demo.execute(f"EXPLAIN QUERY PLAN {query} WHERE i.id = 'x' GROUP BY i.id")]
    assert not [step for step in plan if "MATERIALIZE" in step or "SCAN" in step]


#: What tools ask of a view with a column that names contacts: the rows of one, and all contacts with theirs.
OF_A_CONTACT = {
    "rows": "SELECT * FROM {view} WHERE {column} = 'x'",
    "joined": "SELECT * FROM v1_contact c LEFT JOIN {view} x ON x.{column} = c.id WHERE c.id = 'x'",
    "counted": "SELECT c.id, count(x.{column}) FROM v1_contact c LEFT JOIN {view} x ON x.{column} = c.id"
    " WHERE c.id = 'x' GROUP BY c.id",
}


def of_contacts() -> Iterator[str]:
    """These questions, of all views."""
    for view, columns in in_code().items():
        for column in ("contact_id", "merged_into_id"):
            if column in columns:
                yield from (query.format(view=view, column=column) for query in OF_A_CONTACT.values())


def test_the_rows_of_a_contact_are_looked_up_also_to_the_right_of_a_left_join(demo: sqlite3.Connection) -> None:
    assert len(list(of_contacts())) > 3 * 7
    for query in of_contacts():
        plan = [row[3] for row in demo.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not [step for step in plan if "MATERIALIZE" in step or "SCAN" in step], (query, plan)


def test_on_postgresql_too_they_are_looked_up(tmp_path: Path, postgres_url: str) -> None:
    with House(tmp_path, url=postgres_url) as house, house.store.read() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # empty tables are read whole, if they may be
        for query in of_contacts():
            plan = [str(row[0]).strip() for row in connection.exec_driver_sql(f"EXPLAIN {query}")]
            read = [step for step in plan if re.search(r"Index (Only )?Scan", step) or "Seq Scan" in step]
            sought = [step for step in plan if step.startswith("Index Cond")]
            assert 0 < len(read) == len(sought), (query, plan)


def test_on_postgresql_the_views_are_the_same(tmp_path: Path, postgres_url: str) -> None:
    with House(tmp_path, url=postgres_url) as house:
        fill(house, copies(), 1)
        with house.store.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), core.metadata) == []
            for view, columns in in_code().items():
                found = {each["name"]: each["type"] for each in inspect(connection).get_columns(view)}
                assert list(found) == list(columns), view
                for name, kind in columns.items():
                    assert isinstance(found[name], _POSTGRESQL[kind]), f"{view}.{name} is {found[name]!r}"
                    assert kind != "instant" or getattr(found[name], "timezone", False), f"{view}.{name}"


# -- additive only -----------------------------------------------------------------------------------------------


def shrinkage(before: Contract, after: Contract) -> list[str]:
    """What a reader of `before` would miss in `after`."""
    missing = [f"{view} is gone" for view in before if view not in after]
    for view, columns in before.items():
        now = after.get(view, {})
        missing += [f"{view}.{name} is gone" for name in columns if view in after and name not in now]
        missing += [
            f"{view}.{name} was {kind} and is {now[name]}"
            for name, kind in columns.items()
            if now.get(name, kind) != kind
        ]
        if view in after and not missing and list(now)[: len(columns)] != list(columns):
            missing.append(f"the columns of {view} have another order; new ones come at the end")
    return missing


def committed() -> list[Any]:
    """The snapshot as it was in every commit that changed it, as far as this checkout knows."""

    def git(*words: str) -> str:
        command = ["git", "-c", "safe.directory=*", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    commits = git("log", "--format=%H", "--diff-filter=AM", "--", str(SNAPSHOT)).split()
    return [json.loads(git("show", f"{commit}:{SNAPSHOT}")) for commit in commits]


def test_the_views_keep_what_readers_were_promised() -> None:
    promised = json.loads((ROOT / SNAPSHOT).read_text("utf-8"))
    views: Contract = promised["views"]
    assert shrinkage(views, in_code()) == [], "readers of the store would break; views and columns are only added"
    added = shrinkage(in_code(), views)
    assert added == [], f"write what is new into {SNAPSHOT} and docs/store.md, and raise CONTRACT_VERSION"
    assert promised["contract_version"] == CONTRACT_VERSION


def test_the_promise_itself_was_never_taken_back() -> None:
    now = json.loads((ROOT / SNAPSHOT).read_text("utf-8"))
    for before in committed():
        assert shrinkage(before["views"], now["views"]) == [], f"{SNAPSHOT} may only grow"
        is_same = before["views"] == now["views"]
        assert is_same or before["contract_version"] < now["contract_version"], "raise CONTRACT_VERSION"


@pytest.mark.parametrize(
    ("after", "complaint"),
    [
        ({"v": {"a": "id", "b": "text"}}, None),
        ({"v": {"a": "id", "b": "text", "c": "flag"}, "w": {}}, None),
        ({}, "v is gone"),
        ({"v": {"a": "id"}}, "v.b is gone"),
        ({"v": {"a": "id", "b": "integer"}}, "v.b was text and is integer"),
        ({"v": {"a": "id", "c": "flag", "b": "text"}}, "the columns of v have another order; new ones come at the end"),
    ],
)
def test_a_contract_that_shrinks_is_noticed(after: Contract, complaint: str | None) -> None:
    assert shrinkage({"v": {"a": "id", "b": "text"}}, after) == ([complaint] if complaint else [])
