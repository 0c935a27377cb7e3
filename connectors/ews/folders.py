"""The folders of a mailbox as streams: names that are paths, as IMAP shows them, purposes, the options' choice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from xml.etree import ElementTree as ET

from connectors import foldernames
from connectors.choices import Choice
from connectors.ews import errors, questions
from connectors.ews.server import Server
from connectors.ews.soap import M, NoAnswer, Refusal, Reply, T, text_of
from connectors.network import quoted
from connectors.records import ConnectorError, Purpose, Stream, StreamKind, Unavailable

#: Exchange's names of folders, in all languages ([MS-OXWSCDATA] 2.2.5.10), and what they are for.
_PURPOSES = {
    "inbox": Purpose.INBOX,
    "sentitems": Purpose.SENT,
    "drafts": Purpose.DRAFTS,
    "junkemail": Purpose.JUNK,
    "deleteditems": Purpose.TRASH,
    "archive": Purpose.ARCHIVE,
}
#: What holds no correspondence, with all that lies below: mail before it is sent, conflicts of copies, chats.
_UNREAD = ("outbox", "syncissues", "conversationhistory")
_MAIL_CLASSES = re.compile(r"|IPF|IPF\.Note(\..*)?|IPF\.Imap", re.IGNORECASE)
#: Birthdays are made of contacts by Exchange itself.
_CALENDAR_CLASSES = re.compile(r"IPF\.Appointment(?!\.Birthday).*", re.IGNORECASE)
_BOOK_CLASSES = re.compile(r"IPF\.Contact", re.IGNORECASE)
_LIST_CLASSES = re.compile(r"IPF\.Task", re.IGNORECASE)
_FEEDS = re.compile(r"IPF\.Note\.SocialConnector.*", re.IGNORECASE)
#: Special folders do not change: a poll does not ask for them anew.
_SECONDS = 24 * 3600.0
#: (URL, mailbox) -> folder id -> name of Exchange's; and until when that counts, on the monotonic clock.
_known: dict[tuple[str, str], tuple[dict[str, str], float]] = {}
_MAX_FOLDERS = 20_000
_MAX_LEVELS = 50
_LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True)
class Listed:
    """What is told of a folder."""

    id: str
    parent: str
    name: str
    #: None: it is not read.
    kind: StreamKind | None
    #: It holds contacts; or tasks.
    is_book: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of an account."""

    streams: tuple[Stream, ...]
    #: Stream name -> folder id, also of folders that are not followed.
    ids: dict[str, str]
    #: Patterns of the options that no folder matches.
    unmatched: tuple[str, ...]


def listed(server: Server) -> list[Listed]:
    """All folders below the one that people see as the top of their mailbox; raises ConnectorError."""
    found: dict[str, Listed] = {}
    offset, total = 0, 1
    while offset < total:
        reply = server.only("FindFolder", questions.find_folders(server.settings.address, offset), "list")
        root = reply.element.find(f"{M}RootFolder")
        folders = root.find(f"{T}Folders") if root is not None else None
        if root is None:
            raise errors.unreadable(NoAnswer("it has no list of folders"), server.settings, "list")
        page = [] if folders is None else list(folders)
        told = root.get("TotalItemsInView", "")
        total = int(told) if told.isdecimal() and len(told) < 9 else 0
        offset += len(page)
        if len(found) > _MAX_FOLDERS or (not page and offset < total):
            problem = f"{server.settings.host} lists {offset} folders of {total}"
            raise Unavailable(problem, step="list", hint="the mailbox may need repair (New-MailboxRepairRequest)")
        found |= {each.id: each for each in map(_listed, page) if each is not None}
    return list(found.values())


def special(server: Server, there: Iterable[Listed]) -> dict[str, str]:
    """Folder id -> its name in all languages; kept for a day, while the inbox is there. Raises ConnectorError."""
    key = (server.settings.url, server.settings.address.casefold())
    known, until = _known.get(key, ({}, 0.0))
    # a mailbox that was moved or restored has other ids
    if monotonic() < until and any(known.get(each.id) == "inbox" for each in there):
        return known
    names, replies = _asked(server)
    found: dict[str, str] = {}
    for name, reply in zip(names, replies, strict=False):
        if reply.refusal is None:
            found |= {each.get("Id", ""): name for each in reply.element.iter(f"{T}FolderId")}
        elif name == "inbox" or reply.refusal.code in errors.BUSY:
            raise errors.refused(reply.refusal, server.settings, "list")
    if "inbox" not in found.values():
        raise errors.unreadable(NoAnswer("it names no inbox"), server.settings, "list")
    _known[key] = (found, monotonic() + _SECONDS)
    return found


def own(server: Server, name: str) -> list[str]:
    """The id of a folder by Exchange's name of it, none where there is no such; raises ConnectorError."""
    replies = server.ask("GetFolder", questions.get_folders([name], server.settings.address), "list")
    if len(replies) != 1:
        raise errors.unreadable(NoAnswer(f"it has {len(replies)} answers, not one"), server.settings, "list")
    (reply,) = replies
    if reply.refusal is not None and reply.refusal.code not in errors.GONE_FOLDER:
        raise errors.refused(reply.refusal, server.settings, "list")
    return [each.get("Id", "") for each in reply.element.iter(f"{T}FolderId") if each.get("Id")]


