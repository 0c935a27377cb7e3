"""Which folder is which, and whether what is known of it still is so: renames, removals, restored backups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from connectors.api import Connector, CursorExpired, Identifying, Inspectable, Outline, Selective, Stream, Unavailable
from daemon.reflist import RefList, in_both, only_in, parts
from store.accounts import streams
from store.accounts.audit import placed_refs
from store.engine import Store
from store.mails import placements

log = structlog.get_logger()

#: How often a stream is compared with its full listing: where the server tells of removals, and where it does not.
OFTEN, SELDOM = timedelta(days=1), timedelta(days=7)
_SPREAD = 97
#: For so long after it came, what could not be read is asked for again whenever its stream is compared.
ASKED_AGAIN = timedelta(days=30)
#: Refs noted as gone at a time.
_AT_ONCE = 5_000


def save_streams(
    store: Store, account_id: str, connector: Connector, listed: Sequence[Stream], now: datetime
) -> dict[str, int]:
    """Name -> stream id of the folders listed; a folder under a new name is recognized by what lies in it."""
    with store.read() as transaction:
        ids = streams.as_listed(transaction, account_id, listed)
    if ids is not None:  # the common case, with no turn of the one writer
        return ids
    listed, recognized = recognize(store, account_id, connector, listed)
    # a list without a folder is no list: every mailbox has an inbox
    left_out = connector.left_out if isinstance(connector, Selective) and listed else None
    with store.write() as transaction:
        return streams.save(transaction, account_id, listed, now, recognized, left_out)


def recognize(
    store: Store, account_id: str, connector: Connector, listed: Sequence[Stream]
) -> tuple[Sequence[Stream], dict[str, int]]:
    """(the folders with their ids where one is new, name -> stream id of those under a new name); writes nothing."""
    with store.read() as transaction:
        fresh, missing = streams.unlisted(transaction, account_id, listed)
    if fresh and isinstance(connector, Identifying):
        listed = connector.identified(listed)
        with store.read() as transaction:
            fresh, missing = streams.unlisted(transaction, account_id, listed)
    recognized: dict[str, int] = {}
    if isinstance(connector, Inspectable):
        for stream in fresh if missing else ():
            found = _outlines(connector, stream, [ref for each in missing for ref in each.sample])
            same = next((each for each in missing if streams.agree(each.sample, found)), None)
            if same is not None:
                missing.remove(same)
                recognized[stream.name] = same.id
                log.info("stream renamed", stream=stream.name, before=same.name)
    return listed, recognized


def _outlines(connector: Inspectable, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
    try:
        return connector.outlines(stream, refs)
    except Unavailable as error:
        if error.step != "select":
            raise
        return {}  # reading it will say what is wrong


def is_due(stream: Stream, stream_id: int, compared_at: datetime | None, now: datetime) -> bool:
    """Is it time to compare the stream with its full listing?

    Some come up to a quarter earlier: streams that began together would all be compared in the same minute.
    """
    interval = SELDOM if stream.tells_removals else OFTEN
    earlier = interval * (stream_id % _SPREAD) / (4 * _SPREAD)
    # a time to come was noted by a clock that was wrong
    return compared_at is None or not timedelta(0) <= now - compared_at < interval - earlier


def compare(
    store: Store,
    connector: Connector,
    stream: Stream,
    stream_id: int,
    now: datetime,
    fetch: Callable[[RefList], bool],
    *,
    is_anew: bool = False,
) -> None:
    """Note what the full listing does not show, and which mails are answered or forwarded; of a stream that was read
    to its end.

    What the listing shows and nobody told of is given to `fetch`: answers can be wrong without a sign of it.
    Where `fetch` says that it was stopped, the comparison is still to be done.

    Raises CursorExpired where refs mean other mails than before: a server was restored from a backup. What was read
    `is_anew` is what it is.
    """
    if isinstance(connector, Inspectable):
        with store.read() as transaction:
            sample = streams.sample(transaction, stream_id)
        if not is_anew and streams.contradict(sample, connector.outlines(stream, list(sample))):
            raise CursorExpired("what is known of the folder are other mails now: it was restored", step="compare")
        marked = connector.marked(stream)
    with store.read() as transaction:
        # known before the listing is asked for: what another process writes meanwhile is not taken for gone
        placed = RefList(placed_refs(transaction, stream_id))
        doubted = RefList(placements.doubted_refs(transaction, stream_id))
    present = RefList(connector.refs(stream))
    missing = RefList(only_in(present, placed))
    if missing:
        missing = RefList(in_both(missing, RefList(connector.refs(stream, in_scope=True))))
    if missing and not fetch(missing):
        return
    gone = only_in(placed, present)
    count = 0
    with store.write() as transaction:
        for part in parts(gone, _AT_ONCE):
            count += placements.tell_removed(transaction, stream_id, part, now)
        placements.came_back(transaction, stream_id, in_both(doubted, present))
        placements.want_quarantined(transaction, stream_id, now - ASKED_AGAIN)
        placements.compared(transaction, stream_id, now)
        if isinstance(connector, Inspectable):
            placements.remark(transaction, stream_id, marked)
    log.info("stream compared", stream=stream.name, present=len(present), gone=count, missing=len(missing))
