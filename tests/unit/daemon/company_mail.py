"""A small company's mail as records, and a store to put it in."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import psycopg

from connectors.api import Cursor, Envelope, Meeting, Message, Page, Participant, Purpose, Role, Stream
from daemon.derive import derive
from daemon.ingest import Ingest
from matching.addresses import AddressRules, OwnAddresses
from matching.policy import Company, Create, is_dispensable
from store.accounts import company as company_store
from store.accounts import streams
from store.accounts.company import AccountFacts, PersonFacts, StreamState
from store.engine import Store, Transaction
from store.keys import IdentityKey
from store.mails import write
from store.mails.write import Place
from store.types import instant_text

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "11" * 32
_ROLES = {"to": Role.TO, "cc": Role.CC, "bcc": Role.BCC, "reply_to": Role.REPLY_TO}


def company(create: Create = Create.CORRESPONDED, domains: Iterable[str] = ("acme.example",)) -> Company:
    """Acme, with the default policy."""
    rules = AddressRules()
    return Company(OwnAddresses.of(domains, (), rules), rules, create)


def mail(sender: str, *to: str, ref: str = "", mid: str | None = None, minute: int = 0, **more: Any) -> Message:
    """A mail; cc, bcc and reply_to take tuples of addresses, other keywords are fields of Message."""
    people = [Participant(Role.FROM, sender, more.pop("name", ""))] + [Participant(Role.TO, a) for a in to]
    for word, role in _ROLES.items():
        people += [Participant(role, a) for a in more.pop(word, ())]
    when = NOON + timedelta(minutes=minute)
    fields: dict[str, Any] = {
        "ref": ref or f"1:{minute + 1}",
        "message_id": mid,
        "sent_at": when,
        "received_at": when,
        "subject": f"Matter {minute}",
        "text": "text",
        "participants": tuple(people),
        "size": 100,
    }
    return Message(**{**fields, **more})


def skimmed(message: Message, policy: Company, purpose: Purpose) -> Message:
    """As a connector that skims brings it."""
    envelope = Envelope(
        message.participants,
        message.list_id,
        message.precedence,
        message.auto_submitted,
        message.has_unsubscribe,
        message.report_type,
    )
    if not is_dispensable(envelope, policy, purpose):
        return message
    return replace(message, text="", attachments=(), is_skimmed=True)


@cache
def _empty_store() -> bytes:
    """An empty store's file: made once, because migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        Store.open(f"sqlite:///{path}", key_text=KEY, key_file=Path(folder) / "unused").close()
        return path.read_bytes()


def as_on_sqlite(value: object) -> object:
    """Instants and days as text, flags as 0 and 1: what the documentation of the views says of SQLite."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def empty_store_at(url: str) -> str:
    """Make an empty store; returns the URL."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).write_bytes(_empty_store())
    else:
        Store.open(url, key_text=KEY, key_file=Path("unused")).close()
    return url


