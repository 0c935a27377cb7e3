"""Mails of theirs that we owe an answer: `unanswered`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.people import owner_of_mail
from matching.followups.records import Due, How, Mail, Relation, Settled, Side, soonest

#: The rule that has a mail of theirs before this one; another rule may replace it under its name.
COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class UnansweredSettings:
    """Settings of unanswered."""

    #: Working hours.
    hours: float = 8.0

    def __post_init__(self) -> None:
        if not 0 <= self.hours <= 500:
            raise ValueError("hours must be from 0 to 500")


class Unanswered:
    """We owe an answer."""

    Settings: ClassVar[type[UnansweredSettings]] = UnansweredSettings
    summary: ClassVar[str] = "a contact wrote to us, and nobody has answered for some working hours"

    def least(self, settings: UnansweredSettings) -> timedelta:
        """So many hours at least are so many working hours."""
        return timedelta(hours=settings.hours)

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """In each conversation the first mail of theirs since ours that needs an answer."""
        for mail in owed(relation):
            person_id = owner_of_mail(relation, desk, mail)
            settings = desk.settings(name, relation, person_id)
            if settings is None:
                continue
            if mail.complains and desk.settings(COMPLAINT, relation, person_id) is not None:
                continue
            done = settled(relation, mail, person_id)
            if done is not None and done.is_within(timedelta(hours=settings.hours), mail.at):
                continue
            asks = any(each.asks for each in _run(relation, mail))
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=desk.after_hours(person_id, mail.at, settings.hours),
                person_id=person_id,
                interaction_id=mail.id,
                title="Answer: they ask something" if asks else "Answer",
                reason=f"no answer of ours {settings.hours:g} working hours after the mail of"
                f" {desk.day_of(person_id, mail.at)}",
                priority=80 if asks else 60,
                settled=done,
            )


def owed(relation: Relation) -> Iterator[Mail]:
    """The first mails of theirs that need an answer, since ours before them."""
    return first_since_ours(relation, _asks_us)


def first_since_ours(relation: Relation, is_one: Callable[[Mail], bool]) -> Iterator[Mail]:
    """In each conversation the first such mail of theirs, and the first again after each word of ours."""
    waiting: set[str] = set()
    for mail in relation.mails:
        if mail.side is Side.OURS:
            if not (mail.is_mechanical or mail.is_bulk):
                waiting.discard(mail.thread_id)
        elif mail.thread_id not in waiting and is_one(mail):
            waiting.add(mail.thread_id)
            yield mail


def _asks_us(mail: Mail) -> bool:
    is_question = mail.side is Side.CONTACT and mail.is_to_us and mail.is_word
    return is_question and mail.needs_answer and not mail.is_invitation


def _run(relation: Relation, mail: Mail) -> Iterator[Mail]:
    """What they wrote there until we did."""
    for each in relation.mails:
        if each.thread_id == mail.thread_id and (each.at, each.id) >= (mail.at, mail.id):
            if each.side is Side.OURS:
                return
            if _asks_us(each):
                yield each


def settled(relation: Relation, mail: Mail, person_id: str | None) -> Settled | None:
    """The first thing by which we owe no answer any more."""
    found = list(_settling(relation, mail, person_id))
    if mail.is_answered and not found:
        found.append(Settled(how=How.REPLY, at=None))
    return soonest(found, mail.at)


def _settling(relation: Relation, mail: Mail, person_id: str | None) -> Iterator[Settled]:
    for meeting in relation.meetings:
        if meeting.status == "held" and meeting.starts_at > mail.at:
            yield Settled(how=How.MEETING, at=meeting.over_at, by=meeting.interaction_id)
    for later in relation.mails:
        if later.at < mail.at and later.parent_id != mail.id:
            continue
        if later.side is not Side.OURS or later.is_mechanical or later.is_bulk:
            continue
        is_direct = later.parent_id == mail.id
        if not (is_direct or (later.at, later.id) > (mail.at, mail.id)):
            continue
        is_to_them = later.is_to_contact or later.is_to_organization
        # what begins a conversation may be about anything, where one of those writes who were asked
        is_fresh = later.parent_id is None and later.is_to_contact and later.thread_id != mail.thread_id
        is_fresh = is_fresh and (later.person_id == person_id or later.person_id in mail.asked_ids)
        if is_fresh or ((is_direct or later.thread_id == mail.thread_id) and is_to_them):
            is_theirs = later.person_id == person_id or later.person_id in mail.asked_ids
            how = How.REPLY if is_theirs else How.COLLEAGUE
            # they are in the order of time, so none is sooner
            yield Settled(how=how, at=max(later.at, mail.at), by=later.id)
            return
