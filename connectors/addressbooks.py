"""What reads address books: the contract of sources of contacts that are no mailboxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from connectors.records import Cursor, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """An address book. `id` is the server's own name of it and does not change; `name` is for people."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A contact as the server has it: a vCard's octets, or why it can't be read."""

    #: Names it within its book.
    ref: str
    #: The server's name for this state of it: another one, another content.
    version: str
    #: One vCard (RFC 6350, or older); None: it could not be read.
    octets: bytes | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """Some of what changed in a book. The cursor covers all pages before it."""

    cards: tuple[Card, ...] = ()
    #: Refs of cards that are gone.
    gone: frozenset[str] = frozenset()
    #: None: the book is to be compared as a whole again.
    cursor: Cursor | None = None


class AddressBooks(Protocol):
    """One login to address books, used by one thread. Nothing on the server is ever changed."""

    def __enter__(self) -> Self:
        """Connect and authenticate; raises Unavailable, AuthFailed or Misconfigured."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def books(self) -> tuple[Book, ...]:
        """The address books to follow, as the options choose them."""
        ...

    def changes(self, book: Book, since: Cursor | None, known: Mapping[str, str]) -> Iterator[CardPage]:
        """What differs from `known` (ref -> version; "": it is brought in any case), each change at least once; finite.

        Without `since`, or where it no longer holds, everything there is compared. One bad card is a Card without
        octets, not an exception. Raises Unavailable or AuthFailed.
        """
        ...


class AddressBooksType(Protocol):
    """The class that an entry point of the group `keeptouch.contacts` names."""

    #: Frozen dataclass whose fields are the options of the source.
    Settings: ClassVar[type[Any]]

    def __call__(self, settings: Any, secret: Secret | None) -> AddressBooks:
        """Open them with these settings; raises Misconfigured."""
        ...
