"""What the owner of a mailbox, and those who invite them, do with calendars, contacts and tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from xml.etree.ElementTree import Element

from tests.servers.ews.appointments import Appointment
from tests.servers.ews.items import Item, Nothing, identifier
from tests.servers.ews.mime import mailbox as mailbox_element
from tests.servers.ews.recurrence import Recurrence
from tests.servers.ews.store import Event, FolderPath, Store
from tests.servers.ews.wire import t, value

_KINDS = {"Required": "RequiredAttendees", "Optional": "OptionalAttendees", "Resource": "Resources"}
_NO_ANSWER = {"Unknown", "NoResponseReceived", "Organizer"}


@dataclass(frozen=True, slots=True)
class Attendee:
    """`response` is one of Unknown, NoResponseReceived, Accept, Tentative, Decline, Organizer."""

    address: str
    name: str = ""
    response: str = "Unknown"
    #: Required, Optional or Resource.
    kind: str = "Required"
    responded: datetime | None = None


class Agenda(Store):
    """All methods may be called from any thread."""

    def put_event(
        self,
        path: FolderPath,
        uid: str,
        start: datetime,
        end: datetime | None = None,
        *,
        subject: str = "",
        zone: str = "UTC",
        is_all_day: bool = False,
        recurrence: Recurrence | None = None,
        location: str = "",
        body: str = "",
        organizer: tuple[str, str] | None = None,
        attendees: Iterable[Attendee] = (),
        **properties: object,
    ) -> str:
        """Put a meeting into a calendar; its ItemId. `organizer` is (name, address), `properties` e.g. Sensitivity.

        The meeting of this UID that is there is replaced, and keeps its id.
        """
        made = Appointment(start, end or start + timedelta(hours=1), zone, is_all_day, recurrence)
        shown: dict[str, object] = {"UID": uid, **properties}
        shown |= {name: said for name, said in (("Subject", subject), ("Location", location)) if said}
        made.properties = {name: value(name, said) for name, said in shown.items()}
        if body:
            made.properties["Body"] = t("Body", text=body, BodyType="HTML" if "<html" in body.lower() else "Text")
        people = list(attendees)
        if organizer is not None:
            made.properties["Organizer"] = t("Organizer", mailbox_element(*organizer, self.legacy))
        made.properties |= self.attendee_elements(people)
        made.properties.setdefault("MyResponseType", value("MyResponseType", self._my_response(organizer, people)))
        return self.put_appointment(path, made)

    def put_appointment(self, path: FolderPath, made: Appointment) -> str:
        """The same, of an appointment that is ready."""
        uid = made.properties["UID"].text or ""
        self.own(made)
        with self.lock:
            known = self._event(path, uid)
            if known is not None:
                known.content = made
                known.changed.clear()
                self.touch(known)
                return identifier(self, known)
            folder = self.walk(path, is_making=True, folder_class="IPF.Appointment")
            assert folder is not None
            item = self.add(folder, "IPM.Appointment", made)
            item.is_read = True
            self.created(item)
            return identifier(self, item)

    def own(self, made: Appointment) -> None:
        """What nobody else has called is the owner's own: Exchange names an organizer of everything."""
        if "Organizer" not in made.properties:
            made.properties["Organizer"] = t("Organizer", mailbox_element(self.name, self.address, self.legacy))
            made.properties["MyResponseType"] = value("MyResponseType", "Organizer")

    def event_id(self, path: FolderPath, uid: str) -> str:
        """The ItemId of the meeting (of a series: of its master) with this UID."""
        with self.lock:
            found = self._event(path, uid)
            if found is None:
                raise LookupError(f"no {uid} in {path}")
            return identifier(self, found)

    def change_occurrence(
        self,
        item: str,
        original: datetime | date,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        **properties: object,
    ) -> str:
        """Make an occurrence otherwise than its series; its ItemId. `original` is when the series has it."""
        with self.lock:
            master = self.item(item)
            series = _series(master)
            day = series.day_of(original)
            exception = series.change(day)
            length = exception.end - exception.start
            if start is not None:
                exception.start, exception.end = start, start + length
            exception.end = end or exception.end
            for name, said in properties.items():
                exception.properties[name] = said if isinstance(said, Element) else value(name, said)
            self.touch(master)
            return identifier(self, master, day.toordinal())

    def remove_occurrence(self, item: str, original: datetime | date) -> None:
        """Take an occurrence out of its series."""
        with self.lock:
            master = self.item(item)
            series = _series(master)
            day = series.day_of(original)
            series.exceptions.pop(day, None)
            series.deleted.add(day)
            self.touch(master)

    def respond(self, item: str, address: str, response: str, at: datetime | None = None) -> None:
        """An attendee's answer arrives: Accept, Tentative, Decline."""
        with self.lock:
            changed = self.item(item)
            series = _series(changed)
            for holder in _KINDS.values():
                for attendee in series.properties.get(holder, ()):
                    if any((one.text or "").lower() == address.lower() for one in attendee.iter()):
                        attendee[1:] = [value("ResponseType", response), value("LastResponseTime", at or self.now())]
            self.touch(changed)

    def cancel(self, item: str) -> None:
        """The organizer calls it off; it stays until the owner takes it away."""
        with self.lock:
            changed = self.item(item)
            for name, said in (("IsCancelled", True), ("AppointmentState", 7), ("LegacyFreeBusyStatus", "Free")):
                changed.changed[name] = value(name, said)
            self.touch(changed)

    def attendee_elements(self, people: Iterable[Attendee]) -> dict[str, Element]:
        """RequiredAttendees, OptionalAttendees and Resources of these."""
        found: dict[str, Element] = {}
        for one in people:
            holder = found.setdefault(_KINDS[one.kind], t(_KINDS[one.kind]))
            answered = one.response not in _NO_ANSWER
            at = value("LastResponseTime", one.responded or self.now()) if answered or one.responded else None
            box = mailbox_element(one.name, one.address, self.legacy)
            holder.append(t("Attendee", box, value("ResponseType", one.response), at))
        return found

    def put_contact(
        self, name: str, addresses: Iterable[str] = (), *, path: FolderPath = "contacts", **properties: object
    ) -> str:
        """Put a contact; its ItemId. `properties` e.g. CompanyName="Acme", GivenName, Surname, JobTitle."""
        said = {"DisplayName": name, "FileAs": name, "Subject": name, **properties}
        made = {key: one if isinstance(one, Element) else value(key, one) for key, one in said.items()}
        entries = [
            t("Entry", text=address, Key=f"EmailAddress{number}", Name=name, RoutingType="SMTP", MailboxType="Contact")
            for number, address in enumerate(addresses, 1)
        ]
        if entries:
            made["EmailAddresses"] = t("EmailAddresses", entries)
        return self._put(path, "IPM.Contact", made)

    def put_task(self, subject: str, *, path: FolderPath = "tasks", **properties: object) -> str:
        """Put a task; its ItemId. `properties` e.g. DueDate=datetime, Status="Completed"."""
        said = {"Subject": subject, **properties}
        made = {key: one if isinstance(one, Element) else value(key, one) for key, one in said.items()}
        return self._put(path, "IPM.Task", made)

    def _put(self, path: FolderPath, item_class: str, properties: dict[str, Element]) -> str:
        with self.lock:
            folder = self.walk(path, is_making=True, folder_class=item_class.replace("IPM", "IPF"))
            assert folder is not None
            item = self.add(folder, item_class, Nothing())
            item.changed.update(properties)
            self.tell(Event("CreatedEvent", folder.number, identifier(self, item)))
            return identifier(self, item)

    def _event(self, path: FolderPath, uid: str) -> Item | None:
        folder = self.walk(path, is_making=False)
        for item in self.items.values():
            if folder is None or item.folder != folder.number or not isinstance(item.content, Appointment):
                continue
            known = item.content.properties.get("UID")
            if known is not None and known.text == uid:
                return item
        return None

    def _my_response(self, organizer: tuple[str, str] | None, people: list[Attendee]) -> str:
        if organizer is None:
            return "Unknown"
        if organizer[1].lower() == self.address:
            return "Organizer"
        mine = [one.response for one in people if one.address.lower() == self.address]
        return mine[0].replace("Unknown", "NoResponseReceived") if mine else "NoResponseReceived"


def _series(item: Item) -> Appointment:
    assert isinstance(item.content, Appointment), "this is no meeting"
    return item.content
