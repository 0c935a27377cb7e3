"""What is asked of a filled store, how long each answer takes, and whether it is right."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause, text

from store.engine import Store
from store.questions.read import timeline
from store.types import instant_text
from tests.bench.large import contacts
from tests.bench.large.shape import KEY, Shape, address_of, person
from tests.bench.measure import BenchError

PAGE = 50
CHANGES = 1_000
#: How far down a long history is opened.
DEEP = 10_000
_DOCS = Path(__file__).resolve().parents[3] / "docs" / "store.md"
_FEED = "SELECT * FROM v1_change WHERE seq > :seq ORDER BY seq LIMIT 1000"

Answer = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """One that is asked again and again, of others each time."""

    name: str
    #: (connection, number of the call) -> rows.
    ask: Callable[[Connection, int], Answer]
    #: Is the answer the same on both databases? Late linking has its changes at other times.
    is_common: bool = True


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of a question's calls: of the first pass, and of the one after it."""

    name: str
    calls: int
    first: tuple[float, float]
    warm: tuple[float, float]
    #: Of all answers that are the same on both databases; "" for others.
    digest: str


def published(beginning: str) -> str:
    """SQL of docs/store.md, by how its introduction begins."""
    match = re.search(rf"^{re.escape(beginning)}[^\n]*\n\n```sql\n(.*?);?\n```$", _DOCS.read_text(), re.M | re.S)
    if match is None:
        raise BenchError(f"docs/store.md has no question that begins with {beginning!r}")
    return match[1]


def history_sql() -> str:
    """The published history of a contact, of :address and with a page's rows."""
    sql, found = re.subn(r"LIMIT \d+", f"LIMIT {PAGE}", re.sub(r"'[^']*@[^']*'", ":address", published("The history")))
    if found != 1:
        raise BenchError("the history of a contact in docs/store.md has no limit, or several")
    return sql


def tasks_sql() -> TextClause:
    """The published question for the open tasks of :email."""
    return text(re.sub(r"'[^']*@[^']*'", ":email", published("The open tasks of a rep")))


