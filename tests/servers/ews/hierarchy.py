"""Operations on folders: GetFolder, FindFolder, SyncFolderHierarchy, and those by which clients change them."""

from __future__ import annotations

import copy
from functools import partial
from xml.etree.ElementTree import Element

from tests.servers.ews.context import Context, Handler, child
from tests.servers.ews.fields import Shape, extended_key, read_shape
from tests.servers.ews.folders import Folder
from tests.servers.ews.ids import Place, SyncState, change_key, item_id
from tests.servers.ews.items import rights
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.restriction import matches
from tests.servers.ews.wire import EwsError, find, local, m, response, success, t, text_of, value, words

_NAMES = frozenset(
    words("""FolderId ParentFolderId FolderClass DisplayName TotalCount ChildFolderCount EffectiveRights
    DistinguishedFolderId PermissionSet UnreadCount""")
)
_HIDDEN = ("", 0x10F4, "Boolean")


def get_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSFOLD] section 3.1.4.6."""
    shape = read_shape(find(request, "FolderShape"))

    def answer(element: Element) -> Element:
        mailbox, folder = context.folder(element)
        return success("GetFolder", m("Folders", _shown(context, mailbox, folder, shape)))

    return context.each(child(request, "FolderIds"), answer)


def find_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSSRCH] section 3.1.4.1."""
    shape = read_shape(find(request, "FolderShape"))
    restriction = find(request, "Restriction")

    def answer(element: Element) -> Element:
        mailbox, parent = context.folder(element)
        found = _below(mailbox, parent, is_deep=request.get("Traversal") == "Deep")
        found = [one for one in found if context.is_owner(mailbox) or context.address in one.readers]
        if restriction is not None:
            found = [one for one in found if matches(restriction[0], partial(_values, one))]
        view = find(request, "IndexedPageFolderView")
        offset = int(view.get("Offset", "0")) if view is not None else 0
        limit = int(view.get("MaxEntriesReturned", "1000")) if view is not None else 1000
        page = found[offset : offset + limit]
        end = offset + len(page)
        root = m(
            "RootFolder",
            t("Folders", [_shown(context, mailbox, one, shape) for one in page]),
            IndexedPagingOffset=str(end),
            TotalItemsInView=str(len(found)),
            IncludesLastItemInRange="true" if end >= len(found) else "false",
        )
        return success("FindFolder", root)

    return context.each(child(request, "ParentFolderIds"), answer)


def sync_folder_hierarchy(context: Context, request: Element) -> Element:
    """[MS-OXWSSYNC] section 3.1.4.1; everything comes in one page, as Exchange gives it."""
    shape = read_shape(find(request, "FolderShape"))
    asked = find(request, "SyncFolderId")
    state_text = text_of(request, "SyncState")
    try:
        target = asked[0] if asked is not None else t("DistinguishedFolderId", Id="root")
        mailbox, top = context.folder(target)
        state = SyncState(f"h{mailbox.guid}{top.number}", mailbox.epoch)
        if state_text:
            state = SyncState.read(state_text, state.scope, state.epoch)
    except EwsError as error:
        code = "ErrorSyncFolderNotFound" if error.code == "ErrorFolderNotFound" else error.code
        ending = () if context.server.oddities.errors_without_sync_state else _ending("", "Folder", is_last=True)
        return response(context.operation, [EwsError(code).message(context.operation, *ending)])
    here = {one.number: one for one in _below(mailbox, top, is_deep=True)}
    changes: list[Element] = []
    for number, folder in here.items():
        if number not in state.given.numbers:
            changes.append(t("Create", _shown(context, mailbox, folder, shape)))
        elif not state.is_seen(folder.version):
            changes.append(t("Update", _shown(context, mailbox, folder, shape)))
    for number in sorted(state.given.numbers - here.keys()):
        changes.append(t("Delete", t("FolderId", Id=item_id(Place(mailbox.guid, number), mailbox.store))))
    state.given.numbers = set(here)
    state.floor = max([state.floor, *(folder.version for folder in here.values())])
    ending = _ending(state.text(), "Folder", is_last=True)
    return response(context.operation, [success(context.operation, *ending, m("Changes", changes))])


