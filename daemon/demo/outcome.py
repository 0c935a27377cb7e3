"""What the demo found out: asked of the session and the store as the commands do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.demo.clients import MARYAM
from daemon.demo.surroundings import weekly_id
from daemon.report import Report
from daemon.session import Session
from store.contacts.search import ContactHit, find_contacts
from store.questions import read
from store.questions.read import TimelineItem, Why
from store.questions.verdicts import verdicts

#: The newsletter whose story is told.
UNWANTED = weekly_id("sara", 57)
#: How many contacts, and how much of a history.
_CONTACTS = 7
_HISTORY = 8


@dataclass(frozen=True, slots=True)
class Busy:
    """A contact with much history."""

    id: str
    name: str
    organization: str
    interactions: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What there is to tell."""

    reports: tuple[Report, ...]
    #: How many mails a second sync stored.
    stored_again: int
    #: "contacts", "organizations", "interactions" and "meetings" (among them) -> how many the store holds.
    totals: dict[str, int]
    #: (verdict, reason, mails) of what is not in the history.
    left_out: tuple[tuple[str, str, int], ...]
    busiest: tuple[Busy, ...]
    contact: ContactHit
    history: tuple[TimelineItem, ...]
    why: Why


def outcome(session: Session, reports: Sequence[Report], again: Sequence[Report]) -> Outcome:
    """Look at the store after two rounds of `sync`."""
    with session.store.read() as transaction:
        (contact,) = find_contacts(transaction, MARYAM.address.email)
        (why,) = read.why(transaction, session.store.key, UNWANTED)
        # equal counts come in the order of ids, which every store has of its own
        busiest = sorted(read.busiest_contacts(transaction, 4 * _CONTACTS), key=lambda each: (-each[3], each[1]))
        return Outcome(
            reports=tuple(reports),
            stored_again=sum(report.total.stored + report.total.known for report in again),
            totals=read.totals(transaction),
            left_out=tuple(each for each in verdicts(transaction) if each[0] != "stored"),
            busiest=tuple(
                Busy(*each, last_at=read.timeline(transaction, each[0], 1, None)[0].occurred_at)
                for each in busiest[:_CONTACTS]
            ),
            contact=contact,
            history=tuple(read.timeline(transaction, contact.id, _HISTORY, None)),
            why=why,
        )
