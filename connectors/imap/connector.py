"""An IMAP account as a connector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import ClassVar, Self

from connectors.imap import settings
from connectors.imap.fetch import Reader
from connectors.imap.folder import Folder
from connectors.imap.folders import chosen, watched
from connectors.imap.network import keep_alive
from connectors.imap.session import Session
from connectors.imap.settings import ImapSettings
from connectors.imap.sync import Sync, criteria
from connectors.imap.watch import Idle
from connectors.records import (
    Batch,
    Change,
    Cursor,
    CursorExpired,
    Deleted,
    Page,
    Secret,
    Stream,
    Unavailable,
)


class ImapConnector:
    """Mail of one login, read by EXAMINE and BODY.PEEK alone."""

    Settings: ClassVar[type[ImapSettings]] = ImapSettings
    opens_apart: ClassVar[bool] = True

    def __init__(self, options: ImapSettings, secret: Secret | None) -> None:
        settings.check(options)
        self._settings = options
        self._session = Session(options, secret)
        self._wires: dict[str, bytes] = {}
        self._streams: tuple[Stream, ...] = ()
        #: Patterns of `folders` that match no folder, known after `streams()`.
        self.unmatched: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._session.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def streams(self) -> tuple[Stream, ...]:
        """The chosen folders, Sent first; drafts, junk and trash among them, each with its purpose."""
        folders = chosen(self._session.folders(), self._settings.folders)
        self._wires, self.unmatched, self._streams = folders.wires, folders.unmatched, folders.streams
        return folders.streams

    def watched(self) -> tuple[Stream, ...]:
        """As the option `watch` says: by default the inbox and Sent."""
        return watched(self._streams, self._settings.watch)

    def watch(self, streams: Sequence[Stream]) -> Idle | None:
        """Watch the first of them in IDLE; None where the server has none."""
        try:
            self._session.open()
            if not self._session.can_idle():
                self._session.close()
                return None
            self._folder(streams[0]).examine()
            connection, received = self._session.detach()
        except BaseException:
            self._session.drop()
            raise
        keep_alive(connection)
        return Idle(
            streams[0].name,
            connection,
            received,
            host=self._settings.host,
            patience=self._settings.timeout_seconds,
        )

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """New mail, then what is left of the past since the option's day, newest first, or until the horizon."""
        options = self._settings
        sync = Sync(self._folder(stream), since=options.since, authserv_id=options.authserv_id)
        yield from sync.pages(since, horizon)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The messages at `refs`; raises CursorExpired for refs from before a change of UIDVALIDITY."""
        folder = self._folder(stream)
        uidvalidity = str(folder.examine().uidvalidity)
        uids: dict[int, str] = {}
        for ref in refs:
            validity, _, uid = ref.partition(":")
            if validity != uidvalidity or not (uid.isascii() and uid.isdigit()):
                raise CursorExpired(f"{ref} belongs to an earlier state of {stream.name}", step="fetch")
            uids[int(uid)] = ref
        for portion, read in Reader(folder, self._settings.authserv_id).pages(sorted(uids)):
            there = {change.ref for change in read}
            gone: list[Change] = [Deleted(uids[uid]) for uid in portion if folder.ref(uid) not in there]
            yield Batch((*read, *gone))

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """ "UIDVALIDITY:UID" of every message in the folder, or of those received since the option's day."""
        folder = self._folder(stream)
        folder.examine()
        for uid in folder.search(criteria(self._settings.since if in_scope else None, None)):
            yield folder.ref(uid)

    def _folder(self, stream: Stream) -> Folder:
        if stream.name not in self._wires:
            self.streams()
        wire = self._wires.get(stream.name)
        if wire is None:
            raise Unavailable(f"there is no folder {stream.name}", step="select")
        return Folder(self._session, wire)
