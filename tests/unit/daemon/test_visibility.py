"""How much others see of a mail: by account, by thread, by the sender's wish; nothing leaks past it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from connectors.api import Message, Purpose
from daemon.derive import derive
from daemon.reprocess import is_due, reprocess
from matching.policy import Company
from matching.visibility import Level, narrowest, widest
from store.derivation import thread_levels
from store.published import feed
from store.schema.core import account
from tests.unit.daemon.company_mail import NOON, House, company, mail

pytestmark = pytest.mark.later

ALICE, BOB, ANN, CARL = "alice@acme.example", "bob@acme.example", "ann@client.example", "carl@other.example"
Server = dict[tuple[str, str], tuple[Purpose, list[Message]]]
SERVER: Server = {
    ("alice", "Sent"): (
        Purpose.SENT,
        [
            mail(ALICE, ANN, mid="1@acme", minute=1, subject="Offer", text="secret of alice", bcc=("eve@x.example",)),
            mail(ALICE, CARL, mid="2@acme", minute=2, cc=(BOB,), subject="Shared", text="seen by both"),
        ],
    ),
    ("alice", "INBOX"): (
        Purpose.INBOX,
        [
            mail(ANN, ALICE, mid="3@x", ref="1:3", minute=3, name="Ann Lee", subject="Re: Offer", text="secret of ann",
                 in_reply_to=("1@acme",)),
        ],
    ),
    ("bob", "INBOX"): (
        Purpose.INBOX,
        [mail(ALICE, CARL, mid="2@acme", ref="1:2", minute=2, cc=(BOB,), subject="Shared", text="seen by both")],
    ),
    ("bob", "Sent"): (Purpose.SENT, [mail(BOB, CARL, mid="4@acme", minute=4, subject="Other", text="of bob")]),
}  # fmt: skip
TEXTS = "SELECT message_id, subject, body_text, snippet, visibility FROM v1_interaction"


def fill(house: House) -> None:
    is_due(house.store, house.company)
    for (owner, folder), (purpose, mails) in SERVER.items():
        house.read(owner, folder, mails, purpose)
    catch_up(house)


def catch_up(house: House) -> None:
    while house.fetch_wanted(SERVER):
        pass


def level(house: House, owner: str, to: str) -> None:
    """As a session does when the configuration has changed."""
    with house.store.write() as transaction:
        transaction.execute(update(account).where(account.c.name == owner).values(visibility=to))
    apply(house)


def apply(house: House, policy: Company | None = None) -> None:
    house.company = policy or house.company
    assert is_due(house.store, house.company)
    reprocess(house.store, house.company, lambda: NOON)
    catch_up(house)


def shared(house: House) -> str:
    """All that the shared views say, as one text."""
    return repr({**house.contract(), "more": house.rows(TEXTS)})


def decide(house: House, thread_id: str, to: Level | None) -> None:
    with house.store.write() as transaction:
        thread_levels.decide(transaction, thread_id, to, NOON)
    reprocess(house.store, house.company, lambda: NOON)
    catch_up(house)


@pytest.fixture
def house(house: House) -> House:
    fill(house)
    return house


def test_an_account_shows_its_subjects_or_only_who_and_when(house: House) -> None:
    before = house.contract()
    level(house, "alice", "subject")
    rows: dict[Any, Any] = {row[0]: row[1:] for row in house.rows(TEXTS)}
    assert rows["1@acme"] == ("Offer", None, None, "subject")
    assert rows["4@acme"] == ("Other", "of bob", "of bob", "full")
    assert rows["2@acme"] == ("Shared", None, None, "subject"), "the narrowest of the two counts"
    level(house, "alice", "metadata")
    assert "secret" not in shared(house)
    assert "Offer" not in shared(house), "not in a thread either"
    assert house.rows("SELECT subject FROM v1_thread") == [("Other",), (None,), (None,)]
    level(house, "alice", "full")
    assert house.contract() == before


def test_a_hidden_account_leaves_no_trace_and_comes_back_whole(new_house: Callable[..., House], house: House) -> None:
    before = house.contract()
    level(house, "alice", "none")
    seen = shared(house)
    for word in (ANN, "Ann Lee", "Offer", "secret", "1@acme", "3@x", "2@acme", "eve@x.example"):
        assert word not in seen
    assert house.rows("SELECT message_id FROM v1_interaction") == [("4@acme",)]
    people = house.rows("SELECT DISTINCT interaction_id FROM v1_interaction_person")
    assert people == house.rows("SELECT id FROM v1_interaction")
    with new_house() as fresh:
        with fresh.store.write() as transaction:
            transaction.execute(update(account).where(account.c.name == "alice").values(visibility="none"))
        fill(fresh)
        assert [row[0] for row in fresh.rows(TEXTS)] == [row[0] for row in house.rows(TEXTS)]
        named = "SELECT id, display_name FROM v1_contact"
        assert fresh.rows(named) == house.rows(named)
    level(house, "alice", "full")
    assert house.contract() == before


def test_the_company_may_choose_the_widest(house: House) -> None:
    level(house, "alice", "none")
    apply(house, replace(company(), shows_widest=True))
    rows = {row[0]: row[1:] for row in house.rows(TEXTS)}
    assert rows["2@acme"] == ("Shared", "seen by both", "seen by both", "full")
    assert rows.keys() == {"2@acme", "4@acme"}


def test_a_thread_shows_less_and_all_again(house: House) -> None:
    before = house.contract()
    [(thread_id,)] = house.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '1@acme'")
    decide(house, thread_id, Level.METADATA)
    assert "secret" not in shared(house)
    assert house.rows(f"SELECT subject FROM v1_thread WHERE id = '{thread_id}'") == [(None,)]  # noqa: S608 - an id of ours
    decide(house, thread_id, Level.NONE)
    assert ANN not in shared(house)
    with house.store.read() as transaction:
        assert thread_levels.thread_of(transaction, thread_id) == thread_id
    decide(house, thread_id, None)
    assert house.contract() == before


def test_an_answer_in_a_hidden_thread_is_hidden_and_makes_no_contact(house: House) -> None:
    [(thread_id,)] = house.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '1@acme'")
    decide(house, thread_id, Level.NONE)
    answer = mail(ALICE, ANN, "fay@y.example", mid="5@acme", minute=9, references=("1@acme",), text="more secret")
    house.read("alice", "Sent", [answer], Purpose.SENT)
    assert "fay@y.example" not in shared(house)
    assert "secret" not in shared(house)


def test_a_decision_outlives_the_merging_of_threads(house: House) -> None:
    [(thread_id,)] = house.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '1@acme'")
    with house.store.write() as transaction:
        thread_levels.decide(transaction, thread_id, Level.METADATA, NOON)
    derive(house.store, house.company, lambda: NOON)
    root = mail(ALICE, ANN, mid="0@acme", ref="1:90", minute=0, text="root")
    late = mail(
        ALICE, ANN, mid="1@acme", ref="1:91", minute=1, text="secret again", references=("0@acme",), subject="Offer"
    )
    house.read("alice", "Sent", [root, late], Purpose.SENT)
    assert "secret" not in shared(house)


def test_readers_of_the_feed_hear_that_a_mail_is_hidden(house: House) -> None:
    [(item,)] = house.rows("SELECT id FROM v1_interaction WHERE message_id = '1@acme'")
    with house.store.read() as transaction:
        since = feed.standing(transaction).last_seq
    level(house, "alice", "none")
    with house.store.read() as transaction:
        told = {(each.entity, each.op) for each in feed.changes(transaction, since, 1000) if each.entity_id == item}
    assert ("interaction", "delete") in told


@pytest.mark.parametrize(("kept", "stored"), [("full", True), ("metadata", True), ("none", False)])
def test_mail_whose_sender_asks_for_confidence(house: House, kept: str, stored: bool) -> None:
    apply_level = replace(company(), confidential=Level(kept))
    if is_due(house.store, apply_level):
        apply(house, apply_level)
    house.company = apply_level
    asked = mail(ANN, ALICE, mid="9@x", ref="1:9", minute=9, sensitivity="private", subject="Hush", text="hush hush")
    house.read("alice", "INBOX", [asked])
    found = house.rows("SELECT subject, body_text FROM v1_interaction WHERE message_id = '9@x'")
    expected = ("Hush", "hush hush") if kept == "full" else (None, None)
    assert found == ([expected] if stored else [])
    held = repr(house.rows("SELECT * FROM message")) + repr(house.rows("SELECT * FROM content"))
    assert ("hush" in held.lower()) == (kept == "full"), "what is hidden for good is not even stored"
    if not stored:
        assert house.rows("SELECT verdict, reason FROM placement WHERE ref = '1:9'") == [("suppressed", "confidential")]


def test_the_order_of_levels() -> None:
    assert narrowest([Level.SUBJECT, Level.METADATA, Level.FULL]) is Level.METADATA
    assert widest([Level.SUBJECT, Level.METADATA]) is Level.SUBJECT
    assert narrowest([]) is widest([]) is Level.FULL
