"""The company's decisions about privacy on their way from one store into another of the same identity key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from matching.blocking import BlockKind, BlockRule
from matching.visibility import Level
from store.privacy import blocks
from store.schema.privacy import block, suppression, thread_visibility
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedErasure:
    """A keyed hash of an erased person, in hexadecimal digits."""

    address_key: str
    erased_at: datetime

    def __post_init__(self) -> None:
        if len(bytes.fromhex(self.address_key)) != 16:
            raise ValueError("address_key is no hash of 16 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBlock:
    """A block that a command made; those of the configuration stand there."""

    #: "": of the whole company.
    account_id: str
    looks_at: str
    what: str
    created_at: datetime

    def __post_init__(self) -> None:
        BlockKind(self.looks_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedVisibility:
    """How much of a thread others see at most."""

    thread_id: str
    level: str
    decided_at: datetime

    def __post_init__(self) -> None:
        Level(self.level)


PrivacyDecision = DecidedErasure | DecidedBlock | DecidedVisibility


def privacy_decisions(connection: Connection) -> Iterator[PrivacyDecision]:
    """All of them; erasures first, so that whoever takes them in knows them before anything else."""
    for row in connection.execute(select(suppression).order_by(suppression.c.address_key)):
        yield DecidedErasure(address_key=row.address_key.hex(), erased_at=row.erased_at)
    commanded = select(block).where(block.c.origin == blocks.COMMAND).order_by(block.c.id)
    for row in connection.execute(commanded):
        yield DecidedBlock(account_id=row.account_id, looks_at=row.kind, what=row.what, created_at=row.created_at)
    for row in connection.execute(select(thread_visibility).order_by(thread_visibility.c.thread_id)):
        yield DecidedVisibility(**row._mapping)


def restore_privacy(connection: Connection, decided: Iterable[PrivacyDecision]) -> int:
    """Put them in; returns how many are new. The next command applies blocks and visibility to what is stored."""
    before = _count(connection)
    for each in decided:
        match each:
            case DecidedErasure():
                row = {"address_key": bytes.fromhex(each.address_key), "erased_at": each.erased_at}
                upsert(connection, suppression, [{**row, "done_at": each.erased_at}])
            case DecidedBlock():
                rule = BlockRule(BlockKind(each.looks_at), each.what)
                blocks.add(connection, [each.account_id], rule, blocks.COMMAND, each.created_at)
            case DecidedVisibility():
                upsert(connection, thread_visibility, [asdict(each)])
    return _count(connection) - before


def _count(connection: Connection) -> int:
    counts = (select(func.count()).select_from(table) for table in (suppression, block, thread_visibility))
    return sum(connection.scalar(each) or 0 for each in counts)
