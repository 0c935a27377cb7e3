"""Lists of contacts that a file or another program keeps: they take effect as a whole, also by whom they leave out.

All let go first, then all take hold, so that addresses can pass among the contacts of a list in any order. A complete
list removes the contacts that it entered before and no longer has, unless so many would go at once that the list
itself is probably broken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from daemon.entered import BATCH
from store.contacts import entered
from store.contacts.entered import Listed
from store.contacts.records import Entry, Outcome, Verdict
from store.engine import Store, Transaction

T = TypeVar("T")

#: Fewer contacts that go at once are everyday life.
FEW = 10
#: More than one of so many is not.
SHARE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """What a list says."""

    source: str
    #: import | sync
    origin: str
    entries: Sequence[Entry]
    #: Whom it leaves out is gone.
    is_complete: bool = False
    #: Ids that stand in it, also of contacts that can't be taken.
    present: frozenset[str] = frozenset()
    #: Ids that are said to have gone.
    gone: frozenset[str] = frozenset()
    #: Something in it can't be read and tells no id, so that nobody knows whom it leaves out.
    is_unclear: bool = False
    #: Removals were held back before, and nobody has believed them.
    is_suspect: bool = False


@dataclass(slots=True)
class Taken:
    """What became of a list."""

    outcomes: list[Outcome] = field(default_factory=list)
    #: Lines of entries of whose contacts something was taken away.
    released: set[int] = field(default_factory=set)
    removed: int = 0
    #: So many would have gone that none did; 0: nothing was held back.
    held_back: int = 0
    #: How many contacts the list had entered before.
    known: int = 0


def take(
    store: Store,
    clock: Callable[[], datetime],
    contacts: ContactList,
    *,
    accept_removals: bool = False,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> Taken:
    """Let a list take effect; repeated, it changes nothing but what was refused before. `progress` hears how many more
    entries are done.

    What follows for links is marked dirty, for `derive`. A dry run tells what would happen; it writes nothing and
    keeps nobody from writing. A kill in the middle leaves some entries for the next time.
    """
    taken = Taken()
    entries = contacts.entries
    with store.read() as transaction:
        gone = _gone(transaction, contacts, taken, accept_removals)
        if dry_run:
            taken.released, taken.outcomes = entered.preview(transaction, store.key, gone, entries, clock())
            progress(len(entries))
    taken.removed = len(gone)
    if not dry_run:
        for ids in _parts(gone):
            with store.write() as transaction:
                entered.remove(transaction, store.key, ids, clock())
        changing = _changing(store, contacts, taken, clock)
        progress(len(taken.outcomes))
        for part in _parts(changing):
            with store.write() as transaction:
                taken.released |= entered.release(transaction, store.key, part, clock())
        for part in _parts(changing):
            with store.write() as transaction:
                taken.outcomes += entered.enter(transaction, store.key, part, clock())
            progress(len(part))
    return taken


def _changing(store: Store, contacts: ContactList, taken: Taken, clock: Callable[[], datetime]) -> Sequence[Entry]:
    """The entries that may change something; of the others, the outcome is known without writing.

    Most of a list that was taken before says nothing new. What another entry of the list could make way for was
    refused here, so that it counts as changing.
    """
    with store.read() as transaction:
        if not entered.has_entered(transaction, contacts.source):
            return contacts.entries
    changing: list[Entry] = []
    for part in _parts(contacts.entries):
        with store.read() as transaction:
            released, outcomes = entered.preview(transaction, store.key, (), part, clock())
        for outcome in outcomes:
            is_settled = outcome.verdict is Verdict.UNCHANGED and not outcome.refused
            if is_settled and outcome.entry.line not in released:
                taken.outcomes.append(outcome)
            else:
                changing.append(outcome.entry)
    return changing


def is_too_much(gone: int, known: int) -> bool:
    """Would so many of the known contacts go at once that a person has to say so?"""
    return gone > 0 and (gone == known or (gone > FEW and gone * SHARE > known))


def _gone(transaction: Transaction, contacts: ContactList, taken: Taken, accept_removals: bool) -> list[str]:
    """Ids of the contacts that the list no longer has, unless they are held back."""
    if not contacts.is_complete and not contacts.gone:
        return []
    known = entered.listed(transaction, contacts.source)
    normals = {address.normal for each in contacts.entries for address in each.addresses}
    gone = [each.id for each in known if _is_gone(each, contacts, normals)]
    taken.known = len(known)
    if (contacts.is_complete and contacts.is_unclear) or (
        (contacts.is_suspect or is_too_much(len(gone), len(known))) and not accept_removals
    ):
        taken.held_back = len(gone)
        return []
    return gone


def _is_gone(each: Listed, contacts: ContactList, normals: set[str]) -> bool:
    if each.external_id in contacts.gone:
        return True
    if not contacts.is_complete:
        return False
    return each.external_id not in contacts.present if each.external_id is not None else not each.normals & normals


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
