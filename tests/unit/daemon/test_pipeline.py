"""From pages to the readers' views: identity, policy, late linking, whatever the order."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connectors.api import Cursor, Message, Page, Purpose
from daemon.reading import VERSION
from matching.policy import Create
from store.mails.facts import MESSAGE_COLUMNS, Draft
from tests.unit.daemon.company_mail import NOON, House, company, mail

ALICE, BOB, ANN = "alice@acme.example", "bob@acme.example", "ann@client.example"
Server = Mapping[tuple[str, str], tuple[Purpose, Sequence[Message]]]


def test_a_mail_of_ours_makes_its_recipient_a_contact_and_is_linked(house: House) -> None:
    counts = house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    assert dict(counts) == {"stored": 1}
    assert house.rows(
        "SELECT c.display_name, domain FROM v1_contact c JOIN v1_organization o ON o.id = organization_id"
    ) == [("ann@client.example", "client.example")]
    assert house.rows("SELECT address, role, reason FROM v1_interaction_contact") == [(ANN, "to", "address")]
    assert house.rows("SELECT direction, message_id FROM v1_interaction") == [("outbound", "a@x")]


def test_unknown_senders_internal_and_bulk_mail_are_skipped_with_the_reason(house: House) -> None:
    house.read(
        "alice",
        "INBOX",
        [
            mail("stranger@else.example", ALICE, ref="1:1", mid="1@x"),
            mail(BOB, ALICE, ref="1:2", mid="2@x"),
            mail("news@shop.example", ALICE, ref="1:3", mid="3@x", list_id="news.shop.example"),
        ],
    )
    assert house.rows("SELECT ref, verdict, reason FROM placement") == [
        ("1:1", "skipped", "no_contact"),
        ("1:2", "skipped", "internal"),
        ("1:3", "skipped", "bulk"),
    ]
    assert house.rows("SELECT * FROM v1_interaction") == []
    assert not [text for row in house.rows("SELECT * FROM placement") for text in row if "stranger" in str(text)]


@pytest.mark.parametrize("purpose", [Purpose.DRAFTS, Purpose.JUNK, Purpose.TRASH])
def test_drafts_junk_and_trash_are_never_history(house: House, purpose: Purpose) -> None:
    house.read("alice", "Folder", [mail(ALICE, ANN, mid="a@x")], purpose)
    assert house.rows("SELECT * FROM v1_contact") == []


def test_role_and_no_reply_addresses_do_not_become_contacts(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, "info@client.example", "noreply@client.example", mid="a@x")], Purpose.SENT)
    assert house.rows("SELECT reason FROM placement") == [("no_contact",)]


def test_a_mail_to_more_than_twenty_people_makes_no_contacts(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, *(f"p{i}@client.example" for i in range(21)), mid="a@x")], Purpose.SENT)
    assert house.rows("SELECT * FROM v1_contact") == []


def test_a_replayed_page_changes_nothing(house: House) -> None:
    mails = [mail(ALICE, ANN, mid="a@x"), mail(ANN, ALICE, mid="b@x", minute=1)]
    house.read("alice", "Sent", mails, Purpose.SENT)
    before = house.contract()
    assert dict(house.read("alice", "Sent", mails, Purpose.SENT)) == {}
    assert house.contract() == before


def _copies() -> dict[tuple[str, str], tuple[Purpose, list[Message]]]:
    """One mail as Sent copy, Cc'd and blind copy and a list's copy, with a forged one and what surrounds them."""
    one: dict[str, Any] = {"mid": "one@acme.example", "minute": 5, "subject": "Offer"}
    to = (ANN, "dev@lists.example")
    copied: dict[str, Any] = {"cc": (BOB,)}
    listed = mail(
        "dev@lists.example",
        *to,
        **copied,
        **{**one, "subject": "[dev] Offer"},
        reply_to=(ALICE,),
        list_id="dev.lists.example",
        text="text\n-- \nlist footer",
        ref="3:1",
    )
    return {
        ("alice", "Sent"): (
            Purpose.SENT,
            [
                mail(ALICE, *to, **copied, **one, bcc=("bob.private@else.example",), ref="2:1"),
                mail(ALICE, "new+tag@client.example", mid="tagged@x", minute=20, ref="2:2"),
            ],
        ),
        ("alice", "INBOX"): (
            Purpose.INBOX,
            [
                mail(ANN, ALICE, mid="re@x", minute=9, in_reply_to=("one@acme.example",), name="Ann Lee", ref="1:9"),
                mail("new@client.example", ALICE, mid="earlier@x", minute=1, ref="1:10"),
                mail(ANN, ALICE, mid=None, minute=12, subject="No id", ref="1:11"),
            ],
        ),
        ("bob", "INBOX"): (
            Purpose.INBOX,
            [
                mail(ALICE, *to, **copied, **one, ref="1:1"),
                mail("mallory@evil.example", *to, **copied, **one, text="pay me", ref="1:2"),
                mail(ANN, ALICE, mid="noid@x", minute=12, subject="No id", cc=(), ref="1:3"),
            ],
        ),
        ("bob", "Lists"): (Purpose.OTHER, [listed]),
    }


def _fill(house: House, server: Server, seed: int) -> None:
    rng = random.Random(seed)
    pages = [(account, folder, purpose, [m]) for (account, folder), (purpose, mails) in server.items() for m in mails]
    rng.shuffle(pages)
    for account, folder, purpose, page in pages:
        house.read(account, folder, page, purpose)
    while house.fetch_wanted(server):
        pass


def test_all_copies_are_one_interaction_and_a_forged_reuse_is_a_second(house: House) -> None:
    _fill(house, _copies(), 1)
    stored = house.rows("SELECT message_id, subject FROM v1_interaction WHERE message_id = 'one@acme.example'")
    assert stored == [("one@acme.example", "Offer"), ("one@acme.example", "Offer")]
    assert house.rows(
        "SELECT a.name, s.name FROM placement p"
        " JOIN stream s ON s.id = p.stream_id JOIN account a ON a.id = s.account_id"
        " JOIN message m ON m.key = p.message_key JOIN interaction i ON i.id = m.interaction_id"
        " WHERE m.mid = 'one@acme.example' AND i.direction = 'outbound'"
    ) == [("alice", "Sent"), ("bob", "INBOX"), ("bob", "Lists")]
    assert house.rows("SELECT count(*) FROM v1_interaction WHERE subject = 'No id'") == [(1,)]


@pytest.mark.parametrize(
    ("create", "orders"),
    [
        (Create.CORRESPONDED, 2),
        *(pytest.param(each, 2, marks=pytest.mark.slow) for each in (Create.OFF, Create.ALL)),
        *(pytest.param(each, 10, marks=pytest.mark.soak) for each in Create),
    ],
)
def test_the_result_does_not_depend_on_the_order_of_reading(
    new_house: Callable[..., House], create: Create, orders: int
) -> None:
    first = new_house(company(create))
    first.skims = False
    _fill(first, _copies(), 0)
    expected = first.contract()
    assert create is Create.OFF or len(expected["v1_interaction"]) >= 6
    for seed in range(1, orders + 1):
        other = new_house(company(create))
        _fill(other, _copies(), seed)
        assert other.contract() == expected, seed


def test_what_was_skimmed_is_fetched_when_it_proves_to_be_a_copy(house: House) -> None:
    ours = mail(ALICE, ANN, "dev@lists.example", mid="a@x")
    listed = mail(
        "dev@lists.example", ANN, "dev@lists.example", mid="a@x", ref="3:1", list_id="dev", text="text\n-- \nfooter"
    )
    server: Server = {("alice", "Lists"): (Purpose.OTHER, [listed])}
    house.read("alice", "Sent", [ours], Purpose.SENT)
    assert house.read("alice", "Lists", [listed], Purpose.OTHER) == {"skipped": 1}
    assert house.rows("SELECT reason FROM placement WHERE is_wanted") == [("bulk",)]
    assert house.fetch_wanted(server) == 1
    placed = "SELECT verdict, reason, is_wanted, length(message_key) FROM placement WHERE ref = '3:1'"
    assert house.rows(placed) == [("stored", "copy", 0, 16)]
    # read again from the beginning it may be another mail: its text tells that it is not
    before = house.contract()
    assert house.read("alice", "Lists", [listed], Purpose.OTHER) == {}
    assert house.rows(placed) == [("stored", "copy", 1, 16)]
    assert house.fetch_wanted(server) == 1
    assert house.rows(placed) == [("stored", "copy", 0, 16)]
    assert house.rows("SELECT count(*) FROM placement") == [(2,)]
    assert house.contract() == before


def test_what_is_hardly_kept_is_read_only_when_it_proves_to_be_a_copy(house: House) -> None:
    house.skims = False
    said: dict[str, Any] = {
        "text": "Are you away?\n-- \nfooter",
        "headers": b"Auto-Submitted: auto-replied\nList-Id: dev\n",
    }
    listed = [
        mail("dev@lists.example", ANN, "dev@lists.example", ref="3:1", mid="a@x", list_id="dev", minute=1, **said),
        mail("dev@lists.example", ALICE, mid="b@x", ref="3:2", minute=2, list_id="dev", **said),
    ]
    drafting = house.ingest().drafting
    page = drafting.prepared(Page(changes=tuple(listed), cursor=Cursor("c")), Purpose.OTHER)
    assert [each.content.is_unread for each in page.changes if isinstance(each, Draft) and each.content] == [True, True]
    house.read("alice", "Sent", [mail(ALICE, ANN, "dev@lists.example", mid="a@x", minute=1)], Purpose.SENT)
    assert house.read("alice", "Lists", listed, Purpose.OTHER) == {"known": 1, "skipped": 1}
    read = drafting.draft(listed[0]).content
    assert read is not None
    assert not read.is_unread
    with house.store.read() as transaction:
        kept = transaction.exec_driver_sql("SELECT * FROM message JOIN content ON message_key = key").mappings().all()
    (row,) = [each for each in kept if each["key"] == read.key]
    told = dict(zip(MESSAGE_COLUMNS, read.message_row, strict=True))
    assert (told["signals_version"], told["asks"], read.content_row[-1]) == (VERSION, True, "Are you away?")
    for name in ("signals_version", "asks", "is_brief", "concerns"):
        assert row[name] == told[name]
    assert row["new_text"] == read.content_row[-1]
    signals = "SELECT kind, evidence FROM mail_signal"
    assert house.rows(signals) == sorted((each[0], each[8]) for each in read.signal_rows)
    assert len(read.signal_rows) == 2


def test_a_skimmed_mail_where_another_one_was_stored(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="b@x", ref="1:1")])
    other = mail(BOB, ALICE, mid="c@x", ref="1:1", text="another")
    house.read("alice", "INBOX", [other])
    house.fetch_wanted({("alice", "INBOX"): (Purpose.INBOX, [other])})
    assert [(ref[:4], verdict) for ref, verdict in house.rows("SELECT ref, verdict FROM placement")] == [
        ("1:1", "skipped"),
        ("1:1", "stored"),
        ("1:1~", "stored"),
    ]


def test_earlier_mail_of_a_new_contact_is_fetched_and_linked(house: House) -> None:
    early = mail(ANN, ALICE, mid="early@x", ref="1:1")
    server: Server = {("alice", "INBOX"): (Purpose.INBOX, [early])}
    house.read("alice", "INBOX", [early])
    assert house.rows("SELECT * FROM v1_interaction") == []
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="late@x", minute=60)], Purpose.SENT)
    assert house.fetch_wanted(server) == 1
    assert len(house.rows("SELECT * FROM v1_interaction_contact")) == 2
    assert house.fetch_wanted(server) == 0


def test_answers_share_the_thread_of_what_they_answer(house: House) -> None:
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="b@x", minute=9, in_reply_to=("a@x",), references=("a@x",))])
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    house.fetch_wanted(
        {
            ("alice", "INBOX"): (
                Purpose.INBOX,
                [mail(ANN, ALICE, mid="b@x", minute=9, in_reply_to=("a@x",), references=("a@x",))],
            )
        }
    )
    assert house.rows("SELECT subject, interaction_count FROM v1_thread") == [("Matter 0", 2)]


@pytest.mark.parametrize("is_late", [False, True])
def test_an_answer_tells_what_it_answers_and_how_long_it_took(house: House, is_late: bool) -> None:
    """Also where the mail that it answers is read later, or says that it was written later."""
    question = mail(ALICE, ANN, mid="q@x", minute=0)
    answers = [
        mail(ANN, ALICE, mid="a@x", minute=9, ref="1:1", in_reply_to=("q@x",)),
        mail(ALICE, ANN, mid="b@x", minute=8, ref="1:2", in_reply_to=("a@x",)),
        mail(ALICE, ANN, mid="c@x", minute=30, ref="1:3", in_reply_to=("nobody@x",)),
    ]
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="0@x", minute=1, ref="0:1")], Purpose.SENT)
    for page in ([*answers], [question]) if is_late else ([question], [*answers]):
        house.read("alice", "Sent", page, Purpose.SENT)
    told = house.rows(
        "SELECT i.message_id, p.message_id, i.answer_seconds FROM v1_interaction i"
        " LEFT JOIN v1_interaction p ON p.id = i.parent_id WHERE i.message_id <> '0@x'"
    )
    assert told == [("a@x", "q@x", 540), ("b@x", "a@x", None), ("c@x", None, None), ("q@x", None, None)]


def test_the_date_is_believed_only_near_the_time_of_arrival(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    house.read(
        "alice",
        "INBOX",
        [mail(ANN, ALICE, mid="b@x", sent_at=NOON - timedelta(days=400), received_at=NOON + timedelta(days=2))],
    )
    assert house.rows("SELECT occurred_at FROM v1_interaction WHERE message_id = 'b@x'") == [
        ("2026-03-04T12:00:00.000000Z",)
    ]


def test_blind_copies_make_contacts_but_are_in_no_shared_view(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, BOB, mid="a@x", bcc=(ANN,))], Purpose.SENT)
    assert house.rows("SELECT role FROM link") == [("bcc",)]
    assert house.rows("SELECT * FROM v1_interaction_contact") == []


def test_what_a_mail_is_filed_for_counts_more_than_its_folder(house: House) -> None:
    """Gmail's All Mail: labels tell drafts and sent mail from the rest."""
    old = NOON - timedelta(days=400)
    mails = [
        mail(ALICE, ANN, mid="draft@x", minute=1, purpose=Purpose.DRAFTS),
        mail(ALICE, ANN, mid="sent@x", minute=2, purpose=Purpose.SENT, sent_at=old),
        mail(ANN, ALICE, mid="in@x", minute=3),
    ]
    assert house.read("alice", "All Mail", mails, Purpose.ALL) == {"stored": 2, "skipped": 1}
    when = dict(house.rows("SELECT message_id, occurred_at FROM v1_interaction"))
    # a sent mail's own Date counts, however late it was filed
    assert when.keys() == {"sent@x", "in@x"}
    assert when["sent@x"].startswith(f"{old:%Y-%m-%d}")
    assert house.rows("SELECT reason FROM placement WHERE verdict = 'skipped'") == [("draft",)]
