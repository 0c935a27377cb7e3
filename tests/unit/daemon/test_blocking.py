"""The blocklist: what it keeps out from now on and what it takes out, told before; and the way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.api import Message, Purpose
from daemon import blocking
from daemon.reprocess import is_due, reprocess
from matching.addresses import AddressRules
from matching.blocking import Block, BlockKind, BlockRule, Blocks
from store.privacy import blocks
from tests.unit.daemon.company_mail import NOON, House, mail

pytestmark = pytest.mark.later

ALICE, BOB, ANN, CARL = "alice@acme.example", "bob@acme.example", "ann@law.example", "carl@other.example"
#: (account, folder) -> what lies there.
Server = dict[tuple[str, str], tuple[Purpose, list[Message]]]
SERVER: Server = {
    ("alice", "Sent"): (
        Purpose.SENT,
        [
            mail(ALICE, ANN, mid="1@acme", minute=1),
            mail(ALICE, CARL, mid="2@acme", minute=2),
            mail(ALICE, ANN, CARL, mid="3@acme", minute=3),
            mail(ALICE, CARL, mid="4@acme", minute=4, subject="[Private] lunch"),
        ],
    ),
    ("alice", "Archive/Private"): (Purpose.OTHER, [mail(ALICE, "dora@x.example", mid="5@acme", ref="1:5", minute=5)]),
    ("alice", "INBOX"): (
        Purpose.INBOX,
        [
            mail("dora@x.example", ALICE, mid="6@x", ref="1:6", minute=6),
            mail("eve@sub.law.example", ALICE, mid="7@x", ref="1:7", minute=7),
            mail("Ann+Tag@law.example", ALICE, mid="8@x", ref="1:8", minute=8),
        ],
    ),
    ("bob", "INBOX"): (Purpose.INBOX, [mail(ALICE, ANN, CARL, mid="3@acme", ref="1:3", minute=3, cc=(BOB,))]),
}
RULES = ("ann@law.example", "law.example", "*@*.example", "folder:Archive/*", "subject:[[]private]*", "carl@*.example")
#: What the store holds of mails, by content.
TEXTS = "SELECT key, text FROM message JOIN content ON message_key = key"


def fill(house: House, server: Server = SERVER) -> None:
    is_due(house.store, house.company)  # an empty store takes the policy as it is
    for (account, folder), (purpose, mails) in server.items():
        house.read(account, folder, mails, purpose)
    catch_up(house, server)


def catch_up(house: House, server: Server = SERVER) -> None:
    while house.fetch_wanted(server):
        pass


def block(house: House, text: str, account: str = "") -> None:
    ids = [house.accounts[account]] if account else [""]
    blocking.block(house.store, house.company, lambda: NOON, ids, BlockRule.parse(text))
    catch_up(house)


def unblock(house: House, text: str, account: str = "") -> int:
    ids = [house.accounts[account]] if account else [""]
    with house.store.read() as transaction:
        found = blocks.ids_of(transaction, ids, BlockRule.parse(text), blocks.COMMAND)
    wanted = blocking.unblock(house.store, house.company, found)
    catch_up(house)
    return wanted


def state(house: House) -> tuple[object, ...]:
    places = house.rows("SELECT stream_id, ref, verdict, reason, message_key, mid_key, flags, size FROM placement")
    hashes = house.rows("SELECT stream_id, ref, role, address_key FROM skipped_participant")
    return house.contract(), places, hashes, house.rows(TEXTS)


@pytest.fixture
def house(house: House) -> House:
    fill(house)
    return house


@pytest.mark.parametrize(
    ("rule", "account"), [*((rule, "") for rule in RULES), ("law.example", "alice"), ("folder:Archive/*", "alice")]
)
def test_forward_back_and_undone(new_house: Callable[..., House], rule: str, account: str) -> None:
    with new_house() as house, new_house() as fresh:
        fill(house)
        before = state(house)
        with fresh.store.write() as transaction:
            blocks.add(
                transaction, [fresh.accounts[account] if account else ""], BlockRule.parse(rule), "command", NOON
            )
        fill(fresh)
        block(house, rule, account)
        assert state(house)[0] == fresh.contract(), "what was there already goes as what comes would have"
        assert house.rows(TEXTS) == fresh.rows(TEXTS)
        assert state(house) != before
        fill(house)  # read anew from the beginning
        assert house.contract() == fresh.contract()
        assert unblock(house, rule, account) > 0
        assert state(house) == before
        assert not is_due(house.store, house.company)


def test_on_both_databases(house: House) -> None:
    before = state(house)
    block(house, "law.example")
    assert not [row for row in house.rows("SELECT address FROM v1_interaction_contact") if "law" in row[0]]
    assert house.rows("SELECT message_id FROM v1_interaction") == [("2@acme",), ("4@acme",), ("5@acme",), ("6@x",)]
    assert unblock(house, "law.example") == 4
    assert state(house) == before


def test_the_difference_is_told_before_and_nothing_is_written(house: House) -> None:
    before = state(house)
    rule = BlockRule.parse("law.example")
    plan = blocking.planned(house.store, house.company, lambda: NOON, [""], rule)
    assert state(house) == before
    done = blocking.block(house.store, house.company, lambda: NOON, [""], rule)
    assert (plan.removed, plan.kept, plan.suppressed) == (done.removed, done.kept, done.suppressed) == (3, 4, 4)
    assert plan.unmade == done.unmade == ["ann@law.example"]
    assert plan.examples == done.examples


def test_a_block_of_one_account_leaves_the_copies_of_others(house: House) -> None:
    block(house, "ann@law.example", "alice")
    assert house.rows("SELECT count(*) FROM v1_interaction WHERE message_id = '3@acme'") == [(1,)]
    refs = "SELECT ref, reason FROM placement WHERE verdict = 'suppressed'"
    assert house.rows(refs) == [("1:2", "block 1"), ("1:4", "block 1"), ("1:8", "block 1")]


def test_mail_that_no_server_holds_any_more_is_told_to_be_lost(house: House) -> None:
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE placement SET removed_at = seen_at WHERE ref = '1:2'")
    plan = blocking.planned(house.store, house.company, lambda: NOON, [""], BlockRule.parse("ann@law.example"))
    assert plan.lost == 1


def test_a_block_that_was_cut_short_is_made_good(house: House) -> None:
    with house.store.write() as transaction:
        blocks.add(transaction, [""], BlockRule.parse("law.example"), blocks.COMMAND, NOON)
    assert is_due(house.store, house.company)
    reprocess(house.store, house.company, lambda: NOON)
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(4,)]


def test_two_blocks_that_hold_the_same_mail(house: House) -> None:
    before = state(house)
    block(house, "ann@law.example")
    block(house, "law.example")
    unblock(house, "ann@law.example")
    assert house.rows("SELECT DISTINCT reason FROM placement WHERE verdict = 'suppressed'") == [("block 2",)]
    unblock(house, "law.example")
    assert state(house) == before


def test_the_blocks_of_the_configuration_follow_it(house: House) -> None:
    rule = BlockRule.parse("law.example")
    with house.store.write() as transaction:
        assert blocks.replace_configured(transaction, {"": [rule]}, NOON)
        assert not blocks.replace_configured(transaction, {"": [rule]}, NOON)
        assert [str(each.rule) for each in blocks.listed(transaction)] == ["law.example"]
        assert blocks.replace_configured(transaction, {}, NOON)
        assert blocks.listed(transaction) == []


# -- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("Ann@LAW.example", BlockKind.ADDRESS, "ann@law.example"),
        ("Law.Example", BlockKind.DOMAIN, "law.example"),
        ("@law.example", BlockKind.DOMAIN, "law.example"),
        ("müller.example", BlockKind.DOMAIN, "xn--mller-kva.example"),
        ("hr-*@*.example", BlockKind.PATTERN, "hr-*@*.example"),
        ("folder:Archive/Private", BlockKind.FOLDER, "Archive/Private"),
        ("subject: *Geheim*", BlockKind.SUBJECT, "*geheim*"),
    ],
)
def test_what_a_rule_is(text: str, kind: BlockKind, what: str) -> None:
    rule = BlockRule.parse(text)
    assert (rule.kind, rule.what) == (kind, what)
    assert BlockRule.parse(str(rule)) == rule


@pytest.mark.parametrize("text", ["", "*", "*@*", "nonsense", "folder:", "a@b@c d", "subject: "])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        BlockRule.parse(text)


def test_a_domain_counts_with_its_subdomains_and_no_other() -> None:
    found = Blocks([Block(1, "", BlockRule.parse("law.example"))], AddressRules())
    assert found.holding(["a@law.example"], "", "") == 1
    assert found.holding(["a@x.law.example"], "", "") == 1
    assert found.holding(["a@notlaw.example", "law.example@x.example"], "", "") is None
