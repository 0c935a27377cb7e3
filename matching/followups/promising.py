"""What we promised by mail: `promised`. It is read off words, so it is suggested, and never due or late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from matching.addresses import is_no_reply
from matching.followups.desk import Desk
from matching.followups.people import owner_of_mail
from matching.followups.records import Due, How, Mail, Relation, Settled, Side, soonest
from matching.followups.settings import Days

#: Working hours after a promise for the same day.
_TODAY = 2
#: Nobody is without a working day for longer.
_LONGEST_REST = 14


@dataclass(frozen=True, slots=True)
class PromisedSettings(Days):
    """Settings of promised."""

    #: Working days, where no day was named.
    days: int = 2


class Promised:
    """We wrote that we would send something, or answer."""

    Settings: ClassVar[type[PromisedSettings]] = PromisedSettings
    summary: ClassVar[str] = (
        "we wrote that we would send something, and have not; suggested on the working day that was named, or some"
        " working days later"
    )

    def least(self, _settings: PromisedSettings) -> timedelta:
        """It comes of words."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each mail of ours that promises the contact something, until it goes out."""
        for mail in _promising(relation):
            person_id = owner_of_mail(relation, desk, mail)
            settings = desk.settings(name, relation, person_id)
            if settings is None:
                continue
            by = f" by {mail.promised_by}" if mail.promised_by else ""
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=_suggested_at(desk, mail, person_id, settings.days),
                person_id=person_id,
                interaction_id=mail.id,
                title="Keep the promise",
                reason=f"promised on {desk.day_of(person_id, mail.at)} to send something{by}",
                priority=30,
                is_suggested=True,
                settled=soonest(_settling(relation, mail), mail.at),
            )


def _promising(relation: Relation) -> Iterator[Mail]:
    for mail in relation.mails:
        is_word = mail.side is Side.OURS and mail.is_asked and not mail.is_mechanical and not mail.is_bulk
        if is_word and mail.promises and not is_no_reply(mail.address):
            yield mail


def _suggested_at(desk: Desk, mail: Mail, person_id: str | None, days: int) -> datetime:
    """The beginning of the last working day on which it can be kept."""
    if mail.promised_by is None:
        return desk.after_days(person_id, mail.at, days)
    written_on = desk.day_of(person_id, mail.at)
    for number in range(_LONGEST_REST):
        day = mail.promised_by - timedelta(days=number)
        if day <= written_on:
            break
        begins_at = desk.beginning_of(person_id, day)
        if desk.day_of(person_id, begins_at) == day:
            return begins_at
    return max(mail.at, desk.after_hours(person_id, mail.at, _TODAY)).astimezone(UTC)


def _settling(relation: Relation, mail: Mail) -> Iterator[Settled]:
    """A later mail of ours that may be what was promised: in the conversation, or with something attached."""
    for each in relation.bounces:
        if each.mail_id == mail.id and each.address == mail.address:
            yield Settled(how=How.BOUNCE, at=max(each.at, mail.at), by=each.source_id)
    for later in relation.mails:
        if later.side is not Side.OURS or later.is_mechanical or later.is_bulk or later.is_invitation:
            continue
        if (later.at, later.id) <= (mail.at, mail.id) or not (later.is_to_contact or later.is_to_organization):
            continue
        if later.thread_id == mail.thread_id or (later.has_attachments and later.is_to_contact):
            how = How.WROTE_AGAIN if later.person_id == mail.person_id else How.COLLEAGUE
            yield Settled(how=how, at=later.at, by=later.id)