class House:
    """A store with the accounts of Alice and Bob, and the steps a worker takes."""

    def __init__(
        self, folder: Path, policy: Company | None = None, name: str = "store.db", url: str | None = None
    ) -> None:
        url = url or empty_store_at(f"sqlite:///{folder / name}")
        self.store = Store.open(url, key_text=KEY, key_file=folder / "unused")
        self.company = policy or company()
        #: Is the mail read as by a connector that skims?
        self.skims = True
        self.folders: dict[str, dict[str, Purpose]] = {"alice": {}, "bob": {}}
        self.accounts = self.store.transact(self._save)

    def _save(self, transaction: Transaction) -> dict[str, str]:
        key: IdentityKey = self.store.key
        people = [PersonFacts(addresses=(f"{who}@acme.example",)) for who in ("alice", "bob")]
        company_store.save_people(transaction, key, people)
        facts = [
            AccountFacts(name=who, owner=f"{who}@acme.example", kind="memory", login=who, is_shared=False)
            for who in ("alice", "bob")
        ]
        return company_store.save_accounts(transaction, key, facts, NOON)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.store.close()

    def ingest(self, started_at: datetime = NOON) -> Ingest:
        return Ingest(
            store=self.store, company=self.company, policy_version=1, clock=lambda: NOON, started_at=started_at
        )

    def read(
        self, account: str, folder: str, mails: Sequence[Message], purpose: Purpose = Purpose.INBOX
    ) -> Mapping[str, int]:
        """Ingest a page of a folder and derive."""
        self.folders[account][folder] = purpose
        place, _cursor = self.place(account, folder)
        counts = self.ingest_page(place, purpose, mails)
        self.derive()
        return counts

    def place(self, account: str, folder: str) -> tuple[Place, Cursor | None]:
        """Where a folder stands; it is made, with all others that the account has."""
        purposes = self.folders[account]
        listed = [Stream(name=name, purpose=kind) for name, kind in purposes.items()]

        def save(transaction: Transaction) -> StreamState:
            ids = streams.save(transaction, self.accounts[account], listed, NOON)
            return company_store.stream_states(transaction, self.accounts[account])[ids[folder]]

        state = self.store.transact(save)
        return Place(state.id, state.version, purposes[folder] is Purpose.SENT), state.cursor

    def ingest_page(
        self, place: Place, purpose: Purpose, items: Sequence[Message | Meeting], cursor: str = "c"
    ) -> Mapping[str, int]:
        """Ingest a page, without deriving; raises Fenced."""
        if self.skims:
            items = [skimmed(each, self.company, purpose) if isinstance(each, Message) else each for each in items]
        page = Page(changes=tuple(items), cursor=Cursor(cursor))
        ingest = self.ingest()
        return ingest.page(place, purpose, ingest.drafting.prepared(page, purpose))

    def derive(self) -> None:
        derive(self.store, self.company, lambda: NOON)

    def fetch_wanted(self, server: Mapping[tuple[str, str], tuple[Purpose, Sequence[Message | Meeting]]]) -> int:
        """What a worker does for late linking; `server` holds (account, folder) -> (purpose, items)."""
        fetched = 0
        for (account, folder), (purpose, items) in server.items():
            with self.store.read() as transaction:
                known = company_store.known_streams(transaction, self.accounts[account])
            stream_id = next((i for i, name, _purpose in known if name == folder), None)
            if stream_id is None:
                continue
            with self.store.read() as transaction:
                refs = set(write.wanted_refs(transaction, stream_id, 1000))
            found = [each for each in items if each.ref in refs]
            self.ingest().batch(Place(stream_id, 0, purpose is Purpose.SENT), purpose, found)
            fetched += len(found)
            self.derive()
        return fetched

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, sorted; instants and flags as SQLite has them."""
        if self.store.engine.dialect.name == "postgresql":
            sql = sql.replace("%", "%%")
        with self.store.read() as transaction:
            rows = [tuple(as_on_sqlite(value) for value in row) for row in transaction.exec_driver_sql(sql)]
        return sorted(rows, key=repr)

    def execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What another program does, on a connection of its own; parameters are `?`."""
        url = self.store.engine.url
        if url.get_backend_name() == "sqlite":
            with contextlib.closing(sqlite3.connect(str(url.database))) as connection, connection:
                return connection.execute(sql, values).fetchall()
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, options="-c search_path=keeptouch") as other:
            cursor = other.execute(sql.replace("?", "%s").encode(), values or None)
            rows = cursor.fetchall() if cursor.description else []
        return [tuple(as_on_sqlite(value) for value in row) for row in rows]

    def contract(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that other tools can read, without the times of writing."""
        return {
            view: self.rows(f"SELECT {columns} FROM {view}")  # noqa: S608 - constants below
            for view, columns in {
                "v1_contact": "id, display_name, organization_id, external_id",
                "v1_contact_address": "id, contact_id, address, is_primary, state",
                "v1_organization": "*",
                "v1_interaction": "id, direction, occurred_at, subject, body_text, message_id, thread_id",
                "v1_interaction_contact": "*",
                "v1_interaction_person": "*",
                "v1_thread": "*",
            }.items()
        }
