"""What a mail is to us and whether it is worth keeping. Pure: the same answer whatever was read before.

Three questions, in this order:

1. `assess`: who takes part, in which direction, is it bulk? From the mail and the company's own addresses alone.
2. `creates`: which outside addresses does it make contacts? From the assessment and `contacts.create` alone, so that
   the set of contacts never depends on the order in which mails are read.
3. `decide`: is it stored, or skipped and why? From the assessment and that set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connectors.api import Envelope, Message, Participant, Purpose, Role
from matching.addresses import AddressRules, OwnAddresses, is_no_reply, is_role, normalize
from matching.followups import Plan
from matching.scoring import Scoring
from matching.visibility import Level
from matching.workdays import WorkingTimes

#: A mail of ours to more people than this is no correspondence.
MAX_RECIPIENTS = 20
_RECIPIENTS = (Role.TO, Role.CC, Role.BCC)
_AUTHORS = (Role.FROM, Role.SENDER)
_BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})


class Create(StrEnum):
    """`contacts.create`: when an unknown outside address becomes a contact by itself."""

    OFF = "off"
    #: at least one non-bulk mail of ours to at most 20 recipients
    CORRESPONDED = "corresponded"
    #: any mail from or to a person outside
    ALL = "all"


class Direction(StrEnum):
    """Which way a mail went across the company's border."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Verdict(StrEnum):
    """What became of an item at a placement."""

    STORED = "stored"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"
    #: it concerns an erased person alone, or is kept out by the blocklist; nothing of it is kept
    SUPPRESSED = "suppressed"
    #: it is older than what the company keeps; nothing of it is kept any more
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Company:
    """Who we are and what the company decided; the policy in force."""

    own: OwnAddresses
    rules: AddressRules
    create: Create
    #: Where the accounts that hold a copy show more or less of it, does the widest level count? Else the narrowest.
    shows_widest: bool = False
    #: How much is kept of mail whose sender asks for confidence.
    confidential: Level = Level.METADATA
    #: Without rules there are no follow-ups.
    followups: Plan = field(default_factory=Plan)
    #: When ours work.
    times: WorkingTimes = field(default_factory=WorkingTimes)
    #: Days after which signals go; None: they are kept.
    signal_days: int | None = None
    #: How contacts are scored.
    scoring: Scoring = field(default_factory=Scoring.usual)

    def keeps_signal(self, occurred_at: datetime, now: datetime) -> bool:
        """Is a signal of that time still kept? What is derived anew does not come back."""
        return self.signal_days is None or occurred_at >= now - timedelta(days=self.signal_days)


