"""An item of a mailbox, and how it is shown: what every kind of item has, and round it the content of its own kind."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from xml.etree.ElementTree import Element

from tests.servers.ews.appointments import Appointment, Occurrence
from tests.servers.ews.fields import INTERNET_HEADERS, ORDER, ExtendedKey, Shape, ordered
from tests.servers.ews.ids import Holder, Place, change_key, item_id
from tests.servers.ews.mime import Mail
from tests.servers.ews.wire import find, local, t, value

#: Of fields that are dictionaries: the element that holds their entries.
DICTIONARIES = {
    "contacts:EmailAddress": "EmailAddresses",
    "contacts:PhoneNumber": "PhoneNumbers",
    "contacts:ImAddress": "ImAddresses",
    "contacts:PhysicalAddress": "PhysicalAddresses",
    "item:InternetMessageHeader": "InternetMessageHeaders",
}


class Content(Protocol):
    """What is peculiar to a kind of item."""

    def get(self, name: str, shape: Shape) -> Element | None:
        """The property of this name; None where it has none."""


class Nothing:
    """The content of an item that a client made of properties alone."""

    def get(self, _name: str, _shape: Shape) -> Element | None:
        """Nothing."""
        return None


@dataclass(slots=True)
class Item:
    """`number` is never used again; `version` grows with each change, `read_version` with each of the read flag."""

    number: int
    folder: int
    item_class: str
    #: Name of its element, e.g. "Message".
    kind: str
    content: Content
    version: int
    read_version: int
    received: datetime
    created: datetime
    modified: datetime
    is_read: bool = False
    is_draft: bool = False
    is_from_me: bool = False
    #: Properties that were set after the item was made, by name; None where one was taken away.
    changed: dict[str, Element | None] = field(default_factory=dict)
    extended: dict[ExtendedKey, str | list[str]] = field(default_factory=dict)
    #: Names of properties that the server does not tell, though it should.
    withheld: set[str] = field(default_factory=set)
    #: Which occurrence of a series it is seen as: its day's number; 0 for the item itself.
    occurrence: int = 0


def identifier(mailbox: Holder, item: Item, occurrence: int | None = None) -> str:
    """ItemId/@Id."""
    day = item.occurrence if occurrence is None else occurrence
    return item_id(Place(mailbox.guid, item.folder, item.number, day), mailbox.store)


def id_element(mailbox: Holder, item: Item) -> Element:
    """ItemId with the change key."""
    kind = "calendar" if item.kind == "CalendarItem" else "item"
    key = change_key(item.version, kind)
    return t("ItemId", Id=identifier(mailbox, item), ChangeKey=key)


def show(mailbox: Holder, item: Item, shape: Shape) -> Element:
    """The element of an item in this shape."""
    found = {name: made for name in shape.names if (made := property_of(mailbox, item, name, shape)) is not None}
    _add_entries(mailbox, item, shape, found)
    shown = ordered(item.kind, found)
    extended = [made for key, path in shape.extended if (made := _extended(item, key, path)) is not None]
    if extended:
        before = [name for name in ORDER[item.kind][: ORDER[item.kind].index("ExtendedProperty")] if name in found]
        for at, made in enumerate(extended, len(before)):
            shown.insert(at, made)
    return shown


def property_of(mailbox: Holder, item: Item, name: str, shape: Shape) -> Element | None:
    """One property; None where the item has none."""
    if name in item.withheld or name not in ORDER[item.kind]:
        return None
    if name == "ItemId":
        return id_element(mailbox, item)
    if name in item.changed:
        return copy.deepcopy(item.changed[name])
    made = item.content.get(name, shape)
    if made is None:
        made = _common(mailbox, item, name)
    if name == "Attachments" and made is not None:
        _name_attachments(made, identifier(mailbox, item))
    if name in {"ModifiedOccurrences", "FirstOccurrence", "LastOccurrence"} and made is not None:
        for one in made.iter():
            if local(one) == "ItemId":
                one.set("Id", identifier(mailbox, item, int(one.get("Id", "0"))))
    return made


def _common(mailbox: Holder, item: Item, name: str) -> Element | None:
    """What items of all kinds have."""
    if name == "ParentFolderId":
        return t(name, Id=mailbox.folder_identifier(item.folder), ChangeKey=change_key(1, "folder"))
    if name == "EffectiveRights":
        return rights(is_owner=True)
    if name == "Flag":
        return t("Flag", value("FlagStatus", "NotFlagged"))
    plain: dict[str, object] = {
        "ItemClass": item.item_class,
        "DateTimeReceived": item.received,
        "DateTimeCreated": item.created,
        "LastModifiedTime": item.modified,
        "LastModifiedName": mailbox.name,
        "IsRead": item.is_read,
        "IsDraft": item.is_draft,
        "IsFromMe": item.is_from_me,
        "IsSubmitted": False,
        "IsResend": False,
        "IsUnmodified": not item.changed,
        "IsAssociated": False,
        "HasAttachments": False,
        "ReminderIsSet": False,
        "ReminderMinutesBeforeStart": 0,
        "Culture": "en-US",
        "Importance": "Normal",
        "Sensitivity": "Normal",
        "Size": 2048,
    }
    return value(name, plain[name]) if name in plain else None


def rights(*, is_owner: bool) -> Element:
    """EffectiveRights of who may all, or only read."""
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify")
    private = t("ViewPrivateItems", text="true") if is_owner else None
    return t("EffectiveRights", [value(name, is_owner) for name in names], value("Read", True), private)


def _add_entries(mailbox: Holder, item: Item, shape: Shape, found: dict[str, Element]) -> None:
    """Entries of dictionaries that were asked for one by one."""
    for asked, key in shape.indexed:
        path = asked.split(":")
        name = DICTIONARIES.get(":".join(path[:2]))
        if name is None or name in shape.names or (shape.is_view and name == "InternetMessageHeaders"):
            continue
        whole = property_of(mailbox, item, name, shape)
        for entry in () if whole is None else whole:
            if (entry.get("Key") or entry.get("HeaderName") or "").lower() != key.lower():
                continue
            holder = found.setdefault(name, t(name))
            if len(path) < 3:
                holder.append(entry)
                continue
            # a part of a postal address
            held = next((one for one in holder if one.get("Key") == entry.get("Key")), None)
            if held is None:
                held = t("Entry", Key=entry.get("Key", ""))
                holder.append(held)
            part = find(entry, path[2])
            if part is not None:
                held.append(part)
                order = ["Street", "City", "State", "CountryOrRegion", "PostalCode"]
                held[:] = sorted(held, key=lambda one: order.index(one.tag.rpartition("}")[2]))


def _extended(item: Item, key: ExtendedKey, path: Element) -> Element | None:
    """An ExtendedProperty; None where the item has none."""
    said = item.extended.get(key)
    if said is None and isinstance(item.content, Mail):
        said = _of_mail(item.content, item, key)
    elif said is None and isinstance(item.content, Appointment):
        said = item.content.extended(key)
    elif said is None and isinstance(item.content, Occurrence):
        said = item.content.series.extended(key, item.content.span.original)
    if said is None:
        return None
    values = t("Values", [value("Value", one) for one in said]) if isinstance(said, list) else value("Value", said)
    return t("ExtendedProperty", copy.deepcopy(path), values)


def _of_mail(mail: Mail, item: Item, key: ExtendedKey) -> str | None:
    """MAPI properties that every mail has."""
    group, name, _ = key
    if group == INTERNET_HEADERS:
        return mail.header(str(name)) if mail.is_received else None
    if group:
        return None
    if name == 0x007D:
        return mail.transport_headers
    if name == 0x0E07:  # PidTagMessageFlags: read, unsent, has attachments
        return str(item.is_read * 1 | item.is_draft * 8 | mail.outline.has_attachments * 16)
    texts = {0x1035: "message-id", 0x1042: "in-reply-to", 0x1039: "references", 0x0037: "subject"}
    if name == 0x001A:
        return item.item_class
    return mail.header(texts[name]) if isinstance(name, int) and name in texts else None


def _name_attachments(element: Element, item: str) -> None:
    """Ids of attachments begin with the id of their item."""
    for one in element:
        held = find(one, "AttachmentId")
        if held is not None:
            held.set("Id", attachment_id(item, held.get("Id", "")))


def attachment_id(item: str, number: str) -> str:
    """Of an item's id and an attachment's own."""
    return base64.b64encode(base64.b64decode(item) + b"\x01\x12\x00\x10" + base64.b64decode(number)).decode()


def attachment_place(text: str) -> tuple[str, int]:
    """(id of the item, number of the attachment)"""
    item, _, number = base64.b64decode(text).rpartition(b"\x01\x12\x00\x10")
    return base64.b64encode(item).decode(), int.from_bytes(number[-4:], "big")
