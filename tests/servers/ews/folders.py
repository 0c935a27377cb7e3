"""Folders of a mailbox, and those that Exchange makes for every new one."""

from __future__ import annotations

from dataclasses import dataclass, field

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
