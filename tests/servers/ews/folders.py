"""Folders of a mailbox: those that Exchange makes for every new one, and how a folder is shown."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from tests.servers.ews.fields import Shape
from tests.servers.ews.ids import change_key
from tests.servers.ews.items import rights
from tests.servers.ews.wire import t, value, words

if TYPE_CHECKING:
    from tests.servers.ews.store import Store

_NAMES = frozenset(
    words("""FolderId ParentFolderId FolderClass DisplayName TotalCount ChildFolderCount EffectiveRights
    DistinguishedFolderId PermissionSet UnreadCount""")
)
_HIDDEN = ("", 0x10F4, "Boolean")

#: (distinguished id or "", name, class or "", parent's name, is hidden, is a search folder), parents first.
_BORN = (
    ("root", "root", "", "", False, False),
    ("", "AllItems", "IPF", "root", False, True),
    ("", "Common Views", "", "root", False, False),
    ("", "Deferred Action", "", "root", False, False),
    ("searchfolders", "Finder", "", "root", False, False),
    ("", "Freebusy Data", "", "root", False, False),
    ("recoverableitemsroot", "Recoverable Items", "", "root", False, False),
    ("recoverableitemsdeletions", "Deletions", "", "Recoverable Items", False, False),
    ("recoverableitemspurges", "Purges", "", "Recoverable Items", False, False),
    ("recoverableitemsversions", "Versions", "", "Recoverable Items", False, False),
    ("", "Schedule", "", "root", False, False),
    ("", "Shortcuts", "", "root", False, False),
    ("", "Spooler Queue", "IPF.Note", "root", False, True),
    ("", "Views", "", "root", False, False),
    ("msgfolderroot", "Top of Information Store", "", "root", False, False),
    ("calendar", "Calendar", "IPF.Appointment", "Top of Information Store", False, False),
    ("contacts", "Contacts", "IPF.Contact", "Top of Information Store", False, False),
    ("recipientcache", "Recipient Cache", "IPF.Contact.RecipientCache", "Contacts", True, False),
    ("", "Conversation Action Settings", "IPF.Configuration", "Top of Information Store", True, False),
    ("deleteditems", "Deleted Items", "IPF.Note", "Top of Information Store", False, False),
    ("drafts", "Drafts", "IPF.Note", "Top of Information Store", False, False),
    ("inbox", "Inbox", "IPF.Note", "Top of Information Store", False, False),
    ("journal", "Journal", "IPF.Journal", "Top of Information Store", False, False),
    ("junkemail", "Junk Email", "IPF.Note", "Top of Information Store", False, False),
    ("notes", "Notes", "IPF.StickyNote", "Top of Information Store", False, False),
    ("outbox", "Outbox", "IPF.Note", "Top of Information Store", False, False),
    ("sentitems", "Sent Items", "IPF.Note", "Top of Information Store", False, False),
    ("tasks", "Tasks", "IPF.Task", "Top of Information Store", False, False),
)


@dataclass(slots=True)
class Folder:
    """`parent` is a number; the root is its own parent."""

    number: int
    parent: int
    name: str
    folder_class: str = "IPF.Note"
    distinguished: str = ""
    version: int = 1
    is_hidden: bool = False
    is_search: bool = False
    #: Sync states of another epoch are worthless.
    epoch: int = 1
    #: Addresses of delegates who may read it.
    readers: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """The name of its element."""
        if self.is_search:
            return "SearchFolder"
        for start, name in (("IPF.Appointment", "CalendarFolder"), ("IPF.Contact", "ContactsFolder")):
            if self.folder_class.startswith(start):
                return name
        return "TasksFolder" if self.folder_class.startswith("IPF.Task") else "Folder"


def born(names: dict[str, str]) -> list[Folder]:
    """The folders of a new mailbox; `names` are display names by distinguished id: they follow the language."""
    made: dict[str, Folder] = {}
    for number, (known, name, folder_class, parent, is_hidden, is_search) in enumerate(_BORN, 1):
        of = made[parent].number if parent else number
        made[name] = Folder(
            number, of, names.get(known, name), folder_class, known, number, is_hidden=is_hidden, is_search=is_search
        )
    return list(made.values())


def show_folder(mailbox: Store, folder: Folder, shape: Shape, *, is_owner: bool) -> Element:
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
