"""What a sync would fetch again, asked without marking it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, and_, exists, or_, select

from matching.policy import Verdict
from store.keys import IdentityKey
from store.mails.wanted import IS_WANTED, by_index
from store.mails.write import FINAL_REASONS
from store.schema.core import placement, removal, skipped_participant, stream
from store.upsert import select_in


def would_be_wanted(
    connection: Connection, key: IdentityKey, normals: Iterable[str], bases: Iterable[str]
) -> Counter[tuple[str, str]]:
    """(account id, folder) -> mails that were skipped and are wanted, now or once these addresses are contacts'.

    The same as `contacts.want_skipped` marks; folders that are not there are left out.
    """
    table = skipped_participant
    places: set[tuple[int, str]] = set()
    for column, digests in (
        (table.c.address_key, [key.digest("address", normal) for normal in normals]),
        (table.c.base_key, [key.digest("base", base) for base in bases]),
    ):
        rows = select_in(connection, select(table.c.stream_id, table.c.ref).where, column, digests)
        places.update((row.stream_id, row.ref) for row in rows)
    is_concerned = or_(placement.c.is_bulk.is_(False), placement.c.direction == "outbound")
    is_skipped = and_(placement.c.verdict == Verdict.SKIPPED.value, placement.c.reason.not_in(FINAL_REASONS))
    is_told = exists().where(removal.c.stream_id == placement.c.stream_id, removal.c.ref == placement.c.ref)
    query = (
        select(placement.c.stream_id, placement.c.ref, stream.c.account_id, stream.c.name)
        .join(stream, stream.c.id == placement.c.stream_id)
        .where(stream.c.state == "ok", placement.c.removed_at.is_(None), ~is_told)
    )
    found = {(row.account_id, row.name, row.ref) for row in connection.execute(by_index(query).where(IS_WANTED))}
    concerned = query.where(is_skipped, is_concerned)
    for row in select_in(connection, concerned.where, placement.c.ref, {ref for _stream_id, ref in places}):
        if (row.stream_id, row.ref) in places:
            found.add((row.account_id, row.name, row.ref))
    return Counter((account_id, name) for account_id, name, _ref in found)
