"""Trying a rule: the stored history gone through again, and what the rule would have made of it. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from daemon.followups import WINDOW
from daemon.words import known_or_read
from matching.followups import TOO_OLD, Colleague, Desk, Plan, Replayed, replay
from matching.policy import Company
from store.accounts import company as company_store
from store.derivation import engagement
from store.engine import Store
from store.followups import pasts, relations, task_turns

#: Contacts whose histories are held at a time.
_SLICE = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """A task that would have been open."""

    contact_id: str
    contact: str
    #: Address of whose it is; None: nobody's.
    person: str | None
    found: Replayed


def plan_of(plan: Plan, rule: str, changes: Mapping[str, Any]) -> Plan:
    """The plan with a rule turned on, and some of its settings changed; raises ValueError as the settings do."""
    made, settings = plan.rules[rule]
    rules = {**plan.rules, rule: (made, replace(settings, **changes))}
    return replace(plan, rules=rules, off=plan.off - {rule})


def tried(
    store: Store,
    company: Company,
    rule: str,
    since: datetime,
    until: datetime,
    *,
    contact_id: str | None = None,
    person: str | None = None,
) -> Iterator[Tried]:
    """What `rule` of the company's plan would have raised, contact by contact, each one's in the order of time.

    `person`: only those of this address. People, addresses and organizations are taken as they are now; what people
    decided about tasks is left out.
    """
    after = ""
    while True:
        with store.read() as transaction:
            # nothing older than that would have raised anything
            names = dict(pasts.contacts_after(transaction, after, since - TOO_OLD, _SLICE, contact_id))
            if not names:
                return
            people = task_turns.colleagues(transaction)
            desk = Desk(company.followups, people)
            ours = company_store.people_by_address(transaction)
            loaded = relations.load(transaction, names, since - WINDOW, ours, company.own.owns, said=known_or_read)
            rhythms = engagement.rhythms(transaction, names)
        for each, relation in loaded.relations.items():
            found = replay(
                relation,
                desk,
                since,
                until,
                rules={rule},
                window=WINDOW,
                rhythm=rhythms.get(each, ()),
                most=engagement.TIMES,
            )
            for one in found:
                whose = _address(people, one)
                if person is None or whose == person:
                    yield Tried(each, names[each], whose, one)
        after = max(names)


def _address(people: Mapping[str, Colleague], found: Replayed) -> str | None:
    whose = people.get(found.task.due.person_id or "")
    return whose.address if whose else None
