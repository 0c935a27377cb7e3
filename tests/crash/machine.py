"""Anything that people do with their mail, in any order, between the program's runs; some of these are killed.

What must be in the store is told by rules of the tests' own, from what lies on the server at each run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import make_url

from tests.crash.labels import LABELS
from tests.integration.company import Company
from tests.integration.databases import opened
from tests.integration.mailboxes import letter

DOMAIN = "acme.example"
ACCOUNTS = ("alice", "bob")
FOLDERS = ("INBOX", "Sent", "Archive", "Trash")
#: By a pattern: trash that is named outright would be a folder like any other.
CHOSEN = {"include": ["INBOX", "Sent", "Archive", "Tras?"]}
_UNLOGGED = {"Trash"}
_OUTSIDERS = [f"{name}@client.example" for name in ("ann", "ben", "cem")]

_accounts = st.sampled_from(ACCOUNTS)
_folders = st.sampled_from(FOLDERS)
_outsiders = st.sampled_from(_OUTSIDERS)
_any = st.integers(0, 1000)


class Server(ABC):
    """Two people's mailboxes, and a company that follows them."""

    company: Company

    @abstractmethod
    def deliver(self, account: str, folder: str, mid: str, raw: bytes) -> None:
        """Put a mail in a folder."""

    @abstractmethod
    def copy(self, account: str, mid: str, source: str, target: str) -> None:
        """Put a second copy in another folder."""

    @abstractmethod
    def move(self, account: str, mid: str, source: str, target: str) -> None:
        """Take a mail to another folder."""

    @abstractmethod
    def delete(self, account: str, mid: str, folder: str) -> None:
        """Remove one copy."""

    @abstractmethod
    def flag(self, account: str, mid: str, folder: str) -> None:
        r"""Mark a mail as \Answered."""

    @abstractmethod
    def renumber(self, account: str, folder: str) -> None:
        """Give a folder another UIDVALIDITY."""

    @abstractmethod
    def listing(self, account: str) -> set[tuple[str, str]]:
        """(folder, ref) of every mail."""

    @abstractmethod
    def answered(self, account: str) -> set[tuple[str, str]] | None:
        r"""(folder, ref) of every mail that is \Answered; None where changes of flags are not told at once."""

    @abstractmethod
    def sync(self) -> None:
        """A run that ends well."""

    @abstractmethod
    def kill_at(self, point: str, nth: int) -> None:
        """A run that is killed when it reaches a point for the nth time, if it does."""

    @abstractmethod
    def kill_after(self, seconds: float) -> None:
        """A run that is killed after a while, if it still runs."""

    @abstractmethod
    def close(self) -> None:
        """Nobody needs it any more."""

    def url(self) -> str:
        """Of the company's store."""
        return self.company.url or f"sqlite:///{self.company.store}"


@dataclass(slots=True)
class _Mail:
    mid: str
    outsider: str
    is_ours: bool
    #: (account, folder) of each copy.
    places: list[tuple[str, str]] = field(default_factory=list)

    def is_logged(self) -> bool:
        return any(folder not in _UNLOGGED for _account, folder in self.places)


