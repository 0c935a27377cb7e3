"""The blocklist: what is to be kept out, of the whole company or of one account, and what it held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from matching.addresses import AddressRules
from matching.blocking import Block, BlockKind, BlockRule, Blocks
from matching.policy import Verdict
from matching.visibility import Level
from store.schema.core import account, placement, stream
from store.schema.privacy import block

#: `origin` of blocks that the configuration names, and of those that a command made.
CONFIG, COMMAND = "config", "command"


@dataclass(frozen=True, slots=True)
class Listed:
    """A block as people are shown it."""

    id: int
    #: None: of the whole company.
    account: str | None
    rule: BlockRule
    origin: str
    #: Placements that it holds back now.
    held: int


def reason(block_id: int) -> str:
    """`placement.reason` of what a block holds back."""
    return f"block {block_id}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides about all mail of a stream."""

    blocks: Blocks
    folder: str
    #: How much of the account's mail others see.
    level: Level


def setting(
    connection: Connection, rules: AddressRules, stream_id: int, found: Sequence[Block] | None = None
) -> Setting:
    """The stream's, under the blocks in force, or under `found`."""
    found = all_blocks(connection) if found is None else found
    query = select(stream.c.account_id, stream.c.name, account.c.visibility).join(account)
    account_id, name, level = connection.execute(query.where(stream.c.id == stream_id)).one()
    return Setting(Blocks((each for each in found if each.account_id in ("", account_id)), rules), name, Level(level))


def all_blocks(connection: Connection) -> list[Block]:
    """All blocks in force."""
    return [
        _block(row) for row in connection.execute(select(block.c.id, block.c.account_id, block.c.kind, block.c.what))
    ]


def _block(row: tuple[int, str, str, str]) -> Block:
    block_id, account_id, kind, what = row
    return Block(block_id, account_id, BlockRule(BlockKind(kind), what))


def listed(connection: Connection) -> list[Listed]:
    """All blocks, the company's first."""
    held: dict[str, int] = dict(
        connection.execute(
            select(placement.c.reason, func.count())
            .where(placement.c.verdict == Verdict.SUPPRESSED.value, placement.c.removed_at.is_(None))
            .group_by(placement.c.reason)
        ).all()
    )
    query = select(block, account.c.name).outerjoin(account, account.c.id == block.c.account_id)
    return [
        Listed(
            row.id,
            row.name or row.account_id or None,
            BlockRule(BlockKind(row.kind), row.what),
            row.origin,
            held.get(reason(row.id), 0),
        )
        for row in connection.execute(query.order_by(block.c.account_id, block.c.id))
    ]


def add(connection: Connection, account_ids: Sequence[str], rule: BlockRule, origin: str, now: datetime) -> int:
    """Keep this out; returns how many blocks are new."""
    new = 0
    for account_id in account_ids:
        same = (block.c.account_id == account_id, block.c.kind == rule.kind.value, block.c.what == rule.what)
        if connection.execute(select(block.c.id).where(*same, block.c.origin == origin)).first() is None:
            values = {"account_id": account_id, "kind": rule.kind.value, "what": rule.what, "origin": origin}
            connection.execute(block.insert().values(**values, created_at=now))
            new += 1
    return new


def remove(connection: Connection, ids: Sequence[int]) -> None:
    """Keep this out no more."""
    connection.execute(delete(block).where(block.c.id.in_(ids)))


def ids_of(connection: Connection, account_ids: Sequence[str], rule: BlockRule, origin: str) -> list[int]:
    """The ids of the blocks that say this."""
    same = (block.c.kind == rule.kind.value, block.c.what == rule.what, block.c.origin == origin)
    return list(connection.scalars(select(block.c.id).where(block.c.account_id.in_(account_ids), *same)))


def held(connection: Connection, ids: Iterable[int]) -> int:
    """How many mails on the servers these blocks hold back."""
    query = select(func.count()).select_from(placement)
    there = (placement.c.verdict == Verdict.SUPPRESSED.value, placement.c.removed_at.is_(None))
    return connection.scalar(query.where(*there, placement.c.reason.in_([reason(each) for each in ids]))) or 0


def foreseen(connection: Connection, configured: Mapping[str, Iterable[BlockRule]]) -> list[Block]:
    """The blocks that would be in force if the configuration's became these (account id or "" -> rules)."""
    query = select(block.c.id, block.c.account_id, block.c.kind, block.c.what).where(block.c.origin != CONFIG)
    rules = [(account_id, rule) for account_id, each in configured.items() for rule in each]
    return [
        *(_block(row) for row in connection.execute(query)),
        *(Block(-number, account_id, rule) for number, (account_id, rule) in enumerate(rules, 1)),
    ]


def replace_configured(connection: Connection, wanted: Mapping[str, Iterable[BlockRule]], now: datetime) -> bool:
    """The configuration's blocks become these (account id or "" -> rules); returns whether any changed."""
    query = select(block.c.id, block.c.account_id, block.c.kind, block.c.what).where(block.c.origin == CONFIG)
    there = {(each.account_id, each.rule): each.id for each in map(_block, connection.execute(query).all())}
    asked = {(account_id, rule) for account_id, rules in wanted.items() for rule in rules}
    gone = [there[each] for each in there.keys() - asked]
    connection.execute(delete(block).where(block.c.id.in_(gone)))
    for account_id, rule in sorted(asked - there.keys(), key=str):
        add(connection, [account_id], rule, CONFIG, now)
    return asked != there.keys()


def release(connection: Connection) -> int:
    """What no block holds back any more is wanted from the servers again; returns how many placements."""
    kept = [reason(each) for each in connection.scalars(select(block.c.id))]
    freed = update(placement).where(
        placement.c.verdict == Verdict.SUPPRESSED.value,
        placement.c.reason.like("block %"),
        placement.c.reason.not_in(kept),
        placement.c.is_wanted.is_(False),
    )
    return connection.execute(freed.values(is_wanted=True)).rowcount
