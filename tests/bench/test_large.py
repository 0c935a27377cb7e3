"""The large stores of the bench are what keeptouch would make, and their answers are right; no times."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text

from daemon.reprocess import reprocess
from store.derivation import rebuild
from store.engine import Store
from store.keeping.verify import verify
from store.mails import facts
from store.published.views import VIEWS
from store.questions import reports
from store.schema.core import message
from tests.bench.large import __main__ as large
from tests.bench.large import late, looks, questions
from tests.bench.large import shape as shapes
from tests.bench.large.filling import COLUMNS
from tests.bench.large.kept import SETTINGS, Place, make, missing
from tests.bench.large.shape import KEY, Shape
from tests.bench.measure import BenchError
from tests.unit.daemon.company_mail import as_on_sqlite

pytestmark = pytest.mark.later

SMALL = Shape(2_000)
#: Tables that grow with the history; some views call them i and m.
_LARGE = ("interaction", "i", "message", "m", "content", "participant", "link", "interaction_person", "change")
_SCAN = re.compile(r"(?:^SCAN|Seq Scan on) (\w+)")
#: What reading tells of the feed, and when rows of contacts were written.
_VOLATILE = {"v1_store", "v1_change"}


def _quietly(_line: str) -> None:
    return None


def _open(url: str, folder: Path) -> Store:
    return Store.open(url, key_text=KEY.reveal().hex(), key_file=folder / "unused")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small filled store."""
    file = tmp_path_factory.mktemp("small") / "store.db"
    with _open(f"sqlite:///{file}", file.parent) as store:
        make(SMALL, [("SQLite", store, file)], _quietly)
    return file


