"""Every table of the store: the modules that define them have one metadata."""

from __future__ import annotations

from store import (
    contact_schema,
    departures,
    feed_schema,
    meeting_schema,
    oauth_schema,
    privacy_schema,
    schema,
    score_schema,
    signal_schema,
    task_schema,
    tracking_schema,
    w1_schema,
    watch_schema,
)

metadata = schema.metadata
_MODULES = (
    contact_schema,
    departures,
    feed_schema,
    meeting_schema,
    oauth_schema,
    privacy_schema,
    score_schema,
    signal_schema,
    task_schema,
    tracking_schema,
    w1_schema,
    watch_schema,
)
if {each.metadata for each in _MODULES} != {metadata}:
    raise AssertionError("tables of another metadata would not be made")
