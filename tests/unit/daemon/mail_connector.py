"""A connector of the tests: its options are of every type that the reader knows, and it connects to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, Self

from connectors.api import (
    AuthFailed,
    Batch,
    Cursor,
    Misconfigured,
    Page,
    Purpose,
    Secret,
    Stream,
    Unavailable,
)
from daemon.plugins import Connectors, Given


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChoice:
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    host: str
    username: str
    port: int | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    authorize_as: str | None = None
    folders: FolderChoice = field(default_factory=FolderChoice)
    since: date | None = None
    ca_file: Path | None = None
    timeout_seconds: float = 60
    speed: Speed = Speed.SLOW
    compress: bool = False


class EmptyMailbox:
    """Two folders with nothing in them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def streams(self) -> tuple[Stream, ...]:
        return (Stream(name="INBOX", purpose=Purpose.INBOX), Stream(name="Sent", purpose=Purpose.SENT))

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        yield from ()

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        yield from ()

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        yield from ()


class MailConnector(EmptyMailbox):
    """Its host decides what happens: "down" is unavailable, "locked" refuses the password, "buggy" raises."""

    Settings: ClassVar[type[MailSettings]] = MailSettings

    def __init__(self, settings: MailSettings, secret: Secret | None) -> None:
        if secret is None:
            raise Misconfigured("has no password", hint="name its file in password_file")
        if settings.port == 0:
            raise Misconfigured("port 0 is no port")
        self._settings = settings
        self._secret = secret

    def __enter__(self) -> Self:
        if self._settings.host == "down":
            raise Unavailable("the server does not answer", step="connect", hint="is the host's name right?")
        if self._settings.host == "locked":
            raise AuthFailed("the server refused the password", step="login", hint="put the right one in place")
        if self._settings.host == "buggy":
            raise ZeroDivisionError(f"a bug that shows {self._secret.reveal()}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    path: Path


class FileConnector(EmptyMailbox):
    """One that needs neither user nor password."""

    Settings: ClassVar[type[FileSettings]] = FileSettings

    def __init__(self, settings: FileSettings, secret: Secret | None) -> None:
        self.path = settings.path


def connectors() -> Connectors:
    """As if a package had brought them."""
    return Connectors([Given("mail", MailConnector), Given("files", FileConnector)])
