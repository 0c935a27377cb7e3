"""Days that somebody set on a contact or a thread, by which an answer is expected: `deadline`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.people import owner, owner_of_mail
from matching.followups.records import Deadline, Due, How, Mail, Relation, Settled, Side, soonest


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    """Settings of deadline: there are none."""


class DeadlineReached:
    """The day has come, and there is no answer."""

    Settings: ClassVar[type[DeadlineSettings]] = DeadlineSettings
    summary: ClassVar[str] = "a day that was set on a contact or a thread has come, and no answer"

    def least(self, _settings: DeadlineSettings) -> timedelta:
        """It comes of days that somebody sets."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each day that is set, or was until it was moved or taken back."""
        mails = {mail.id: mail for mail in relation.mails}
        for each in relation.deadlines:
            mail = mails.get(each.mail_id or "")
            person_id = owner_of_mail(relation, desk, mail) if mail else owner(relation, desk)
            if desk.settings(name, relation, person_id) is None:
                continue
            yield Due(
                rule=name,
                address="",  # it is the contact's, whatever addresses there are
                trigger_id=each.id,
                triggered_at=each.set_at,
                counts_from=each.set_at,
                due_at=desk.midnight_of(person_id, each.due_on),
                person_id=person_id,
                interaction_id=mail.id if mail else None,
                title=each.title or "Ask: an answer was expected",
                reason=f"an answer is expected by {each.due_on}, as was set on {desk.day_of(person_id, each.set_at)}",
                priority=90,
                settled=soonest(_settling(relation, each, mail), each.set_at),
            )


def _settling(relation: Relation, deadline: Deadline, mail: Mail | None) -> Iterator[Settled]:
    """An answer since it was set, in the thread where it is one's; a meeting; or that it holds no more."""
    if deadline.ended_at is not None:
        yield Settled(how=How.CANCELLED, at=deadline.ended_at)
    for later in relation.mails:
        if later.at <= deadline.set_at or not later.is_word or later.is_forward:
            continue
        is_within = mail is not None and later.thread_id == mail.thread_id
        if later.side is Side.CONTACT and (mail is None or is_within):
            yield Settled(how=How.REPLY, at=later.at, by=later.id)
        elif later.side is Side.ORGANIZATION and is_within:
            yield Settled(how=How.ORGANIZATION, at=later.at, by=later.id)
    for meeting in relation.meetings:
        if meeting.status == "held" and meeting.starts_at > deadline.set_at:
            yield Settled(how=How.MEETING, at=meeting.over_at, by=meeting.interaction_id)
