"""Copies of one mail in many mailboxes are one interaction, whatever the order in which they are read."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.integration.company import Company, Rows, differences
from tests.integration.copies import (
    OFFER,
    company_of,
    copies,
    everything,
    fill,
    forgeries,
    mails_of,
    merged,
    read_some,
)
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logins(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> dict[str, Login]:
    """Three reps' mailboxes with every kind of copy."""
    return fill(dovecot, dovecot_user, everything())


@pytest.fixture(scope="module")
def expected(dovecot: Dovecot, logins: dict[str, Login], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """What a single sync of all accounts makes of them."""
    company = company_of(tmp_path_factory.mktemp("expected"), dovecot, logins)
    company.sync()
    return company.contract()


def test_sent_cc_bcc_and_list_copies_of_one_mail_are_one_interaction(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    company = company_of(tmp_path, dovecot, fill(dovecot, dovecot_user, copies()))
    answer = company.sync()
    assert list(mails_of(company)) == [(OFFER, "alice/Sent", "bob/INBOX", "bob/Lists", "dora/INBOX", "dora/Lists")]
    accounts = answer.document["accounts"]
    assert sum(account["stored"] for account in accounts) == 1
    assert sum(account["known"] for account in accounts) == 4
    [item] = company.run("timeline", "--json", "ann@client.example").document["items"]
    assert item["subject"] == "Offer"
    assert item["people"] == [f"{name}@acme.example" for name in ("alice", "bob", "dora")]


@pytest.mark.parametrize("order", [("alice", "bob", "dora"), ("dora", "bob", "alice"), ("bob", "alice", "dora")])
def test_a_forged_reuse_of_the_message_id_is_another_interaction(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path, order: tuple[str, ...]
) -> None:
    company = company_of(tmp_path, dovecot, fill(dovecot, dovecot_user, merged(copies(), forgeries())))
    for account in order:
        company.sync("--account", account)
    company.sync()
    assert sorted(mails_of(company)) == [
        (OFFER, "alice/Sent", "bob/INBOX", "bob/Lists", "dora/INBOX", "dora/Lists"),
        (OFFER, "bob/INBOX"),
        (OFFER, "bob/INBOX"),
        (OFFER, "dora/Archive"),
    ]
    bodies = company.rows("SELECT trim(body_text, ' ' || char(10)), direction FROM v1_interaction")
    assert sorted(bodies) == [
        ("Other price.", "outbound"),
        ("Our price.", "outbound"),
        ("Pay me now.", "inbound"),
        ("Pay me.", "inbound"),
    ]


def test_the_surroundings_are_what_this_test_needs(expected: dict[str, Rows]) -> None:
    assert len(expected["v1_interaction"]) == 11
    assert len(expected["v1_contact"]) == 4
    assert len(expected["v1_thread"]) < len(expected["v1_interaction"])


@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 20))])
def test_the_order_of_accounts_and_folders_leaves_no_trace(
    dovecot: Dovecot, logins: dict[str, Login], tmp_path: Path, expected: dict[str, Rows], seed: int
) -> None:
    company = company_of(tmp_path, dovecot, logins)
    places = list(everything())
    rng = random.Random(seed)
    rng.shuffle(places)
    cuts = sorted(rng.sample(range(1, len(places)), 2))
    for start, end in zip([0, *cuts], cuts, strict=False):
        read_some(company, places[start:end])
    company.sync()
    assert differences(company.contract(), expected) == {}
    assert company.sync().document["accounts"][0]["seen"] == 0


#: Configurations that make other contacts, or draw the company's border elsewhere.
POLICIES: dict[str, Callable[[Company], None]] = {}


def policy(change: Callable[[Company], None]) -> Callable[[Company], None]:
    POLICIES[change.__name__] = change
    return change


@policy
def corresponded(company: Company) -> None:
    pass


@policy
def off(company: Company) -> None:
    company.create = "off"


@policy
def everybody(company: Company) -> None:
    company.create = "all"


@policy
def client_is_ours(company: Company) -> None:
    company.domains = ("acme.example", "client.example")


@policy
def carl_is_dora(company: Company) -> None:
    company.extra = '[[people]]\nemail = "dora@acme.example"\naliases = ["carl@quiet.example"]'


@pytest.fixture(scope="module")
def fresh(
    dovecot: Dovecot, logins: dict[str, Login], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Rows]]:
    """What a store that was always under one policy holds."""
    found = {}
    for name, change in POLICIES.items():
        company = company_of(tmp_path_factory.mktemp(name), dovecot, logins)
        change(company)
        company.sync()
        found[name] = company.contract()
    return found


def test_the_policies_differ(fresh: dict[str, dict[str, Rows]]) -> None:
    assert len({repr(contract) for contract in fresh.values()}) == len(POLICIES)


def test_a_store_under_a_changed_policy_equals_a_fresh_one(
    dovecot: Dovecot, logins: dict[str, Login], tmp_path: Path, fresh: dict[str, dict[str, Rows]]
) -> None:
    """One store goes through every change from each policy to each other one."""
    for name in _tour(list(POLICIES)):
        company = company_of(tmp_path, dovecot, logins)
        POLICIES[name](company)
        company.sync()
        assert (name, differences(company.contract(), fresh[name])) == (name, {})


def _tour(names: list[str]) -> list[str]:
    """A walk that takes every step between two different names exactly once."""
    steps = {name: [other for other in names if other != name] for name in names}
    path, walk = [names[0]], []
    while path:
        if steps[path[-1]]:
            path.append(steps[path[-1]].pop())
        else:
            walk.append(path.pop())
    assert len(set(itertools.pairwise(walk))) == len(names) * (len(names) - 1)
    return walk
