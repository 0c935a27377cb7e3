"""Operations that read items: GetItem, FindItem, GetAttachment."""

from __future__ import annotations

import binascii
from functools import partial
from xml.etree.ElementTree import Element

from tests.servers.ews.attachments import attachments_of
from tests.servers.ews.context import Context, Handler, child
from tests.servers.ews.fields import ExtendedKey, Shape, extended_key, read_shape, refused_by_find
from tests.servers.ews.items import Item, attachment_place, property_of, show
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.mime import Mail, element_of
from tests.servers.ews.occurrences import asked_item, view_of
from tests.servers.ews.restriction import matches, sort_key
from tests.servers.ews.wire import EwsError, find, local, m, success, t, text_of, words

#: EWSFindCountLimit of an on-premises server.
_FIND_LIMIT = 1000


def get_item(context: Context, request: Element) -> Element:
    """[MS-OXWSCORE] section 3.1.4.4."""
    shape = read_shape(find(request, "ItemShape"))

    def answer(element: Element) -> Element:
        mailbox, item = asked_item(context, element)
        return success("GetItem", m("Items", show(mailbox, item, shape)))

    return context.each(child(request, "ItemIds"), answer)


def find_item(context: Context, request: Element) -> Element:
    """[MS-OXWSSRCH] section 3.1.4.2: a page of what a folder holds, or what a calendar shows in a time."""
    shape = read_shape(find(request, "ItemShape")).as_view()
    refused = refused_by_find(find(request, "ItemShape"))

    def answer(element: Element) -> Element:
        if refused is not None:
            raise EwsError("ErrorInvalidPropertyForOperation", f"The property can not be used: {refused}")
        mailbox, folder = context.folder(element)
        items = [item for item in mailbox.items.values() if item.folder == folder.number]
        view = find(request, "CalendarView")
        if view is not None:
            return success("FindItem", view_of(mailbox, items, view, shape))
        return success("FindItem", _page(context, mailbox, items, request, shape))

    return context.each(child(request, "ParentFolderIds"), answer)


def _page(context: Context, mailbox: Mailbox, items: list[Item], request: Element, shape: Shape) -> Element:
    restriction = find(request, "Restriction")
    if restriction is not None:
        items = [item for item in items if matches(restriction[0], partial(_values, mailbox, item))]
    items.sort(key=lambda item: (item.received, item.number), reverse=True)
    for order in reversed(list(find(request, "SortOrder") or ())):
        is_down = order.get("Order") == "Descending"
        items.sort(key=lambda item: sort_key(_values(mailbox, item, order[0])), reverse=is_down)
    view = find(request, "IndexedPageItemView")
    offset = int(view.get("Offset", "0")) if view is not None else 0
    limit = min(_FIND_LIMIT, int(view.get("MaxEntriesReturned", str(_FIND_LIMIT))) if view is not None else _FIND_LIMIT)
    if view is not None and view.get("BasePoint") == "End":
        end = max(0, len(items) - offset)
        page, end = items[max(0, end - limit) : end], offset + min(limit, end)
    else:
        page = items[offset : offset + limit]
        end = offset + len(page)
    is_last = end >= len(items) or context.server.oddities.early_last_page
    return m(
        "RootFolder",
        t("Items", [show(mailbox, item, shape) for item in page]),
        IndexedPagingOffset=str(end),
        TotalItemsInView=str(len(items)),
        IncludesLastItemInRange="true" if is_last else "false",
    )


def _values(mailbox: Mailbox, item: Item, path: Element) -> list[str]:
    """Values of a property as searches see them."""
    if local(path) == "ExtendedFieldURI":
        key: ExtendedKey = extended_key(path)
        said = show(mailbox, item, Shape(frozenset(), extended=((key, path),)))
        return [one.text or "" for one in said.iter() if local(one) == "Value"]
    name = path.get("FieldURI", "").partition(":")[2]
    found = property_of(mailbox, item, name, Shape(frozenset({name})))
    if found is None:
        return []
    if name == "ItemId":
        return [found.get("Id", "")]
    if not len(found):
        return [found.get("Id") or found.text or ""]
    return [one.text for one in found.iter() if one.text]


