"""The change feed: whoever follows it has what the views say, whatever happens in the store."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.api import Purpose
from daemon.ticking import tick
from store.engine import Store
from store.errors import StoreError
from store.published import feed
from store.published.feed_triggers import WATCHED
from store.published.views import VIEWS as PUBLISHED
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.test_pipeline import ALICE, ANN
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.store.feed_reader import UNTOLD, VIEWS, FeedReader

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def run(store: Store, statement: str, **values: object) -> None:
    with store.write() as transaction:
        transaction.execute(text(statement), values)


def break_off(store: Store, statement: str) -> None:
    """A transaction that fails in the end."""
    with store.write() as transaction:
        transaction.execute(text(statement))
        raise StoreError("never", "")


def changes(house: House, since: int = 0) -> list[tuple[str, str]]:
    """(entity, op) of all changes after a number."""
    with house.store.read() as transaction:
        return [(each.entity, each.op) for each in feed.changes(transaction, since, 10_000)]


def last_seq(house: House) -> int:
    with house.store.read() as transaction:
        return feed.standing(transaction).last_seq


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 6))])
def test_a_reader_who_follows_has_what_the_views_say(house: House, seed: int) -> None:
    rng = random.Random(seed)
    server = copies()
    reader, late = FeedReader(house.store), None
    pages = [(account, folder, purpose, m) for (account, folder), (purpose, mails) in server.items() for m in mails]
    rng.shuffle(pages)
    for number, (account, folder, purpose, message) in enumerate(pages):
        house.read(account, folder, [message], purpose)
        house.read(account, folder, [replace(message, flags=frozenset({"\\Answered"}))], purpose)
        house.fetch_wanted(server)
        tick(house.store, house.company, lambda: NOON + timedelta(days=365))
        reader.follow()
        assert reader.rows == reader.everything()
        if number == len(pages) // 2:
            late = FeedReader(house.store)
    for (contact_id,) in house.rows("SELECT id FROM v1_contact"):
        for deleted_at in ("'2026-03-02T12:00:00.000000Z'", "NULL"):
            run(house.store, f"UPDATE contact SET deleted_at = {deleted_at} WHERE id = :id", id=contact_id)  # noqa: S608 - words of ours
            reader.follow()
            assert reader.rows == reader.everything()
    run(house.store, "UPDATE person SET team = 'sales'")
    run(house.store, "UPDATE message SET subject = 'gone'")
    run(house.store, "UPDATE content SET text = ''")
    run(house.store, "DELETE FROM link")
    run(house.store, "UPDATE account SET ended_at = '2026-03-02T12:00:00.000000Z'")
    reader.follow()
    assert late is not None
    late.follow()
    assert reader.rows == late.rows == reader.everything()
    assert {entity for entity, _op in reader.read} == VIEWS.keys() - {"meeting", "attendee", "task"}
    assert ("contact", "delete") in reader.read


def test_numbers_have_no_gaps_and_a_transaction_that_fails_leaves_none(house: House) -> None:
    reader = FeedReader(house.store)
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    numbers = reader.follow()
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    with pytest.raises(StoreError, match="never"):
        break_off(house.store, "UPDATE contact SET display_name = 'never'")
    run(house.store, "UPDATE contact SET display_name = 'Ann'")
    assert reader.follow() == [numbers[-1] + 1]


def test_what_no_reader_sees_is_no_change(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x", bcc=("b@else.example",))], Purpose.SENT)
    before = last_seq(house)
    run(house.store, "UPDATE account SET last_success_at = '2026-03-02T12:00:00.000000Z'")
    run(house.store, "UPDATE contact SET display_name = display_name, updated_at = '2026-03-02T12:00:00.000000Z'")
    run(house.store, "UPDATE interaction SET occurred_at = occurred_at")
    run(house.store, "DELETE FROM link WHERE role = 'bcc'")
    assert house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x", bcc=("b@else.example",))], Purpose.SENT) == {}
    assert last_seq(house) == before
    assert house.rows("SELECT count(*) FROM outbox") == [(0,)]


def test_of_changes_in_one_transaction_the_last_is_told(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    before = last_seq(house)
    with house.store.write() as transaction:
        for name in ("one", "two", "three"):
            transaction.execute(text("UPDATE organization SET display_name = :name"), {"name": name})
    assert changes(house, before) == [("organization", "upsert")]


def test_ids_that_merge_are_redirected(house: House) -> None:
    """An answer that is read before what it answers is in a thread of its own until then."""
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="c@x", minute=3)], Purpose.SENT)
    answer = mail(ANN, ALICE, mid="b@x", minute=9, subject="Re: Offer", references=("b0@x",))
    house.read("alice", "INBOX", [answer])
    ((thread,),) = house.rows("SELECT thread_id FROM v1_interaction WHERE message_id = 'b@x'")
    before = last_seq(house)
    house.read(
        "alice",
        "Sent",
        [mail(ANN, ALICE, mid="b0@x", minute=8, in_reply_to=("a@x",)), mail(ALICE, ANN, mid="a@x", ref="2:1")],
        Purpose.SENT,
    )
    with house.store.read() as transaction:
        told = {(each.entity, each.entity_id): each.op for each in feed.changes(transaction, before, 100)}
    assert told["thread", thread] == "redirect"
    assert house.rows("SELECT entity, old_id FROM v1_redirect") == [("thread", thread)]


def test_what_was_erased_is_told_as_erased(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    before = last_seq(house)
    (contact_id,) = house.rows("SELECT id FROM v1_contact")[0]
    with house.store.write() as transaction:
        feed.erased(transaction, "contact", [contact_id])
        transaction.execute(text("DELETE FROM contact_address"))
        transaction.execute(text("DELETE FROM contact"))
    assert sorted(changes(house, before)) == [("contact", "erase"), ("contact_address", "delete")]


def test_old_changes_go_and_who_is_behind_them_is_told(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    first = last_seq(house)
    run(house.store, "UPDATE change SET changed_at = :at", at=f"{LONG_AGO:%Y-%m-%dT%H:%M:%S.%fZ}")
    run(house.store, "UPDATE contact SET display_name = 'Ann'")
    with house.store.write() as transaction:
        assert feed.prune(transaction, LONG_AGO + timedelta(days=1)) == first
    assert house.rows("SELECT first_seq, last_seq FROM v1_store") == [(first + 1, first + 1)]
    assert changes(house, first) == [("contact", "upsert")]
    for since in (first - 1, 0, first + 2, -1):
        with pytest.raises(StoreError, match="holds the changes") as error:
            changes(house, since)
        assert "anew" in error.value.hint
    with house.store.write() as transaction:
        assert feed.prune(transaction, datetime.now(UTC) + timedelta(days=1)) == 1
        assert feed.prune(transaction, datetime.now(UTC) + timedelta(days=1)) == 0
    assert changes(house, first + 1) == []
    run(house.store, "UPDATE contact SET display_name = 'Ann Lee'")
    assert last_seq(house) == first + 2


def test_all_that_views_show_is_watched() -> None:
    """A column that a view shows and no trigger watches would change unseen."""
    views = {view.name: view for view in PUBLISHED}
    # every other view is the feed's own, or the manual tells readers from which words it follows
    told = (Path(__file__).parents[3] / "docs" / "store.md").read_text("utf-8").split("## Following changes")[1]
    following = dict(re.findall(r"^\| `(v1_\w+)` \| [^|]+ \| ([^|]+) \|$", told, flags=re.MULTILINE))
    of_the_feed = {"v1_store", "v1_redirect", "v1_change"}
    assert {view for view, _column in VIEWS.values()} == views.keys() - of_the_feed - following.keys()
    for words in following.values():
        assert set(re.findall(r"`(\w+)`", words)) & VIEWS.keys()
    assert [watched.entity for watched in WATCHED] == list(VIEWS)
    of_the_time = {"occurred_on", "week_starts_on"}
    of_copies = {"subject", "snippet", "body_text", "new_text", "message_id", "attachment_count", "meeting_id"}
    for watched in WATCHED:
        view, key = VIEWS[watched.entity]
        shown = {name for name, sql, _type in views[view].columns if not str(sql).startswith("CAST(NULL")}
        made_once = {key, "created_at"}
        assert shown - UNTOLD - made_once - of_copies - of_the_time <= set(watched.columns), view
