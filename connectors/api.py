"""What a plug-in author reads: records, the Connector protocol, the errors, the parsers of mails and calendars.

A connector is a class, named by an entry point of the group `keeptouch.connectors`:

    class MyConnector:
        Settings = MySettings                      # a frozen dataclass: the keys of [accounts.options]
        def __init__(self, settings: MySettings, secret: Secret | None) -> None: ...

followed by the methods of `Connector`, and those of `Watchable` where the server can push, of `Selective` where the
options choose among streams, of `TaskWriter` where it can keep tasks in people's lists. With `opens_apart = True` on
the class a first import may open the account a second time, in a process of its own: the settings must then survive
pickling. With `takes_bearer = True` the secret may be a `Bearer`, a token of OAuth, to be revealed anew for each
connection. What goes over an `HttpClient` is counted under the kind of its `Traffic`; what asks servers in another way
counts with one of its own. `connectors.conformance` holds the test class that every connector passes. A class of the
group `keeptouch.contacts` reads address books (`AddressBooks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from connectors.addressbooks import AddressBooks, AddressBooksType, Book, Card, CardPage
from connectors.http import HttpClient
from connectors.ical import parse_calendar
from connectors.meetings import Attendee, AttendeeRole, Event, EventStatus, Meeting, Moment, Occurrence, Response
from connectors.mime import (
    parse_addresses,
    parse_date,
    parse_html,
    parse_ids,
    parse_invitations,
    parse_message,
)
from connectors.occurrences import instant_of, occurrences
from connectors.outgoing.letter import Letter, read_letter
from connectors.records import (
    MARKS,
    MASK,
    Attachment,
    Auth,
    AuthFailed,
    Batch,
    Bearer,
    Change,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Envelope,
    Flagged,
    Message,
    Misconfigured,
    NotPermitted,
    Outline,
    Page,
    Participant,
    Phase,
    Purpose,
    Report,
    Role,
    Secret,
    Stream,
    StreamKind,
    Unavailable,
    Unreadable,
    masked,
)
from connectors.tasks import HeldTask, TaskList, TaskState, TaskWriter, WantedTask
from connectors.traffic import Traffic
from connectors.watching import Watch, Watchable
from connectors.words import decode_words

__all__ = [
    "MARKS",
    "MASK",
    "AddressBooks",
    "AddressBooksType",
    "Attachment",
    "Attendee",
    "AttendeeRole",
    "Auth",
    "AuthFailed",
    "Batch",
    "Bearer",
    "Book",
    "Card",
    "CardPage",
    "Change",
    "Connector",
    "ConnectorError",
    "ConnectorType",
    "Cursor",
    "CursorExpired",
    "Deleted",
    "Envelope",
    "Event",
    "EventStatus",
    "Flagged",
    "HeldTask",
    "HttpClient",
    "Identifying",
    "Inspectable",
    "Letter",
    "Meeting",
    "Message",
    "Misconfigured",
    "Moment",
    "NotPermitted",
    "Occurrence",
    "Outline",
    "Page",
    "Participant",
    "Phase",
    "Purpose",
    "Report",
    "Response",
    "Role",
    "Secret",
    "Selective",
    "Skimming",
    "Stream",
    "StreamKind",
    "TaskList",
    "TaskState",
    "TaskWriter",
    "Traffic",
    "Unavailable",
    "Unreadable",
    "WantedTask",
    "Watch",
    "Watchable",
    "decode_words",
    "instant_of",
    "masked",
    "occurrences",
    "parse_addresses",
    "parse_calendar",
    "parse_date",
    "parse_html",
    "parse_ids",
    "parse_invitations",
    "parse_message",
    "read_letter",
]


@runtime_checkable
class Connector(Protocol):
    """One account on one server, used by one thread. Nothing on the server is ever changed, but by a `TaskWriter`."""

    def __enter__(self) -> Self:
        """Connect and authenticate; raises Unavailable (NotPermitted), AuthFailed or Misconfigured."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def streams(self) -> tuple[Stream, ...]:
        """The folders and calendars to follow, as the options choose them."""
        ...

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """Every change after `since` at least once, what is new first; finite; replaying a page is harmless.

        `horizon` (aware UTC) asks a first import to bring what was received from then on before the rest, and to end
        there: a connector that does so tells by the `backlog` of its pages, above 0, that it is to be called again.
        One that cannot tell the times apart ignores it and goes on to the end.

        One bad item is an `Unreadable`, not an exception. Raises CursorExpired when `since` no longer holds.
        """
        ...

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The items at `refs` again, each once, in any order; what is gone comes as `Deleted`. No cursor moves."""
        ...

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """The ref of everything in the stream, each once, whatever its age.

        `in_scope`: only of what the options ask to be read (IMAP: received on or after `since`), which is what `pages`
        brings. What is in scope has to be in the store; what is in the stream at all must not be taken for deleted.
        """
        ...


@runtime_checkable
class Inspectable(Protocol):
    """A connector that tells about mails without reading them; asked for by `isinstance`."""

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """ref -> its outline, for those of `refs` (of any stream, of any time) that lie in this stream now."""
        ...

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """Flag of `MARKS` -> the refs of all mails in the stream that bear it."""
        ...


@runtime_checkable
class Identifying(Protocol):
    """A connector whose server has lasting ids of streams, but not for nothing; asked for by `isinstance`."""

    def identified(self, streams: Sequence[Stream]) -> tuple[Stream, ...]:
        """The streams with their `server_id`, as far as the server tells; asked for where a name is new."""
        ...


@runtime_checkable
class Skimming(Protocol):
    """A connector that can leave out what nobody will read; asked for by `isinstance`."""

    def skim(self, is_dispensable: Callable[[Stream, Envelope], bool]) -> None:
        """From now on `pages` may leave text and attachments out of mails of which this is true (`is_skimmed`).

        `fetch` brings them whole.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """A connector that knows which streams its options leave out; asked for by `isinstance`.

    Of another one nobody knows whether a stream that is not listed any more is gone, or left out.
    """

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of streams that are there and that the options leave out; known after `streams()`."""
        ...


class ConnectorType(Protocol):
    """The class an entry point names."""

    #: Frozen dataclass whose fields are the account's options.
    Settings: ClassVar[type[Any]]

    def __call__(self, settings: Any, secret: Secret | None) -> Connector:
        """Make one for these settings; it logs in when it is entered. Raises Misconfigured."""
        ...
