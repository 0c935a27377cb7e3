"""Signals of the history: each with the mail that it is about, whatever the order in which the mails came."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Auth, Message, Participant, Purpose, Report, Role
from daemon.reprocess import reprocess
from daemon.ticking import tick
from store.derivation import rebuild
from tests.unit.daemon.company_mail import NOON, House, mail

pytestmark = pytest.mark.later

ALICE, BOB = "alice@acme.example", "bob@acme.example"
ANN, CARL = "ann@client.example", "carl@client.example"
WORDS = (
    "SELECT s.kind, about.message_id, source.message_id, c.display_name, s.recipient, s.answer_seconds"
    " FROM v1_signal s LEFT JOIN v1_interaction about ON about.id = s.interaction_id"
    " LEFT JOIN v1_interaction source ON source.id = s.source_interaction_id"
    " LEFT JOIN v1_contact c ON c.id = s.contact_id"
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


def reply(sender: str, *to: str, mid: str, answers: str, minute: int, **more: Any) -> Message:
    return mail(
        sender, *to, mid=mid, in_reply_to=(answers,), references=(answers,), minute=minute, subject="Re: Offer", **more
    )


def bounce(mid: str, about: str, minute: int, recipient: str = ANN, status: str = "5.1.1") -> Message:
    """What a mail server says of a mail that it could not deliver (RFC 3464)."""
    action = "failed" if status.startswith("5") else "delayed"
    text = (
        "Reporting-MTA: dns; mx.client.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    )
    report = mail(
        "MAILER-DAEMON@mx.client.example",
        ALICE,
        mid=mid,
        minute=minute,
        subject="Undelivered Mail Returned to Sender",
        report_type="delivery-status",
        reported_ids=(about,),
        reports=(
            Report("message/delivery-status", text),
            Report("message/rfc822", f"Message-ID: <{about}>\nTo: {recipient}\n"),
        ),
        headers=b"From: MAILER-DAEMON@mx.client.example\nAuto-Submitted: auto-replied\n",
        auto_submitted="auto-replied",
    )
    return replace(report, participants=(*report.participants, Participant(Role.REPORTED, recipient)))


OFFER = mail(ALICE, ANN, mid="offer@acme", subject="Offer")
ANSWER = reply(ANN, ALICE, mid="yes@client", answers="offer@acme", minute=30)
JOINS = reply(CARL, ALICE, ANN, mid="me-too@client", answers="yes@client", minute=40)
AGAIN = reply(ANN, ALICE, mid="again@client", answers="yes@client", minute=50)
FORWARD = mail(ANN, ALICE, mid="fwd@client", in_reply_to=("offer@acme",), minute=60, subject="Fwd: Offer")


def read(house: House, *mails: Message) -> None:
    """Each in a page of its own, in this order; then what became wanted."""
    folders: dict[Purpose, list[Message]] = {Purpose.SENT: [], Purpose.INBOX: []}
    for each in mails:
        purpose = Purpose.SENT if each.participants[0].email == ALICE else Purpose.INBOX
        folders[purpose].append(each)
        house.read("alice", purpose.value, [each], purpose)
    house.fetch_wanted({("alice", purpose.value): (purpose, found) for purpose, found in folders.items()})


def test_who_answered_and_after_how_long(house: House) -> None:
    read(house, OFFER, ANSWER)
    assert house.rows(WORDS) == [("reply", "offer@acme", "yes@client", ANN, None, 1800)]
    [(evidence, confidence)] = house.rows("SELECT evidence, confidence FROM v1_signal")
    assert (evidence, float(confidence)) == ("References name the mail", 1.0)


def test_a_colleague_who_joins_in_answers_too_and_who_writes_again_does_not(house: House) -> None:
    read(house, OFFER, ANSWER, JOINS, AGAIN, FORWARD)
    # what a colleague says, who is no contact, is said for the one who was asked
    assert {row[:4] for row in house.rows(WORDS)} == {
        ("reply", "offer@acme", "yes@client", ANN),
        ("reply", "offer@acme", "me-too@client", ANN),
    }


def test_a_sender_that_is_forged_is_hardly_believed(house: House) -> None:
    forged = reply(ANN, ALICE, mid="forged@x", answers="offer@acme", minute=5)
    read(house, OFFER, replace(forged, auth=Auth.FAIL))
    [(evidence, confidence)] = house.rows("SELECT evidence, confidence FROM v1_signal")
    assert "could not be verified" in evidence
    assert float(confidence) < 0.5


def test_a_bounce_is_about_the_mail_that_failed_and_a_later_mail_heals_the_address(house: House) -> None:
    # who was never reached would be no contact
    read(house, mail(ALICE, ANN, mid="before@acme", minute=-1), OFFER, bounce("b@mx", "offer@acme", 1))
    assert house.rows(WORDS) == [("bounce", "offer@acme", "b@mx", ANN, ANN, None)]
    columns = "SELECT status, category, is_hard FROM v1_signal"
    assert house.rows(columns) == [("5.1.1", "bad_address", 1)]
    states = "SELECT state FROM v1_contact_address"
    assert house.rows(states) == [("bounced",)]
    read(house, reply(ANN, ALICE, mid="here@client", answers="offer@acme", minute=60))
    assert house.rows(states) == [("active",)]
    read(house, bounce("b2@mx", "offer@acme", 90))
    assert house.rows(states) == [("bounced",)]


def test_a_delay_is_no_failure(house: House) -> None:
    read(house, OFFER, bounce("d@mx", "offer@acme", 1, status="4.4.1"))
    assert house.rows("SELECT kind FROM v1_signal") == [("delay",)]
    assert house.rows("SELECT state FROM v1_contact_address") == [("active",)]


def test_a_report_on_a_mail_that_nobody_sent_is_kept_unlinked(house: House) -> None:
    read(house, OFFER, bounce("b@mx", "never@acme", 1))
    assert house.rows(WORDS) == [("bounce", None, "b@mx", ANN, ANN, None)]


def test_an_absence_note_is_no_answer(house: House) -> None:
    note = reply(
        *(ANN, ALICE),
        mid="away@client",
        answers="offer@acme",
        minute=1,
        auto_submitted="auto-replied",
        headers=b"From: ann@client.example\nAuto-Submitted: auto-replied\nSubject: Out of office\n",
        text="I am out of the office until 2026-03-10.",
    )
    read(house, OFFER, note)
    assert [row[:3] for row in house.rows(WORDS)] == [("auto_reply", "offer@acme", "away@client")]
    assert house.rows("SELECT answer_seconds FROM v1_interaction WHERE message_id = 'away@client'") == [(None,)]


@pytest.mark.parametrize("seed", range(4))
def test_any_order_tells_the_same(tmp_path: Path, seed: int) -> None:
    mails = [
        OFFER,
        ANSWER,
        JOINS,
        AGAIN,
        FORWARD,
        bounce("b@mx", "offer@acme", 1),
        bounce("c@mx", "offer@acme", 99, CARL),
    ]
    chance = random.Random(seed)
    found = []
    for number in itertools.count(1):
        with House(tmp_path, name=f"{number}.db") as house:
            read(house, *mails)
            tick(house.store, house.company, lambda: NOON + timedelta(days=1))
            found.append(
                [
                    house.rows(sql)
                    for sql in (WORDS, "SELECT * FROM v1_engagement", "SELECT address, state FROM v1_contact_address")
                ]
            )
        chance.shuffle(mails)
        if number == 3:
            break
    assert found[0] == found[1] == found[2]


def test_what_goes_takes_its_signals_along(house: House) -> None:
    read(house, OFFER, ANSWER)
    [(interaction_id,)] = house.rows("SELECT id FROM v1_interaction WHERE message_id = 'yes@client'")
    house.store.transact(lambda transaction: rebuild.remove_interactions(transaction, [interaction_id], NOON))
    assert house.rows("SELECT * FROM v1_signal") == []
    assert house.rows("SELECT * FROM mail_signal") == []


def test_a_store_of_older_rules_is_brought_up_to_what_a_fresh_one_holds(tmp_path: Path) -> None:
    mails = [OFFER, ANSWER, JOINS, bounce("b@mx", "offer@acme", 1), bounce("c@mx", "offer@acme", 99, CARL)]
    said = mail(ANN, ALICE, mid="said@client", minute=200, text="Yes.\n\nOn Monday Alice wrote:\n> Do you?\n> Really?")
    # early in the morning of the 16th there
    late = NOON.replace(hour=22).astimezone(timezone(timedelta(hours=8)))
    words = mail(
        *(ALICE, ANN),
        mid="words@acme",
        sent_at=late.astimezone(UTC),
        received_at=late.astimezone(UTC),
        headers=f"Date: {format_datetime(late)}\n".encode(),
        text="I will send you the list tomorrow.\n\nOn Monday Ann wrote:\n> This is unacceptable.",
    )
    anger = mail(ANN, ALICE, mid="anger@client", minute=210, text="This is unacceptable.")
    told = "SELECT m.mid, s.kind, s.return_on FROM mail_signal s JOIN message m ON m.key = s.message_key"
    seen = (
        *(WORDS, "SELECT * FROM v1_engagement", "SELECT address, state FROM v1_contact_address"),
        "SELECT key FROM message",
        "SELECT message_id, thread_id, parent_id, new_text, snippet FROM v1_interaction",
        "SELECT mid, asks, is_brief FROM message",
        f"{told} WHERE s.kind IN ('promise', 'complaint')",
    )
    found = []
    for name in ("fresh", "older"):
        with House(tmp_path, name=f"{name}.db") as house:
            # their parts were not kept
            read(
                house,
                *(mails if name == "fresh" else [replace(each, reports=()) for each in mails]),
                said,
                words,
                anger,
            )
            if name == "older":
                house.store.transact(_as_older_programs_left_it)
                assert house.rows("SELECT * FROM v1_signal") == []
                reprocess(house.store, house.company, lambda: NOON)
                inbox = [each for each in mails if each.participants[0].email != ALICE]
                assert house.fetch_wanted({("alice", "inbox"): (Purpose.INBOX, inbox)}) == 2
            tick(house.store, house.company, lambda: NOON + timedelta(days=1))
            found.append([house.rows(sql) for sql in seen])
    assert found[0] == found[1]
    assert ("said@client", "Yes.") in {(row[0], row[3]) for row in found[0][4]}
    tomorrow = (late.date() + timedelta(days=1)).isoformat()
    assert sorted(found[0][6]) == [("anger@client", "complaint", None), ("words@acme", "promise", tomorrow)]


def _as_older_programs_left_it(transaction: Any) -> None:
    for sql in (
        "DELETE FROM mail_signal",
        "DELETE FROM signal",
        "DELETE FROM engagement",
        "DELETE FROM dirty",
        "UPDATE message SET signals_version = 0, concerns = '[]', asks = NULL, is_brief = NULL",
        "UPDATE content SET new_text = NULL",
        "UPDATE contact_address SET state = 'active'",
    ):
        transaction.exec_driver_sql(sql)
