"""Mail and calendars of an Exchange account as a connector, read by questions that change nothing but tasks of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import ClassVar, Self

from connectors.choices import matches, unmatched
from connectors.ews import errors, folders, questions, quiet, settings, tasks
from connectors.ews.calendars import Calendar
from connectors.ews.items import VERBS
from connectors.ews.position import start_of
from connectors.ews.quiet import Quiet
from connectors.ews.reading import Reader
from connectors.ews.server import Server
from connectors.ews.settings import EwsSettings
from connectors.ews.soap import Refusal
from connectors.ews.sync import Folder, Sync
from connectors.ews.watch import MINUTES, Events
from connectors.network import keep_alive
from connectors.records import (
    Batch,
    Change,
    ConnectorError,
    Cursor,
    Envelope,
    Outline,
    Page,
    Secret,
    Stream,
    StreamKind,
    Unavailable,
)
from connectors.tasks import HeldTask, TaskList, WantedTask

_FETCHED = 100
#: Folders of one subscription; a mailbox that has more is polled for the others.
_MOST_WATCHED = 250
#: Streams of one login into others' mailboxes: Exchange Server lets a user have three at once (HangingConnectionLimit),
#: one of which is left to his other programs. A mailbox that is read as its owner counts as the owner's.
_MOST_STREAMS = 2


class EwsConnector:
    """Folders of mail and calendars of one mailbox, by Exchange Web Services."""

    Settings: ClassVar[type[EwsSettings]] = EwsSettings
    takes_bearer: ClassVar[bool] = True
    opens_apart: ClassVar[bool] = True

    def __init__(self, options: EwsSettings, secret: Secret | None) -> None:
        settings.check(options, secret)
        self._settings = options
        self._server = Server(options, secret)
        self._is_by_ticket = options.is_by_ticket(secret)
        self._listed: folders.Folders | None = None
        #: Stream name -> folder id, also of folders that are not followed.
        self._ids: dict[str, str] = {}
        self._left_out: tuple[str, ...] = ()
        self._is_dispensable: Callable[[Stream, Envelope], bool] | None = None
        self._streams: tuple[Stream, ...] = ()
        #: Patterns of `folders`, `calendars` and `watch` that match no folder, known after `streams()`.
        self.unmatched: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._listed = self._list()
        except BaseException:
            self._server.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._listed = None

    def streams(self) -> tuple[Stream, ...]:
        """The chosen folders, Sent first, drafts, junk and deleted items each with its purpose; and calendars."""
        found, self._listed = self._listed or self._list(), None
        self._ids, self._streams = found.ids, found.streams
        self.unmatched = found.unmatched + unmatched([each.name for each in found.streams], self._settings.watch or ())
        followed = {stream.name for stream in found.streams}
        self._left_out = tuple(name for name in found.ids if name not in followed)
        return found.streams

    @property
    def left_out(self) -> tuple[str, ...]:
        """Folders that the options leave out."""
        return self._left_out

    def watched(self) -> tuple[Stream, ...]:
        """As the option `watch` says, by default all: one stream of notifications tells of as many."""
        patterns = self._settings.watch
        if patterns is None:
            return self._streams[:_MOST_WATCHED]
        return tuple(each for each in self._streams if any(matches(each.name, pattern) for pattern in patterns))

    def hinted(self, streams: Sequence[Stream]) -> None:
        """What their stream of notifications said of them holds no more."""
        quiet.watched(self._settings).tell(each.server_id for each in streams if each.server_id)

    def watch(self, streams: Sequence[Stream]) -> Events | None:
        """Watch all of these. None where the server has no such streams, or gives this login no further one."""
        is_one_more = quiet.others_of(self._settings) >= _MOST_STREAMS and not self._settings.impersonate
        # a ticket is for one request
        if is_one_more or self._is_by_ticket:
            return None
        heard = Quiet({each.server_id or self._id(each): each.name for each in streams})
        try:
            reply = self._server.only("Subscribe", questions.subscribe(heard.names), "watch", is_affine=True)
            asked = questions.get_events(reply.text("SubscriptionId"), MINUTES)
            connection, request = self._server.detach(asked)
        except ConnectorError as error:
            self._server.close()
            if isinstance(error.__cause__, Refusal) and error.__cause__.code in errors.NO_STREAMS:
                return None
            raise
        keep_alive(connection)
        connection.setblocking(False)
        quiet.begin(self._settings, heard)
        return Events(connection, request, heard, self._settings, partial(quiet.end, self._settings, heard))

    def skim(self, is_dispensable: Callable[[Stream, Envelope], bool]) -> None:
        """Texts of such mails are not decoded, and reports among them not read as bytes."""
        self._is_dispensable = is_dispensable

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """What the server tells since the cursor, then what is left of the past, newest first, or until the horizon.

        A calendar, which has no order of times, is read to its end.
        """
        if stream.kind is StreamKind.CALENDAR:
            yield from self._calendar(stream).pages(since)
            return
        sync = Sync(
            self._server,
            self._id(stream),
            since=self._settings.since,
            authserv_id=self._settings.authserv_id,
            skim=None if self._is_dispensable is None else partial(self._is_dispensable, stream),
        )
        yield from sync.pages(since, horizon)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The items at `refs`; what was moved has another ref now, and is gone here."""
        self._id(stream)
        read: Callable[[Sequence[str]], Sequence[Change]]
        if stream.kind is StreamKind.CALENDAR:
            read = self._calendar(stream).read
        else:
            read = Reader(self._server, self._settings.authserv_id).read
        wanted = list(dict.fromkeys(refs))
        for start in range(0, len(wanted), _FETCHED):
            yield Batch(tuple(read(wanted[start : start + _FETCHED])))

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """The ItemIds of all mail in the folder, or of what was received since the option's day; all of a calendar."""
        if stream.kind is StreamKind.CALENDAR:
            yield from self._calendar(stream).refs()
            return
        first = None if self._settings.since is None or not in_scope else start_of(self._settings.since)
        for item in Folder(self._server, self._id(stream)).listed():
            if item.is_mail and (first is None or item.received_at is None or item.received_at >= first):
                yield item.id

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and time of delivery of those of `refs` that lie in the folder; of a calendar nothing is told."""
        if stream.kind is StreamKind.CALENDAR:
            return {}
        folder, reader = self._id(stream), Reader(self._server, None)
        found: dict[str, Outline] = {}
        for start in range(0, len(refs), _FETCHED):
            for ref, item in reader.outlines(refs[start : start + _FETCHED]).items():
                if item.folder == folder:
                    found[ref] = Outline(item.size, item.received_at)
        return found

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """By what somebody did last to each mail."""
        if stream.kind is StreamKind.CALENDAR:
            return {}
        folder = Folder(self._server, self._id(stream))
        verbs: dict[str, list[int]] = {}
        for verb, flag in VERBS.items():
            verbs.setdefault(flag, []).append(verb)
        return {flag: frozenset(folder.marked(each)) for flag, each in verbs.items()}

    def task_lists(self) -> tuple[TaskList, ...]:
        """The folders of tasks."""
        return tasks.listed(self._server)

    def held_tasks(self, task_list: TaskList, known: Mapping[str, str | None]) -> Mapping[str, HeldTask]:
        """See `TaskWriter`."""
        return tasks.held(self._server, task_list, known)

    def write_task(self, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
        """See `TaskWriter`."""
        return tasks.write(self._server, task_list, task, over)

    def remove_task(self, task_list: TaskList, over: HeldTask) -> bool:
        """Take the entry to Deleted Items."""
        return tasks.remove(self._server, task_list, over)

    def _list(self) -> folders.Folders:
        listed = folders.listed(self._server)
        choices = {StreamKind.MAIL: self._settings.folders, StreamKind.CALENDAR: self._settings.calendars}
        return folders.chosen(listed, folders.special(self._server, listed), choices)

    def _calendar(self, stream: Stream) -> Calendar:
        return Calendar(self._server, self._id(stream))

    def _id(self, stream: Stream) -> str:
        if stream.name not in self._ids:
            self.streams()
        if stream.name not in self._ids:
            problem = f"there is no folder {stream.name} in {self._settings.address}"
            raise Unavailable(problem, step="select", hint="keeptouch accounts folders lists those that are there")
        return self._ids[stream.name]
