"""Erasing a person: first the address goes on the suppression list, then everything that speaks of it goes.

From the first step on nothing of the person is written any more, by whatever process, so one walk over the store is
enough. A kill in between leaves the list marked; repeated, the command does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connectors.api import Purpose
from daemon.calendar_erasing import erase_from_objects
from daemon.derive import derive
from daemon.ingest import Ingest
from matching.erasure import without_erased
from store.derivation import rebuild
from store.derivation.held import held_addresses
from store.derivation.rebuild import PlacedCopy
from store.engine import Store, Transaction
from store.mails.facts import Outside
from store.mails.write import Place
from store.privacy import erasure, purge, suppression
from store.privacy.erasure import Person
from store.privacy.mentions import Mail, Search
from store.privacy.purge import Purged
from store.privacy.suppression import Erased

log = structlog.get_logger()

#: Mails looked at in one transaction.
_BATCH = 200
#: Hears how many more mails were looked at.
Progress = Callable[[int], None]


def _silent(_done: int) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Erasure:
    """What an erasure does, or would do."""

    person: Person
    #: Mails and calendar objects that go, or lose what they say of the person; mails are counted by content.
    removed: int = 0
    changed: int = 0
    #: Places of mail that was not kept, of which there were only hashes.
    hashes: int = 0
    #: (id, when) of interactions that still quote the person's name, newest first.
    naming: list[tuple[str, datetime]] = field(default_factory=list)
    purged: Purged | None = None


def planned(ingest: Ingest, normal: str, progress: Progress = _silent) -> Erasure:
    """What erasing an address (normal form) would do. Writes nothing."""
    store = ingest.store
    with store.read() as transaction:
        person = erasure.find(transaction, ingest.company.rules, normal)
    erased = Erased(person.keys(store.key), store.key, ingest.company.rules)
    plan, search = Erasure(person), Search(person)
    naming: set[bytes] = set()
    for mails in _pages(store, search, progress):
        with store.read() as transaction:
            concerned = _concerned(transaction, mails, erased)
            outside = {key: _others(ingest, placed, erased) for key, placed in concerned.items()}
            parties = [party for each in outside.values() for party in each]
            held = held_addresses(transaction, [p.normal for p in parties], [p.base for p in parties])
        for key, placed in concerned.items():
            if not any(party.normal in held.normals or party.base in held.bases for party in outside[key]):
                plan.removed += 1
            else:
                plan.changed += 1
                naming.update([key] if _names_after(search, placed, erased) else ())
        naming.update(mail.key for mail in mails if mail.has_name and mail.key not in concerned)
    removed, changed = erase_from_objects(ingest, erased, is_dry=True)
    plan.removed, plan.changed = plan.removed + removed, plan.changed + changed
    with store.read() as transaction:
        plan.naming = erasure.interactions_of(transaction, naming)
    return plan


def erase(ingest: Ingest, normal: str, progress: Progress = _silent) -> Erasure:
    """Erase the person who holds an address (normal form), in every table and file; raises StoreError."""
    store = ingest.store
    with purge.thorough(store):
        with store.write() as transaction:
            person = erasure.find(transaction, ingest.company.rules, normal)
            suppression.add(transaction, person.keys(store.key), ingest.clock())
        done, search = Erasure(person), Search(person)
        with store.write() as transaction:
            erased = suppression.load(transaction, store.key, ingest.company.rules)
            erasure.forget_contacts(transaction, person, erased)
            done.hashes = erasure.forget_skipped(transaction, store.key, person)
        naming: set[bytes] = set()
        for mails in _pages(store, search, progress):
            naming |= _rewrite(ingest, mails, search, erased, done)
        removed, changed = erase_from_objects(ingest, erased)
        done.removed, done.changed = done.removed + removed, done.changed + changed
        derive(store, ingest.company, ingest.clock)
        with store.read() as transaction:
            done.naming = erasure.interactions_of(transaction, naming)
    done.purged = purge.purge(store)
    with store.write() as transaction:
        suppression.finish(transaction, ingest.clock())
    log.info("erased", mails_removed=done.removed, mails_changed=done.changed, names_left=len(done.naming))
    return done


def _pages(store: Store, search: Search, progress: Progress) -> Iterator[list[Mail]]:
    while True:
        with store.read() as transaction:
            mails = search.next(transaction, _BATCH)
        if mails is None:
            return
        progress(_BATCH)
        yield mails


def _concerned(transaction: Transaction, mails: list[Mail], erased: Erased) -> dict[bytes, list[PlacedCopy]]:
    """The copies that really speak of an erased address, by content."""
    keys = [mail.key for mail in mails if mail.has_address]
    copies = rebuild.placed_copies_of(transaction, keys)
    concerned: dict[bytes, list[PlacedCopy]] = {}
    for key in keys:
        placed = copies.get(key, [])
        # a content without a place is left over from something; it goes as well
        if not placed or any(without_erased(c.message, erased, erased.pseudonym) is not c.message for c in placed):
            concerned[key] = placed
    return concerned


def _others(ingest: Ingest, placed: list[PlacedCopy], erased: Erased) -> list[Outside]:
    """Who else outside takes part in a mail."""
    drafts = [ingest.drafting.draft(copy.message) for copy in placed]
    return [party for each in drafts for party in each.outside if not erased(party.normal)]


def _names_after(search: Search, placed: list[PlacedCopy], erased: Erased) -> bool:
    return any(search.is_named_in(without_erased(copy.message, erased, erased.pseudonym)) for copy in placed)


def _rewrite(ingest: Ingest, mails: list[Mail], search: Search, erased: Erased, done: Erasure) -> set[bytes]:
    """Write these mails again without the person, in one transaction; returns contents that still name the person."""
    with ingest.store.write() as transaction:
        concerned = _concerned(transaction, mails, erased)
        former = erasure.take_out(transaction, list(concerned))
        places: list[tuple[bytes, int, str]] = []
        by_stream: dict[tuple[int, Purpose], list[PlacedCopy]] = {}
        for key, placed in concerned.items():
            for copy in placed:
                by_stream.setdefault((copy.stream_id, copy.purpose), []).append(copy)
                places.append((key, copy.stream_id, copy.message.ref))
        for (stream_id, purpose), copies in by_stream.items():
            place = Place(stream_id, 0, purpose is Purpose.SENT)
            ingest.again(transaction, place, purpose, [copy.message for copy in copies])
        became, _gone = erasure.inherit(transaction, former, places, ingest.clock())
    derive(ingest.store, ingest.company, ingest.clock)
    done.removed, done.changed = done.removed + len(former) - len(became), done.changed + len(became)
    naming = {mail.key for mail in mails if mail.has_name and mail.key not in concerned}
    return naming | {new for key, new in became.items() if _names_after(search, concerned[key], erased)}
