"""The labelled points at which the program is killed."""

from __future__ import annotations

#: Around every transaction, and in its midst: the driver's own functions.
DRIVERS = {
    "sqlite": {
        "call Connection.commit",
        "return Connection.commit",
        "return Cursor.execute",
        "return Cursor.executemany",
    },
    "postgresql": {
        "call psycopg.connection:Connection.commit",
        "return psycopg.connection:Connection.commit",
        "return psycopg.cursor:Cursor.execute",
        "return psycopg.cursor:Cursor.executemany",
    },
}
_PROGRAM = frozenset(
    {
        # on the way to and from a server
        "call socket.sendall",
        "return socket.recv_into",
        # a store that is made
        "call store.upgrading:upgrade",
        "return store.upgrading:upgrade",
        "call store.opening:_take_key",
        "call store.engine:Store.close",
        # one that was put back, and the number of each transaction
        "return store.lineage:begin_anew",
        "return store.lineage:Lineage.settle",
        "return store.lineage:Lineage.advance",
        "call store.lineage:Lineage.note",
        # a page: rows, then the cursor
        "return store.streams:save",
        "call daemon.ingest:Ingest.page",
        "call store.write:write_stored",
        "return store.write:write_stored",
        "return store.write:write_skipped",
        "call store.write:advance",
        "return store.write:advance",
        "return daemon.ingest:Ingest.page",
        # what follows from it
        "call daemon.derive:_derive_batch",
        "return store.copies:take_dirty",
        "return store.history:save_interactions",
        "return store.contacts:create_by_policy",
        "return store.history:replace_links",
        "call daemon.conversations:arranged",
        "return daemon.derive:_derive_batch",
        # a folder that is read anew
        "return store.company:forget_cursor",
        "call store.placements:compared",
        "return store.placements:compared",
        # flags, and what is gone from a folder
        "return store.placements:reflag",
        "return store.placements:tell_removed",
        "call store.removals:settle",
        "return store.removals:settle",
        # mail that has become wanted
        "return store.contacts:want_skipped",
        "return daemon.ingest:Ingest.batch",
        # another policy, and contacts that were entered
        "call daemon.reprocess:reprocess",
        "return daemon.reprocess:reprocess",
        "return daemon.entered:apply_entered",
        # calendars: what they hold, and the meetings that follow from it
        "call daemon.calendar_pages:write_decided",
        "return store.calendars:write_stored",
        "return daemon.calendar_pages:write_decided",
        "return store.calendars:mark",
        "call daemon.meetings:derive_meetings",
        "return store.calendars:sources",
        "return store.meeting_rows:save",
        "return store.meeting_rows:replace_signals",
        "return store.meeting_rows:save_states",
        "return store.calendars:save_outcomes",
        "return daemon.meetings:derive_meetings",
        # what time changes
        "call daemon.ticking:tick",
        "return daemon.ticking:tick",
        # the end
        "call daemon.session:Session.save_state",
        "return daemon.session:Session.save_state",
    }
)
LABELS = {database: _PROGRAM | driver for database, driver in DRIVERS.items()}