def questions(shape: Shape, calls: int, last_seq: int) -> Iterator[Question]:
    """All of them; `calls` different contacts are asked for, from the busiest to the quietest."""
    chosen = [KEY.id("contact", address_of(each)) for each in sample(shape, calls)]
    addresses = [address_of(each) for each in sample(shape, calls)]
    busiest = KEY.id("contact", address_of(0))
    history = text(history_sql())
    tasks = tasks_sql()
    feed = text(_FEED)
    ends: dict[str, tuple[datetime, str] | None] = {}

    def first_page(connection: Connection, number: int) -> Answer:
        rows = page(connection, chosen[number], None)
        ends[chosen[number]] = (rows[-1][0], rows[-1][1]) if rows else None
        return rows

    def next_page(connection: Connection, number: int) -> Answer:
        return page(connection, chosen[number], ends[chosen[number]])

    def deep_page(connection: Connection, number: int) -> Answer:
        if "deep" not in ends:
            rows = timeline(connection, busiest, min(DEEP, shape.busiest // 2), None)
            ends["deep"] = (rows[-1].occurred_at, rows[-1].id)
        return page(connection, busiest, ends["deep"])

    def by_sql(connection: Connection, address: str) -> Answer:
        return _rows(connection.execute(history, {"address": address}))

    def open_tasks(connection: Connection, number: int) -> Answer:
        return _rows(connection.execute(tasks, {"email": person(number % shape.people)}))

    def changes(connection: Connection, number: int) -> Answer:
        since = max(last_seq - CHANGES - number, 0)
        return _rows(connection.execute(feed, {"seq": since}))

    yield Question("timeline", first_page)
    yield Question("timeline, next page", next_page)
    yield Question("history by SQL", lambda connection, number: by_sql(connection, addresses[number]))
    yield Question("busiest: timeline", lambda connection, _number: page(connection, busiest, None))
    yield Question("busiest: deep page", deep_page)
    yield Question("busiest: history by SQL", lambda connection, _number: by_sql(connection, address_of(0)))
    yield Question("open tasks of a rep", open_tasks)
    yield Question("1,000 changes", changes, is_common=False)


def sample(shape: Shape, calls: int) -> list[int]:
    """Numbers of contacts, evenly over all but the busiest."""
    return [1 + each * (shape.contacts - 1) // calls for each in range(calls)]


def page(connection: Connection, contact_id: str, before: tuple[datetime, str] | None) -> Answer:
    """A page of a contact's history, as the command line asks for it."""
    rows = timeline(connection, contact_id, PAGE, before)
    return [(r.occurred_at, r.id, r.direction, r.subject, r.people, r.thread_id, r.reason) for r in rows]


def _rows(found: Any) -> Answer:
    return [tuple(row) for row in found]


def measure(store: Store, shape: Shape, calls: int, tell: Callable[[str], None]) -> list[Timing]:
    """Ask everything twice on one connection; times are those of the answers in Python, to the last row."""
    found = []
    with store.read() as connection:
        last_seq = int(connection.execute(text("SELECT last_seq FROM v1_store")).scalar_one())
        for question in questions(shape, calls, last_seq):
            tell(f"asks {calls:,} times, twice: {question.name}")
            first, _digest = _pass(connection, question, calls)
            warm, digest = _pass(connection, question, calls)
            found.append(Timing(question.name, calls, first, warm, digest if question.is_common else ""))
    return found


def _pass(connection: Connection, question: Question, calls: int) -> tuple[tuple[float, float], str]:
    times, digest, answered = [], sha256(), 0
    for number in range(calls):
        start = time.perf_counter()
        rows = question.ask(connection, number)
        times.append((time.perf_counter() - start) * 1000)
        answered += bool(rows)
        # among tasks that are equally due the order is nobody's
        digest.update(repr(sorted((tuple(map(_plain, row)) for row in rows), key=repr)).encode())
    if not answered:
        raise BenchError(f"{question.name}: no call has an answer")
    return (percentile(times, 50), percentile(times, 99)), digest.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def percentile(times: Sequence[float], percent: int) -> float:
    """The smallest of the times that so many of 100 do not exceed."""
    return sorted(times)[max(0, -(-len(times) * percent // 100) - 1)]


# -- is it right? -------------------------------------------------------------------------------------------------


def check(store: Store, shape: Shape, many: int) -> None:
    """Compare histories of some contacts with what the facts of all mails say, tasks and changes with what was put in;
    raises BenchError.

    The facts are read from one end to the other: neither links nor an index have a part in it.
    """
    numbers = [0, *sample(shape, many)]
    with store.read() as connection:
        truth = _truth(connection, [address_of(each) for each in numbers])
        for number in numbers:
            wanted = truth[address_of(number)]
            shown = [each for each in wanted if not each[2]]
            _compare(connection, number, [each[:2] for each in wanted], [each[0] for each in shown])
        _check_tasks(connection, shape)
        _check_changes(connection)


def _check_tasks(connection: Connection, shape: Shape) -> None:
    for number in range(0, shape.people, 7):
        due = sorted(each for state, each, whose in contacts.tasks(shape) if state == "open" and whose == number)
        rows = connection.execute(tasks_sql(), {"email": person(number)})
        if [_plain(row[0]) for row in rows] != due:
            raise BenchError(f"the open tasks of {person(number)} are not those that there are, by when they are due")


def _check_changes(connection: Connection) -> None:
    first, last = connection.execute(text("SELECT first_seq, last_seq FROM v1_store")).one()
    for since in range(first - 1, last, max((last - first) // 7, 1)):
        shown = [row.seq for row in connection.execute(text(_FEED), {"seq": since})]
        if shown != list(range(since + 1, min(since + CHANGES, last) + 1)):
            raise BenchError(f"the changes after {since} are not those that follow")


def _truth(connection: Connection, addresses: Sequence[str]) -> dict[str, list[tuple[str, str, bool]]]:
    """Base address -> (instant, interaction, is it known of a blind copy alone), newest first."""
    listed = ", ".join(f"'{each}'" for each in addresses)
    found: dict[str, dict[tuple[str, str], bool]] = {each: {} for each in addresses}
    for table, is_blind in (("participant", False), ("placement_bcc", True)):
        # an expression has no index
        sql = (
            f"SELECT p.base, m.sent_at, m.interaction_id FROM {table} p"  # noqa: S608 - addresses of ours
            f" JOIN message m ON m.\"key\" = p.message_key WHERE p.base || '' IN ({listed})"
        )
        for base, at, interaction in connection.execute(text(sql)):
            found[base].setdefault((str(_plain(at)), interaction), is_blind)
    return {base: sorted([(*key, blind) for key, blind in rows.items()], reverse=True) for base, rows in found.items()}


def _compare(connection: Connection, number: int, wanted: list[tuple[str, str]], times: list[str]) -> None:
    contact_id = KEY.id("contact", address_of(number))
    for start in sorted({0, PAGE, min(DEEP, len(wanted) // 2)}):
        if start >= len(wanted):
            continue
        before = (datetime.fromisoformat(wanted[start - 1][0]), wanted[start - 1][1]) if start else None
        shown = [(str(_plain(row[0])), row[1]) for row in page(connection, contact_id, before)]
        if shown != wanted[start : start + PAGE]:
            raise BenchError(f"the history of {address_of(number)} from row {start} on is not what its mails say")
    rows = connection.execute(text(history_sql()), {"address": address_of(number)})
    if [_plain(row[0]) for row in rows] != times[:PAGE]:
        raise BenchError(f"the history of {address_of(number)} by SQL is not what its mails say")
