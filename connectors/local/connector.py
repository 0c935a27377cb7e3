"""Mail and calendars in files of this machine, and the feed of a calendar, as a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, Protocol, Self

from connectors.http import HttpClient
from connectors.local.eml import EmlTree
from connectors.local.files import looking
from connectors.local.ics import IcsFeed, IcsFiles
from connectors.local.maildir import Maildir
from connectors.local.mbox import Mbox
from connectors.records import Batch, Cursor, Misconfigured, Outline, Page, Secret, Stream
from connectors.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """Where the mail or the calendar lies, and in which form."""

    #: The Maildir, the mbox file or a folder of them, the folder of .eml files, the .ics file or a folder of them.
    path: Path | None = None
    format: Literal["maildir", "mbox", "eml", "ics"]
    #: Instead of `path`, of a calendar that is published in the form "ics".
    url: str | None = None
    #: Authorities to trust for `url` instead of the system's, PEM.
    ca_file: Path | None = None


class _Mails(Protocol):
    def streams(self) -> tuple[Stream, ...]: ...
    def pages(self, stream: Stream, since: Cursor | None) -> Iterator[Page]: ...
    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]: ...
    def refs(self, stream: Stream) -> Iterator[str]: ...
    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]: ...
    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]: ...


_FORMS: dict[str, Callable[[Path], _Mails]] = {"maildir": Maildir, "mbox": Mbox, "eml": EmlTree, "ics": IcsFiles}
#: Forms that may be a single file.
_SINGLE = ("mbox", "ics")


class LocalConnector:
    """What other programs keep in files or publish; nothing is written, moved or locked."""

    Settings: ClassVar[type[LocalSettings]] = LocalSettings
    opens_apart: ClassVar[bool] = True

    def __init__(self, settings: LocalSettings, secret: Secret | None = None) -> None:
        self._settings = settings
        self._http: HttpClient | None = None
        if (settings.path is None) == (settings.url is None):
            raise Misconfigured("path or url must be given, and not both", step="connect")
        if settings.url is not None and settings.format != "ics":
            raise Misconfigured('url is for the format "ics" alone', step="connect")
        if settings.url is not None:
            self._http = HttpClient(settings.url, ca_file=settings.ca_file, traffic=Traffic("local"))
            self._mails: _Mails = IcsFeed(self._http)
        elif settings.path is not None:
            self._mails = _FORMS[settings.format](settings.path)

    def __enter__(self) -> Self:
        path, form = self._settings.path, self._settings.format
        if path is None:
            return self
        with looking(path):
            is_folder, is_file = path.is_dir(), path.is_file()
        if not is_folder and not (is_file and form in _SINGLE):
            problem = "is no folder" if path.exists() else "does not exist"
            raise Misconfigured(f"{path} {problem}", step="connect", hint="check the option path")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            self._http.close()

    def streams(self) -> tuple[Stream, ...]:
        """The folders or files, Sent first, drafts, junk and trash among them; raises Misconfigured for none."""
        found = self._mails.streams()
        if not found:
            raise Misconfigured(
                f"{self._settings.path} holds no mail in the form {self._settings.format}",
                step="list",
                hint="check the options path and format",
            )
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """None: there are no options for it."""
        return ()

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """What was not handed over, oldest first, to the end whatever the horizon."""
        return self._mails.pages(stream, since)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The mails at `refs`."""
        return self._mails.fetch(stream, refs)

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """The refs of all mails in a folder; all of them are in scope."""
        return self._mails.refs(stream)

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and time of delivery of the mails at `refs`."""
        return self._mails.outlines(stream, refs)

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """Which mails are answered or forwarded."""
        return self._mails.marked(stream)
