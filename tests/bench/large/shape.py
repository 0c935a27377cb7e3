"""How many of what a filled store holds. Everything follows from the number of interactions, nothing from chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daemon.drafts import Drafting
from matching.addresses import AddressRules, OwnAddresses
from matching.policy import Company, Create
from store.keys import IdentityKey

#: The time that the store tells of.
BEGIN = datetime(2016, 11, 28, tzinfo=UTC)
END = datetime(2026, 11, 28, tzinfo=UTC)
#: Threads begin so long before the end, so that all of their mails lie before it.
_ROOM = timedelta(days=10)
#: Changes of so many days are in the feed: the default of `store.feed_days`.
FEED = timedelta(days=30)
#: Mails of a thread, in turn: three on average.
_LENGTHS = (1, 1, 1, 2, 2, 3, 3, 4, 6, 7)
_MAILS_OF_BUSIEST = 4
#: Contacts of an organization.
COLLEAGUES = 5
KEY = IdentityKey(bytes.fromhex("11" * 32))
DOMAIN = "acme.example"


def company() -> Company:
    """Ours, with the default policy."""
    rules = AddressRules()
    return Company(OwnAddresses.of((DOMAIN,), (), rules), rules, Create.CORRESPONDED)


def drafting() -> Drafting:
    """What makes drafts of its mails."""
    return Drafting(company(), KEY)


@dataclass(frozen=True, slots=True)
class Shape:
    """A store with so many interactions, 2,000 or more (of fewer some have no mail in the last month)."""

    interactions: int
    #: Of a contact on average.
    each: int = 50

    @property
    def threads(self) -> int:
        return self.interactions // 3

    @property
    def contacts(self) -> int:
        return self.interactions // self.each

    @property
    def busiest(self) -> int:
        """Interactions of contact 0."""
        return min(self.interactions // 100, 20_000)

    @property
    def people(self) -> int:
        """Ours, with a mailbox each."""
        return min(max(self.interactions // 50_000, 4), 200)

    @property
    def strangers(self) -> int:
        """Who wrote to us and is no contact: their mail is skipped."""
        return max(self.interactions // 20_000, 4)

    @property
    def mails_of_stranger(self) -> int:
        return min(self.interactions // 100, 1_000)

    @property
    def tasks(self) -> int:
        """Follow-ups, one in ten of them open."""
        return self.interactions // 100

    def length(self, number: int) -> int:
        """Mails of a thread that is not the busiest contact's."""
        return _LENGTHS[(number * 3 + number // 10) % 10]

    def begins_at(self, number: int) -> datetime:
        """When a thread begins, to the second."""
        span = END - _ROOM - BEGIN
        return BEGIN + timedelta(seconds=int(span.total_seconds() * min(number / self.threads, 1)))

    def first_of(self, number: int) -> int | None:
        """The contact of whom this is the first thread, in which we write first."""
        found, rest = divmod(number, self.threads // self.contacts)
        return found if rest == 0 and 0 < found < self.contacts else None

    def busiest_until(self, number: int) -> int:
        """How many of the threads up to this one are the busiest contact's."""
        # a little sooner than evenly, because there may be fewer threads than `threads`
        wanted = self.busiest // _MAILS_OF_BUSIEST
        return min(wanted, (number + 1) * wanted * 20 // (self.threads * 19))

    @property
    def length_of_busiest(self) -> int:
        return _MAILS_OF_BUSIEST


def domain_of(contact: int) -> str:
    """The domain of its organization."""
    return f"o{contact // COLLEAGUES}.example"


def address_of(contact: int) -> str:
    """Its main address."""
    return f"c{contact}@{domain_of(contact)}"


def person(number: int) -> str:
    """The address of one of ours."""
    return f"p{number}@{DOMAIN}"


_FIRST = ("Ann", "Maryam", "Sara", "Otgon", "Li", "Jürgen", "Ali", "Ольга", "Chen", "Zoë")
_LAST = ("Lee", "Hosseini", "Bat", "Müller", "Wang", "Иванова", "Rezaei", "Okafor", "Ndiaye", "Silva", "Costa")


def name_of(contact: int) -> str:
    """As its mails have it."""
    return f"{_FIRST[contact % 10]} {_LAST[contact % 11]} {contact}"
