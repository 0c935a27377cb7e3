"""Meetings that nobody wrote after, and invitations that nobody answered: `after_meeting` and `invitation_open`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.people import owner
from matching.followups.records import Due, How, Meeting, Relation, Settled, Side, soonest
from matching.followups.settings import Days, days_in_words

#: A series goes on where the next of it is no later than this: a month, with a week to spare.
SERIES = timedelta(days=38)


@dataclass(frozen=True, slots=True)
class AfterMeetingSettings(Days):
    """Settings of after_meeting."""

    #: Working days.
    days: int = 2


@dataclass(frozen=True, slots=True)
class InvitationOpenSettings(Days):
    """Settings of invitation_open."""

    #: Days before it begins.
    days: int = 2


class AfterMeeting:
    """Nobody wrote after a meeting."""

    Settings: ClassVar[type[AfterMeetingSettings]] = AfterMeetingSettings
    summary: ClassVar[str] = (
        "a meeting with a contact was held, and no mail has followed for some working days; of a series the last"
    )

    def least(self, _settings: AfterMeetingSettings) -> timedelta:
        """It comes of meetings."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each meeting that was held; of a series the last."""
        for meeting in relation.meetings:
            if meeting.status != "held" or not meeting.is_asked or meeting.response == "declined":
                continue
            if _goes_on(relation, meeting):
                continue
            person_id = owner(relation, desk, meeting.person_ids)
            settings = desk.settings(name, relation, person_id)
            if settings is None:
                continue
            settled = soonest(_followed(relation, meeting), meeting.over_at)
            if settled is not None and settled.is_within(settings.least, meeting.over_at):
                continue
            yield Due(
                rule=name,
                address=meeting.address,
                trigger_id=meeting.id,
                triggered_at=meeting.over_at,
                counts_from=meeting.counts_from,
                due_at=desk.after_days(person_id, meeting.over_at, settings.days),
                person_id=person_id,
                interaction_id=meeting.interaction_id,
                title="Write after the meeting",
                reason=f"no mail {days_in_words(settings.days)} after the meeting of"
                f" {desk.day_of(person_id, meeting.starts_at)}",
                priority=40,
                settled=settled,
            )


def _goes_on(relation: Relation, meeting: Meeting) -> bool:
    """Is the next of its series contact enough?"""
    return meeting.series_id is not None and any(
        each.series_id == meeting.series_id
        and meeting.over_at <= each.starts_at <= meeting.over_at + SERIES
        and each.status != "cancelled"
        and each.response != "declined"
        for each in relation.meetings
    )


def _followed(relation: Relation, meeting: Meeting) -> Iterator[Settled]:
    """Mail either way since it began, or the next meeting."""
    for mail in relation.mails:
        if mail.at < meeting.starts_at or mail.is_mechanical or mail.is_bulk or mail.is_invitation:
            continue
        at = max(mail.at, meeting.over_at)
        if mail.side is Side.OURS and mail.is_to_contact:
            yield Settled(how=How.WROTE_AGAIN, at=at, by=mail.id)
        elif mail.side is Side.CONTACT and mail.is_word:
            yield Settled(how=How.REPLY, at=at, by=mail.id)
        elif mail.is_to_organization or (mail.side is Side.ORGANIZATION and mail.is_word):
            yield Settled(how=How.ORGANIZATION, at=at, by=mail.id)
    for each in relation.meetings:
        if each.status == "held" and each.id != meeting.id and each.starts_at >= meeting.over_at:
            yield Settled(how=How.MEETING, at=each.over_at, by=each.interaction_id)


class InvitationOpen:
    """An invitation is not answered: ours by a contact, or theirs by one of ours."""

    Settings: ClassVar[type[InvitationOpenSettings]] = InvitationOpenSettings
    summary: ClassVar[str] = (
        "a contact has not answered our invitation some days before the meeting, or one of ours a contact's"
    )

    def least(self, _settings: InvitationOpenSettings) -> timedelta:
        """It comes of meetings."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each meeting of ours or theirs; whoever is invited late has a working day to answer."""
        for meeting in relation.meetings:
            if not (meeting.is_ours or meeting.is_theirs):
                continue
            asked = (*meeting.open_ids, *meeting.person_ids) if meeting.is_theirs else meeting.person_ids
            person_id = next((each for each in asked if desk.is_active(each)), None)
            person_id = person_id or owner(relation, desk)
            settings = desk.settings(name, relation, person_id)
            if settings is None:
                continue
            due_at = meeting.starts_at - timedelta(days=settings.days)
            due_at = max(due_at, desk.after_days(person_id, meeting.known_at, 1))
            if due_at >= meeting.starts_at:
                continue
            day = desk.day_of(person_id, meeting.starts_at)
            yield Due(
                rule=name,
                address=meeting.address,
                trigger_id=meeting.id,
                triggered_at=meeting.known_at,
                counts_from=meeting.counts_from,
                due_at=due_at,
                person_id=person_id,
                interaction_id=meeting.interaction_id,
                title="Ask whether they come" if meeting.is_ours else "Answer the invitation",
                reason=f"no answer{'' if meeting.is_ours else ' of ours'} to the invitation to the meeting of {day}",
                priority=60,
                settled=_answered(meeting),
            )


def _answered(meeting: Meeting) -> Settled | None:
    is_open = meeting.response == "needs_action" if meeting.is_ours else bool(meeting.open_ids)
    if not is_open:
        # what a calendar says of the time of an answer may be that of a later edit
        return Settled(how=How.ANSWER, at=None, by=meeting.interaction_id)
    if meeting.status == "cancelled":
        return Settled(how=How.CANCELLED, at=None, by=meeting.interaction_id)
    if meeting.status == "held":
        return Settled(how=How.MEETING, at=meeting.over_at, by=meeting.interaction_id)
    return None
