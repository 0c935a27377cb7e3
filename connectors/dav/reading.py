"""Calendar objects as records: in batches, and one by one where the server or one of them makes that impossible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.dav.server import Held, Server
from connectors.http import TooLarge
from connectors.ical import parse_calendar
from connectors.records import Change, Deleted, Unavailable, Unreadable

#: Objects asked for at a time, and their bytes as far as they are told.
_BATCH = 100
_BATCH_BYTES = 4 * 1024 * 1024
#: A larger one is not asked for.
_MAX_BYTES = 16 * 1024 * 1024
#: Of an object whose size is not told.
_USUAL_BYTES = 4096
#: So many objects in a row that the server fails to give, and no other, speak against the server.
_WITNESSES = 3


def batches(objects: Mapping[str, Held]) -> Iterator[list[str]]:
    """The refs in their order, in batches of bounded size."""
    batch: list[str] = []
    weight = 0
    for ref in sorted(objects):
        size = objects[ref].size
        if batch and (len(batch) >= _BATCH or weight + (size or _USUAL_BYTES) > _BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(ref)
        weight += _USUAL_BYTES if size is None else size
    if batch:
        yield batch


def read(server: Server, calendar: str, refs: Sequence[str], told: Mapping[str, Held]) -> list[Change]:
    """What lies at these refs of a calendar, one change for each; raises ConnectorError."""
    changes: list[Change] = []
    wanted: list[str] = []
    for ref in refs:
        if ref in told and (told[ref].size or 0) > _MAX_BYTES:
            changes.append(Unreadable(ref, f"it is larger than {_MAX_BYTES >> 20} MiB"))
        else:
            wanted.append(ref)
    objects = server.given(calendar, wanted) if wanted else {}
    failures = 0
    for ref in wanted:
        if ref in objects:
            changes.append(_record(ref, objects[ref]))
            continue
        change, is_failure = _alone(server, ref)
        changes.append(change)
        failures += is_failure
    if failures == len(refs) > _WITNESSES:
        raise Unavailable(f"{server.origin.host} gives no object of the calendar", step="fetch")
    return changes


def _alone(server: Server, ref: str) -> tuple[Change, bool]:
    """(the change, whether the server failed)"""
    try:
        answer = server.alone(ref)
    except TooLarge:
        return Unreadable(ref, "it is larger than 20 MiB"), False
    if answer.status in (404, 410):
        return Deleted(ref), False
    if answer.status != 200:
        return Unreadable(ref, f"the server does not give it ({answer.status})"), answer.status >= 500
    return _record(ref, answer.body), False


def _record(ref: str, raw: bytes | None) -> Change:
    """Deleted also stands for an object without an event, a task: no meeting lies there."""
    found = parse_calendar(raw, ref=ref) if raw is not None else ()
    if len(found) > 1:
        # RFC 4791, section 4.1
        return Unreadable(ref, "it holds events of several UIDs, where CalDAV allows one")
    return found[0] if found else Deleted(ref)
