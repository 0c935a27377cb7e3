"""Mails in which a contact complains: `complaint`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.owing import first_since_ours, settled
from matching.followups.people import owner_of_mail
from matching.followups.records import Due, Mail, Relation, Side


@dataclass(frozen=True, slots=True)
class ComplaintSettings:
    """Settings of complaint: there are none."""


class Complaint:
    """A contact complains."""

    Settings: ClassVar[type[ComplaintSettings]] = ComplaintSettings
    summary: ClassVar[str] = "a contact complains, by the words of the mail; raised at once, before all else"

    def least(self, _settings: ComplaintSettings) -> timedelta:
        """It comes of words."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """In each conversation the first mail of theirs since ours that complains."""
        for mail in complaining(relation):
            person_id = owner_of_mail(relation, desk, mail)
            if desk.settings(name, relation, person_id) is None:
                continue
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=mail.at,
                person_id=person_id,
                interaction_id=mail.id,
                title="Answer the complaint",
                reason=f"the mail of {desk.day_of(person_id, mail.at)} complains",
                priority=100,
                settled=settled(relation, mail, person_id),
            )


def complaining(relation: Relation) -> Iterator[Mail]:
    """The first mails of theirs that complain, since ours before them."""
    return first_since_ours(relation, _complains)


def _complains(mail: Mail) -> bool:
    return mail.side is Side.CONTACT and mail.complains and mail.is_word and not mail.is_invitation
