"""What rules see of a contact, and what they answer. Instants are aware UTC; ids are those of the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Side(StrEnum):
    """Who wrote a mail, seen from the contact."""

    OURS = "ours"
    CONTACT = "contact"
    #: another person of the contact's organization
    ORGANIZATION = "organization"
    OTHER = "other"


class How(StrEnum):
    """What settled a follow-up."""

    #: they answered, or we did
    REPLY = "reply"
    #: another one of ours than whose task it is
    COLLEAGUE = "colleague"
    #: another person of the contact's organization
    ORGANIZATION = "organization"
    MEETING = "meeting"
    BOUNCE = "bounce"
    #: a later mail of ours, from which the time counts now
    WROTE_AGAIN = "wrote_again"
    #: they are on leave, and another follow-up waits for their return
    LEAVE = "leave"
    #: an invitation was answered
    ANSWER = "answer"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail of a conversation that the contact takes part in."""

    id: str
    thread_id: str
    #: The mail that it answers.
    parent_id: str | None
    at: datetime
    side: Side
    #: Who wrote it, and whom outside it is to (To, Cc or Bcc), as normal forms.
    author: str
    recipients: frozenset[str] = frozenset()
    #: The contact's address in it, normal form; "" where the contact takes no part in it.
    address: str
    #: Is it to the contact (To, Cc or Bcc), or of ours to another person of the contact's organization?
    is_to_contact: bool = False
    is_to_organization: bool = False
    #: Of ours: is the contact the first of its organization in To? One of them is asked, not each.
    is_asked: bool = False
    #: Of ours: who wrote it. None: somebody who is no person of the store.
    person_id: str | None = None
    #: Of theirs: whom of ours it is to (To), by their order; and is it to an address of ours in To at all?
    asked_ids: tuple[str, ...] = ()
    is_to_us: bool = False
    #: No person wrote it; it went to many; its sender could not be verified; it was passed on.
    is_mechanical: bool = False
    is_bulk: bool = False
    is_unverified: bool = False
    is_forward: bool = False
    #: It brings an invitation, or the answer to one: that is answered in the calendar.
    is_invitation: bool = False
    #: A copy of it is marked as answered, with whatever program.
    is_answered: bool = False
    #: Does it ask something; does it need an answer? See matching.followups.asking.
    asks: bool = False
    needs_answer: bool = True
    #: Does it promise to send something, and by when, where it names a day; does it complain? See matching.said.
    promises: bool = False
    promised_by: date | None = None
    complains: bool = False
    has_attachments: bool = False
    #: Persons of ours who hold a copy, and since when what they hold counts. None: not known yet.
    counts_from: datetime | None = None

    @property
    def is_word(self) -> bool:
        """Is it a person's own word to us that can be believed?"""
        return not (self.is_mechanical or self.is_bulk or self.is_unverified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A mail of ours to the contact's address came back for good."""

    mail_id: str
    #: The mail that tells it.
    source_id: str
    at: datetime
    address: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The contact's mail program said that the contact is away."""

    source_id: str
    at: datetime
    #: The day of the return as the note tells it.
    return_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The contact opened a mail of ours, or followed a link in it: a person, as far as can be told."""

    mail_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting with the contact; of whole days `starts_at` is midnight UTC."""

    id: str
    interaction_id: str
    starts_at: datetime
    over_at: datetime
    #: planned | held | cancelled
    status: str
    #: Is the organizer one of ours, or the contact?
    is_ours: bool
    is_theirs: bool = False
    #: The series that it is one of; None: it stands alone.
    series_id: str | None = None
    #: Of ours, who have it in their calendar and have not answered.
    open_ids: tuple[str, ...] = ()
    #: The contact's address in it, and answer: needs_action | accepted | declined | tentative | delegated
    address: str
    response: str
    #: As a mail told it; None: there is no answer, or a calendar alone tells it, at a time that may be a later one.
    responded_at: datetime | None = None
    #: When it was first seen in a calendar or a mail.
    known_at: datetime
    #: Of ours who take part, the organizer first.
    person_ids: tuple[str, ...] = ()
    #: Is the contact the first of its organization?
    is_asked: bool = True
    counts_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A day by which an answer of the contact is expected, as somebody set it."""

    #: Another one when it is moved.
    id: str
    due_on: date
    set_at: datetime
    #: When it was moved or taken back; None: it holds.
    ended_at: datetime | None = None
    #: In words for people; "": there are none.
    title: str = ""
    #: A mail of the conversation that it is about; None: whatever the contact says counts.
    mail_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What there was between us and one contact, as far back as rules look."""

    contact_id: str
    organization_id: str | None = None
    #: The domain of the organization; "" where it has none.
    domain: str = ""
    #: Whose contact it is.
    person_id: str | None = None
    #: Addresses that are the contact's now, normal forms.
    addresses: frozenset[str] = frozenset()
    #: In the order of time.
    mails: tuple[Mail, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    absences: tuple[Absence, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    #: In the order of time.
    opens: tuple[Open, ...] = ()
    #: The usual time between days of contact; None: there is no rhythm, or not all of the past is known yet.
    gap: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """By what a follow-up is done."""

    how: How
    #: None: it is not known when.
    at: datetime | None
    #: The interaction; None: it is not known.
    by: str | None = None

    def is_within(self, least: timedelta, start: datetime) -> bool:
        """Was it certainly before something that is due so long after `start`, or later? Then nothing is to be said."""
        return self.at is not None and self.at <= start + least


def soonest(found: Iterable[Settled], since: datetime) -> Settled | None:
    """What settled it first; what has no time counts as of `since`, when it began to wait."""
    return min(found, key=lambda each: each.at or since, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to do from an instant on. (rule, address, trigger_id) never stands for two things."""

    rule: str
    #: The contact's address that it is about.
    address: str
    #: The interaction or meeting that it came of, and when that was.
    trigger_id: str
    triggered_at: datetime
    #: What the trigger counts from, see Mail.counts_from.
    counts_from: datetime | None
    due_at: datetime
    person_id: str | None
    #: The interaction to show with it.
    interaction_id: str | None
    #: In words for people; they never hold words of a mail.
    title: str
    reason: str
    #: 0 to 100, higher is sooner.
    priority: int
    settled: Settled | None = None
    #: Not due: a word of a mail makes it likely. The task shows from `due_at` on, and has no day on which it is due.
    is_suggested: bool = False
