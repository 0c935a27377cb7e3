"""Addresses that mail comes back from: `bounced`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.people import owner, owner_of_mail
from matching.followups.records import Bounce, Due, How, Relation, Settled, Side


@dataclass(frozen=True, slots=True)
class BouncedSettings:
    """Settings of bounced: there are none."""


class Bounced:
    """The address has to be mended."""

    Settings: ClassVar[type[BouncedSettings]] = BouncedSettings
    summary: ClassVar[str] = "a mail of ours came back for good: the contact's address is wrong; it replaces no_reply"

    def least(self, _settings: BouncedSettings) -> timedelta:
        """It comes of bounces."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Of each address the first mail that came back since it last worked."""
        mails = {mail.id: mail for mail in relation.mails}
        failing: dict[str, datetime] = {}
        for each in sorted(relation.bounces, key=lambda bounce: (bounce.at, bounce.source_id)):
            mail = mails.get(each.mail_id)
            since = failing.get(each.address)
            if mail is None or (since is not None and not _heard(relation, each.address, since, each.at)):
                continue
            failing[each.address] = each.at
            person_id = owner_of_mail(relation, desk, mail) or owner(relation, desk)
            if desk.settings(name, relation, person_id) is None:
                continue
            yield Due(
                rule=name,
                address=each.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=max(each.at, mail.at),
                person_id=person_id,
                interaction_id=mail.id,
                title="Find the right address",
                reason=f"mail came back on {desk.day_of(person_id, each.at)}"
                + (f": {each.reason}" if each.reason else ""),
                priority=70,
                settled=_settled(relation, each),
            )


def _heard(relation: Relation, address: str, since: datetime, until: datetime) -> bool:
    return any(
        mail.side is Side.CONTACT and mail.address == address and mail.is_word and since < mail.at <= until
        for mail in relation.mails
    )


def _settled(relation: Relation, bounce: Bounce) -> Settled | None:
    """The contact writes from there after all, or we write to another address, and that does not come back."""
    lost = {(each.mail_id, each.address) for each in relation.bounces}
    for mail in relation.mails:
        if mail.at <= bounce.at:
            continue
        if mail.side is Side.CONTACT and mail.address == bounce.address and mail.is_word:
            return Settled(how=How.REPLY, at=mail.at, by=mail.id)
        is_elsewhere = mail.side is Side.OURS and mail.is_to_contact and mail.address != bounce.address
        if is_elsewhere and (mail.id, mail.address) not in lost:
            return Settled(how=How.WROTE_AGAIN, at=mail.at, by=mail.id)
    return None
