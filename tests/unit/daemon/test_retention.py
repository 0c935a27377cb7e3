"""What is kept how long: each class goes after its days, in batches, and does not come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from connectors.api import Message, Purpose
from daemon.ingest import Ingest
from daemon.reprocess import is_due, reprocess
from matching.policy import Create
from store.accounts import audit
from store.privacy import retention
from store.privacy.retention import Limits, retain
from store.schema.feed import webhook, webhook_delivery
from store.schema.tasks import signal
from tests.unit.daemon.company_mail import NOON, House, company, mail

ALICE, BOB, ANN, CARL = "alice@acme.example", "bob@acme.example", "ann@client.example", "carl@other.example"
Server = dict[tuple[str, str], tuple[Purpose, list[Message]]]


def old(message: Message) -> Message:
    """The same, 100 days earlier."""
    when = NOON - timedelta(days=100)
    return replace(message, sent_at=when, received_at=when)


SERVER: Server = {
    ("alice", "Sent"): (
        Purpose.SENT,
        [
            old(mail(ALICE, ANN, mid="1@acme", minute=1, subject="Old subject", text="old text", headers=b"X: old\n")),
            mail(ALICE, CARL, mid="2@acme", minute=2, subject="New subject", text="new text", headers=b"X: new\n"),
        ],
    ),
    ("alice", "INBOX"): (
        Purpose.INBOX,
        [
            old(mail("stranger@x.example", ALICE, mid="3@x", ref="1:3", minute=3)),
            mail("stranger@x.example", ALICE, mid="4@x", ref="1:4", minute=4),
        ],
    ),
}


class Keeping(House):
    """Lets go what is older than the limits."""

    limits = Limits()

    def ingest(self, started_at: object = NOON) -> Ingest:
        return replace(super().ingest(), limits=self.limits)

    def retain(self, now: datetime = NOON, /, **days: int) -> dict[str, int]:
        self.limits = Limits(**days)
        return retain(self.store, self.limits, now)


def fill(house: House) -> None:
    is_due(house.store, house.company)
    for (owner, folder), (purpose, mails) in SERVER.items():
        house.read(owner, folder, mails, purpose)
    while house.fetch_wanted(SERVER):
        pass


@pytest.fixture
def house(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Keeping]:
    with Keeping(tmp_path, url=new_url("store")) as house:
        fill(house)
        yield house


def again(house: House) -> None:
    """Everything that could bring something back: read anew, another policy and back."""
    fill(house)
    for create in (Create.ALL, Create.CORRESPONDED):
        house.company = company(create)
        reprocess(house.store, house.company, lambda: NOON)
        while house.fetch_wanted(SERVER):
            pass


MAILS = "SELECT message_id, subject, body_text, snippet FROM v1_interaction"


def test_texts_go_and_the_rest_stays(house: Keeping) -> None:
    assert house.retain(text=30) == {"text": 1}
    expected = [("1@acme", "Old subject", None, None), ("2@acme", "New subject", "new text", "new text")]
    assert house.rows(MAILS) == expected
    again(house)
    assert house.rows(MAILS) == expected
    assert house.retain(text=30) == {"text": 0}


def test_subjects_go_from_threads_too(house: Keeping) -> None:
    assert house.retain(subject=30, headers=30) == {"headers": 1, "subject": 1}
    again(house)
    assert house.rows(MAILS)[0] == ("1@acme", None, "old text", "old text")
    assert house.rows("SELECT subject FROM v1_thread") == [("New subject",), (None,)]
    assert house.rows("SELECT headers IS NULL FROM content") in ([(0,), (1,)], [(False,), (True,)])


def test_mails_go_as_a_whole_and_leave_their_places(house: Keeping) -> None:
    assert house.retain(participants=30) == {"participants": 1, "skipped": 1}
    assert [row[0] for row in house.rows(MAILS)] == ["2@acme"]
    assert house.rows("SELECT display_name FROM v1_contact") == [(CARL,)], "nothing speaks for the other any more"
    places = "SELECT ref, verdict, message_key, mid_key, received_at FROM placement WHERE ref = '1:2'"
    assert house.rows(places) == [("1:2", "expired", None, None, None)]
    again(house)
    assert house.rows(places) == [("1:2", "expired", None, None, None)]
    assert [row[0] for row in house.rows(MAILS)] == ["2@acme"]


def test_skipped_mail_keeps_its_place_alone(house: Keeping) -> None:
    later = NOON + timedelta(days=31)
    house.read("alice", "INBOX", [mail("late@x.example", ALICE, mid="5@x", ref="1:5", minute=5)])
    house.execute("UPDATE placement SET seen_at = ? WHERE ref = '1:5'", "2026-04-01T12:00:00.000000Z")
    assert house.retain(skipped=30) == {"skipped": 0}, "read just now, however old"
    assert house.retain(later, skipped=30) == {"skipped": 2}
    assert house.rows("SELECT ref FROM skipped_participant") == [("1:5",)]
    again(house)
    house.retain(later, skipped=30)
    expired = "SELECT ref, mid_key FROM placement WHERE verdict = 'expired' ORDER BY ref"
    assert house.rows(expired) == [("1:3", None), ("1:4", None)]


def test_old_mail_is_linked_by_a_contact_that_comes_after_it(tmp_path: Path) -> None:
    with Keeping(tmp_path) as house:
        house.limits = Limits(skipped=30)
        answer = old(mail(ANN, ALICE, mid="5@client", ref="1:5", minute=5))
        server: Server = {("alice", "INBOX"): (Purpose.INBOX, [answer])}
        house.read("alice", "INBOX", [answer])
        house.retain(skipped=30)
        house.read("alice", "Sent", [mail(ALICE, ANN, mid="6@acme", minute=6)], Purpose.SENT)
        assert house.fetch_wanted(server) == 1
        assert [row[0] for row in house.rows(MAILS)] == ["5@client", "6@acme"]


def test_what_is_read_when_it_is_old_already_is_written_so(tmp_path: Path) -> None:
    with Keeping(tmp_path) as house, Keeping(tmp_path, name="fresh.db") as fresh:
        fill(house)
        limits = {"text": 30, "headers": 30, "subject": 30}
        house.retain(**limits)
        fresh.limits = Limits(**limits)
        fill(fresh)
        assert house.contract() == fresh.contract()
        kept = "SELECT ref, verdict, message_key, mid_key FROM placement"
        assert house.rows(kept) == fresh.rows(kept)


def test_an_audit_counts_what_expired(house: Keeping) -> None:
    house.retain(participants=30, skipped=30)
    with house.store.read() as transaction:
        for stream_id in (1, 2):
            assert len(list(audit.placed_refs(transaction, stream_id))) == 2
            assert list(audit.hollow_refs(transaction, stream_id)) == []


def test_it_goes_in_small_steps_that_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with Keeping(tmp_path) as house:
        mails = [old(mail(ALICE, ANN, mid=f"{n}@acme", ref=f"1:{n}", minute=n, text="old")) for n in range(7)]
        house.read("alice", "Sent", mails, Purpose.SENT)
        steps = iter([False, False, True])
        assert retain(house.store, Limits(text=1), NOON, lambda: next(steps)) == {"text": 4}
        assert house.retain(text=1) == {"text": 3}
        assert house.rows("SELECT count(*) FROM content WHERE text IS NOT NULL") == [(0,)]


def test_signals_and_untaken_messages_go(house: Keeping) -> None:
    with house.store.write() as transaction:
        for n, when in enumerate((NOON, NOON - timedelta(days=100))):
            heard = {"interaction_id": "i", "kind": "reply", "evidence": "", "confidence": 1.0}
            transaction.execute(insert(signal).values(id=str(n), occurred_at=when, **heard))
            if n == 0:
                transaction.execute(insert(webhook).values(name="crm", seq=0, epoch="", is_dead=True))
            waiting = {"webhook": "crm", "last_seq": n, "body": "{}", "attempts": 9}
            transaction.execute(insert(webhook_delivery).values(id=str(n), created_at=when, **waiting))
    assert house.retain(signals=30, outbox=30) == {"signals": 1, "outbox": 1}
    assert house.rows("SELECT id FROM signal") == house.rows("SELECT id FROM webhook_delivery") == [("0",)]


def test_signals_that_went_do_not_come_back_when_their_mails_are_derived_anew(house: Keeping) -> None:
    told = "SELECT m.message_id FROM v1_signal s JOIN v1_interaction m ON m.id = s.source_interaction_id"
    answers = [
        mail(ANN, ALICE, mid=f"{n}@client", ref=f"1:{n}", minute=n, in_reply_to=("1@acme",), references=("1@acme",))
        for n in (20, 21)
    ]
    house.read("alice", "INBOX", [old(answers[0])])
    house.read("alice", "INBOX", [replace(answers[1], participants=mail(CARL, ALICE).participants)])
    assert house.rows(told) == [("20@client",), ("21@client",)]
    house.company = replace(house.company, signal_days=30)
    assert house.retain(signals=30) == {"signals": 1}
    assert house.rows(told) == [("21@client",)]
    reprocess(house.store, house.company, lambda: NOON)
    house.read("alice", "INBOX", [old(replace(answers[0], ref="1:30", message_id="30@client"))])
    assert house.rows(told) == [("21@client",)]
    assert house.retain(signals=30) == {"signals": 0}


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_days_that_nobody_means_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="text must be from 1 to 36500 days"):
        Limits(text=days)
