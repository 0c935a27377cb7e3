"""A double of Exchange Web Services (2016/2019) on loopback, in this process.

    with EwsServer() as server:                                  # or EwsServer(certificate=..., schemes=("NTLM",))
        alice = server.add_mailbox("alice@example.test", "secret")
        item = alice.deliver("inbox", raw)                       # folders: a distinguished id, or "Archive/2025"
        ... a client talks to server.url, signed in as alice@example.test ...
        moved = alice.move(item, "Archive/2025")                 # the id changes, as on Exchange
        alice.mark_read(moved); alice.mark_answered(moved, "forward"); alice.set(moved, "Sensitivity", "Private")
        alice.remove(moved); alice.rename_folder("Archive", "Old"); alice.hide_folder("Old"); alice.remove_folder("Old")
        server.count("SyncFolderItems", "alice@example.test")    # of server.requests

Calendars, contacts, tasks:

        meeting = alice.put_event("calendar", "uid-1", start, recurrence=Recurrence(...), attendees=[Attendee(...)])
        alice.change_occurrence(meeting, original_start, start=later, Subject="moved"); alice.respond(meeting, ...)
        alice.remove_occurrence(meeting, original_start); alice.cancel(meeting)
        put_ical(alice, "calendar", raw)                         # ValueError where Exchange has no such rule
        alice.put_contact("Bob", ["bob@example.org"]); alice.put_task("Call Bob", DueDate=...)

What goes wrong:

        server.fail(server_busy(297_000), operation="GetItem", times=1)   # also http_status, soap_fault, cut, slow, ...
        server.oddities.early_last_page = True                   # fractional_seconds, errors_without_sync_state, ...
        alice.invalidate_sync()                                  # ErrorInvalidSyncStateData
        alice.break_item(item, "ErrorItemCorrupt", times=2)      # an error of this item alone, in GetItem
        alice.withhold(item, "DateTimeReceived")
        alice.restore(backup)                                    # all ids are new
        server.restart(); server.streams.close(); server.streams.cut()

Others' mailboxes: server.add_account("svc", "pw", impersonates=["*"]), bob.grant("alice@example.test", "inbox").
OAuth: EwsServer(schemes=("Bearer",)), server.doorkeeper.tokens["abc"] = "alice@example.test".

Requests and answers are held against Exchange's own schema, where it lies beside the repository; what does not keep to
it is in `server.problems`, and an AssertionError when the server is left.
"""

from tests.servers.ews.agenda import Attendee
from tests.servers.ews.appointments import global_object_id
from tests.servers.ews.faults import (
    Fault,
    Oddities,
    cut,
    edited,
    endless,
    http_status,
    late,
    login_page,
    meanwhile,
    no_xml,
    server_busy,
    silent,
    slow,
    soap_fault,
)
from tests.servers.ews.ical import put_ical
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.recurrence import Recurrence
from tests.servers.ews.server import Asked, EwsServer

__all__ = [
    "Asked",
    "Attendee",
    "EwsServer",
    "Fault",
    "Mailbox",
    "Oddities",
    "Recurrence",
    "cut",
    "edited",
    "endless",
    "global_object_id",
    "http_status",
    "late",
    "login_page",
    "meanwhile",
    "no_xml",
    "put_ical",
    "server_busy",
    "silent",
    "slow",
    "soap_fault",
]
