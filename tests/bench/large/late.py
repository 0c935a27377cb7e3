"""Late linking in a filled store: a contact is made of somebody whose mail was skipped for years."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select, text

from connectors.api import Batch, Message, Purpose, Stream
from daemon.derive import derive
from daemon.ingest import Ingest
from daemon.report import Report
from daemon.worker import Worker
from store.contacts import entered
from store.contacts.records import Entry, EntryAddress
from store.engine import Store
from store.schema.core import contact_address
from tests.bench.large import contacts
from tests.bench.large import shape as shapes
from tests.bench.large.shape import KEY, Shape
from tests.bench.measure import BenchError
from tests.unit.daemon.mail_connector import EmptyMailbox


@dataclass(frozen=True, slots=True)
class Linked:
    """What one took."""

    mails: int
    #: From the contact's entry to the last link, mails handed over from memory.
    seconds: float
    #: Strangers that are left for further runs.
    left: int


class _Mailbox(EmptyMailbox):
    """Gives mails from memory."""

    def __init__(self, mails: Sequence[Message]) -> None:
        self._mails = {each.ref: each for each in mails}

    def streams(self) -> tuple[Stream, ...]:
        return (Stream(name="INBOX", purpose=Purpose.INBOX), Stream(name="Sent", purpose=Purpose.SENT))

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        yield Batch(tuple(self._mails[ref] for ref in refs))


def link(store: Store, shape: Shape) -> Linked | None:
    """Make a contact of the next stranger, and wait until all mails are linked. None: nobody is left.

    What is done stays done, so that the store is used up bit by bit: each run takes another stranger.
    """
    with store.read() as connection:
        left = _strangers(connection, shape)
    if not left:
        return None
    number = left[0]
    address = contacts.stranger(number)
    mails = contacts.mails_of(shape, number)
    account = KEY.id("account", "memory", f"p{contacts.inbox_of(shape, number)}")
    ingest = Ingest(store=store, company=shapes.company(), policy_version=1, clock=_now, started_at=datetime.now(UTC))
    worker, report = Worker(ingest, account), Report(account)
    entry = Entry(
        line=1,
        origin="import",
        source="bench",
        external_id=address,
        name=f"Stranger {number}",
        addresses=(EntryAddress(address, address, address),),
    )
    start = time.perf_counter()
    with store.write() as transaction:
        entered.enter(transaction, KEY, [entry], _now())
    derive(store, ingest.company, _now)
    worker.catch_up(_Mailbox(mails), report)
    seconds = time.perf_counter() - start
    if report.error is not None:
        raise BenchError(f"late linking failed: {report.error}")
    with store.read() as connection:
        _check(connection, address, mails)
    return Linked(len(mails), seconds, len(left) - 1)


def _now() -> datetime:
    return datetime.now(UTC)


def _strangers(connection: Connection, shape: Shape) -> list[int]:
    """Who is no contact yet."""
    known = set(connection.scalars(select(contact_address.c.normal).where(contact_address.c.base.like("s%@s%"))))
    return [each for each in range(shape.strangers) if contacts.stranger(each) not in known]


def _check(connection: Connection, address: str, mails: Sequence[Message]) -> None:
    """All mails are linked to the contact, each with its text, its thread and the mail before it."""
    rows = connection.execute(
        text(
            "SELECT i.message_id, i.body_text, t.interaction_count, p.message_id AS parent"
            " FROM v1_interaction_contact l"
            " JOIN v1_interaction i ON i.id = l.interaction_id JOIN v1_thread t ON t.id = i.thread_id"
            " LEFT JOIN v1_interaction p ON p.id = i.parent_id"
            " WHERE l.contact_id = :contact AND l.role = 'from' AND l.reason = 'address'"
        ),
        {"contact": KEY.id("contact", address)},
    ).all()
    found = {row.message_id: (row.body_text, row.interaction_count, row.parent) for row in rows}
    threads: dict[str | None, int] = {}
    for each in mails:
        root = each.references[0] if each.references else each.message_id
        threads[root] = threads.get(root, 0) + 1
    for each in mails:
        root = each.references[0] if each.references else each.message_id
        parent = each.in_reply_to[0] if each.in_reply_to else None
        if found.get(each.message_id) != (each.text, threads[root], parent):
            raise BenchError(f"{each.message_id} was not linked as it should be: {found.get(each.message_id)}")
    if len(found) != len(mails):
        raise BenchError(f"{len(found)} mails were linked, and not {len(mails)}")
