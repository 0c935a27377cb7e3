"""What a mailbox holds: folders and items by number, versions that grow with each change, and who listens."""

from __future__ import annotations

import copy
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock

from tests.servers.ews import folders as _folders
from tests.servers.ews.folders import Folder
from tests.servers.ews.ids import Place, item_id, place_of
from tests.servers.ews.items import Content, Item, identifier
from tests.servers.ews.mime import element_of
from tests.servers.ews.wire import EwsError

#: A folder's name from the top, levels parted by "/", or a distinguished id such as "inbox".
FolderPath = str


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscriber is told: name of the event, of what, where, and for moves from where."""

    name: str
    folder: int
    item: str | None = None
    old_item: str | None = None
    old_folder: int | None = None


@dataclass(slots=True)
class Broken:
    """An item that is answered with an error: in which operations, and how often yet (None: for ever)."""

    code: str
    operations: tuple[str, ...]
    times: int | None


class Store:
    """The inside of a mailbox; who calls it holds the lock."""

    def __init__(
        self,
        address: str,
        *,
        name: str = "",
        names: dict[str, str] | None = None,
        lock: RLock | None = None,
        legacy: dict[str, str] | None = None,
    ) -> None:
        self.address = address.lower()
        self.name = name or address.partition("@")[0].title()
        self.lock = lock or RLock()
        self.guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, self.address))
        self.store = hashlib.md5(self.address.encode(), usedforsecurity=False).digest()
        self.folders: dict[int, Folder] = {folder.number: folder for folder in _folders.born(names or {})}
        self.items: dict[int, Item] = {}
        self.broken: dict[int, Broken] = {}
        #: Addresses of users who may open the whole mailbox.
        self.full_access: set[str] = set()
        #: Address -> name in the directory (legacyExchangeDN), for people whose mail never left the organization.
        self.legacy = legacy if legacy is not None else {}
        self.version = len(self.folders)
        #: Of the hierarchy: sync states of another epoch are worthless.
        self.epoch = 1
        self.listeners: list[Callable[[Store, Event], None]] = []
        self._numbers = len(self.folders)

    def folder(self, path: FolderPath) -> Folder:
        """The folder of this distinguished id or name; EwsError where there is none."""
        known = next((one for one in self.folders.values() if path and one.distinguished == path), None)
        found = known or self.walk(path, is_making=False)
        if found is None:
            raise EwsError("ErrorFolderNotFound")
        return found

    def path(self, folder: Folder) -> FolderPath:
        """Its name from the top."""
        levels: list[str] = []
        while folder.parent != folder.number and folder.distinguished != "msgfolderroot":
            levels.insert(0, folder.name)
            folder = self.folders[folder.parent]
        return "/".join(levels)

    def folder_identifier(self, number: int) -> str:
        """FolderId/@Id."""
        return item_id(Place(self.guid, number), self.store)

    def item(self, text: str) -> Item:
        """The item of an ItemId; EwsError where it is gone, has moved, or was never here."""
        place, store = place_of(text)
        found = self.items.get(place.item)
        if store != self.store or found is None or found.folder != place.folder:
            raise EwsError("ErrorItemNotFound")
        return found

    @staticmethod
    def now() -> datetime:
        """To the second."""
        return datetime.now(UTC).replace(microsecond=0)

    def next_version(self) -> int:
        """Of the next change."""
        self.version += 1
        return self.version

    def touch(self, item: Item) -> None:
        """Note that an item has changed, and tell."""
        item.version = self.next_version()
        item.modified = datetime.now(UTC).replace(microsecond=0)
        self.tell(Event("ModifiedEvent", item.folder, identifier(self, item)))

    def created(self, item: Item) -> None:
        """Tell of an item that was added."""
        self.tell(Event("CreatedEvent", item.folder, identifier(self, item)))

    def add(
        self,
        folder: Folder,
        item_class: str,
        content: Content,
        *,
        received: datetime | None = None,
        is_own: bool = False,
    ) -> Item:
        """Put an item of any kind into a folder, and tell nobody."""
        self._numbers += 1
        version = self.next_version()
        now = datetime.now(UTC).replace(microsecond=0)
        made = Item(
            self._numbers, folder.number, item_class, element_of(item_class), content, version, version,
            received or now, now, now, is_from_me=is_own,
        )  # fmt: skip
        self.items[made.number] = made
        return made

    def duplicate(self, old: Item, path: FolderPath) -> Item:
        """The same item once more, in another folder."""
        folder = self.folder(path)
        made = copy.copy(old)
        made.changed, made.extended = dict(old.changed), dict(old.extended)
        made.withheld = set(old.withheld)
        self._numbers += 1
        made.number, made.folder = self._numbers, folder.number
        made.version = made.read_version = self.next_version()
        self.items[made.number] = made
        return made

    def walk(self, path: FolderPath, *, is_making: bool, folder_class: str = "IPF.Note") -> Folder | None:
        """The folder of this name; None, or made with those above it, where it is missing."""
        known = next((one for one in self.folders.values() if path and one.distinguished == path), None)
        if known is not None:
            return known
        at = self.folder("msgfolderroot")
        for level in path.split("/"):
            below = next((f for f in self.folders.values() if f.parent == at.number and f.name == level), None)
            if below is None and not is_making:
                return None
            if below is None:
                self._numbers += 1
                below = Folder(self._numbers, at.number, level, folder_class, version=self.next_version())
                self.folders[below.number] = below
                self.tell(Event("CreatedEvent", below.number))
            at = below
        return at

    def touch_folder(self, folder: Folder, event: str, old_folder: int | None = None) -> None:
        """Note that a folder has changed, and tell."""
        folder.version = self.next_version()
        self.tell(Event(event, folder.number, old_folder=old_folder))

    def tell(self, event: Event) -> None:
        """Tell all who listen."""
        for listener in self.listeners:
            listener(self, event)