def create_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSFOLD] section 3.1.4.2."""
    mailbox, parent = _owned(context, child(request, "ParentFolderId")[0])

    def answer(element: Element) -> Element:
        name = text_of(element, "DisplayName") or ""
        default = {"CalendarFolder": "IPF.Appointment", "ContactsFolder": "IPF.Contact", "TasksFolder": "IPF.Task"}
        kind = text_of(element, "FolderClass") or default.get(local(element), "IPF.Note")
        if any(one.parent == parent.number and one.name == name for one in mailbox.folders.values()):
            raise EwsError("ErrorFolderExists", "A folder with the specified name already exists.")
        path = "/".join(part for part in (mailbox.path(parent), name) if part)
        mailbox.make_folder(path, kind)
        return success("CreateFolder", m("Folders", _id_only(mailbox, mailbox.folder(path))))

    return context.each(child(request, "Folders"), answer)


def update_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSFOLD] section 3.1.4.8: the name, and whether it is hidden."""

    def answer(change: Element) -> Element:
        mailbox, folder = _owned(context, change[0])
        for update in child(change, "Updates"):
            given = update[1] if len(update) > 1 else None
            name = None if given is None else text_of(given, "DisplayName")
            if name:
                mailbox.rename_folder(mailbox.path(folder), name)
            if local(update[0]) == "ExtendedFieldURI" and extended_key(update[0])[1] == 0x10F4 and given is not None:
                said = next((one.text for one in given.iter() if local(one) == "Value"), "false")
                mailbox.hide_folder(mailbox.path(folder), is_hidden=said in {"true", "1"})
        return success("UpdateFolder", m("Folders", _id_only(mailbox, folder)))

    return context.each(child(request, "FolderChanges"), answer)


