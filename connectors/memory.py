"""A mailbox in memory and its connector: for tests, and an example for authors of plug-ins.

box = register("alice", Mailbox())
box.deliver("INBOX", b"From: a@example.org\\n\\nhello")
box.fail(Unavailable("the line is down", step="fetch"), step="fetch", after=1)
with MemoryConnector(MemorySettings(mailbox="alice"), None) as connector: ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import ClassVar, Self

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
    Message,
    Misconfigured,
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


@dataclass(slots=True)
class _Failure:
    error: ConnectorError
    step: str
    after: int
    times: int


class Mailbox:
    """The server: folders of mails, numbered as they come, and failures to order."""

    def __init__(self, *, page_size: int = 50, password: str | None = None) -> None:
        self.page_size = page_size
        #: What the connector's secret must be; None: any.
        self.password = password
        #: Mails whose content was handed over so far.
        self.fetched = 0
        self._folders: dict[str, _Folder] = {}
        self._failures: list[_Failure] = []
        self._deliveries = 0

    def folder(self, name: str, use: Purpose | None = None) -> None:
        """Make a folder, unless it is there; its purpose follows from its name where none is given."""
        if name not in self._folders:
            self._folders[name] = _Folder(purpose(name.split("/")) if use is None else use)

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
        folder.mails[folder.last] = _Delivered(item, when, flags)
        return f"{folder.validity}:{folder.last}"

    def expunge(self, stream: str, ref: str) -> None:
        """Remove a mail; raises KeyError where there is none."""
        del self._folders[stream].mails[int(ref.partition(":")[2])]

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name; its mails keep their refs."""
        self._folders[new] = self._folders.pop(old)

    def renumber(self, stream: str) -> None:
        """Number a folder anew: cursors and refs from before mean nothing any more."""
        folder = self._folders[stream]
        folder.validity += 1
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
        return in_order([Stream(name=name, purpose=folder.purpose) for name, folder in self._mailbox._folders.items()])

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """What is new, oldest first, then what is left of the past, newest first, until the horizon is reached."""
        folder = self._select(stream)
        numbers = sorted(folder.mails)
        validity, low, high = (folder.validity, *_ends(numbers)) if since is None else _load(since)
        if validity != folder.validity or high > folder.last:
            raise CursorExpired(f"{stream.name} was numbered anew", step="select")
        for part in self._cut([n for n in numbers if n > high]):
            high = part[-1]
            yield self._page(stream, part, Phase.NEW, [validity, low, high])
        left = [n for n in reversed(numbers) if n < low]
        for part in self._cut(left):
            if horizon is not None and _complete_since(folder, low) <= horizon:
                break
            low = 0 if part[-1] == left[-1] else part[-1]
            yield self._page(stream, part, Phase.BACKFILL, [validity, low, high])
        if since is None and (not numbers or low > high):
            yield self._page(stream, [], Phase.BACKFILL, [validity, low, high])

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

    def _select(self, stream: Stream) -> _Folder:
        self._mailbox._reach("select")
        folder = self._mailbox._folders.get(stream.name)
        if folder is None:
            raise Unavailable(f"there is no folder {stream.name}", step="select")
        return folder

    def _cut(self, numbers: Sequence[int]) -> Iterator[Sequence[int]]:
        size = self._mailbox.page_size
        return (numbers[at : at + size] for at in range(0, len(numbers), size))

    def _page(self, stream: Stream, numbers: Sequence[int], phase: Phase, ends: list[int]) -> Page:
        if numbers:
            self._mailbox._reach("fetch")
        folder = self._mailbox._folders[stream.name]
        read = (self._read(folder, number) for number in numbers)
        return Page(
            changes=tuple(change for change in read if change is not None),
            cursor=Cursor(json.dumps(ends)),
            phase=phase,
            complete_since=_complete_since(folder, ends[1]),
            backlog=sum(number < ends[1] for number in folder.mails),
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
            case item:
                return replace(item, ref=ref)


def _complete_since(folder: _Folder, low: int) -> datetime:
    """From when on nothing is left to be read below the number `low`."""
    left = [mail.received_at for number, mail in folder.mails.items() if number < low]
    return max(left) + timedelta(microseconds=1) if left else _EPOCH


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    """(what lies below is still to be read, what lies above is new) before the first page."""
    return (numbers[-1] + 1, numbers[-1]) if numbers else (0, 0)


def _load(cursor: Cursor) -> tuple[int, int, int]:
    try:
        validity, low, high = json.loads(cursor)
        return int(validity), int(low), int(high)
    except (ValueError, TypeError) as error:
        raise CursorExpired(f"this is no cursor of a mailbox in memory: {error}", step="select") from error
