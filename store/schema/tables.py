"""Every table of the store: the modules that define them have one metadata."""

from __future__ import annotations

from store.mails import departures
from store.schema import contacts, core, feed, meetings, oauth, privacy, scores, signals, tasks, tracking, w1, watch

metadata = core.metadata
_MODULES = (
    contacts,
    departures,
    feed,
    meetings,
    oauth,
    privacy,
    scores,
    signals,
    tasks,
    tracking,
    w1,
    watch,
)
if {each.metadata for each in _MODULES} != {metadata}:
    raise AssertionError("tables of another metadata would not be made")