def get_attachment(context: Context, request: Element) -> Element:
    """[MS-OXWSATT] section 3.1.4.3."""

    def answer(element: Element) -> Element:
        try:
            item_id, number = attachment_place(element.get("Id", ""))
        except binascii.Error:
            raise EwsError("ErrorInvalidAttachmentId") from None
        mailbox, item = context.item(t("ItemId", Id=item_id))
        held = attachments_of(item.content.parsed()) if isinstance(item.content, Mail) else []
        found = next((one for one in held if one.number == number), None)
        if found is None:
            raise EwsError("ErrorAttachmentNotFound" if held else "ErrorItemNotFound")
        made = found.element(item.received, has_content=True)
        named = find(made, "AttachmentId")
        if named is not None:
            named.set("Id", element.get("Id", ""))
        if found.is_message:
            inner = Mail(found.content, item.received, mailbox.legacy, is_received=True)
            made.append(_inner(inner))
        return success("GetAttachment", m("Attachments", made))

    return context.each(child(request, "AttachmentIds"), answer)


def _inner(mail: Mail) -> Element:
    """A mail that hangs on another one: it has no id of its own."""
    shape = Shape(frozenset())
    names = words("Subject Body InternetMessageHeaders DateTimeSent ToRecipients CcRecipients From InternetMessageId")
    found = [made for name in names if (made := mail.get(name, shape)) is not None]
    return t(element_of("IPM.Note"), found)


def convert_id(context: Context, request: Element) -> Element:
    """[MS-OXWSCVTID] section 3.1.4.1; a client that guesses versions asks for the impossible."""

    def answer(element: Element) -> Element:
        given = (element.get("Id", ""), element.get("Format", ""), request.get("DestinationFormat", ""))
        mailbox = context.mailbox(element.get("Mailbox"))
        if given[1] != "EwsId" or given[2] != "EwsId":
            raise EwsError("ErrorInvalidIdMalformed")
        mailbox.item(given[0])
        made = t("AlternateId", Id=given[0], Format="EwsId", Mailbox=mailbox.address)
        made.tag = made.tag.replace("types", "messages")
        return success("ConvertId", made)

    return context.each(child(request, "SourceIds"), answer)


def resolve_names(context: Context, request: Element) -> Element:
    """[MS-OXWSRSLNM] section 3.1.4.1: mailboxes of the server whose name or address begins so."""
    beginning = (text_of(request, "UnresolvedEntry") or "").lower().removeprefix("smtp:")
    found = [
        one
        for one in context.server.mailboxes.values()
        if one.address.startswith(beginning) or one.name.lower().startswith(beginning)
    ]

    def answer(_request: Element) -> Element:
        if not found:
            raise EwsError("ErrorNameResolutionNoResults", "No results were found.")
        resolved = [t("Resolution", t("Mailbox", *_mailbox(one))) for one in sorted(found, key=lambda one: one.address)]
        held = m("ResolutionSet", resolved, TotalItemsInView=str(len(found)), IncludesLastItemInRange="true")
        return success("ResolveNames", held)

    return context.each([request], answer)


def _mailbox(mailbox: Mailbox) -> list[Element]:
    said = {"Name": mailbox.name, "EmailAddress": mailbox.address, "RoutingType": "SMTP", "MailboxType": "Mailbox"}
    return [t(name, text=text) for name, text in said.items()]


HANDLERS: dict[str, Handler] = {
    "GetItem": get_item,
    "FindItem": find_item,
    "GetAttachment": get_attachment,
    "ConvertId": convert_id,
    "ResolveNames": resolve_names,
}
