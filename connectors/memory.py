"""A mailbox in memory and its connector: for tests, and an example for authors of plug-ins.

box = register("alice", Mailbox())
box.deliver("INBOX", b"From: a@example.org\\n\\nhello")
box.fail(Unavailable("the line is down", step="fetch"), step="fetch", after=1)
with MemoryConnector(MemorySettings(mailbox="alice"), None) as connector: ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from connectors.cursors import count, parsed, reading
from connectors.foldernames import in_order, purpose
from connectors.mime import parse_message
from connectors.records import (
    AuthFailed,
    Batch,
    Change,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Flagged,
    Message,
    Misconfigured,
    Outline,
    Page,
    Phase,
    Purpose,
    Secret,
    Stream,
    Unavailable,
    Unreadable,
)

#: What a mail may be given as: its bytes, its record, or a reason why it can't be read.
Item = bytes | Message | Unreadable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DELIVERY = datetime(2025, 1, 1, 8, tzinfo=UTC)


class _At(NamedTuple):
    """Where a reader of a folder stands."""

    validity: int
    #: What lies below is still to be read, what lies above `high` is new.
    low: int
    high: int
    #: Mails that were there.
    total: int
    #: Entries of the folder's log that were told.
    log: int


@dataclass(slots=True)
class _Delivered:
    item: Item
    received_at: datetime
    flags: frozenset[str]


@dataclass(slots=True)
class _Folder:
    purpose: Purpose
    validity: int = 1
    last: int = 0
    mails: dict[int, _Delivered] = field(default_factory=dict)
    #: Numbers of mails that were removed or got other flags, in that order.
    log: list[int] = field(default_factory=list)
    #: What a server with lasting ids of folders would give.
    server_id: str = ""
    is_hidden: bool = False


@dataclass(slots=True)
class _Failure:
    error: ConnectorError
    step: str
    after: int
    times: int


class Mailbox:
    """The server: folders of mails, numbered as they come, and failures to order."""

    def __init__(
        self,
        *,
        page_size: int = 50,
        password: str | None = None,
        tells_removals: bool = False,
        has_ids: bool = False,
    ) -> None:
        self.page_size = page_size
        #: Does the server tell what was removed and flagged, as with QRESYNC? Else readers have to compare.
        self.tells_removals = tells_removals
        #: Have its folders ids that stay when they get another name?
        self.has_ids = has_ids
        #: What the connector's secret must be; None: any.
        self.password = password
        #: Mails whose content was handed over so far.
        self.fetched = 0
        self._folders: dict[str, _Folder] = {}
        self._failures: list[_Failure] = []
        self._deliveries = 0
        self._made = 0

    def folder(self, name: str, use: Purpose | None = None) -> None:
        """Make a folder, unless it is there; its purpose follows from its name where none is given."""
        if name not in self._folders:
            self._made += 1
            use = purpose(name.split("/")) if use is None else use
            self._folders[name] = _Folder(use, server_id=f"folder{self._made}")

    def deliver(
        self,
        stream: str,
        item: Item,
        *,
        received_at: datetime | None = None,
        flags: frozenset[str] = frozenset(),
    ) -> str:
        """Put a mail in a folder, which is made where it is missing; gives its ref.

        Without `received_at` (aware UTC) each delivery comes a minute after the one before it.
        """
        self.folder(stream)
        folder = self._folders[stream]
        self._deliveries += 1
        folder.last += 1
        when = received_at or _FIRST_DELIVERY + timedelta(minutes=self._deliveries)
        held = item.flags if isinstance(item, Message) else frozenset()
        folder.mails[folder.last] = _Delivered(item, when, flags | held)
        return f"{folder.validity}:{folder.last}"

    def expunge(self, stream: str, ref: str) -> None:
        """Remove a mail; raises KeyError where there is none."""
        number = int(ref.partition(":")[2])
        del self._folders[stream].mails[number]
        self._folders[stream].log.append(number)

    def flag(self, stream: str, ref: str, *flags: str) -> None:
        """Give a mail these flags instead of those it has."""
        number = int(ref.partition(":")[2])
        self._folders[stream].mails[number].flags = frozenset(flags)
        self._folders[stream].log.append(number)

    def move(self, stream: str, ref: str, target: str) -> str:
        """Move a mail to another folder; gives its ref there."""
        mail = self._folders[stream].mails[int(ref.partition(":")[2])]
        self.expunge(stream, ref)
        return self.deliver(target, mail.item, received_at=mail.received_at, flags=mail.flags)

    def hide(self, stream: str, is_hidden: bool = True) -> None:
        """Leave a folder out of the list, or show it again."""
        self._folders[stream].is_hidden = is_hidden

    def remove(self, stream: str) -> None:
        """Remove a folder with all that is in it."""
        del self._folders[stream]

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name; its mails keep their refs."""
        self._folders[new] = self._folders.pop(old)

    def renumber(self, stream: str) -> None:
        """Number a folder anew: cursors and refs from before mean nothing any more."""
        folder = self._folders[stream]
        folder.validity += 1
        folder.log = []
        folder.mails = dict(enumerate(folder.mails.values(), 1))
        folder.last = len(folder.mails)

    def fail(self, error: ConnectorError, *, step: str, after: int = 0, times: int = 1) -> None:
        """Raise `error` at a step: "connect", "login", "list", "select" or "fetch" (before each page or batch).

        The step goes well `after` times, then fails `times` times.
        """
        self._failures.append(_Failure(error, step, after, times))

    def contents(self) -> dict[str, dict[str, Item]]:
        """Folder -> ref -> what lies there."""
        return {
            name: {f"{folder.validity}:{number}": mail.item for number, mail in folder.mails.items()}
            for name, folder in self._folders.items()
        }

    def _reach(self, step: str) -> None:
        for failure in self._failures:
            if failure.step != step or not failure.times:
                continue
            if failure.after:
                failure.after -= 1
            else:
                failure.times -= 1
                raise failure.error


