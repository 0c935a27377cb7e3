"""A mail that is opened again and again: when there are enough opens, and by what it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from matching.followups import Colleague, Desk, Due, Mail, Open, Plan, Relation, Side
from matching.followups.opening import OpenedOften, OpenedOftenSettings
from matching.workdays import WorkingTime, WorkingTimes
from matching.workweeks import read_week

#: A Monday.
SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULE = OpenedOften()
OFFER = Mail(
    id="offer",
    thread_id="t",
    parent_id=None,
    at=SENT,
    side=Side.OURS,
    author="alice@acme.example",
    address="ann@client.example",
    is_to_contact=True,
    is_asked=True,
    person_id="alice",
)
ANSWER = replace(OFFER, id="answer", parent_id="offer", side=Side.CONTACT, author="ann@client.example", is_asked=False)
DAY = timedelta(days=1)


def found(*after: timedelta, mails: tuple[Mail, ...] = (OFFER,), **settings: int) -> list[Due]:
    relation = Relation(
        contact_id="ann",
        mails=mails,
        opens=tuple(Open(mail_id="offer", at=SENT + each) for each in after),
    )
    times = WorkingTimes(WorkingTime(zone="UTC", week=read_week(("mon-fri 09:00-17:00",))), {})
    plan = Plan(rules={"opened_often": (RULE, OpenedOftenSettings(**settings))}, times=times)
    desk = Desk(plan, {"alice": Colleague(id="alice", address="alice@acme.example")})
    return list(RULE.find("opened_often", relation, desk))


def test_enough_opens_within_the_days_make_a_task() -> None:
    assert found() == found(DAY, 2 * DAY) == []
    (due,) = found(DAY, 2 * DAY, 3 * DAY, 4 * DAY)
    assert (due.trigger_id, due.person_id, due.due_at, due.settled) == ("offer", "alice", SENT + 3 * DAY, None)
    assert "opened 3 times" in due.reason
    # too far apart, and close enough later on
    assert found(DAY, 5 * DAY, 12 * DAY) == []
    (late,) = found(DAY, 20 * DAY, 21 * DAY, 22 * DAY)
    assert late.due_at == SENT + 22 * DAY
    (one,) = found(timedelta(hours=12), opens=1)
    assert one.due_at == SENT + DAY, "at night nobody works"


def test_an_answer_settles_it() -> None:
    opens = (DAY, 2 * DAY, 3 * DAY)
    (due,) = found(*opens, mails=(OFFER, replace(ANSWER, at=SENT + 5 * DAY)))
    assert due.settled is not None
    assert due.settled.at == SENT + 5 * DAY
    assert found(*opens, mails=(replace(OFFER, is_asked=False),)) == [], "who stands in Cc is asked nothing"


@pytest.mark.parametrize("settings", [{"opens": 0}, {"opens": 51}, {"days": 91}, {"days": -1}])
def test_settings_that_nobody_means_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be from"):
        OpenedOftenSettings(**settings)
