"""What has ended stays as it was known then: by whom it was known, and since when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.api import Meeting
from store.accounts import standings
from store.accounts.standings import Standing
from tests.unit.daemon.company_mail import NOON, mail
from tests.unit.daemon.company_meetings import ALICE, ANN, Calendars, at, event, meeting


def _weekly(house: Calendars) -> Meeting:
    """From Wednesday on, in Alice's calendar, which was read at noon on Monday."""
    house.invite("alice", mail(ALICE, ANN, mid="hello@x"), folder="Sent")
    found = meeting(event(at(4), f"{ANN}+", rules=("FREQ=WEEKLY;COUNT=3",)))
    house.plan("alice", found)
    house.hear()
    return found


def test_what_ended_while_nobody_read_is_as_the_calendar_has_it_then(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    series = _weekly(house)
    # the service is down; on Tuesday the first is moved to Thursday, and another one is put in
    house.pass_time(days=4, is_heard=False)
    assert house.meetings("starts_at, status")[0] == ("2026-03-04T06:30:00.000000Z", "held")
    moved = replace(series.events[0], start=at(5), end=at(5, 11), recurrence_id=at(4), rules=(), subject="Moved")
    added = replace(series.events[0], extra=((at(3), None),))
    house.plan("alice", replace(series, events=(added, moved)))
    house.hear()
    expected = [
        ("2026-03-03T06:30:00.000000Z", "held", "Offer"),
        ("2026-03-05T06:30:00.000000Z", "held", "Moved"),
        ("2026-03-11T06:30:00.000000Z", "planned", "Offer"),
        ("2026-03-18T06:30:00.000000Z", "planned", "Offer"),
    ]
    assert house.meetings("starts_at, status, subject") == expected
    house.pass_time(minutes=61)
    # from here on they stay
    house.plan("alice", replace(series, events=(replace(series.events[0], subject="Other"),)))
    assert house.meetings("starts_at, status, subject")[:2] == expected[:2]
    assert {subject for _at, _status, subject in house.meetings("starts_at, status, subject")[2:]} == {"Other"}


def test_all_accounts_that_hold_a_meeting_are_heard_before_it_is_frozen(
    new_calendars: Callable[..., Calendars],
) -> None:
    house = new_calendars()
    series = _weekly(house)
    house.plan("bob", replace(series, ref="b.ics"))
    house.hear()
    house.pass_time(days=4, is_heard=False)
    house.hear("alice")
    house.pass_time(hours=2, is_heard=False)
    assert house.rows("SELECT count(*) FROM meeting WHERE is_frozen") == [(0,)]
    house.hear()
    house.pass_time(hours=2, is_heard=False)
    assert house.rows("SELECT count(*) FROM meeting WHERE is_frozen") == [(1,)]


@pytest.mark.parametrize(("state", "frozen"), [("disabled", 1), ("auth_failed", 1), ("ok", 0)])
def test_who_is_not_followed_or_has_failed_for_long_is_not_waited_for(
    new_calendars: Callable[..., Calendars], state: str, frozen: int
) -> None:
    house = new_calendars()
    house.plan("bob", replace(_weekly(house), ref="b.ics"))
    house.hear()
    with house.store.write() as transaction:
        standing = Standing(state=state, state_since_at=NOON, last_success_at=NOON)
        standings.save(transaction, house.accounts["bob"], standing)
    house.now += timedelta(days=15)
    house.hear("alice")
    house.pass_time(hours=2, is_heard=False)
    assert house.rows("SELECT count(*) FROM meeting WHERE is_frozen") == [(frozen and 2,)]


def test_what_waits_to_be_frozen_is_looked_at_again_but_not_at_once(new_calendars: Callable[..., Calendars]) -> None:
    house = new_calendars()
    _weekly(house)
    house.pass_time(days=4, is_heard=False)
    ((due_at,),) = house.rows("SELECT due_at FROM series")
    assert due_at == "2026-03-06T13:00:00.000000Z"
    # nothing is due: this ends
    house.pass_time(minutes=1, is_heard=False)
