"""Contacts that are silent for longer than they use to be: `gone_quiet`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.owing import owed, settled
from matching.followups.people import owner
from matching.followups.records import Due, How, Relation, Settled, Side
from matching.followups.replying import waits_from
from matching.rhythm import LEAST, quiet_from


@dataclass(frozen=True, slots=True)
class GoneQuietSettings:
    """Settings of gone_quiet: there are none, for each contact has its own rhythm."""


@dataclass(frozen=True, slots=True)
class _Contact:
    """A mail either way, or a meeting that was held."""

    at: datetime
    id: str
    address: str
    how: How
    counts_from: datetime | None


class GoneQuiet:
    """Nobody has written for longer than usual."""

    Settings: ClassVar[type[GoneQuietSettings]] = GoneQuietSettings
    summary: ClassVar[str] = "a contact and we have been silent for three times as long as usual, two weeks at least"

    def least(self, _settings: GoneQuietSettings) -> timedelta:
        """No rhythm makes it sooner."""
        return LEAST

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """The last contact; where a mail waits for an answer, that is another rule's."""
        times = sorted(_times(relation), key=lambda each: (each.at, each.id))
        person_id = owner(relation, desk)
        if not times or relation.gap is None or desk.settings(name, relation, person_id) is None:
            return
        for last, following in zip(times, [*times[1:], None], strict=True):
            due_at = quiet_from(last.at, relation.gap)
            if following is not None and following.at <= due_at:
                continue
            if following is None and _is_waiting(relation, last.at):
                continue
            yield Due(
                rule=name,
                address=last.address,
                trigger_id=last.id,
                triggered_at=last.at,
                counts_from=last.counts_from,
                due_at=due_at,
                person_id=person_id,
                interaction_id=last.id,
                title="Get in touch",
                reason=f"no contact since {desk.day_of(person_id, last.at)}; usual is every"
                f" {max(1, round(relation.gap.total_seconds() / 86_400))} days",
                priority=20,
                settled=Settled(how=following.how, at=following.at, by=following.id) if following else None,
            )


def _times(relation: Relation) -> Iterable[_Contact]:
    for mail in relation.mails:
        if mail.side is Side.CONTACT and not mail.is_mechanical:
            yield _Contact(mail.at, mail.id, mail.address, How.REPLY, mail.counts_from)
        elif mail.side is Side.OURS and mail.is_to_contact and not mail.is_mechanical:
            yield _Contact(mail.at, mail.id, mail.address, How.WROTE_AGAIN, mail.counts_from)
    for meeting in relation.meetings:
        if meeting.status == "held":
            whole = (meeting.interaction_id, meeting.address, How.MEETING, meeting.counts_from)
            yield _Contact(meeting.over_at, *whole)


def _is_waiting(relation: Relation, last_at: datetime) -> bool:
    asked_at = waits_from(relation)
    if asked_at is not None and asked_at >= last_at:
        return True
    return any(mail.at >= last_at for mail in owed(relation) if settled(relation, mail, None) is None)
