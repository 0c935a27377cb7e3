"""Mails about meetings: what Exchange reads out of their calendar part. ([MS-OXCICAL], [MS-OXWSMTGS] section 2.2.4)"""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

from tests.servers.ews.agenda import Agenda
from tests.servers.ews.appointments import Appointment
from tests.servers.ews.fields import Shape
from tests.servers.ews.ical import read_ical
from tests.servers.ews.mime import Mail
from tests.servers.ews.wire import value

_RESPONSES = {"Pos": "Accept", "Neg": "Decline", "Tent": "Tentative"}


class Invitation(Mail):
    """A request, an answer or a cancellation; `meeting` is None where its calendar part can't be read."""

    def __init__(self, raw: bytes, received: datetime, mailbox: Agenda, *, is_received: bool) -> None:
        super().__init__(raw, received, mailbox.legacy, is_received=is_received)
        self.meeting: Appointment | None = None
        self.original: datetime | None = None
        for part in self.parsed().walk():
            content = part.get_payload(decode=True)
            if part.get_content_type() == "text/calendar" and isinstance(content, bytes):
                try:
                    self.meeting, self.original = read_ical(mailbox, content)
                except (ValueError, KeyError, AttributeError, TypeError):
                    continue

    def get(self, name: str, shape: Shape) -> Element | None:
        """As of a mail, then as of the meeting."""
        made = super().get(name, shape)
        if made is not None:
            return made
        plain: dict[str, object] = {
            "MeetingRequestType": "NewMeetingRequest",
            "IsDelegated": False,
            "IsOutOfDate": False,
            "HasBeenProcessed": False,
            "IsOrganizer": False,
            "ResponseType": _RESPONSES.get(self.outline.item_class.rpartition(".")[2], "NoResponseReceived"),
        }
        if self.original is not None:
            plain |= {"RecurrenceId": self.original, "OriginalStart": self.original, "CalendarItemType": "Exception"}
        if name in plain:
            return value(name, plain[name])
        return None if self.meeting is None or name in {"Size", "Body"} else self.meeting.get(name, shape)
