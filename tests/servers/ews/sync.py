"""SyncFolderItems: what has changed in a folder since a state. ([MS-OXWSSYNC] section 3.1.4.2)"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.servers.ews.context import Context, Handler, child
from tests.servers.ews.fields import Shape, read_shape
from tests.servers.ews.folders import Folder
from tests.servers.ews.ids import Place, SyncState, item_id
from tests.servers.ews.items import Item, id_element, show
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.wire import EwsError, find, m, response, success, t, text_of, value


def sync_folder_items(context: Context, request: Element) -> Element:
    """Newest items first when a folder is read for the first time; then changes, removals, read flags."""
    oddities = context.server.oddities
    shape = read_shape(find(request, "ItemShape")).as_view()
    try:
        mailbox, folder = context.folder(child(request, "SyncFolderId")[0])
        state = SyncState(f"i{mailbox.guid}{folder.number}", folder.epoch)
        asked = text_of(request, "SyncState")
        if asked:
            state = SyncState.read(asked, state.scope, state.epoch)
        limit = int(text_of(request, "MaxChangesReturned") or "0")
        if not 0 < limit <= 512:
            raise EwsError("ErrorInvalidRequest", "MaxChangesReturned is out of range.")
    except EwsError as error:
        code = "ErrorSyncFolderNotFound" if error.code == "ErrorFolderNotFound" else error.code
        ending = () if oddities.errors_without_sync_state else (m("SyncState", text=""), _last(is_last=True))
        return response(context.operation, [EwsError(code).message(context.operation, *ending)])
    ignored = {one.get("Id") for one in find(request, "Ignore") or ()}
    changes, is_last = _changes(mailbox, folder, state, shape, limit, is_update=oddities.read_flags_as_updates)
    told = [change for change in changes if not any(one.get("Id") in ignored for one in change.iter())]
    answer = (m("SyncState", text=state.text()), _last(is_last=is_last or oddities.early_last_page))
    return response(context.operation, [success(context.operation, *answer, m("Changes", told))])


def _last(*, is_last: bool) -> Element:
    return m("IncludesLastItemInRange", text="true" if is_last else "false")


def _changes(
    mailbox: Mailbox, folder: Folder, state: SyncState, shape: Shape, limit: int, *, is_update: bool
) -> tuple[list[Element], bool]:
    """(changes of a page, is it the last one); `state` moves on."""
    here = {item.number: item for item in mailbox.items.values() if item.folder == folder.number}
    newest = sorted(here.values(), key=lambda item: (item.received, item.number), reverse=True)
    given = state.given.numbers
    new = [item for item in newest if item.number not in given]
    changed = [item for item in newest if item.number in given and not state.is_seen(item.version)]
    gone = sorted(given - here.keys())
    read = [i for i in newest if i.number in given and state.is_seen(i.version) and not state.is_seen(i.read_version)]
    work: list[tuple[str, Item | int]] = [("Create", item) for item in new]
    work += [("Update", item) for item in changed]
    work += [("Delete", number) for number in gone]
    work += [("Update" if is_update else "ReadFlagChange", item) for item in read]
    page = work[:limit]
    changes: list[Element] = []
    for kind, what in page:
        if not isinstance(what, Item):
            given.discard(what)
            changes.append(
                t("Delete", t("ItemId", Id=item_id(Place(mailbox.guid, folder.number, what), mailbox.store)))
            )
            continue
        given.add(what.number)
        state.seen.numbers |= {what.version, what.read_version}
        if kind == "ReadFlagChange":
            changes.append(t(kind, id_element(mailbox, what), value("IsRead", what.is_read)))
        else:
            changes.append(t(kind, show(mailbox, what, shape)))
    is_last = len(page) == len(work)
    if is_last:
        state.floor = max([state.floor, *(max(item.version, item.read_version) for item in here.values())])
        state.seen.numbers = set()
    return changes, is_last


HANDLERS: dict[str, Handler] = {"SyncFolderItems": sync_folder_items}