@pytest.fixture
def small(made: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it."""
    shutil.copy(made, tmp_path / "store.db")
    with _open(f"sqlite:///{tmp_path / 'store.db'}", tmp_path) as store:
        yield store


def _shown(store: Store) -> dict[str, set[tuple[Any, ...]]]:
    """What readers see, but for the times of writing."""
    found = {}
    with store.read() as connection:
        for view in VIEWS:
            if view.name not in _VOLATILE:
                names = ", ".join(name for name, _sql, _type in view.columns if name != "updated_at")
                rows = connection.exec_driver_sql(f"SELECT {names} FROM {view.name}")  # noqa: S608 - views of ours
                found[view.name] = {tuple(map(as_on_sqlite, row)) for row in rows}
    return found


def _plans(connection: Connection, shape: Shape) -> Iterator[tuple[str, list[str]]]:
    """(question, how the database goes about it), a line for each step."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    last_seq = int(connection.execute(text("SELECT last_seq FROM v1_store")).scalar_one())
    word = "EXPLAIN QUERY PLAN"
    if connection.dialect.name == "postgresql":
        word = "EXPLAIN"
        # as the bench has it: by default rows that lie apart are thought to come from a turning disk
        connection.exec_driver_sql(f"SET random_page_cost = {SETTINGS['random_page_cost']}")
    for question in questions.questions(shape, 100, last_seq):
        question.ask(connection, 0)
        # what the first call finds out for later ones is no part of it
        asked.clear()
        question.ask(connection, 0)
        for statement, values in list(asked):
            rows = connection.exec_driver_sql(f"{word} {statement}", values)
            yield question.name, [str(row[-1]) for row in rows]


def _scans(plan: list[str]) -> list[str]:
    """Steps that read a large table, or all of an index, from one end to the other."""
    return [step for step in plan if (found := _SCAN.search(step)) and found[1] in _LARGE]


def test_a_small_store_is_whole_and_its_answers_are_those_of_its_mails(small: Store) -> None:
    verified = verify(small.engine, "the small store", KEY, _quietly)
    assert (verified.findings, verified.unchecked) == ([], [])
    assert verified.rows["v1_interaction"] == SMALL.interactions
    assert verified.rows["v1_contact"] == SMALL.contacts
    questions.check(small, SMALL, 10)
    with small.read() as connection:
        roles = set(connection.exec_driver_sql("SELECT DISTINCT role FROM link").scalars())
        busiest = {"contact": KEY.id("contact", shapes.address_of(0))}
        of_busiest = text(
            "SELECT count(DISTINCT interaction_id) FROM v1_interaction_contact WHERE contact_id = :contact"
        )
        assert connection.execute(of_busiest, busiest).scalar_one() == SMALL.busiest
    assert roles == {"from", "sender", "reply_to", "to", "cc", "bcc", "reported"}


def test_no_question_reads_a_large_table_whole(small: Store) -> None:
    with small.read() as connection:
        plans = list(_plans(connection, SMALL))
        assert [(name, scans) for name, plan in plans if (scans := _scans(plan))] == []
        assert {name for name, _plan in plans} == {each.name for each in questions.questions(SMALL, 1, 1)}
        # a page of the history is a range of an index, and nothing is sorted to find it
        pages = [plan for name, plan in plans if ("timeline" in name or "deep" in name) and "SCAN page" in plan]
        found = [plan[: plan.index("SCAN page")] for plan in pages]
        assert found
        assert {len(steps) for steps in found} == {2}, found
        (tasks,) = [plan for name, plan in plans if name == "open tasks of a rep"]
        assert any("ix_task_person_id (person_id=? AND state=?)" in step for step in tasks)
        whole = connection.exec_driver_sql("EXPLAIN QUERY PLAN SELECT count(snippet) FROM v1_interaction").all()
    assert _scans([str(row[-1]) for row in whole]) != []


@pytest.mark.slow
def test_the_rows_of_mails_are_those_that_drafts_have(small: Store) -> None:
    drafting = shapes.drafting()
    names = facts.MESSAGE_COLUMNS
    with small.read() as connection:
        rows = {row[0]: tuple(row) for row in connection.execute(select(*(message.c[name] for name in names)))}
        ids = rebuild.interaction_ids(connection, "", SMALL.interactions)
        compared = set()
        for copies in rebuild.placed_copies(connection, ids).values():
            for copy in copies:
                content = drafting.draft(copy.message).content
                assert content is not None
                assert content.message_row == rows[content.key]
                compared.add(content.key)
    assert compared == set(rows)


@pytest.mark.slow
def test_deriving_everything_anew_changes_nothing_that_readers_see(small: Store) -> None:
    before = _shown(small)
    outcome = reprocess(small, shapes.company(), lambda: datetime.now(UTC))
    assert (outcome.kept, outcome.removed, outcome.wanted) == (SMALL.interactions, 0, 0)
    after = _shown(small)
    for view, rows in before.items():
        assert after[view] == rows, view


@pytest.mark.slow
def test_a_stranger_who_becomes_a_contact_has_all_earlier_mail(small: Store) -> None:
    for left in reversed(range(SMALL.strangers)):
        linked = late.link(small, SMALL)
        assert linked is not None
        assert (linked.mails, linked.left) == (SMALL.mails_of_stranger, left)
    assert late.link(small, SMALL) is None
    questions.check(small, SMALL, 5)
    assert verify(small.engine, "the small store", KEY, _quietly).findings == []


def test_looking_at_follow_ups_leaves_the_store_as_it_is(small: Store) -> None:
    before = _shown(small)
    with _without_scans(small) as asked:
        looked = looks.measure(small, SMALL)
    assert len(asked) > 20
    assert looked.contacts == SMALL.contacts
    assert 0 < looked.contacts_of_page <= SMALL.contacts
    assert looked.tasks > 2
    assert _shown(small) == before


def test_a_report_of_some_weeks_does_not_read_the_years_before(small: Store) -> None:
    today = shapes.END.date()
    with small.read() as connection:
        in_view = "SELECT count(*), sum(mails_out_count) FROM v1_rep_activity WHERE week_starts_on BETWEEN ? AND ?"
        last = reports.week_of(today)
        first = last - timedelta(weeks=30)
        (expected,) = connection.exec_driver_sql(in_view, (str(first), str(last))).all()
    with _without_scans(small), small.read() as connection:
        found = reports.weeks(connection, first, last, today)
    assert (len(found), sum(each.counts["mails_out_count"] or 0 for each in found)) == tuple(expected)
    assert len(found) > 3


@contextmanager
def _without_scans(store: Store) -> Iterator[dict[str, Any]]:
    """Gives what is asked meanwhile; none of it may read a large table whole."""
    asked: dict[str, Any] = {}

    def note(_connection: Connection, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith("SELECT") and "ORDER BY interaction.occurred_at" not in statement:
            asked[statement] = values

    event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.engine, "before_cursor_execute", note)
    with store.read() as connection:
        for statement, values in asked.items():
            plan = [str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert _scans(plan) == [], statement
            assert "SCAN placement" not in plan, statement


def test_a_wrong_answer_gets_no_time(small: Store) -> None:
    with small.write() as transaction:
        transaction.exec_driver_sql(
            "DELETE FROM link WHERE contact_id = (SELECT contact_id FROM contact_address WHERE normal = ?)",
            (shapes.address_of(1),),
        )
    with pytest.raises(BenchError, match="is not what its mails say"):
        questions.check(small, SMALL, 10)


@pytest.mark.slow
def test_the_store_is_used_again_until_it_would_be_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = looks.measure
    known: list[looks.Looked] = []

    def measured_once(store: Store, shape: Shape) -> looks.Looked:
        """It takes most of a run's time, and leaves the store as it is: see below."""
        known[:] = known or [measured(store, shape)]
        return known[0]

    monkeypatch.setattr(looks, "measure", measured_once)
    # as many strangers as in a larger one
    monkeypatch.setattr(large, "LEAST", SMALL.interactions)
    words = ["--folder", str(tmp_path), "--only", "sqlite", "--calls", "20", "--interactions", str(SMALL.interactions)]

    def run() -> tuple[str, str]:
        assert large.main(words) == 0
        said = capsys.readouterr()
        return said.out, said.err

    out, err = run()
    assert "GiB while they are filled; free in" in err
    assert out.count("timeline") == 3
    assert f"late linking of {SMALL.mails_of_stranger} mails" in out
    assert "(1 strangers are left)" in out
    out, err = run()
    assert "is used again" in err
    assert "(0 strangers are left)" in out
    assert "every stranger is a contact already" in run()[0]
    (tmp_path / "sqlite.json").unlink()  # as if it had been killed
    assert "(1 strangers are left)" in run()[0]


def test_other_numbers_or_another_schema_make_another_store(tmp_path: Path) -> None:
    place = Place(tmp_path, SMALL)
    assert not place.is_made("SQLite")
    place.note("SQLite")
    assert place.is_made("SQLite")
    assert not place.is_made("PostgreSQL")
    assert not Place(tmp_path, Shape(2_010)).is_made("SQLite")
    marker = place.marker("SQLite")
    marker.write_text(marker.read_text().replace('"recipe": "', '"recipe": "0'))
    assert not place.is_made("SQLite")
    marker.write_text("")
    assert not place.is_made("SQLite")


def test_a_disk_that_is_too_small_is_told_before_anything_is_filled(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="the disk is too small: 1,000,000,000,000 interactions on SQLite take"):
        missing(Place(tmp_path, Shape(10**12)), ["SQLite"], _quietly)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_both_databases_give_the_same_right_answers_without_reading_tables_whole(
    postgres_url: str, tmp_path: Path
) -> None:
    shape = Shape(21_000)  # 200,000 rows and more
    file = tmp_path / "store.db"
    urls = {"SQLite": f"sqlite:///{file}", "PostgreSQL": postgres_url}
    with _open(urls["SQLite"], tmp_path) as one, _open(urls["PostgreSQL"], tmp_path) as other:
        make(shape, [("SQLite", one, file), ("PostgreSQL", other, None)], _quietly)
    answers = []
    for url in urls.values():
        with _open(url, tmp_path) as store:
            with store.read() as connection:
                count = connection.execute(text("SELECT count(*) FROM v1_interaction")).scalar_one()
            assert count == shape.interactions
            questions.check(store, shape, 20)
            with store.read() as connection:
                tables = [f"SELECT count(*) AS n FROM {table}" for table in COLUMNS]  # noqa: S608 - tables of ours
                rows = connection.exec_driver_sql(f"SELECT sum(n) FROM ({' UNION ALL '.join(tables)}) AS t")  # noqa: S608 - the same
                assert rows.scalar_one() > 200_000
            answers.append([(each.name, each.digest) for each in questions.measure(store, shape, 50, _quietly)])
            with store.read() as connection:
                plans = list(_plans(connection, shape))
            assert [(name, scans) for name, plan in plans if (scans := _scans(plan))] == []
    assert answers[0] == answers[1]
