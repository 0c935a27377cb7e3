"""What is recent everywhere comes first, then older Sent mail, then the rest; news never waits for the past."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest

from connectors.api import Cursor, CursorExpired, Page, Stream, Unavailable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.drafts import Drafting
from daemon.order import RECENT, AllRecent, Found, Lost, Reading, Refused, Standing, Step
from daemon.report import Report
from daemon.slices import Slice
from daemon.source import Source
from daemon.worker import Worker
from store.keys import parse_key
from store.mails.facts import MESSAGE_COLUMNS, Draft
from tests.unit.daemon.company_mail import KEY, NOON, House, company, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
HORIZON = NOON - RECENT
FOLDERS = ("INBOX", "Sent", "Work")


@pytest.fixture
def box() -> Mailbox:
    return register("alice", Mailbox(page_size=2))


def fill(box: Mailbox, *, old: int, recent: int) -> None:
    """In each folder so many mails of a year ago and of yesterday; subjects tell which."""
    for days, amount, word in ((365, old, "old"), (1, recent, "recent")):
        for folder in FOLDERS:
            for n in range(amount):
                when = NOON - timedelta(days=days, minutes=amount - n)
                item = mail(ALICE, ANN, mid=f"{word}{n}.{folder}@x", subject=word)
                box.deliver(folder, item, received_at=when)


def source(connector: MemoryConnector) -> Source:
    return Source(connector, Drafting(company(), parse_key(KEY)), None)


def _subject(draft: Draft) -> object:
    assert draft.content is not None
    return draft.content.message_row[MESSAGE_COLUMNS.index("subject")]


def reading(connector: MemoryConnector) -> Reading:
    streams = connector.streams()
    standings = {s.name: Standing(None, None) for s in streams}
    return Reading(source(connector), streams, standings, HORIZON, Slice())


def told(step: Step) -> tuple[object, ...] | str:
    """(folder, subjects) of a page, or the kind of step."""
    if isinstance(step, Found):
        return step.stream.name, *(_subject(c) for c in step.prepared.changes if isinstance(c, Draft))
    return type(step).__name__


def connect() -> MemoryConnector:
    return MemoryConnector(MemorySettings(mailbox="alice"), None)


def test_nothing_more_is_asked_of_a_server_that_wants_its_rest(box: Mailbox) -> None:
    """Another account was told so: the page that has come is taken, and no other folder is asked for."""
    fill(box, old=0, recent=1)
    asked: list[str] = []
    with connect() as connector:
        streams = connector.streams()
        standings = {stream.name: Standing(None, None) for stream in streams}
        budget = Slice(must_end=lambda: len(asked) == 2)
        cut = Reading(source(connector), streams, standings, HORIZON, budget)
        for step in cut.steps():
            assert isinstance(step, Found)
            asked.append(step.stream.name)
    assert asked == ["Sent", "INBOX"]
    assert cut.is_cut


def test_recent_mail_of_all_folders_then_older_sent_then_the_rest(box: Mailbox) -> None:
    fill(box, old=3, recent=2)
    with connect() as connector:
        steps = [told(step) for step in reading(connector).steps()]
    assert steps == [
        ("Sent", "recent", "recent"),
        ("INBOX", "recent", "recent"),
        ("Work", "recent", "recent"),
        "AllRecent",
        ("Sent", "old", "old"),
        ("Sent", "old"),
        ("INBOX", "old", "old"),
        ("INBOX", "old"),
        ("Work", "old", "old"),
        ("Work", "old"),
    ]


def test_a_folder_that_is_read_to_its_end_is_not_visited_again(box: Mailbox) -> None:
    fill(box, old=0, recent=2)
    with connect() as connector:
        assert [told(s) for s in reading(connector).steps()][-1] == "AllRecent"


def test_news_comes_between_two_slices_of_the_past(box: Mailbox) -> None:
    fill(box, old=4, recent=2)
    seen = []
    for step in slices():
        seen.append(step)
        if step == ("Sent", "old", "old") and seen.count(step) == 1:
            box.deliver("Work", mail(ANN, ALICE, mid="news@x", subject="news"), received_at=NOON)
    news, past = seen.index(("Work", "news")), seen.index(("INBOX", "old", "old"))
    assert seen.index(("Sent", "old", "old")) < news < past
    old = [word for step in seen if isinstance(step, tuple) for word in step[1:] if word == "old"]
    assert len(old) == 12


def slices() -> Iterator[tuple[object, ...] | str]:
    """What a chain of the shortest slices hands over."""
    is_cut = True
    with connect() as connector:
        standings = {s.name: Standing(None, None) for s in connector.streams()}
        while is_cut:
            part = Reading(source(connector), connector.streams(), standings, HORIZON, Slice(seconds=0.0))
            yield from map(told, part.steps())
            is_cut = part.is_cut


def test_a_chain_of_slices_keeps_the_order_of_one_reading(box: Mailbox) -> None:
    fill(box, old=3, recent=5)
    with connect() as connector:
        whole = [told(step) for step in reading(connector).steps()]
    chain = list(slices())
    assert [step for step in chain if step != "AllRecent"] == [step for step in whole if step != "AllRecent"]
    assert chain.index("AllRecent") == whole.index("AllRecent")


def test_a_slice_for_news_leaves_the_past(box: Mailbox) -> None:
    fill(box, old=3, recent=2)
    with connect() as connector:
        streams = connector.streams()
        standings = {s.name: Standing(None, None) for s in streams}
        part = Reading(source(connector), streams, standings, HORIZON, Slice(is_for_news=True))
        assert [told(step) for step in part.steps()][-1] == "AllRecent"
        assert part.is_cut


@pytest.mark.parametrize(
    ("seen", "seconds", "is_crowded", "is_apart", "is_spent"),
    [
        (499, 29, True, False, False),
        (500, 0, True, False, True),
        (500, 0, True, True, False),
        (100_000, 29, False, False, False),
        (0, 30, False, True, True),
    ],
)
def test_a_slice_is_spent_by_time_or_where_others_wait_by_messages(
    seen: int, seconds: float, is_crowded: bool, is_apart: bool, is_spent: bool
) -> None:
    now = [1000.0]
    budget = Slice(lambda: is_crowded, clock=lambda: now[0])
    budget.add(seen)
    now[0] += seconds
    assert budget.is_spent(is_apart=is_apart) is is_spent


def test_a_refused_folder_is_not_asked_again(box: Mailbox) -> None:
    fill(box, old=3, recent=1)
    box.fail(Unavailable("you may not", step="select"), step="select")
    with connect() as connector:
        steps = list(reading(connector).steps())
    assert [s.stream.name for s in steps if isinstance(s, Refused)] == ["Sent"]
    assert {s.stream.name for s in steps if isinstance(s, Found)} == {"INBOX", "Work"}


def test_a_folder_that_loses_its_cursor_is_read_anew_at_once(box: Mailbox) -> None:
    fill(box, old=1, recent=1)
    with connect() as connector:
        streams = connector.streams()
        standings = {s.name: Standing(Cursor("of another time"), None) for s in streams}
        steps = list(Reading(source(connector), streams, standings, HORIZON, Slice()).steps())
    assert [type(s) for s in steps[:2]] == [Lost, Found]
    assert sum(len(s.prepared.changes) for s in steps if isinstance(s, Found)) == 6


def test_a_folder_that_always_loses_its_cursor_is_left_for_the_others(box: Mailbox) -> None:
    class Restless(MemoryConnector):
        def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
            if stream.name == "Sent":
                raise CursorExpired("renumbered", step="select")
            yield from super().pages(stream, since, horizon)

    fill(box, old=1, recent=1)
    with Restless(MemorySettings(mailbox="alice"), None) as connector:
        steps = list(reading(connector).steps())
    assert [s.stream.name for s in steps if isinstance(s, Refused)] == ["Sent"]
    assert sum(len(s.prepared.changes) for s in steps if isinstance(s, Found)) == 4


def test_a_folder_left_out_is_read_no_further(box: Mailbox) -> None:
    fill(box, old=4, recent=2)
    with connect() as connector:
        order = reading(connector)
        seen = []
        for step in order.steps():
            seen.append(step)
            order.leave_out(Stream(name="Sent"))
    assert [told(s) for s in seen if isinstance(s, Found) and s.stream.name == "Sent"] == [("Sent", "recent", "recent")]
    assert any(isinstance(s, AllRecent) for s in seen)


def turn(house: House, stop_after: int | None = None) -> Report:
    report = Report("alice")
    stop, pages = threading.Event(), count(1)

    def progress(_name: str, _seen: int) -> None:
        if next(pages) == stop_after:
            stop.set()

    Worker(house.ingest(), house.accounts["alice"], stop=stop, progress=progress).turn(connect(), report)
    return report


STATUS = "SELECT complete_since_at, backlog FROM v1_account_status WHERE name = 'alice'"
REACHED = "SELECT horizon_reached_at IS NOT NULL FROM account WHERE name = 'alice'"


def test_status_tells_how_far_an_import_has_come(box: Mailbox, house: House) -> None:
    fill(box, old=3, recent=2)
    assert house.rows(STATUS) == [(None, None)]
    turn(house, stop_after=2)
    assert house.rows(STATUS) == [(None, 6)]  # Work was not asked yet
    assert house.rows(REACHED) == [(0,)]
    turn(house, stop_after=1)
    [(complete, left)] = house.rows(STATUS)
    assert complete is not None
    assert NOON - timedelta(days=366) < datetime.fromisoformat(complete) <= HORIZON
    assert left == 9
    assert house.rows(REACHED) == [(1,)]
    assert turn(house).error is None
    assert house.rows(STATUS) == [("1970-01-01T00:00:00.000000Z", 0)]
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(15,)]


def test_the_moment_when_the_horizon_was_reached_is_kept_for_good(box: Mailbox, house: House) -> None:
    fill(box, old=1, recent=1)
    turn(house)
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE account SET horizon_reached_at = '2020-01-01T00:00:00.000000Z'")
    fill(box, old=1, recent=1)
    box.renumber("Work")
    turn(house)
    assert house.rows("SELECT DISTINCT horizon_reached_at FROM account") == [("2020-01-01T00:00:00.000000Z",)]


def test_a_folder_that_is_gone_does_not_count_any_more(box: Mailbox, house: House) -> None:
    fill(box, old=3, recent=1)
    turn(house, stop_after=1)
    assert house.rows(STATUS) == [(None, 2)]
    box.remove("Sent")
    turn(house)
    assert house.rows("SELECT name, state, backlog FROM stream WHERE name = 'Sent'") == [("Sent", "missing", 2)]
    assert house.rows(STATUS) == [("1970-01-01T00:00:00.000000Z", 0)]


def test_a_folder_that_is_refused_holds_the_horizon_back(box: Mailbox, house: House) -> None:
    fill(box, old=1, recent=1)
    box.fail(Unavailable("you may not", step="select"), step="select")
    assert turn(house).error is not None
    assert (house.rows(REACHED), house.rows(STATUS)[0][0]) == ([(0,)], None)
    turn(house)
    assert house.rows(REACHED) == [(1,)]


def test_pages_of_many_small_folders_are_derived_together(box: Mailbox, house: House) -> None:
    waiting: list[int] = []
    for folder in range(20):
        box.deliver(f"Folder {folder}", mail(ALICE, ANN, mid=f"{folder}@x"), received_at=NOON)
    worker = Worker(
        house.ingest(),
        house.accounts["alice"],
        progress=lambda _name, _seen: waiting.append(
            house.rows("SELECT count(*) FROM dirty WHERE kind NOT IN ('contact', 'score')")[0][0]
        ),
    )
    worker.turn(connect(), Report("alice"))
    assert waiting == list(range(1, 21))
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(20,)]
    assert house.rows("SELECT count(*) FROM dirty WHERE kind NOT IN ('contact', 'score')") == [(0,)]
