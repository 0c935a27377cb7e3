"""What holds of the contacts after any entries in any order."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.addresses import AddressRules
from store.contacts.book import Book
from store.contacts.records import POLICY, Address, Contact, Entry, EntryAddress, Verdict, overlap
from store.keys import parse_key
from tests.unit.daemon.company_mail import KEY, NOON

_KEY = parse_key(KEY)
_BASE = AddressRules().base
_ADDRESSES = [f"{who}{tag}@x.example" for who in "abc" for tag in ("", "+1")]


_TIMES = [NOON + timedelta(hours=hours) for hours in (-2, 1, 3)]
_PERIODS = st.just((None, None)) | st.sampled_from(
    [(None, at) for at in _TIMES] + [(at, None) for at in _TIMES] + [(_TIMES[0], _TIMES[1]), (_TIMES[1], _TIMES[2])]
)


def _policy_contacts() -> list[Contact]:
    """As the policy makes them of mail: one for each mailbox, the tagged spelling with it."""
    made = []
    for who in "ab":
        base = f"{who}@x.example"
        spellings = [base, f"{who}+1@x.example"] if who == "a" else [f"{who}+1@x.example"]
        addresses = {each: Address(each, each, base, is_primary=each == spellings[0]) for each in spellings}
        made.append(
            Contact(id=_KEY.id("contact", base), origin=POLICY, display_name=base, name_rank="", addresses=addresses)
        )
    return made


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    normals = draw(st.lists(st.sampled_from(_ADDRESSES), unique=True, max_size=3))
    origin = draw(st.sampled_from(["import", "w1"]))
    external_id = draw(st.sampled_from(["1", "2", "3"] if origin == "w1" else [None, "1", "2"]))
    return Entry(
        line=draw(st.integers(1, 9)),
        origin=origin,
        source=draw(st.sampled_from(["crm", "list"])),
        external_id=external_id,
        name=draw(st.sampled_from(["", "Ann", "Bo"])),
        addresses=tuple(EntryAddress(each, each, _BASE(each), *draw(_PERIODS)) for each in normals),
        primary=draw(st.sampled_from([None, *normals])),
        is_complete=origin == "import" and external_id is not None,
        removed=frozenset(draw(st.sets(st.sampled_from(_ADDRESSES), max_size=2)) - set(normals))
        if origin == "w1"
        else frozenset(),
        is_deleted=origin == "w1" and draw(st.booleans()),
        may_lack_address=external_id is not None and not normals,
    )


def _check_periods(contacts: list[Contact]) -> None:
    """No address is of two at any time, and no row has the id of another."""
    rows = [(contact.id, row) for contact in contacts for row in contact.rows()]
    assert len({row.id for _owner, row in rows}) == len(rows)
    for (owner, row), (other, another) in combinations(rows, 2):
        if row.normal == another.normal:
            assert not overlap(row.period, another.period), (owner == other, row, another)


def _check(book: Book) -> None:
    holders: dict[str, list[Contact]] = {}
    identities = set()
    for contact_id, contact in book.contacts.items():
        assert contact.id == contact_id
        used = [each for each in contact.addresses.values() if each.valid_to_at is None]
        assert sum(each.is_primary for each in contact.addresses.values()) == bool(used), contact
        assert all(each.is_primary <= (each.valid_to_at is None) for each in contact.addresses.values())
        if contact.is_entered:
            assert contact.display_name or contact.external_id == ""
            if contact.external_id is not None:
                identities.add((contact.external_source, contact.external_id))
        for each in used:
            if contact.deleted_at is None:
                holders.setdefault(each.normal, []).append(contact)
    _check_periods([each for each in book.contacts.values() if each.is_entered and each.deleted_at is None])
    assert len(identities) == sum(each.external_id is not None for each in book.contacts.values())
    for normal, those in holders.items():
        assert len(those) == 1, normal
        bases = [
            c
            for c in book.contacts.values()
            if not c.is_entered and _BASE(normal) in {a.base for a in c.addresses.values()}
        ]
        assert bases in ([], those), "what is entered was taken over from the policy"


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(entries(), max_size=8))
def test_any_entries_leave_every_address_with_one_contact_and_every_contact_with_one_primary(
    listed: list[Entry],
) -> None:
    contacts = _policy_contacts()
    for number, entry in enumerate(listed):
        before = {each.id: each for each in contacts}
        book = Book(_KEY, contacts, NOON + timedelta(hours=number), lambda _id: False)
        outcome = book.enter(entry)
        _check(book)
        if outcome.verdict in (Verdict.UNCHANGED, Verdict.REJECTED):
            assert (book.contacts, book.dirty, book.merged) == (before, set(), {})
        again = Book(_KEY, book.contacts.values(), NOON + timedelta(hours=number, minutes=1), lambda _id: False)
        second = again.enter(entry)
        assert second.refused == outcome.refused
        if outcome.verdict is not Verdict.REJECTED:
            assert second.verdict is Verdict.UNCHANGED
        assert again.contacts == book.contacts
        assert all(new in book.contacts or new in book.merged for new in book.merged.values())
        gone = before.keys() - book.contacts.keys()
        assert gone == book.merged.keys() - book.contacts.keys()
        contacts = list(book.contacts.values())


@settings(max_examples=100, deadline=None)
@given(st.lists(entries(), max_size=6))
def test_a_batch_is_its_entries_one_after_another(listed: list[Entry]) -> None:
    together = Book(_KEY, _policy_contacts(), NOON, lambda _id: False)
    outcomes = [together.enter(each) for each in listed]
    contacts = _policy_contacts()
    for entry, outcome in zip(listed, outcomes, strict=True):
        book = Book(_KEY, contacts, NOON, lambda _id: False)
        assert book.enter(entry) == outcome
        contacts = list(book.contacts.values())
    assert together.contacts == {each.id: each for each in contacts}
