"""Mails of ours that people open again and again without answering: `opened_often`.

Only opens and clicks of people are in a relation (`matching.opens.verdicts.HUMAN`), and only of contacts who agreed, so
that no scanner and no mailbox that loads images ahead ever raises a task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from matching.followups.desk import Desk
from matching.followups.people import owner_of_mail
from matching.followups.records import Due, Relation
from matching.followups.replying import waiting
from matching.followups.settings import Days, days_in_words

#: More opens than this nobody waits for.
MOST_OPENS = 50


@dataclass(frozen=True, slots=True)
class OpenedOftenSettings(Days):
    """Settings of opened_often."""

    #: Days, by the calendar, within which the opens lie.
    days: int = 7
    opens: int = 3

    def __post_init__(self) -> None:
        Days.__post_init__(self)
        if not 1 <= self.opens <= MOST_OPENS:
            raise ValueError(f"opens must be from 1 to {MOST_OPENS}")


class OpenedOften:
    """A mail of ours is opened several times, and nobody answers."""

    Settings: ClassVar[type[OpenedOftenSettings]] = OpenedOftenSettings
    summary: ClassVar[str] = (
        "a contact who agreed to it opened a mail of ours several times within some days, unanswered"
    )

    def least(self, _settings: OpenedOftenSettings) -> timedelta:
        """It comes of opens."""
        return timedelta.max

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """Each mail of ours that asks the contact, at the open that makes them enough."""
        opened: dict[str, list[datetime]] = {}
        for each in relation.opens:
            opened.setdefault(each.mail_id, []).append(each.at)
        for mail, settled in waiting(relation) if opened else ():
            person_id = owner_of_mail(relation, desk, mail)
            settings = desk.settings(name, relation, person_id)
            at = _enough(opened.get(mail.id, []), settings) if settings is not None else None
            if at is None:
                continue
            yield Due(
                rule=name,
                address=mail.address,
                trigger_id=mail.id,
                triggered_at=mail.at,
                counts_from=mail.counts_from,
                due_at=desk.after_days(person_id, at, 0),
                person_id=person_id,
                interaction_id=mail.id,
                title="Call: opened often, no answer",
                reason=f"opened {settings.opens} times within {days_in_words(settings.days, 'day')}, until"
                f" {desk.day_of(person_id, at)}; no answer to the mail of {desk.day_of(person_id, mail.at)}",
                priority=60,
                settled=settled,
            )


def _enough(times: list[datetime], settings: OpenedOftenSettings) -> datetime | None:
    """The open by which there were first so many within the days; None: there never were."""
    times.sort()
    for first, last in zip(times, times[settings.opens - 1 :], strict=False):
        if last - first <= timedelta(days=settings.days):
            return last
    return None