@dataclass(frozen=True, slots=True)
class Party:
    """A participant with its address in normal form. `normal` is None where there is no usable address."""

    role: Role
    email: str
    name: str
    normal: str | None
    base: str | None
    is_own: bool

    @property
    def is_outside(self) -> bool:
        """Has it a readable address that is not ours?"""
        return self.normal is not None and not self.is_own


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a mail is to us, apart from which contacts exist."""

    direction: Direction
    parties: tuple[Party, ...]
    #: "" or why it counts as bulk mail.
    bulk: str
    #: Distinct addresses in To, Cc and Bcc.
    recipient_count: int
    #: From in normal form, "" where there is none.
    sender: str

    @property
    def outside(self) -> tuple[Party, ...]:
        """Those of other companies, in the order of the mail."""
        return tuple(party for party in self.parties if party.is_outside)


class Signs(Protocol):
    """The headers that tell bulk mail; a Message has them, and a stored row too."""

    @property
    def report_type(self) -> str:
        """report-type of multipart/report, lower case, or "" (RFC 6522)."""
        ...

    @property
    def auto_submitted(self) -> str:
        """The keyword of Auto-Submitted, lower case, or "" (RFC 3834, section 5)."""
        ...

    @property
    def list_id(self) -> str:
        """List-Id, or "" (RFC 2919)."""
        ...

    @property
    def precedence(self) -> str:
        """Precedence, lower case, or ""."""
        ...

    @property
    def has_unsubscribe(self) -> bool:
        """Is there a List-Unsubscribe (RFC 2369)?"""
        ...


def bulk_reason(message: Signs) -> str:
    """Why a mail went to many at once, or ""; answers of machines to one mail are not bulk (RFC 3834, RFC 6522)."""
    if message.report_type or message.auto_submitted == "auto-replied":
        return ""
    if message.list_id:
        return "list"
    if message.precedence in _BULK_PRECEDENCE:
        return "precedence"
    if message.has_unsubscribe:
        return "unsubscribe"
    if message.auto_submitted not in ("", "no"):
        return "automated"
    return ""


def parties_of(participants: Iterable[Participant], company: Company) -> tuple[Party, ...]:
    """The participants with their normal forms, each role and address once."""
    seen: set[tuple[Role, str]] = set()
    parties: list[Party] = []
    for participant in participants:
        normal = normalize(participant.email)
        mark = (participant.role, normal or f"\0{participant.email}\0{participant.name}")
        if mark in seen:
            continue
        seen.add(mark)
        parties.append(
            Party(
                role=participant.role,
                email=participant.email,
                name=participant.name,
                normal=normal,
                base=company.rules.base(normal) if normal else None,
                is_own=bool(normal and company.own.owns(normal)),
            )
        )
    return tuple(parties)


def assess(message: Message, company: Company) -> Assessment:
    """What `message` is to the company."""
    parties = parties_of(message.participants, company)
    author = author_of(parties)
    return Assessment(
        direction=direction_of(parties),
        parties=parties,
        bulk=bulk_reason(message),
        recipient_count=recipient_count(parties),
        sender=author.normal or "" if author else "",
    )


def author_of(parties: Iterable[Party]) -> Party | None:
    """Who wrote it: From, else Sender (RFC 5322 section 3.6.2)."""
    sender = None
    for party in parties:
        if party.normal:
            if party.role is Role.FROM:
                return party
            if sender is None and party.role is Role.SENDER:
                sender = party
    return sender


def direction_of(parties: Iterable[Party]) -> Direction:
    """Which way a mail with these parties went."""
    parties = tuple(parties)
    author = author_of(parties)
    if author is None or not author.is_own:
        return Direction.INBOUND
    if any(p.is_outside for p in parties if p.role in _RECIPIENTS):
        return Direction.OUTBOUND
    # the bounce that our own server writes brings word of somebody outside
    return Direction.INBOUND if any(p.is_outside for p in parties if p.role is Role.REPORTED) else Direction.INTERNAL


def recipient_count(parties: Iterable[Party]) -> int:
    """Distinct addresses in To, Cc and Bcc."""
    return len({p.normal for p in parties if p.role in _RECIPIENTS and p.normal})


def is_creatable(normal: str) -> bool:
    """May this address become a contact by itself? Never a function's or a machine's."""
    return not is_no_reply(normal) and not is_role(normal)


def creates(create: Create, direction: Direction, is_bulk: bool, recipient_count: int, role: Role) -> bool:
    """Does a mail of this kind make a creatable outside address in `role` a contact?"""
    if create is Create.OFF or is_bulk or role is Role.REPORTED:
        return False
    if create is Create.ALL:
        return True
    return direction is Direction.OUTBOUND and recipient_count <= MAX_RECIPIENTS and role in _RECIPIENTS


def created_by(parties: Iterable[Party], is_bulk: bool, create: Create) -> tuple[Party, ...]:
    """The outside parties that a mail makes contacts under the policy."""
    if create is Create.OFF or is_bulk:
        return ()
    parties = tuple(parties)
    direction, recipients = direction_of(parties), recipient_count(parties)
    return tuple(
        party
        for party in parties
        if party.normal
        and not party.is_own
        and creates(create, direction, is_bulk, recipients, party.role)
        and is_creatable(party.normal)
    )


def occurred_at(sent_at: datetime | None, arrived_at: datetime | None, *, is_sent_copy: bool) -> datetime | None:
    """When a mail happened: its Date where the time of arrival bears it out, else that time.

    A mail in our own Sent folder may have been filed long after: its Date is our own word and holds.
    """
    if sent_at is None or arrived_at is None:
        return sent_at or arrived_at
    # differences, because seven days before the first of all times there is none
    is_late = sent_at - arrived_at > timedelta(days=1)
    is_early = arrived_at - sent_at > timedelta(days=7) and not is_sent_copy
    return arrived_at if is_late or is_early else sent_at


def credible(message: Message) -> Message:
    """The mail without those of its times that no mail can have: a forged Date, Received or INTERNALDATE."""
    times = (message.sent_at, message.received_at, message.transported_at)
    if all(when is None or _FIRST <= when <= _LAST for when in times):
        return message
    sent_at, received_at, transported_at = (when if when and _FIRST <= when <= _LAST else None for when in times)
    return replace(message, sent_at=sent_at, received_at=received_at, transported_at=transported_at)


#: With room on both sides for the days, weeks and years that are counted from a mail.
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
#: Folders whose mail is never history unless the configuration names them.
_UNLOGGED = {Purpose.DRAFTS: "draft", Purpose.JUNK: "junk", Purpose.TRASH: "trash"}


def is_dispensable(envelope: Envelope, company: Company, purpose: Purpose) -> bool:
    """Will `decide` skip it, whoever is a contact, unless another copy of it is stored?"""
    if purpose in _UNLOGGED:
        return True
    is_bulk = bool(bulk_reason(envelope))
    author = author_of(parties_of((p for p in envelope.participants if p.role in _AUTHORS), company))
    if author is None or not author.is_own:
        return is_bulk
    direction = direction_of(parties_of(envelope.participants, company))
    return direction is Direction.INTERNAL or (is_bulk and direction is Direction.INBOUND)


def is_skipped_anyway(direction: Direction, is_bulk: bool, purpose: Purpose) -> bool:
    """As `is_dispensable`, of a mail that was read."""
    return decide(direction, is_bulk, purpose, concerns_contact=True, is_copy=False)[0] is Verdict.SKIPPED


def is_worth_keeping(verdict: Verdict, reason: str) -> bool:
    """Is it kept, or would it be if somebody who takes part were a contact?"""
    return verdict is Verdict.STORED or reason == "no_contact"


def decide(
    direction: Direction,
    is_bulk: bool,
    purpose: Purpose,
    *,
    concerns_contact: bool,
    is_copy: bool,
    is_self: bool = False,
) -> tuple[Verdict, str]:
    """(verdict, reason) for one copy. `is_copy`: another copy of the same mail is stored; `is_self`: keeptouch wrote
    it."""
    if is_self:
        return Verdict.SKIPPED, "self"
    if purpose in _UNLOGGED:
        return Verdict.SKIPPED, _UNLOGGED[purpose]
    if direction is Direction.INTERNAL:
        reason = "internal"
    elif is_bulk and direction is Direction.INBOUND:
        reason = "bulk"
    elif concerns_contact:
        return Verdict.STORED, "contact"
    else:
        reason = "no_contact"
    return (Verdict.STORED, "copy") if is_copy else (Verdict.SKIPPED, reason)
