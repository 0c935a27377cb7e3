"""What Exchange makes of the properties that a client sends for a new item, or to change one."""

from __future__ import annotations

import base64
import copy
import uuid
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from tests.servers.ews.appointments import Appointment
from tests.servers.ews.fields import ORDER, Shape, extended_key
from tests.servers.ews.items import DICTIONARIES, Content, Item, Nothing
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.mime import Mail
from tests.servers.ews.recurrence import read_recurrence
from tests.servers.ews.wire import EwsError, find, local, moment, t, text_of, value
from tests.servers.ews.zones import WINDOWS

#: What a client may send and the server answers by itself.
_NOT_KEPT = frozenset({"MimeContent", "ExtendedProperty", "IsRead", "ItemClass", "Attachments", "ItemId"})
_TIMES = frozenset({"Start", "End", "IsAllDayEvent", "Recurrence", "StartTimeZone", "EndTimeZone", "MeetingTimeZone"})
_DONE = "Completed"


class Task:
    """What a task has that nobody gave."""

    def get(self, name: str, _shape: Shape) -> Element | None:
        """The property of this name."""
        plain: dict[str, object] = {"Status": "NotStarted", "PercentComplete": 0, "IsComplete": False}
        plain |= {"IsRecurring": False, "ChangeCount": 1, "IsTeamTask": False}
        return value(name, plain[name]) if name in plain else None


def content_of(mailbox: Mailbox, element: Element) -> Content:
    """The content of a new item."""
    kind = local(element)
    if kind == "CalendarItem":
        made = _appointment(element)
        mailbox.own(made)
        return made
    if kind == "Task":
        return Task()
    if kind != "Message":
        return Nothing()
    raw = text_of(element, "MimeContent")
    octets = base64.b64decode(raw) if raw else _mime(mailbox, element)
    return Mail(octets, mailbox.now(), mailbox.legacy, is_received=False)


def _appointment(element: Element) -> Appointment:
    start, end = text_of(element, "Start"), text_of(element, "End")
    begin = moment(start) if start else Mailbox.now()
    named = find(element, "StartTimeZone")
    made = Appointment(begin, moment(end) if end else begin + timedelta(hours=1))
    made.zone = WINDOWS.get(named.get("Id", "") if named is not None else "UTC", "UTC")
    made.is_all_day = text_of(element, "IsAllDayEvent") in {"true", "1"}
    rule = find(element, "Recurrence")
    if made.end < made.start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    made.recurrence = None if rule is None else read_recurrence(rule)
    uid = text_of(element, "UID") or f"040000008200E00074C5B7101A82E008{'0' * 40}10000000{uuid.uuid4().hex.upper()}"
    made.properties = {local(part): normal(part) for part in element if local(part) not in _NOT_KEPT | _TIMES}
    made.properties["UID"] = value("UID", uid)
    return made


def fill(item: Item, element: Element) -> None:
    """Give a new item what was sent for it."""
    for part in element:
        name = local(part)
        if name == "ExtendedProperty":
            item.extended[extended_key(part[0])] = extended_value(part[1])
        elif isinstance(item.content, Appointment):
            continue
        elif name in ORDER[item.kind] and name not in _NOT_KEPT:
            item.changed[name] = normal(part)
    _complete(item)


def update(mailbox: Mailbox, item: Item, change: Element) -> None:
    """Carry out one SetItemField or DeleteItemField, on an item or an occurrence. Raises EwsError."""
    path, given = change[0], change[1] if len(change) > 1 else None
    if local(path) == "ExtendedFieldURI":
        held = None if given is None else find(given, "ExtendedProperty")
        if held is None:
            item.extended.pop(extended_key(path), None)
        else:
            item.extended[extended_key(path)] = extended_value(held[1])
        return
    if local(path) == "IndexedFieldURI":
        _update_entry(item, path, given)
        return
    name = path.get("FieldURI", "").partition(":")[2]
    if name not in ORDER[item.kind] or name in {"ItemId", "MimeContent", "UID"}:
        raise EwsError("ErrorInvalidPropertySet", f"Set action is invalid for property {name}.")
    part = None if given is None else find(given, name)
    made = None if part is None else normal(part)
    master = mailbox.items[item.number]
    if item.occurrence and isinstance(master.content, Appointment):
        exception = master.content.change(date.fromordinal(item.occurrence))
        if made is not None and name == "Start":
            exception.start = moment(made.text or "")
        elif made is not None and name == "End":
            exception.end = moment(made.text or "")
        elif name not in _TIMES:
            exception.properties[name] = made
    elif name == "IsRead":
        item.is_read = part is not None and part.text in {"true", "1"}
    elif not (isinstance(item.content, Appointment) and item.content.set(name, made)):
        item.changed[name] = made
    _complete(item)


