"""Following address books: cards that changed become contacts, cards that are gone take theirs with them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.api import AddressBooks, Book, Card, Cursor
from daemon.config.records import ContactSource
from daemon.contacts.files import FileContact, Rejected
from daemon.contacts.following import ORIGIN, Following, SourceReport
from daemon.contacts.reading import Imported, Reading
from daemon.contacts.vcards import read_vcards
from store.contacts import contact_sources
from store.contacts.contact_sources import KnownCard
from store.types import instant_text

#: In the place of a book's cursor: when books were last compared as a whole.
_WHOLE = ""
_WHOLE_EVERY = timedelta(days=1)


@dataclass(slots=True)
class _Seen:
    """What a book's server told this time."""

    #: Ref -> its version, and what it says; the octets, which may hold photos, are not kept.
    cards: dict[str, tuple[str, FileContact | Rejected]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    cursor: Cursor | None = None


def follow_books(following: Following, source: ContactSource, books: AddressBooks, report: SourceReport) -> None:
    """Bring all books of a login up to date; raises ConnectorError and StoreError.

    No transaction waits for the server.
    """
    with following.store.read() as transaction:
        cursors = contact_sources.cursors(transaction, source.name)
        known = {
            book: contact_sources.cards(transaction, source.name, book)
            for book in contact_sources.books(transaction, source.name)
        }
    if _is_whole_due(cursors, following.clock()):
        cursors = {}
    seen: dict[str, _Seen] = {}
    with books as login:
        for book in login.books():
            seen[book.id] = _read(login, book, cursors.get(book.id), known.get(book.id, {}))
    for lost in known.keys() - seen.keys():
        # a book that is gone, or no longer chosen
        seen[lost] = _Seen(gone=set(known[lost]))
    _Taking(following, source, known, seen, cursors.get(_WHOLE, "")).take(report)


def _read(login: AddressBooks, book: Book, cursor: str | None, known: dict[str, KnownCard]) -> _Seen:
    seen = _Seen()
    # what could not be taken may be possible now
    versions = {ref: "" if card.reason else card.version for ref, card in known.items()}
    for page in login.changes(book, Cursor(cursor) if cursor is not None else None, versions):
        for card in page.cards:
            seen.cards[card.ref] = (card.version, _contact(card))
        seen.gone = (seen.gone | page.gone) - {card.ref for card in page.cards}
        seen.cursor = page.cursor
    for ref in seen.gone:
        seen.cards.pop(ref, None)
    seen.gone &= known.keys()
    return seen


class _Taking:
    """Lets the cards of all books take effect at once, so that they can move between books."""

    def __init__(
        self,
        following: Following,
        source: ContactSource,
        known: dict[str, dict[str, KnownCard]],
        seen: dict[str, _Seen],
        whole_at: str,
    ) -> None:
        self._whole_at = whole_at
        self._following = following
        self._source = source
        self._known = known
        self._seen = seen
        #: (book, ref) of the card that each entry's line stands for
        self._places: list[tuple[str, str]] = []
        self._reasons: dict[tuple[str, str], str] = {}
        self._ids: dict[tuple[str, str], str] = {}

    def take(self, report: SourceReport) -> None:
        """Contacts, cards and cursors; where removals are held back, the server is asked about them again."""
        following, source = self._following, self._source
        reading = Reading(following.company, source.name, ORIGIN, self._found(), following.clock())
        gone = self._gone_ids()
        taken = following.take(reading, gone=gone)
        report.imported = imported = reading.told(taken)
        for each in imported.rejected:
            self._reasons.setdefault(self._places[each.line - 1], each.reason)
        is_held = bool(imported.held_back)
        if not following.dry_run:
            with following.store.write() as transaction:
                for book, seen in self._seen.items():
                    contact_sources.save_cards(transaction, source.name, book, self._cards_of(book, seen))
                    if not is_held:
                        contact_sources.drop_cards(transaction, source.name, book, sorted(seen.gone))
        with following.store.read() as transaction:
            refused = contact_sources.refused_cards(transaction, source.name)
        cursors = {} if is_held else {book: str(seen.cursor) for book, seen in self._seen.items() if seen.cursor}
        if cursors:
            cursors[_WHOLE] = self._whole_at or instant_text(following.clock())
        report.imported = _with_all(imported, refused)
        following.succeeded(source, report, cursors=cursors, rejected=len(refused))

    def _found(self) -> Iterable[FileContact | Rejected]:
        """What the cards say; their lines are places in `_places`. A UID is one card's."""
        taken = {
            card.external_id: (book, ref)
            for book, cards in self._known.items()
            for ref, card in cards.items()
            if card.external_id is not None and ref not in self._seen[book].gone
        }
        for book, seen in self._seen.items():
            for ref, card in sorted(seen.cards.items()):  # whatever order the server lists them in
                self._places.append((book, ref))
                found = _at(card[1], len(self._places))
                external_id = found.external_id
                if isinstance(found, FileContact) and external_id is not None:
                    owner = taken.setdefault(external_id, (book, ref))
                    if owner == (book, ref):
                        self._ids[owner] = external_id
                    else:
                        found = Rejected(found.line, f"the card {owner[1]} has the same UID", external_id)
                yield found

    def _gone_ids(self) -> frozenset[str]:
        """Ids whose cards are gone, or have become others', and are not in another card now."""
        lost = {
            card.external_id
            for book, seen in self._seen.items()
            for ref, card in self._known.get(book, {}).items()
            if card.external_id is not None
            and (ref in seen.gone or self._ids.get((book, ref), card.external_id) != card.external_id)
        }
        return frozenset(lost - set(self._ids.values()))

    def _cards_of(self, book: str, seen: _Seen) -> dict[str, KnownCard]:
        return {
            ref: KnownCard(version, self._id_of(book, ref), self._reasons.get((book, ref)))
            for ref, (version, _found) in seen.cards.items()
        }

    def _id_of(self, book: str, ref: str) -> str | None:
        """A card that can't be read any more is still of the contact that it was of."""
        before = self._known.get(book, {}).get(ref)
        return self._ids.get((book, ref)) or (before.external_id if before else None)


def _with_all(imported: Imported, refused: list[tuple[str, str, str]]) -> Imported:
    """All cards that can't be taken, not only those that changed."""
    return replace(imported, rejected=[Rejected(0, f"{ref}: {reason}") for _book, ref, reason in refused])


def _contact(card: Card) -> FileContact | Rejected:
    """The contact of a card; without a UID it is called as its card is."""
    if card.octets is None:
        return Rejected(0, card.reason, "")
    found = list(read_vcards(io.BytesIO(card.octets)))
    if len(found) != 1:
        return Rejected(0, "it is not one vCard", "")
    if isinstance(found[0], Rejected):
        return Rejected(0, found[0].reason, "")
    external_id = found[0].external_id or card.ref.rstrip("/").rpartition("/")[2]
    return replace(found[0], external_id=external_id, source="")


def _at(found: FileContact | Rejected, line: int) -> FileContact | Rejected:
    """The same, with a line that tells it from the others."""
    if isinstance(found, Rejected):
        return replace(found, line=line)
    return replace(found, line=line, addresses=tuple(replace(each, line=line) for each in found.addresses))


def _is_whole_due(cursors: dict[str, str], now: datetime) -> bool:
    """Is it a day since whole books were compared? A server's word for what changed is not believed for ever."""
    before = cursors.get(_WHOLE)
    return before is None or now - datetime.fromisoformat(before) >= _WHOLE_EVERY
