"""What classification reads of a mail, and what it says: frozen records.

`Mail.of` makes the one from a stored message, so that signals can be derived anew without the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from connectors.api import Message, Report, Role, decode_words

#: Characters of a text that are looked into; of its evidence and of a reason, that are kept.
MAX_TEXT = 64 * 1024
MAX_EVIDENCE = 240
MAX_REASON = 500
#: Most signals of one mail: a report may name as many recipients.
MAX_SIGNALS = 1_000


class Kind(StrEnum):
    """What a mail tells."""

    #: a mail of ours did not arrive, and will not
    BOUNCE = "bounce"
    #: it did not arrive so far; the server goes on trying
    DELAY = "delay"
    #: it arrived, or left the part of the world that reports
    DELIVERED = "delivered"
    #: a machine answered in somebody's stead
    AUTO_REPLY = "auto_reply"
    #: a mail program says that a mail of ours was displayed, deleted, or that it won't tell
    RECEIPT = "receipt"
    #: somebody called a mail of ours spam
    FEEDBACK_REPORT = "feedback_report"
    #: it came over a mailing list, or goes to many
    LIST = "list"
    #: somebody wants no more mail
    UNSUBSCRIBE = "unsubscribe"


class Category(StrEnum):
    """Why a mail did not arrive."""

    BAD_ADDRESS = "bad_address"
    MAILBOX_FULL = "mailbox_full"
    #: the server does not want the sender, its network or its reputation
    REFUSED = "refused"
    #: this mail is too large, broken, or holds what is not taken
    CONTENT = "content"
    #: networks and servers: another try may succeed
    TEMPORARY = "temporary"
    #: the mailbox is there and switched off
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that a mail tells, with the ground for it."""

    kind: Kind
    #: Whom it is about, as written, without brackets: who did not get the mail, who read it, who is away.
    recipient: str | None = None
    #: Enhanced status code "x.y.z" (RFC 3463).
    status: str | None = None
    #: In words for people, one line of at most `MAX_REASON` characters.
    reason: str | None = None
    #: Of bounces and delays.
    category: Category | None = None
    #: Writing to the address again is of no use. Of bounces and delays.
    is_hard: bool | None = None
    #: The first day on which somebody who is away will be back, as far as the text tells.
    return_on: date | None = None
    #: Message-ID, without brackets, of the mail that it is about.
    original_id: str | None = None
    #: Which rule, and the header or words that it saw; at most `MAX_EVIDENCE` characters.
    evidence: str
    #: From 0 to 1: 1 where a standard says so, .9 for a known program's form, less for words.
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What classification reads of a mail."""

    #: Lower-case name -> its values in order, unfolded, encoded words as they are; in the order of the mail.
    headers: Mapping[str, tuple[str, ...]]
    #: Decoded.
    subject: str = ""
    #: The first address of From, as written; "" where there is none.
    sender: str = ""
    sent_at: datetime | None = None
    #: The readable text, line ends LF.
    text: str = ""
    #: Reports on other mails, and header sections of mails that came back.
    reports: tuple[Report, ...] = ()
    #: report-type of multipart/report, lower case; "" where it is none.
    report_type: str = ""
    #: Message-IDs of mails that a report is about; else of those that this one answers.
    reported_ids: tuple[str, ...] = ()
    answered_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: Message) -> Self:
        """The part of a message that counts here."""
        return cls(
            headers=read_fields(message.headers.decode("utf-8", "replace")),
            subject=message.subject,
            sender=next((each.email for each in message.participants if each.role is Role.FROM), ""),
            sent_at=message.sent_at,
            text=message.text[:MAX_TEXT],
            reports=message.reports,
            report_type=message.report_type,
            reported_ids=message.reported_ids,
            answered_ids=message.in_reply_to or message.references[-1:],
        )

    def header(self, name: str) -> str:
        """The first value of a field, encoded words decoded; "" where there is none."""
        values = self.headers.get(name)
        if not values:
            return ""
        value = values[0].strip()
        return decode_words(value) if "=?" in value else value

    @property
    def original_id(self) -> str | None:
        """The mail this one is about, where it names one alone."""
        ids = self.reported_ids or self.answered_ids
        return ids[0] if ids else None


def read_fields(block: str) -> dict[str, tuple[str, ...]]:
    """The fields of a header section, or of a group of one (RFC 3464, section 2.1): line ends LF, folded or not."""
    fields: dict[str, tuple[str, ...]] = {}
    for line in block.replace("\n ", " ").replace("\n\t", " ").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            fields[key] = (*fields[key], value) if key in fields else (value,)
    return fields


def one_line(text: str, limit: int) -> str:
    """Words of the mail for people: white space made single, control characters dropped, cut at `limit`."""
    line = " ".join(text[: 4 * limit].split())
    line = line if line.isprintable() else "".join(filter(str.isprintable, line))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def evidence(rule: str, seen: str = "") -> str:
    """The rule's name, and the words or the header that it saw."""
    return one_line(f"{rule}: {seen}" if seen else rule, MAX_EVIDENCE)