def _update_entry(item: Item, path: Element, given: Element | None) -> None:
    """One entry of a dictionary, e.g. an e-mail address of a contact."""
    parts = path.get("FieldURI", "").split(":")
    name, key = DICTIONARIES[":".join(parts[:2])], path.get("FieldIndex", "")
    held = item.changed.get(name)
    holder = t(name) if held is None else held
    old = next((one for one in holder if one.get("Key") == key), None)
    sent = None if given is None else find(given, name)
    new = None if sent is None else next((one for one in sent if one.get("Key") == key), None)
    if len(parts) > 2 and old is not None:
        # a part of a postal address, beside those that are there
        for one in [one for one in old if local(one) == parts[2]]:
            old.remove(one)
        old.extend([] if new is None else list(new))
    else:
        if old is not None:
            holder.remove(old)
        if new is not None:
            holder.append(copy.deepcopy(new))
    item.changed[name] = holder if len(holder) else None


def _complete(item: Item) -> None:
    """What follows from a task being done."""
    if item.kind != "Task":
        return
    status = item.changed.get("Status")
    is_done = status is not None and status.text == _DONE
    item.changed["IsComplete"] = value("IsComplete", is_done)
    if status is not None and status.text == "NotStarted":
        item.changed["PercentComplete"] = value("PercentComplete", 0)
        item.changed.pop("CompleteDate", None)
    if is_done:
        item.changed["PercentComplete"] = value("PercentComplete", 100)
        item.changed.setdefault("CompleteDate", value("CompleteDate", Mailbox.now()))


def normal(part: Element) -> Element:
    """A property as the server answers it: flags in words, attendees with what they answered."""
    kept = copy.deepcopy(part)
    if local(kept).startswith(("Is", "Has", "ReminderIsSet")) and kept.text in {"0", "1"}:
        kept.text = "true" if kept.text == "1" else "false"
    for attendee in kept:
        if local(attendee) == "Attendee" and find(attendee, "ResponseType") is None:
            attendee.insert(1, value("ResponseType", "Unknown"))
    return kept


def extended_value(element: Element) -> str | list[str]:
    """Of a Value or Values."""
    if local(element) == "Values":
        return [one.text or "" for one in element]
    return element.text or ""


def _mime(mailbox: Mailbox, element: Element) -> bytes:
    """A mail that was given by its properties."""
    body = find(element, "Body")
    is_html = body is not None and body.get("BodyType") == "HTML"
    lines = [f"From: {mailbox.address}", f"Date: {mailbox.now():%a, %d %b %Y %H:%M:%S +0000}"]
    for name, header in (("ToRecipients", "To"), ("CcRecipients", "Cc"), ("BccRecipients", "Bcc")):
        people = [text_of(one, "EmailAddress") or "" for one in find(element, name) or ()]
        if people:
            lines.append(f"{header}: {', '.join(people)}")
    known = text_of(element, "InternetMessageId") or f"<{mailbox.version}.{mailbox.guid}@example.test>"
    lines += [f"Subject: {text_of(element, 'Subject') or ''}", f"Message-ID: {known}", "MIME-Version: 1.0"]
    lines += [f"Content-Type: text/{'html' if is_html else 'plain'}; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return ("\r\n".join(lines) + "\r\n\r\n" + ((body.text or "") if body is not None else "")).encode()