_mailboxes: dict[str, Mailbox] = {}


def register(name: str, mailbox: Mailbox) -> Mailbox:
    """Make a mailbox known under the name that options give; one of the same name is forgotten."""
    _mailboxes[name] = mailbox
    return mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySettings:
    """Which mailbox."""

    #: Name under which it was registered.
    mailbox: str


class MemoryConnector:
    """Reads a registered mailbox, newest mail first, as an IMAP account is read."""

    Settings: ClassVar[type[MemorySettings]] = MemorySettings

    def __init__(self, settings: MemorySettings, secret: Secret | None) -> None:
        if settings.mailbox not in _mailboxes:
            raise Misconfigured(f"no mailbox is registered as {settings.mailbox}", step="connect")
        self._mailbox = _mailboxes[settings.mailbox]
        self._secret = secret

    def __enter__(self) -> Self:
        self._mailbox._reach("connect")
        self._mailbox._reach("login")
        wanted = self._mailbox.password
        if wanted is not None and (self._secret is None or self._secret.reveal() != wanted):
            raise AuthFailed("the mailbox has another password", step="login", hint="check the password")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def streams(self) -> tuple[Stream, ...]:
        """All folders."""
        self._mailbox._reach("list")
        box = self._mailbox
        return in_order(
            [
                Stream(
                    name=name,
                    purpose=folder.purpose,
                    server_id=folder.server_id if box.has_ids else None,
                    tells_removals=box.tells_removals,
                )
                for name, folder in box._folders.items()
                if not folder.is_hidden
            ]
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """None: there are no options for it."""
        return ()

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """What is new, oldest first, what was removed and flagged, then the past, newest first, until the horizon."""
        folder = self._select(stream)
        numbers = sorted(folder.mails)
        at = _At(folder.validity, *_ends(numbers), len(numbers), len(folder.log)) if since is None else _load(since)
        if at.validity != folder.validity or at.high > folder.last or at.log > len(folder.log):
            raise CursorExpired(f"{stream.name} was numbered anew", step="select")
        for part in self._cut([n for n in numbers if n > at.high]):
            at = at._replace(high=part[-1], total=at.total + len(part))
            yield self._page(stream, part, Phase.NEW, at)
        if at.log < len(folder.log) and self._mailbox.tells_removals:
            changes = tuple(self._logged(folder, number) for number in dict.fromkeys(folder.log[at.log :]))
            at = at._replace(log=len(folder.log), total=len(numbers))
            yield replace(self._page(stream, [], Phase.NEW, at), changes=changes)
        if at.total != len(numbers):
            at = at._replace(log=len(folder.log), total=len(numbers))
            yield replace(self._page(stream, [], Phase.NEW, at), asks_comparison=True)
        left = [n for n in reversed(numbers) if n < at.low]
        for part in self._cut(left):
            if horizon is not None and _complete_since(folder, at.low) <= horizon:
                break
            at = at._replace(low=0 if part[-1] == left[-1] else part[-1])
            yield self._page(stream, part, Phase.BACKFILL, at)
        if since is None and (not numbers or at.low > at.high):
            yield self._page(stream, [], Phase.BACKFILL, at)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The mails at `refs`."""
        folder = self._select(stream)
        numbers = {}
        for ref in refs:
            validity, _, number = ref.partition(":")
            if validity != str(folder.validity) or not number.isdecimal():
                raise CursorExpired(f"{ref} belongs to an earlier state of {stream.name}", step="fetch")
            numbers[int(number)] = ref
        for part in self._cut(list(numbers)):
            self._mailbox._reach("fetch")
            yield Batch(tuple(self._read(folder, n) or Deleted(numbers[n]) for n in part))

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """The refs of all mails in the folder; all of them are in scope."""
        folder = self._select(stream)
        yield from [f"{folder.validity}:{number}" for number in sorted(folder.mails)]

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and time of delivery."""
        folder = self._select(stream)
        there = {f"{folder.validity}:{number}": mail for number, mail in folder.mails.items()}
        return {ref: _outline(there[ref]) for ref in refs if ref in there}

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """The refs by flag."""
        folder = self._select(stream)
        return {
            flag: frozenset(f"{folder.validity}:{n}" for n, mail in folder.mails.items() if flag in mail.flags)
            for flag in ("\\Answered", "$Forwarded")
        }

    def _logged(self, folder: _Folder, number: int) -> Change:
        mail = folder.mails.get(number)
        ref = f"{folder.validity}:{number}"
        return Deleted(ref) if mail is None else Flagged(ref, mail.flags)

    def _select(self, stream: Stream) -> _Folder:
        self._mailbox._reach("select")
        folder = self._mailbox._folders.get(stream.name)
        if folder is None:
            raise Unavailable(f"there is no folder {stream.name}", step="select")
        return folder

    def _cut(self, numbers: Sequence[int]) -> Iterator[Sequence[int]]:
        size = self._mailbox.page_size
        return (numbers[at : at + size] for at in range(0, len(numbers), size))

    def _page(self, stream: Stream, numbers: Sequence[int], phase: Phase, at: _At) -> Page:
        if numbers:
            self._mailbox._reach("fetch")
        folder = self._mailbox._folders[stream.name]
        read = (self._read(folder, number) for number in numbers)
        return Page(
            changes=tuple(change for change in read if change is not None),
            cursor=Cursor(json.dumps(at)),
            phase=phase,
            complete_since=_complete_since(folder, at.low),
            backlog=sum(number < at.low for number in folder.mails),
        )

    def _read(self, folder: _Folder, number: int) -> Change | None:
        mail = folder.mails.get(number)
        if mail is None:
            return None
        self._mailbox.fetched += 1
        ref = f"{folder.validity}:{number}"
        match mail.item:
            case bytes() as raw:
                return parse_message(raw, ref=ref, received_at=mail.received_at, flags=mail.flags, size=len(raw))
            case Message() as item:
                return replace(item, ref=ref, flags=mail.flags)
            case item:
                return replace(item, ref=ref)


def _complete_since(folder: _Folder, low: int) -> datetime:
    """From when on nothing is left to be read below the number `low`."""
    left = [mail.received_at for number, mail in folder.mails.items() if number < low]
    return max(left) + timedelta(microseconds=1) if left else _EPOCH


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    """(what lies below is still to be read, what lies above is new) before the first page."""
    return (numbers[-1] + 1, numbers[-1]) if numbers else (0, 0)


def _outline(mail: _Delivered) -> Outline:
    match mail.item:
        case Message() as message:
            return Outline(message.size, message.received_at)
        case bytes() as raw:
            return Outline(len(raw), mail.received_at)
    return Outline(0, None)


def _load(cursor: Cursor) -> _At:
    with reading("a mailbox in memory"):
        validity, low, high, total, log = map(count, parsed(cursor))
        return _At(validity, low, high, total, log)
