"""After a change of policy: calendar objects are decided anew, from what is stored of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connectors.api import Unreadable
from daemon import calendar_pages
from daemon.admission import Admission
from daemon.calendar_drafts import draft
from daemon.meetings import made_by
from matching.policy import Company
from store.engine import Store, Transaction
from store.mails.write import Place
from store.meetings import calendars

_BATCH = 200

#: Stream id -> what may enter it.
Admissions = Callable[[int], Admission]


def decide_objects(
    store: Store,
    company: Company,
    now: datetime,
    admissions: Callable[[Transaction], Admissions],
    policy_version: int,
    *,
    is_dry: bool,
) -> tuple[int, int]:
    """Keep what is wanted of all calendars; returns how many objects go, and how many of them are kept out."""
    removed = suppressed = 0
    after = (-1, "")
    while True:
        with store.read() if is_dry else store.write() as transaction:
            rows = calendars.objects_after(transaction, after, _BATCH)
            if not rows:
                return removed, suppressed
            after = rows[-1][:2]
            allowed = admissions(transaction)
            for stream_id in sorted({row[0] for row in rows}):
                drafts = [draft(meeting, company, store.key) for each, _ref, meeting in rows if each == stream_id]
                items = [each for each in drafts if not isinstance(each, Unreadable)]
                found = calendar_pages.decide(transaction, company, store.key, allowed(stream_id), items)
                removed += len(found.skipped) + len(found.denied)
                suppressed += len(found.denied)
                if not is_dry:
                    place = Place(stream_id, 0, is_sent=False)
                    calendar_pages.write_again(transaction, store.key, place, found, now, policy_version)


def made_by_meetings(store: Store, company: Company, now: datetime) -> set[str]:
    """Normal forms of the addresses that meetings make contacts."""
    with store.read() as transaction:
        uids = calendars.all_uids(transaction)
    made: set[str] = set()
    for start in range(0, len(uids), _BATCH):
        with store.read() as transaction:
            made |= made_by(transaction, store.key, company, now, uids[start : start + _BATCH])
    return made
