"""A mailbox on the double, and what its owner, Outlook and the transport do with it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from tests.servers.ews.agenda import Agenda
from tests.servers.ews.appointments import Appointment
from tests.servers.ews.fields import ExtendedKey
from tests.servers.ews.folders import Folder
from tests.servers.ews.invitations import Invitation
from tests.servers.ews.items import Item, identifier
from tests.servers.ews.mime import Mail
from tests.servers.ews.store import Broken, Event, FolderPath
from tests.servers.ews.wire import EwsError, t, value

_VERBS = {"reply": "102", "replyall": "103", "forward": "104"}
#: PidTagLastVerbExecuted, PidTagLastVerbExecutionTime
LAST_VERB: ExtendedKey = ("", 0x1081, "Integer")
LAST_VERB_TIME: ExtendedKey = ("", 0x1082, "SystemTime")


class Mailbox(Agenda):
    """All methods may be called from any thread while clients are served."""

    # folders

    def make_folder(self, path: FolderPath, folder_class: str = "IPF.Note") -> str:
        """Make a folder, and those above it, where they are missing; its FolderId."""
        with self.lock:
            made = self.walk(path, is_making=True, folder_class=folder_class)
            assert made is not None
            return self.folder_identifier(made.number)

    def rename_folder(self, path: FolderPath, name: str) -> None:
        """Give it another display name."""
        with self.lock:
            folder = self.folder(path)
            folder.name = name
            self.touch_folder(folder, "ModifiedEvent")

    def move_folder(self, path: FolderPath, parent: FolderPath) -> None:
        """Put it under another one; "" is the top."""
        with self.lock:
            folder = self.folder(path)
            old, folder.parent = folder.parent, self.folder(parent or "msgfolderroot").number
            self.touch_folder(folder, "MovedEvent", old_folder=old)

    def hide_folder(self, path: FolderPath, *, is_hidden: bool = True) -> None:
        """Set or clear PidTagAttributeHidden."""
        with self.lock:
            folder = self.folder(path)
            folder.is_hidden = is_hidden
            self.touch_folder(folder, "ModifiedEvent")

    def remove_folder(self, path: FolderPath) -> None:
        """Remove it for good, with all in it."""
        with self.lock:
            folder = self.folder(path)
            for below in [one for one in self.folders.values() if one.parent == folder.number and one is not folder]:
                self.remove_folder(self.path(below))
            self.items = {number: item for number, item in self.items.items() if item.folder != folder.number}
            del self.folders[folder.number]
            self.version += 1
            self.tell(Event("DeletedEvent", folder.parent))

    def grant(self, user: str, path: FolderPath | None = None) -> None:
        """Let another user read a folder, or (None) the whole mailbox."""
        with self.lock:
            (self.full_access if path is None else self.folder(path).readers).add(user.lower())

    # mail

    def deliver(
        self,
        path: FolderPath,
        raw: bytes,
        *,
        received: datetime | None = None,
        is_read: bool | None = None,
        item_class: str | None = None,
        is_received: bool | None = None,
    ) -> str:
        """Put a mail into a folder, which is made where it is missing; its ItemId.

        In Sent Items and Drafts it is our own: read, and without headers of the way it took (`is_received` overrides).
        """
        with self.lock:
            folder = self.walk(path, is_making=True)
            assert folder is not None
            is_own = folder.distinguished in {"sentitems", "drafts", "outbox"}
            moment = (received or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
            mail = Mail(raw, moment, self.legacy, is_received=not is_own if is_received is None else is_received)
            kind = item_class or mail.outline.item_class
            if kind.startswith("IPM.Schedule.Meeting"):
                mail = Invitation(raw, moment, self, is_received=mail.is_received)
            item = self.add(folder, kind, mail, received=moment, is_own=is_own)
            item.is_read = is_own if is_read is None else is_read
            item.is_draft = folder.distinguished == "drafts"
            self.tell(Event("CreatedEvent", folder.number, identifier(self, item)))
            if not is_own:
                self.tell(Event("NewMailEvent", folder.number, identifier(self, item)))
            return identifier(self, item)

    def move(self, item: str, path: FolderPath) -> str:
        """Move it; the new ItemId, as the old one means nothing any more."""
        with self.lock:
            old = self.item(item)
            moved = self.duplicate(old, path)
            del self.items[old.number]
            self.tell(Event("MovedEvent", moved.folder, identifier(self, moved), item, old.folder))
            return identifier(self, moved)

    def copy(self, item: str, path: FolderPath) -> str:
        """Copy it; the copy's ItemId."""
        with self.lock:
            old = self.item(item)
            made = self.duplicate(old, path)
            self.tell(Event("CopiedEvent", made.folder, identifier(self, made), item, old.folder))
            return identifier(self, made)

    def trash(self, item: str) -> str:
        """Move it to Deleted Items; the new ItemId."""
        return self.move(item, "deleteditems")

    def remove(self, item: str, *, soft: bool = False) -> None:
        """Remove it for good, or (soft) to where an administrator can get it back."""
        if soft:
            self.move(item, "recoverableitemsdeletions")
            return
        with self.lock:
            gone = self.item(item)
            del self.items[gone.number]
            self.tell(Event("DeletedEvent", gone.folder, item))

    def mark_read(self, item: str, *, is_read: bool = True) -> None:
        """Set or clear the read flag, which is no change of the item."""
        with self.lock:
            marked = self.item(item)
            marked.is_read = is_read
            marked.read_version = self.next_version()
            self.tell(Event("ModifiedEvent", marked.folder, item))

    def mark_answered(self, item: str, verb: str = "reply") -> None:
        """Note that it was answered: reply, replyall or forward."""
        with self.lock:
            marked = self.item(item)
            marked.extended[LAST_VERB] = _VERBS[verb]
            marked.extended[LAST_VERB_TIME] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.touch(marked)

    def flag(self, item: str, status: str = "Flagged") -> None:
        """NotFlagged, Flagged or Complete."""
        self.set(item, "Flag", t("Flag", value("FlagStatus", status)))

    def set(self, item: str, name: str, what: object) -> None:
        """Change a property: an element, a plain value, or None to take it away. E.g. ("Sensitivity", "Private")."""
        with self.lock:
            changed = self.item(item)
            made = what if what is None or isinstance(what, Element) else value(name, what)
            if not (isinstance(changed.content, Appointment) and changed.content.set(name, made)):
                changed.changed[name] = made
            self.touch(changed)

    def set_extended(self, item: str, key: ExtendedKey, what: str | list[str]) -> None:
        """Change a MAPI property; a key is (set of properties or "", tag or name, type)."""
        with self.lock:
            changed = self.item(item)
            changed.extended[key] = what
            self.touch(changed)

    # looking at it

    def in_folder(self, path: FolderPath) -> list[Item]:
        """Items of a folder, newest first."""
        with self.lock:
            number = self.folder(path).number
            items = [item for item in self.items.values() if item.folder == number]
            return sorted(items, key=lambda item: (item.received, item.number), reverse=True)

    def ids(self, path: FolderPath) -> list[str]:
        """ItemIds of a folder, newest first."""
        with self.lock:
            return [identifier(self, item) for item in self.in_folder(path)]

    def find(self, path: FolderPath, message_id: str) -> str:
        """The ItemId of the mail with this Message-ID, with or without brackets."""
        with self.lock:
            for item in self.in_folder(path):
                known = item.content.header("message-id") if isinstance(item.content, Mail) else None
                if known is not None and known.strip("<>") == message_id.strip("<>"):
                    return identifier(self, item)
        raise LookupError(f"no {message_id} in {path}")

    def snapshot(self) -> object:
        """All that a reader must not change, in a form that can be compared."""
        with self.lock:
            return (
                sorted((f.number, f.parent, f.name, f.version, f.is_hidden) for f in self.folders.values()),
                sorted((i.number, i.folder, i.version, i.read_version, i.is_read) for i in self.items.values()),
            )

    # what goes wrong

    def break_item(
        self, item: str, code: str, operations: Iterable[str] = ("GetItem",), times: int | None = None
    ) -> None:
        """From now on these operations answer this item with an error."""
        with self.lock:
            self.broken[self.item(item).number] = Broken(code, tuple(operations), times)

    def mend_item(self, item: str) -> None:
        """It can be read again."""
        with self.lock:
            self.broken.pop(self.item(item).number, None)

    def check(self, item: Item, operation: str) -> None:
        """Raise EwsError where the item is broken in this operation."""
        broken = self.broken.get(item.number)
        if broken is None or operation not in broken.operations:
            return
        if broken.times is not None:
            broken.times -= 1
            if broken.times <= 0:
                del self.broken[item.number]
        raise EwsError(broken.code)

    def withhold(self, item: str, *names: str) -> None:
        """The server does not tell these properties of it, e.g. DateTimeReceived."""
        with self.lock:
            self.item(item).withheld.update(names)

    def invalidate_sync(self, path: FolderPath | None = None) -> None:
        """Make the sync states of a folder worthless, or (None) all, those of the hierarchy too."""
        with self.lock:
            if path is None:
                self.epoch += 1
            for folder in self.folders.values() if path is None else [self.folder(path)]:
                folder.epoch += 1

    def backup(self) -> tuple[dict[int, Folder], dict[int, Item]]:
        """What `restore` takes."""
        with self.lock:
            return copy.deepcopy((self.folders, self.items))

    def restore(self, backup: tuple[dict[int, Folder], dict[int, Item]] | None = None) -> None:
        """Bring a backup (None: what there is) back into a new store: all ids and sync states become worthless."""
        with self.lock:
            if backup is not None:
                self.folders, self.items = copy.deepcopy(backup)
            self.store = hashlib.md5(self.store, usedforsecurity=False).digest()
            self.invalidate_sync()