class Mailboxes(RuleBasedStateMachine):
    """Deliver, move, copy, delete, flag, expire a cursor, change UIDVALIDITY, enter a contact, run, kill."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self._numbers = count(1)
        self._mails: list[_Mail] = []
        self._contacts: set[str] = set()
        self._entered: set[str] = set()
        self._stored: set[str] = set()
        self._has_run = False

    @rule(account=_accounts, folder=_folders, outsider=_outsiders, is_ours=st.booleans())
    def deliver(self, account: str, folder: str, outsider: str, is_ours: bool) -> None:
        number = next(self._numbers)
        mail = _Mail(f"{number}@acme", outsider, is_ours, [(account, folder)])
        own = f"{account}@{DOMAIN}"
        raw = letter(*((own, outsider) if is_ours else (outsider, own)), mid=mail.mid, minute=number)
        self._mails.append(mail)
        self.server.deliver(account, folder, mail.mid, raw)

    def _copy(self, number: int) -> tuple[_Mail, tuple[str, str]] | None:
        """Any copy that is there."""
        copies = [(mail, place) for mail in self._mails for place in mail.places]
        return copies[number % len(copies)] if copies else None

    @precondition(lambda self: any(mail.places for mail in self._mails))
    @rule(number=_any, to=_folders)
    def move(self, number: int, to: str) -> None:
        if (found := self._copy(number)) is None or found[1][1] == to:
            return
        mail, (account, folder) = found
        self.server.move(account, mail.mid, folder, to)
        mail.places.remove((account, folder))
        mail.places.append((account, to))

    @precondition(lambda self: any(mail.places for mail in self._mails))
    @rule(number=_any, to=_folders)
    def copy(self, number: int, to: str) -> None:
        if (found := self._copy(number)) is None or found[1][1] == to:
            return
        mail, (account, folder) = found
        self.server.copy(account, mail.mid, folder, to)
        mail.places.append((account, to))

    @precondition(lambda self: any(mail.places for mail in self._mails))
    @rule(number=_any)
    def delete(self, number: int) -> None:
        if (found := self._copy(number)) is None:
            return
        mail, (account, folder) = found
        self.server.delete(account, mail.mid, folder)
        mail.places.remove((account, folder))

    @precondition(lambda self: any(mail.places for mail in self._mails))
    @rule(number=_any)
    def flag(self, number: int) -> None:
        if found := self._copy(number):
            mail, (account, folder) = found
            self.server.flag(account, mail.mid, folder)

    @rule(account=_accounts, folder=_folders)
    def renumber(self, account: str, folder: str) -> None:
        self.server.renumber(account, folder)

    @precondition(lambda self: self._has_run)
    @rule(account=_accounts, folder=_folders, cursor=st.sampled_from(["", "nonsense", "[1]"]))
    def expire_cursor(self, account: str, folder: str, cursor: str) -> None:
        self._write(
            "UPDATE stream SET cursor = ? WHERE name = ? AND account_id = (SELECT id FROM account WHERE name = ?)",
            (cursor, folder, account),
        )

    @precondition(lambda self: self._has_run)
    @rule(outsider=_outsiders)
    def enter_contact(self, outsider: str) -> None:
        if outsider not in self._entered:
            self._entered.add(outsider)
            values = ("crm", outsider)
            self._write("INSERT INTO w1_contact (external_source, external_id) VALUES (?, ?)", values)
            self._write(
                "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES (?, ?, ?)",
                (*values, outsider),
            )

    @rule()
    def sync(self) -> None:
        self.server.sync()
        self._has_run = True
        self._contacts |= self._entered
        logged = [mail for mail in self._mails if mail.is_logged()]
        self._contacts |= {mail.outsider for mail in logged if mail.is_ours}
        self._stored |= {mail.mid for mail in logged if mail.outsider in self._contacts}
        self._check()

    @rule(number=_any, nth=st.integers(1, 6))
    def kill_at(self, number: int, nth: int) -> None:
        points = sorted(LABELS[make_url(self.server.url()).get_backend_name()])
        self.server.kill_at(points[number % len(points)], nth)
        self.sync()

    @rule(seconds=st.floats(0, 1))
    def kill_after(self, seconds: float) -> None:
        self.server.kill_after(seconds)
        self.sync()

    def teardown(self) -> None:
        self.sync()
        self.server.close()

    def _write(self, statement: str, values: tuple[str, ...]) -> None:
        with opened(self.server.url(), may_write=True) as database:
            database.execute(statement, values)

    def _check(self) -> None:
        """The store says what the server says, and the history is what it must be."""
        company = self.server.company
        company.check_integrity()
        placed = {(account, folder, ref): verdict for (account, folder, ref), verdict in company.placements().items()}
        listed = {(account, *place) for account in ACCOUNTS for place in self.server.listing(account)}
        assert placed.keys() == listed, "places that the server does not have, or mail without a place"
        flags = (
            "SELECT a.name, s.name, p.ref FROM placement p JOIN stream s ON s.id = p.stream_id"
            " JOIN account a ON a.id = s.account_id WHERE p.removed_at IS NULL AND p.flags LIKE '%Answered%'"
        )
        marked = set(company.rows(flags))
        for account in ACCOUNTS:
            if (answered := self.server.answered(account)) is not None:
                assert {place[1:] for place in marked if place[0] == account} == answered
        interactions = Counter(mid for (mid,) in company.rows("SELECT message_id FROM v1_interaction"))
        assert interactions == Counter(self._stored)
        assert {a for (a,) in company.rows("SELECT address FROM v1_contact_address")} == self._contacts
        linked = company.rows(
            "SELECT DISTINCT i.message_id FROM v1_interaction i"
            " JOIN v1_interaction_contact c ON c.interaction_id = i.id"
        )
        assert {mid for (mid,) in linked} == self._stored
