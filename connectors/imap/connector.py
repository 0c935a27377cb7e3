"""An IMAP account as a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import ClassVar, Self

from connectors.choices import unmatched
from connectors.imap import gmail, settings
from connectors.imap.fetch import Reader
from connectors.imap.folder import Folder
from connectors.imap.folders import chosen, watched
from connectors.imap.gmail import LabelReader
from connectors.imap.responses import Standing
from connectors.imap.session import Session
from connectors.imap.settings import ImapSettings
from connectors.imap.sync import Sync, criteria
from connectors.imap.watch import Idle
from connectors.network import keep_alive
from connectors.records import (
    MARKS,
    Batch,
    Change,
    Cursor,
    CursorExpired,
    Deleted,
    Envelope,
    NotPermitted,
    Outline,
    Page,
    Purpose,
    Secret,
    Stream,
    Unavailable,
)


class ImapConnector:
    """Mail of one login, read by EXAMINE and BODY.PEEK alone."""

    Settings: ClassVar[type[ImapSettings]] = ImapSettings
    opens_apart: ClassVar[bool] = True
    takes_bearer: ClassVar[bool] = True

    def __init__(self, options: ImapSettings, secret: Secret | None) -> None:
        settings.check(options)
        self._settings = options
        self._session = Session(options, secret)
        self._wires: dict[str, bytes] = {}
        self._streams: tuple[Stream, ...] = ()
        #: What the list told of a folder, by its name; good for one reading.
        self._standings: dict[str, Standing] = {}
        self._is_dispensable: Callable[[Stream, Envelope], bool] | None = None
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
        """The chosen folders, Sent first; drafts, junk and trash among them, each with its purpose.

        Of Gmail All Mail, Spam and Trash, unless the options name others.
        """
        listed = self._session.folders()
        if not listed:
            # every user has an INBOX (RFC 3501, section 5.1): one who sees none may not look
            raise NotPermitted(
                f"{self._settings.host} shows no folder, not even the inbox",
                step="list",
                hint="grant the user the rights to list and read the mailbox (IMAP ACL: l and r)",
            )
        folders = chosen(listed, self._settings.folders, tells_removals=self._session.has("ENABLE", "QRESYNC"))
        self._wires, self.unmatched, self._streams = folders.wires, folders.unmatched, folders.streams
        if self._session.has(gmail.CAPABILITY) and not self._settings.folders.include:
            self._streams = gmail.without_labels(folders.streams)
        self.unmatched += unmatched([stream.name for stream in self._streams], self._settings.watch or ())
        told = {one.wire: one.standing for one in listed if one.standing is not None}
        self._standings = {name: told[wire] for name, wire in folders.wires.items() if wire in told}
        return self._streams

    @property
    def left_out(self) -> tuple[str, ...]:
        """Folders that are not followed: those that the options leave out, and Gmail's labels."""
        followed = {stream.name for stream in self._streams}
        return tuple(name for name in self._wires if name not in followed)

    def identified(self, streams: Sequence[Stream]) -> tuple[Stream, ...]:
        """The streams with their MAILBOXID, where the server has it."""
        told = self._session.mailbox_ids()
        return tuple(replace(each, server_id=told.get(self._wires.get(each.name, b""))) for each in streams)

    def watched(self) -> tuple[Stream, ...]:
        """As the option `watch` says: by default the inbox and Sent."""
        return watched(self._streams, self._settings.watch)

    def hinted(self, streams: Sequence[Stream]) -> None:
        """Their standings have aged."""
        for stream in streams:
            self._standings.pop(stream.name, None)

    def watch(self, streams: Sequence[Stream]) -> Idle | None:
        """Watch the first of them in IDLE; None where the server has none."""
        try:
            self._session.open()
            if not self._session.has("IDLE"):
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

    def skim(self, is_dispensable: Callable[[Stream, Envelope], bool]) -> None:
        """Texts of such mails are not decoded."""
        self._is_dispensable = is_dispensable

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """New mail, flags and expunges, then what is left of the past, newest first, or until the horizon."""
        options = self._settings
        sync = Sync(
            self._folder(stream),
            since=options.since,
            authserv_id=options.authserv_id,
            is_labelled=self._is_labelled(stream),
            skim=None if self._is_dispensable is None else partial(self._is_dispensable, stream),
        )
        yield from sync.pages(since, horizon, self._standings.pop(stream.name, None))

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
        kind = LabelReader if self._is_labelled(stream) else Reader
        reader = kind(folder, self._settings.authserv_id)
        for portion, read in reader.pages(sorted(uids)):
            there = {change.ref for change in read}
            gone: list[Change] = [Deleted(uids[uid]) for uid in portion if folder.ref(uid) not in there]
            yield Batch((*read, *gone))

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """ "UIDVALIDITY:UID" of every message in the folder, or of those received since the option's day."""
        folder = self._folder(stream)
        folder.examine()
        for uid in folder.search(criteria(self._settings.since if in_scope else None, None)):
            yield folder.ref(uid)

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and INTERNALDATE of those of `refs` that lie in the folder, under its UIDVALIDITY of now."""
        folder = self._folder(stream)
        uidvalidity = str(folder.examine().uidvalidity)
        parts = {ref: ref.partition(":") for ref in refs}
        uids = {int(uid): ref for ref, (validity, _, uid) in parts.items() if validity == uidvalidity and uid.isdigit()}
        if not uids:
            return {}
        answer = folder.fetch(uids, "(UID RFC822.SIZE INTERNALDATE)")
        if answer.loss is not None:
            raise answer.loss
        return {
            uids[uid]: Outline(told.size, told.received_at)
            for uid, told in answer.messages.items()
            if uid in uids and told.size is not None
        }

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """By a search for each flag."""
        folder = self._folder(stream)
        folder.examine()
        return {flag: frozenset(folder.ref(uid) for uid in folder.bearing(flag)) for flag in MARKS}

    def _is_labelled(self, stream: Stream) -> bool:
        """Do the labels of its mails tell more than the folder?"""
        return stream.purpose is Purpose.ALL and self._session.has(gmail.CAPABILITY)

    def _folder(self, stream: Stream) -> Folder:
        if stream.name not in self._wires:
            self.streams()
        wire = self._wires.get(stream.name)
        if wire is None:
            raise Unavailable(f"there is no folder {stream.name}", step="select")
        others = [other for other in self._wires.values() if other != wire]
        # the inbox is the likeliest to hold mail
        return Folder(self._session, wire, sorted(others, key=lambda name: name.upper() != b"INBOX"))
