"""Operations by which clients change items: CreateItem, UpdateItem, DeleteItem, MoveItem, CopyItem, SendItem."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from xml.etree.ElementTree import Element

from tests.servers.ews.context import Context, Handler, child
from tests.servers.ews.folders import Folder
from tests.servers.ews.ids import change_key
from tests.servers.ews.items import Item, id_element, identifier
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.making import content_of, fill, update
from tests.servers.ews.mime import Mail
from tests.servers.ews.occurrences import asked_item
from tests.servers.ews.wire import EwsError, find, local, m, success, t, text_of, value

_CLASSES = {
    "CalendarItem": "IPM.Appointment",
    "Contact": "IPM.Contact",
    "Task": "IPM.Task",
    "PostItem": "IPM.Post",
}
_FOLDERS = {"CalendarItem": "calendar", "Contact": "contacts", "Task": "tasks"}


def create_item(context: Context, request: Element) -> Element:
    """[MS-OXWSCORE] section 3.1.4.2: saved, and with SendAndSaveCopy delivered to the mailboxes that are here."""
    target = find(request, "SavedItemFolderId")
    disposition = request.get("MessageDisposition", "SaveOnly")

    def answer(element: Element) -> Element:
        kind = local(element)
        if target is not None:
            mailbox, folder = context.folder(target[0])
        else:
            mailbox = context.mailbox(None)
            known = _FOLDERS.get(kind, "drafts" if disposition == "SaveOnly" else "sentitems")
            folder = mailbox.folder(known)
        if not context.is_owner(mailbox):
            raise EwsError("ErrorAccessDenied")
        item = _create(mailbox, folder, element, is_sent=disposition != "SaveOnly")
        if disposition != "SaveOnly" and isinstance(item.content, Mail):
            _send(context, item.content)
        mailbox.created(item)
        return success("CreateItem", m("Items", _answered(mailbox, item)))

    return context.each(child(request, "Items"), answer)


def _create(mailbox: Mailbox, folder: Folder, element: Element, *, is_sent: bool) -> Item:
    kind = local(element)
    item_class = text_of(element, "ItemClass") or _CLASSES.get(kind, "IPM.Note")
    item = mailbox.add(folder, item_class, content_of(mailbox, element), is_own=is_sent)
    item.is_read = is_sent or text_of(element, "IsRead") in {"true", "1"}
    item.is_draft = kind == "Message" and not is_sent
    fill(item, element)
    return item


def _send(context: Context, mail: Mail) -> None:
    for one in (*mail.people("to"), *mail.people("cc"), *mail.people("bcc")):
        address = (text_of(one, "EmailAddress") or "").lower()
        if address in context.server.mailboxes:
            context.server.mailboxes[address].deliver("inbox", mail.raw)


def _answered(mailbox: Mailbox, item: Item) -> Element:
    return t(item.kind, id_element(mailbox, item))


def update_item(context: Context, request: Element) -> Element:
    """[MS-OXWSCORE] section 3.1.4.6."""
    resolution = request.get("ConflictResolution", "AutoResolve")

    def answer(change: Element) -> Element:
        mailbox, item = asked_item(context, change[0])
        if not context.is_owner(mailbox):
            raise EwsError("ErrorAccessDenied")
        key = change[0].get("ChangeKey")
        current = change_key(item.version, "calendar" if item.kind == "CalendarItem" else "item")
        if not key and resolution == "NeverOverwrite":
            raise EwsError("ErrorChangeKeyRequired")
        if key and key != current and resolution == "NeverOverwrite":
            raise EwsError("ErrorIrresolvableConflict")
        updates = list(child(change, "Updates"))
        for one in updates:
            update(mailbox, item, one)
        names = {one[0].get("FieldURI") for one in updates}
        if "message:IsRead" in names:
            item.read_version = mailbox.next_version()
        if names != {"message:IsRead"}:
            mailbox.touch(mailbox.items[item.number])
        _, now = asked_item(context, change[0])
        conflicts = m("ConflictResults", value("Count", 0))
        return success("UpdateItem", m("Items", _answered(mailbox, now)), conflicts)

    return context.each(child(request, "ItemChanges"), answer)


def delete_item(context: Context, request: Element) -> Element:
    """[MS-OXWSCORE] section 3.1.4.3."""

    def answer(element: Element) -> Element:
        mailbox, item = asked_item(context, element)
        if not context.is_owner(mailbox):
            raise EwsError("ErrorAccessDenied")
        if item.occurrence:
            mailbox.remove_occurrence(identifier(mailbox, item, 0), date.fromordinal(item.occurrence))
            return success("DeleteItem")
        which = identifier(mailbox, item)
        if request.get("DeleteType") == "MoveToDeletedItems":
            mailbox.trash(which)
        else:
            mailbox.remove(which, soft=request.get("DeleteType") == "SoftDelete")
        return success("DeleteItem")

    return context.each(child(request, "ItemIds"), answer)


def _transfer(operation: str, do: Callable[[Mailbox, str, str], str]) -> Handler:
    def handle(context: Context, request: Element) -> Element:
        mailbox, folder = context.folder(child(request, "ToFolderId")[0])

        def answer(element: Element) -> Element:
            held, _ = context.item(element)
            if not context.is_owner(held) or held is not mailbox:
                raise EwsError("ErrorAccessDenied")
            moved = mailbox.item(do(mailbox, element.get("Id", ""), folder.distinguished or mailbox.path(folder)))
            return success(operation, m("Items", _answered(mailbox, moved)))

        return context.each(child(request, "ItemIds"), answer)

    return handle


def send_item(context: Context, request: Element) -> Element:
    """[MS-OXWSCORE] section 3.1.4.8; the draft moves to Sent Items or goes away."""

    def answer(element: Element) -> Element:
        if not element.get("ChangeKey"):
            raise EwsError("ErrorChangeKeyRequired")
        mailbox, item = context.item(element)
        if not isinstance(item.content, Mail):
            raise EwsError("ErrorInvalidItemForOperationSendItem", "The item can't be sent.")
        _send(context, item.content)
        item.is_draft, item.is_from_me, item.is_read = False, True, True
        if request.get("SaveItemToFolder") == "true":
            mailbox.move(element.get("Id", ""), "sentitems")
        else:
            mailbox.remove(element.get("Id", ""))
        return success("SendItem")

    return context.each(child(request, "ItemIds"), answer)


HANDLERS: dict[str, Handler] = {
    "CreateItem": create_item,
    "UpdateItem": update_item,
    "DeleteItem": delete_item,
    "MoveItem": _transfer("MoveItem", Mailbox.move),
    "CopyItem": _transfer("CopyItem", Mailbox.copy),
    "SendItem": send_item,
}