def delete_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSFOLD] section 3.1.4.3."""

    def answer(element: Element) -> Element:
        mailbox, folder = _owned(context, element)
        if folder.distinguished:
            raise EwsError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
        if request.get("DeleteType") == "MoveToDeletedItems":
            mailbox.move_folder(mailbox.path(folder), "deleteditems")
        else:
            mailbox.remove_folder(mailbox.path(folder))
        return success("DeleteFolder")

    return context.each(child(request, "FolderIds"), answer)


def move_folder(context: Context, request: Element) -> Element:
    """[MS-OXWSFOLD] section 3.1.4.7; unlike an item's, a folder's id stays."""
    mailbox, parent = _owned(context, child(request, "ToFolderId")[0])

    def answer(element: Element) -> Element:
        _, folder = _owned(context, element)
        mailbox.move_folder(mailbox.path(folder), mailbox.path(parent))
        return success("MoveFolder", m("Folders", _id_only(mailbox, folder)))

    return context.each(child(request, "FolderIds"), answer)


def _owned(context: Context, element: Element) -> tuple[Mailbox, Folder]:
    mailbox, folder = context.folder(element)
    if not context.is_owner(mailbox):
        raise EwsError("ErrorAccessDenied")
    return mailbox, folder


def _shown(context: Context, mailbox: Mailbox, folder: Folder, shape: Shape) -> Element:
    return _show(mailbox, folder, shape, is_owner=context.is_owner(mailbox))


def _id_only(mailbox: Mailbox, folder: Folder) -> Element:
    key = change_key(folder.version, "folder")
    return t(folder.kind, t("FolderId", Id=mailbox.folder_identifier(folder.number), ChangeKey=key))


def _below(mailbox: Mailbox, top: Folder, *, is_deep: bool) -> list[Folder]:
    """Folders under one, each before those under it."""
    found: list[Folder] = []
    for folder in mailbox.folders.values():
        if folder.parent == top.number and folder is not top:
            found.append(folder)
            found += _below(mailbox, folder, is_deep=True) if is_deep else []
    return found


def _ending(state: str, what: str, *, is_last: bool) -> tuple[Element, Element]:
    return m("SyncState", text=state), m(f"IncludesLast{what}InRange", text="true" if is_last else "false")


def _values(folder: Folder, path: Element) -> list[str]:
    if local(path) == "ExtendedFieldURI":
        return [value("v", folder.is_hidden).text or ""] if extended_key(path)[1] == 0x10F4 else []
    known = {"folder:DisplayName": folder.name, "folder:FolderClass": folder.folder_class}
    said = known.get(path.get("FieldURI", ""))
    return [said] if said else []


HANDLERS: dict[str, Handler] = {
    "GetFolder": get_folder,
    "FindFolder": find_folder,
    "SyncFolderHierarchy": sync_folder_hierarchy,
    "CreateFolder": create_folder,
    "UpdateFolder": update_folder,
    "DeleteFolder": delete_folder,
    "MoveFolder": move_folder,
}


def _show(mailbox: Mailbox, folder: Folder, shape: Shape, *, is_owner: bool) -> Element:
    """The element of a folder in this shape."""
    items = [item for item in mailbox.items.values() if item.folder == folder.number]
    children = sum(1 for one in mailbox.folders.values() if one.parent == folder.number and one is not folder)
    key = change_key(folder.version, "folder")
    known = folder.distinguished
    parent = t("ParentFolderId", Id=mailbox.folder_identifier(folder.parent), ChangeKey=change_key(1, "folder"))
    hidden = [
        t("ExtendedProperty", copy.deepcopy(path), value("Value", folder.is_hidden))
        for asked, path in shape.extended
        if asked == _HIDDEN
    ]
    made: list[tuple[str, Element | list[Element] | None]] = [
        ("FolderId", t("FolderId", Id=mailbox.folder_identifier(folder.number), ChangeKey=key)),
        ("ParentFolderId", parent),
        ("FolderClass", value("FolderClass", folder.folder_class) if folder.folder_class else None),
        ("DisplayName", value("DisplayName", folder.name)),
        ("TotalCount", value("TotalCount", len(items))),
        ("ChildFolderCount", value("ChildFolderCount", children)),
        ("", hidden),
        ("EffectiveRights", rights(is_owner=is_owner)),
        ("DistinguishedFolderId", value("DistinguishedFolderId", known) if known else None),
        ("PermissionSet", _permissions(folder) if is_owner else None),
        ("UnreadCount", value("UnreadCount", sum(not item.is_read for item in items))),
    ]
    if folder.kind in {"CalendarFolder", "ContactsFolder"}:
        made.pop()
    if folder.kind in {"SearchFolder", "TasksFolder"}:
        made = [one for one in made if one[0] != "PermissionSet"]
    names = _NAMES if "FolderClass" in shape.names and len(shape.names) > len(_NAMES) else shape.names
    return t(folder.kind, *(element for name, element in made if name in names or name == ""))


def _permissions(folder: Folder) -> Element:
    """What others may: nothing by default."""
    name = "CalendarPermission" if folder.kind == "CalendarFolder" else "Permission"

    def one(user: Element, *, may_read: bool) -> Element:
        flags = ("CanCreateItems", "CanCreateSubFolders", "IsFolderOwner")
        read = "FullDetails" if may_read else "None"
        level = "Reviewer" if may_read else "None"
        return t(
            name,
            t("UserId", user),
            [value(flag, False) for flag in flags],
            value("IsFolderVisible", may_read),
            value("IsFolderContact", False),
            value("EditItems", "None"),
            value("DeleteItems", "None"),
            value("ReadItems", read),
            value(f"{name}Level", level),
        )

    told = [one(value("DistinguishedUser", user), may_read=False) for user in ("Default", "Anonymous")]
    told += [one(value("PrimarySmtpAddress", user), may_read=True) for user in sorted(folder.readers)]
    return t("PermissionSet", t(f"{name}s", told))
