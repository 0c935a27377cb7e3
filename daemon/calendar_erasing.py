"""Erasing a person from calendar objects: what speaks of the person is written again, or nothing is kept of it."""

from __future__ import annotations

from connectors.api import Unreadable
from daemon import calendar_pages
from daemon.calendar_drafts import draft
from daemon.ingest import Ingest
from matching.erasure import meeting_without
from store.mails.write import Place
from store.meetings import calendars
from store.privacy.suppression import Erased

_BATCH = 200


def erase_from_objects(ingest: Ingest, erased: Erased, *, is_dry: bool = False) -> tuple[int, int]:
    """(calendar objects that go, objects that lose what they say of the person); with `is_dry` nothing is written."""
    store, company = ingest.store, ingest.company
    removed = changed = 0
    after = (-1, "")
    while True:
        with store.read() if is_dry else store.write() as transaction:
            rows = calendars.objects_after(transaction, after, _BATCH)
            if not rows:
                return removed, changed
            after = rows[-1][:2]
            concerned = [row for row in rows if meeting_without(row[2], erased, erased.pseudonym) is not row[2]]
            for stream_id in sorted({row[0] for row in concerned}):
                drafts = [draft(meeting, company, store.key) for each, _ref, meeting in concerned if each == stream_id]
                items = [each for each in drafts if not isinstance(each, Unreadable)]
                gone = [i for i in items if i.outside and all(erased(party.normal) for party in i.outside)]
                removed, changed = removed + len(gone), changed + len(items) - len(gone)
                if not is_dry:
                    admission = ingest.admission(transaction, stream_id)
                    found = calendar_pages.decide(transaction, company, store.key, admission, items)
                    place, version = Place(stream_id, 0, is_sent=False), ingest.policy_version
                    calendar_pages.write_again(transaction, store.key, place, found, ingest.clock(), version)
