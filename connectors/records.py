"""What a connector hands upward: frozen records with aware UTC instants, the account's secret, and the four errors.

Plug-in authors import all of this from :mod:`connectors.api`.

    ConnectorError
    ├── Unavailable(retry_after)   wait, then try again
    ├── AuthFailed                 park the account and tell a human
    ├── CursorExpired              reconcile the stream from a full listing
    └── Misconfigured              refuse to start
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType, final
from weakref import WeakValueDictionary

from connectors.meetings import Meeting

#: Where a stream stands; opaque to everyone but the connector that made it.
Cursor = NewType("Cursor", str)


class ConnectorError(Exception):
    """A connector's problem, with the step that failed and what a person can do about it."""

    def __init__(self, problem: str, *, step: str = "", hint: str = "") -> None:
        # what a server or a library says may quote what it was sent
        self.problem = masked(problem)
        super().__init__(self.problem)
        self.step = step
        self.hint = masked(hint)


class Unavailable(ConnectorError):
    """The server can't be used now; `retry_after` is the rest it asked for, in seconds."""

    def __init__(self, problem: str, *, step: str = "", hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(problem, step=step, hint=hint)
        self.retry_after = retry_after


class NotPermitted(Unavailable):
    """The server knows who we are and refuses what we ask for; it comes when somebody grants it.

    With the step "select" one stream is refused, else the whole mailbox.
    """


class AuthFailed(ConnectorError):
    """The server refused who we are; trying again would only lock the person out."""


class CursorExpired(ConnectorError):
    """The stream no longer goes on from the cursor; read it anew from a full listing."""


class Misconfigured(ConnectorError):
    """The options cannot work, whatever the server does."""


class Secret:
    """A password or token. Its text leaves only by `reveal()`, never by repr, str, format or pickle."""

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        _LIVE[id(self)] = self

    def reveal(self) -> str:
        """The text itself, for the one call that sends it to the server."""
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is never pickled")


@final
class Bearer(Secret):
    """An access token of OAuth 2.0 (RFC 6750), asked for whenever a connection is made, because it lives an hour.

    `reveal()` raises Unavailable where the provider can't be asked, and AuthFailed where a person has to sign in.
    """

    __slots__ = ("_supply",)

    def __init__(self, supply: Callable[[str], str]) -> None:
        """`supply(refused)` gives a token, if it can another one than the refused."""
        super().__init__("")
        self._supply = supply

    def reveal(self) -> str:
        """The token, as it is now; it is fetched, or renewed, where that is due."""
        return self._supply("")

    def instead_of(self, refused: str) -> str:
        """Another token than one that a server refused; the same where there is no newer one."""
        return self._supply(refused)


#: All secrets that somebody holds, by the number of their object.
_LIVE: WeakValueDictionary[int, Secret] = WeakValueDictionary()
#: What a secret is replaced by.
MASK = "***"
#: Shorter ones are found in every other word.
_SHORTEST = 4


def masked(text: str) -> str:
    """The text without any secret that is held now: for words of servers and libraries, which may quote one."""
    for reference in _LIVE.valuerefs():
        secret = reference()
        if secret is not None and len(secret._text) >= _SHORTEST:
            text = text.replace(secret._text, MASK)
    return text


class StreamKind(StrEnum):
    """What a stream holds."""

    MAIL = "mail"
    CALENDAR = "calendar"


class Purpose(StrEnum):
    """What a folder is for (RFC 6154 special use, or its name)."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    JUNK = "junk"
    TRASH = "trash"
    ARCHIVE = "archive"
    ALL = "all"
    OTHER = "other"


class Role(StrEnum):
    """How an address takes part in an item. `reported`: a bounce or receipt speaks about it."""

    FROM = "from"
    SENDER = "sender"
    REPLY_TO = "reply_to"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    REPORTED = "reported"


class Auth(StrEnum):
    """What the receiving server found about the sender (RFC 8601), if its word is trusted."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    """Does a page bring what is new, or does it go on with the first import?"""

    NEW = "new"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One folder or calendar of an account."""

    #: Full name for people and configuration, levels parted by "/", decoded (never UTF-7).
    name: str
    kind: StreamKind = StreamKind.MAIL
    purpose: Purpose = Purpose.OTHER
    #: The server's own lasting id (MAILBOXID, folder id); None where it has none.
    server_id: str | None = None
    #: What goes away comes as `Deleted`, and changed flags as `Flagged`; else the caller compares once a day.
    tells_removals: bool = False


@dataclass(frozen=True, slots=True)
class Participant:
    """An address in a role on an item, as written."""

    role: Role
    #: addr-spec without brackets, encoded words decoded; "" where the header has a name alone.
    email: str
    #: Display name, decoded and unquoted; "" where there is none.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment's outside; its bytes are never kept."""

    name: str | None
    #: Media type, lower case, e.g. "application/pdf".
    type: str
    #: Decoded length in bytes as far as it is known.
    size: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """A part in which a mail speaks about another one: a report on it, or the header section of that mail."""

    #: Media type, lower case: "message/delivery-status", "message/rfc822"...
    type: str
    #: Characters with LF line ends, within 64 KiB for all of a mail.
    text: str


def _aware(name: str, value: datetime | None) -> None:
    if value is not None and value.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"{name} must be an aware UTC time, not {value!r}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What can be told of a mail before its text is read."""

    participants: tuple[Participant, ...]
    #: These as in a Message.
    list_id: str
    precedence: str
    auto_submitted: str
    has_unsubscribe: bool
    report_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One copy of a mail, as one server holds it (RFC 5322 headers, RFC 2045-2049 structure)."""

    #: Where it lies inside its stream; stable there, opaque elsewhere. IMAP: "UIDVALIDITY:UID".
    ref: str
    #: Message-ID without brackets; None where missing or empty.
    message_id: str | None = None
    #: In-Reply-To, ids without brackets; words that are no ids are dropped.
    in_reply_to: tuple[str, ...] = ()
    #: References, oldest first, without brackets.
    references: tuple[str, ...] = ()
    #: Thread-Index (Outlook), base64 text as written; "" where missing.
    thread_index: str = ""
    #: The Date header; None where missing or no date.
    sent_at: datetime | None = None
    #: INTERNALDATE or the delivery time the store of the mailbox knows.
    received_at: datetime | None = None
    #: The topmost Received header's date: the word of the last server on the way, which a sender can't forge.
    transported_at: datetime | None = None
    subject: str = ""
    participants: tuple[Participant, ...] = ()
    #: Readable text, at most 256 KiB of UTF-8: the plain parts, else text made from the HTML.
    text: str = ""
    #: Something was cut at a limit.
    is_truncated: bool = False
    attachments: tuple[Attachment, ...] = ()
    #: What calendar parts with a method of iTIP say, within 256 KiB: invitations, answers, cancellations.
    invitations: tuple[Meeting, ...] = ()
    #: List-Id (RFC 2919), the part in brackets; "" where missing.
    list_id: str = ""
    #: Precedence, lower case; "" where missing.
    precedence: str = ""
    #: Auto-Submitted (RFC 3834), its keyword in lower case; "" where missing.
    auto_submitted: str = ""
    #: List-Unsubscribe (RFC 2369) is there.
    has_unsubscribe: bool = False
    #: report-type of multipart/report (RFC 6522), lower case; "" where it is no report.
    report_type: str = ""
    #: Sensitivity (RFC 4021, section 2.1.55): "personal", "private" or "company-confidential"; "" where it is neither.
    sensitivity: str = ""
    #: Message-IDs a report speaks about, without brackets.
    reported_ids: tuple[str, ...] = ()
    #: Reports on other mails (RFC 3464, 8098, 5965), and the header sections of mails that came back, in order.
    reports: tuple[Report, ...] = ()
    #: Verdict of the configured authserv-id's Authentication-Results only.
    auth: Auth = Auth.UNKNOWN
    #: The raw header block, at most 32 KiB.
    headers: bytes = b""
    #: Bytes of the whole mail, as the server counts them.
    size: int = 0
    #: Flags and keywords as the server writes them, e.g. "\\Seen".
    flags: frozenset[str] = frozenset()
    #: What the server files it for, where that is more than its stream tells (Gmail's labels).
    purpose: Purpose | None = None
    #: Text and attachments were left out, because whoever reads it said so of its envelope (`api.Skimming`).
    is_skimmed: bool = False

    def __post_init__(self) -> None:
        _aware("sent_at", self.sent_at)
        _aware("received_at", self.received_at)
        _aware("transported_at", self.transported_at)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What lay at `ref` is no longer there."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What lies at `ref` can't be made into a record; `reason` says why, without its content."""

    ref: str
    reason: str


#: The flags that history knows (RFC 3501, section 2.3.2; RFC 5788): somebody answered, or passed it on.
MARKS = ("\\Answered", "$Forwarded")


@dataclass(frozen=True, slots=True)
class Flagged:
    """What lies at `ref` has other flags now, and is the same otherwise."""

    ref: str
    #: All of them, as the server writes them.
    flags: frozenset[str]


Change = Message | Meeting | Deleted | Flagged | Unreadable


@dataclass(frozen=True, slots=True)
class Outline:
    """What tells one mail from another without reading it."""

    #: As the server counts it.
    size: int
    #: INTERNALDATE or the time of delivery, UTC; None where the server has none.
    received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A batch of changes. Its cursor covers this page and all before it; None: nothing to remember yet."""

    changes: tuple[Change, ...]
    cursor: Cursor | None
    phase: Phase = Phase.NEW
    #: From this instant on the stream has been read without a gap; None: not yet known.
    complete_since: datetime | None = None
    #: How many items of the past are known to be still unread behind this page; None: not known.
    backlog: int | None = None
    #: Something went away, and the connector cannot tell what: compare `refs` with what is known of the stream.
    asks_comparison: bool = False

    def __post_init__(self) -> None:
        _aware("complete_since", self.complete_since)


@dataclass(frozen=True, slots=True)
class Batch:
    """An answer to `fetch`: some of the refs asked for. A ref that is gone comes as `Deleted`."""

    changes: tuple[Change, ...]
