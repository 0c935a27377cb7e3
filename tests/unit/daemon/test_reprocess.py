"""A store after a change of policy holds what a fresh one would hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from daemon.reprocess import is_due, reprocess
from matching.policy import Company, Create
from tests.unit.daemon.company_mail import NOON, House, company
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill

_POLICIES = {
    "off": company(Create.OFF),
    "corresponded": company(),
    "all": company(Create.ALL),
    "other domain": company(domains=("acme.example", "client.example")),
    "no domain": company(domains=("elsewhere.example",)),
}


#: What `make quick` tries; `make test` tries each policy before and after another, `make soak` all.
_QUICK = {("off", "corresponded"), ("corresponded", "no domain"), ("no domain", "all")}
_NEXT = dict(zip(_POLICIES, [*_POLICIES][1:] + [*_POLICIES][:1], strict=True))


def _marks(change: tuple[str, ...]) -> list[pytest.MarkDecorator]:
    if change in _QUICK:
        return []
    before, after = change
    return [pytest.mark.slow] if after == _NEXT[before] else [pytest.mark.soak]


_CHANGES = [pytest.param(*change, marks=_marks(change)) for change in itertools.permutations(_POLICIES, 2)]


@pytest.mark.parametrize(("before", "after"), _CHANGES)
def test_reprocessed_equals_fresh(new_house: Callable[..., House], before: str, after: str) -> None:
    fresh = new_house(_POLICIES[after])
    fill(fresh, copies(), 3)
    old = new_house(_POLICIES[before])
    assert not is_due(old.store, old.company)
    fill(old, copies(), 4)
    _apply(old, _POLICIES[after])
    assert old.contract() == fresh.contract()
    assert old.rows("SELECT ref, verdict, message_key FROM placement") == fresh.rows(
        "SELECT ref, verdict, message_key FROM placement"
    )
    assert not is_due(old.store, old.company)


def _apply(house: House, policy: Company) -> None:
    house.company = policy
    assert is_due(house.store, policy)
    reprocess(house.store, policy, lambda: NOON)
    while house.fetch_wanted(copies()):
        pass
