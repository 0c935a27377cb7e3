"""Mails of ours that wait for an answer: `no_reply`, and `back_from_leave` where the contact is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from matching.addresses import is_no_reply
from matching.followups.desk import Desk
from matching.followups.people import owner_of_mail
from matching.followups.records import Absence, Due, How, Mail, Relation, Settled, Side, soonest
from matching.followups.settings import Days, days_in_words

#: The names that they have for each other; another rule may replace one of them under its name.
LEAVE = "back_from_leave"


@dataclass(frozen=True, slots=True)
class NoReplySettings(Days):
    """Settings of no_reply."""

    #: Working days.
    days: int = 3


@dataclass(frozen=True, slots=True)
class BackFromLeaveSettings(Days):
    """Settings of back_from_leave."""

    #: Working days after the return.
    days: int = 0


class NoReply:
    """Nobody answered a mail of ours."""

    Settings: ClassVar[type[NoReplySettings]] = NoReplySettings
    summary: ClassVar[str] = "a mail of ours to a contact has had no answer for some working days"

    def least(self, settings: NoReplySettings) -> timedelta:
        """See Rule."""
        return settings.least

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each mail of ours that asks the contact, until it is answered or another one takes its place."""
        for mail in _asking(relation):
            person_id = owner_of_mail(relation, desk, mail)
            settings = desk.settings(name, relation, person_id)
            if settings is None:
                continue
            settled, absence = _settled(relation, mail), None
            if desk.settings(LEAVE, relation, person_id) is not None:
                absence = _absence(relation, desk, mail, person_id)
            if absence and (settled is None or settled.at is None or absence.at < settled.at):
                settled = Settled(how=How.LEAVE, at=max(absence.at, mail.at), by=absence.source_id)
            if settled is not None and settled.is_within(settings.least, mail.at):
                continue
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=desk.after_days(person_id, mail.at, settings.days),
                person_id=person_id,
                interaction_id=mail.id,
                title="Ask again: no answer",
                reason=f"no answer {days_in_words(settings.days)} after the mail of {desk.day_of(person_id, mail.at)}",
                priority=50,
                settled=settled,
            )


class BackFromLeave:
    """The contact was away when we wrote, and is back."""

    Settings: ClassVar[type[BackFromLeaveSettings]] = BackFromLeaveSettings
    summary: ClassVar[str] = "the contact was away when a mail of ours came, is back now, and has not answered"

    def least(self, _settings: BackFromLeaveSettings) -> timedelta:
        """Of who is not away nothing is due."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each mail of ours that an absence keeps from being answered."""
        for mail in _asking(relation):
            person_id = owner_of_mail(relation, desk, mail)
            settings = desk.settings(name, relation, person_id)
            absence = _absence(relation, desk, mail, person_id)
            if settings is None or absence is None:
                continue
            back_at = desk.beginning_of(person_id, absence.return_on)
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=desk.after_days(person_id, back_at, settings.days),
                person_id=person_id,
                interaction_id=mail.id,
                title="Ask again: back from leave",
                reason=f"away until {absence.return_on}, and no answer to the mail of"
                f" {desk.day_of(person_id, mail.at)}",
                priority=50,
                settled=_settled(relation, mail),
            )


def waiting(relation: Relation) -> Iterator[tuple[Mail, Settled | None]]:
    """Mails of ours that ask the contact something, each with what it waits no more by; None: it does."""
    return ((mail, _settled(relation, mail)) for mail in _asking(relation))


def waits_from(relation: Relation) -> datetime | None:
    """When the last mail of ours was that still waits for an answer."""
    return max((mail.at for mail in _asking(relation) if _settled(relation, mail) is None), default=None)


def _asking(relation: Relation) -> Iterator[Mail]:
    """Mails of ours that ask the contact something that the contact may be expected to answer."""
    for mail in relation.mails:
        is_word = mail.side is Side.OURS and mail.is_asked and not mail.is_mechanical and not mail.is_bulk
        if is_word and mail.needs_answer and not mail.is_invitation and not is_no_reply(mail.address):
            yield mail


def _absence(relation: Relation, desk: Desk, mail: Mail, person_id: str | None) -> Absence | None:
    """What the contact said last of being away when the mail came; until a mail of the contact's own."""
    if not relation.absences:
        return None
    heard = [m.at for m in relation.mails if m.side is Side.CONTACT and m.is_word]
    written_on = desk.day_of(person_id, mail.at)
    found = None
    for each in relation.absences:
        later = [at for at in heard if each.at < at <= mail.at]
        if each.return_on > written_on and not later:
            found = each
    return found


def _settled(relation: Relation, mail: Mail) -> Settled | None:
    """The first thing by which the mail waits for an answer no more."""
    return soonest(_settling(relation, mail), mail.at)


def _settling(relation: Relation, mail: Mail) -> Iterator[Settled]:
    for each in relation.bounces:
        if each.mail_id == mail.id and each.address == mail.address:
            yield Settled(how=How.BOUNCE, at=max(each.at, mail.at), by=each.source_id)
    for meeting in relation.meetings:
        if meeting.status == "held" and meeting.starts_at > mail.at:
            yield Settled(how=How.MEETING, at=meeting.over_at, by=meeting.interaction_id)
    for later in relation.mails:
        if later.at < mail.at and later.parent_id != mail.id:
            continue
        how = _answers(later, mail)
        if how is not None:
            # they are in the order of time, so none is sooner
            yield Settled(how=how, at=max(later.at, mail.at), by=later.id)
            return


def _answers(later: Mail, mail: Mail) -> How | None:
    """How one mail makes another of ours wait no more; None: it does not."""
    is_direct = later.parent_id == mail.id
    if later.id == mail.id or not (is_direct or (later.at, later.id) > (mail.at, mail.id)):
        return None
    is_within = later.thread_id == mail.thread_id
    # what begins a conversation may be about anything; an answer elsewhere is about that
    is_fresh = later.parent_id is None
    if later.side is Side.OURS:
        is_again = is_within and (later.is_to_contact or later.is_to_organization)
        is_fresh = is_fresh and later.is_asked and later.person_id == mail.person_id
        return How.WROTE_AGAIN if (is_again or is_fresh) and not (later.is_mechanical or later.is_bulk) else None
    if not later.is_word or later.is_forward:
        return None
    if later.side is Side.CONTACT:
        return How.REPLY if is_within or is_fresh else None
    if later.side is Side.ORGANIZATION:
        return How.ORGANIZATION if is_within else None
    # somebody whom the contact passed it on to; others whom we asked answer for themselves
    return How.REPLY if is_direct and later.author not in mail.recipients else None
