"""The labelled points at which the program is killed."""

from __future__ import annotations

#: Around every transaction, and in its midst: the driver's own functions.
DRIVERS = {
    "sqlite": {
        "call Connection.commit",
        "return Connection.commit",
        "return Cursor.execute",
        "return Cursor.executemany",
        # beside the transactions
        "call store.checkpoints:Checkpoints._write_back",
        "return store.checkpoints:Checkpoints._write_back",
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
        "return store.accounts.streams:save",
        "call daemon.ingest:Ingest.page",
        "call store.mails.write:write_stored",
        "return store.mails.write:write_stored",
        "return store.mails.write:write_skipped",
        "call store.mails.write:advance",
        "return store.mails.write:advance",
        "return daemon.ingest:Ingest.page",
        # what follows from it
        "call daemon.derive:_derive_batch",
        "return store.derivation.copies:take_dirty",
        "return store.derivation.history:save_interactions",
        "return store.contacts.holders:create_by_policy",
        "return store.derivation.history:replace_links",
        "call daemon.conversations:arranged",
        "return daemon.derive:_derive_batch",
        # a folder that is read anew
        "return store.accounts.company:forget_cursor",
        "call store.mails.placements:compared",
        "return store.mails.placements:compared",
        # flags, and what is gone from a folder
        "return store.mails.placements:reflag",
        "return store.mails.placements:tell_removed",
        "call store.mails.removals:settle",
        "return store.mails.removals:settle",
        # mail that has become wanted
        "return store.contacts.holders:want_skipped",
        "return daemon.ingest:Ingest.batch",
        # another policy, and contacts that were entered
        "call daemon.reprocess:reprocess",
        "return daemon.reprocess:reprocess",
        "return daemon.entered:apply_entered",
        # calendars: what they hold, and the meetings that follow from it
        "call daemon.calendar_pages:write_decided",
        "return store.meetings.calendars:write_stored",
        "return daemon.calendar_pages:write_decided",
        "return store.meetings.calendars:mark",
        "call daemon.meetings:derive_meetings",
        "return store.meetings.calendars:sources",
        "return store.meetings.meeting_rows:save",
        "return store.meetings.meeting_rows:replace_signals",
        "return store.meetings.meeting_rows:save_states",
        "return store.meetings.calendars:save_outcomes",
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