def books(folders: Iterable[Listed]) -> list[tuple[str, str]]:
    """(full name, id) of all folders of contacts."""
    return _named(folders, lambda each: each.is_book)


def lists(folders: Iterable[Listed]) -> list[tuple[str, str]]:
    """(full name, id) of all folders of tasks."""
    return _named(folders, lambda each: each.is_list)


def _named(folders: Iterable[Listed], is_wanted: Callable[[Listed], bool]) -> list[tuple[str, str]]:
    by_id = {each.id: each for each in folders}
    paths = ((each, _path(each, by_id, {})) for each in by_id.values() if is_wanted(each))
    return [("/".join(path), each.id) for each, path in paths if path is not None]


def chosen(folders: Iterable[Listed], special: dict[str, str], choices: Mapping[StreamKind, Choice]) -> Folders:
    """Folders and calendars that the options choose for each kind, in the order in which they are read."""
    by_id = {each.id: each for each in folders}
    levels: dict[str, tuple[str, ...]] = {}
    ids: dict[str, str] = {}
    kinds: dict[str, StreamKind] = {}
    for each in sorted(by_id.values(), key=lambda each: each.id):
        path = _path(each, by_id, special)
        if path is None or each.kind is None:
            continue
        name = "/".join(path)
        if name in ids:
            # a slash in a name, beside a folder in a folder
            name = f"{name} ({each.id[-12:]})"
        if len(name) <= _LONGEST_NAME:
            ids[name], levels[name], kinds[name] = each.id, path, each.kind
    uses = {name: _PURPOSES[special[id]] for name, id in ids.items() if special.get(id) in _PURPOSES}
    mail = choices[StreamKind.MAIL]
    streams = [
        Stream(
            name=name,
            kind=kinds[name],
            purpose=foldernames.followed_as(name, levels[name], uses, mail)
            if kinds[name] is StreamKind.MAIL
            else Purpose.OTHER,
            server_id=id,
            tells_removals=True,
        )
        for name, id in ids.items()
        if choices[kinds[name]].chooses(name)
    ]
    missing = tuple(
        pattern
        for kind, choice in choices.items()
        for pattern in choice.unmatched([name for name in ids if kinds[name] is kind])
    )
    return Folders(foldernames.in_order(streams), ids, missing)


def _asked(server: Server) -> tuple[list[str], list[Reply]]:
    """The names that the server knows, and its answers; an older one refuses the whole question over a newer name."""
    names = [*_PURPOSES, *_UNREAD]
    for newest in ("archive", "conversationhistory", ""):
        try:
            return names, server.ask("GetFolder", questions.get_folders(names, server.settings.address), "list")
        except ConnectorError as error:
            cause = error.__cause__
            if not newest or not isinstance(cause, Refusal) or cause.code not in errors.NOT_UNDERSTOOD:
                raise
            names = [name for name in names if name != newest]
    raise AssertionError("the last attempt raises")


def _listed(element: ET.Element) -> Listed | None:
    """None: without an id."""
    own, parent = element.find(f"{T}FolderId"), element.find(f"{T}ParentFolderId")
    if own is None or not own.get("Id"):
        return None
    kind = text_of(element, f"{T}FolderClass")
    is_hidden = text_of(element, f"{T}ExtendedProperty/{T}Value").lower() in ("true", "1")
    is_mail = element.tag == f"{T}Folder" and _MAIL_CLASSES.fullmatch(kind) and not _FEEDS.fullmatch(kind)
    is_calendar = element.tag == f"{T}CalendarFolder" and _CALENDAR_CLASSES.fullmatch(kind)
    name = unicodedata.normalize("NFC", quoted(text_of(element, f"{T}DisplayName")))
    return Listed(
        own.get("Id", ""),
        parent.get("Id", "") if parent is not None else "",
        name,
        None if is_hidden or not name else StreamKind.MAIL if is_mail else StreamKind.CALENDAR if is_calendar else None,
        element.tag == f"{T}ContactsFolder" and _BOOK_CLASSES.fullmatch(kind) is not None and not is_hidden,
        element.tag == f"{T}TasksFolder" and _LIST_CLASSES.fullmatch(kind) is not None and not is_hidden,
    )


def _path(folder: Listed, by_id: dict[str, Listed], special: dict[str, str]) -> tuple[str, ...] | None:
    """The names from the top down, the inbox as INBOX; None: it lies in what is never read."""
    names: list[str] = []
    at: Listed | None = folder
    while at is not None:
        kind = special.get(at.id)
        if kind in _UNREAD or len(names) > _MAX_LEVELS:
            return None
        is_top = at.parent not in by_id
        names.insert(0, "INBOX" if kind == "inbox" else at.name)
        at = None if is_top else by_id[at.parent]
    return tuple(names)
