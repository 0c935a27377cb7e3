"""The usual rhythm of a relationship, and when silence is unusual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matching.rhythm import median_seconds, quiet_from, usual_gap

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def days(*offsets: float) -> list[datetime]:
    return [NOON + timedelta(days=each) for each in offsets]


@pytest.mark.parametrize(
    ("instants", "gap"),
    [
        ((), None),
        ((0, 7, 14), None),
        ((0, 7, 14, 21), 7),
        # several mails of one day are one contact
        ((0, 0.1, 0.2, 7, 14, 21), 7),
        # one long pause does not change what is usual
        ((0, 2, 4, 90, 92, 94), 2),
        ((21, 0, 14, 7), 7),
    ],
)
def test_the_usual_gap_is_the_middle_of_the_gaps_between_days(instants: tuple[float, ...], gap: float | None) -> None:
    assert usual_gap(days(*instants)) == (None if gap is None else timedelta(days=gap))


def test_silence_is_unusual_after_three_gaps_and_never_before_two_weeks() -> None:
    assert quiet_from(NOON, timedelta(days=7)) == NOON + timedelta(days=21)
    assert quiet_from(NOON, timedelta(days=1)) == NOON + timedelta(days=14)


def test_the_middle_of_no_durations_is_none() -> None:
    assert median_seconds([]) is None
    assert median_seconds([10, 30, 20]) == 20
    assert median_seconds([10, 20]) == 15
