"""When a channel is told of a condition: when it begins, when it is over, and again after a quiet period at most.

What comes and goes is told at most once in a quiet period as begun, and once as over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.alerts.conditions import Condition
from store.questions.alerts import Alert

#: Between two messages to one channel: what goes wrong together is told together.
GAP = timedelta(minutes=10)


def observed(known: Iterable[Alert], found: Iterable[Condition], channel: str, now: datetime) -> list[Alert]:
    """How the alerts of a channel stand, with what is found now."""
    before = {each.key: each for each in known if each.channel == channel}
    current = {each.key: each for each in found}
    after = [_seen(before.get(each.key) or _new(each, channel, now), each, now) for each in current.values()]
    gone = [each for key, each in before.items() if key not in current]
    return after + [each if each.ended_at is not None else replace(each, ended_at=now) for each in gone]


def _new(found: Condition, channel: str, now: datetime) -> Alert:
    return Alert(
        channel=channel,
        key=found.key,
        kind=found.kind,
        subject=found.subject,
        problem=found.problem,
        hint=found.hint,
        began_at=now,
    )


def _seen(alert: Alert, found: Condition, now: datetime) -> Alert:
    """It is so, and in other words perhaps; what was told to be over begins anew."""
    is_anew = alert.ended_at is not None and not alert.is_told
    began_at = now if is_anew else alert.began_at
    return replace(alert, problem=found.problem, hint=found.hint, began_at=began_at, ended_at=None)


def is_over_for_good(alert: Alert, now: datetime, quiet: timedelta) -> bool:
    """Is there nothing left to tell or to remember of it?"""
    return alert.ended_at is not None and not alert.is_told and not _is_quiet(alert, now, quiet)


def due(alerts: Sequence[Alert], now: datetime, quiet: timedelta) -> list[Alert]:
    """Those of one channel that are to be told now, in one message."""
    waits = any(each.next_try_at is not None and each.next_try_at > now for each in alerts)
    last = max((each.told_at for each in alerts if each.told_at is not None), default=None)
    # a time to come was noted by a clock that was wrong
    if waits or (last is not None and timedelta(0) <= now - last < GAP):
        return []
    return [each for each in alerts if _is_due(each, now, quiet)]


def _is_due(alert: Alert, now: datetime, quiet: timedelta) -> bool:
    if alert.ended_at is not None:
        return alert.is_told
    return not _is_quiet(alert, now, quiet)


def _is_quiet(alert: Alert, now: datetime, quiet: timedelta) -> bool:
    return alert.told_at is not None and timedelta(0) <= now - alert.told_at < quiet


def told(alert: Alert, now: datetime) -> Alert:
    """As it stands once the channel took the message about it."""
    return replace(alert, told_at=now, is_told=alert.ended_at is None, attempts=0, next_try_at=None)
