"""python -m tests.bench.exchange_reader URL ADDRESS PASSWORD: read a mailbox as exchangelib's manual shows it.

The fields that keeptouch reads, of all mail and all calendar items; prints how many there were.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

exchangelib: Any = import_module("exchangelib")

_MAIL = (
    "subject", "sender", "author", "to_recipients", "cc_recipients", "bcc_recipients", "reply_to", "message_id",
    "in_reply_to", "references", "headers", "body", "attachments", "datetime_received", "datetime_sent", "size",
    "sensitivity", "item_class", "is_draft",
)  # fmt: skip
_MEETING = (
    "uid", "subject", "start", "end", "is_all_day", "is_cancelled", "location", "body", "organizer",
    "required_attendees", "optional_attendees", "resources", "recurrence", "modified_occurrences",
    "deleted_occurrences", "my_response_type", "legacy_free_busy_status", "appointment_sequence_number", "sensitivity",
    "size",
)  # fmt: skip


def main() -> None:
    """See above."""
    url, address, password = sys.argv[1:]
    configuration = exchangelib.Configuration(
        service_endpoint=url,
        credentials=exchangelib.Credentials(address, password),
        auth_type=exchangelib.BASIC,
        version=exchangelib.Version(build=exchangelib.Build(15, 1)),
    )
    account = exchangelib.Account(address, config=configuration, autodiscover=False, access_type=exchangelib.DELEGATE)
    count = 0
    for folder in account.msg_folder_root.walk():
        kind = folder.folder_class or ""
        fields = _MAIL if kind == "IPF.Note" else _MEETING if kind == "IPF.Appointment" else ()
        if fields:
            count += sum(1 for _item in folder.all().only(*fields))
    print(count)


if __name__ == "__main__":
    main()
