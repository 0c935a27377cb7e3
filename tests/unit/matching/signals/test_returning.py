"""The day on which somebody will be back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from matching.folding import fold
from matching.signals.returning import return_date

SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "back on 9 March", "2026-03-09"),
        ("en", "back on Monday", "2026-03-09"),
        ("en", "until 04/03/2026", "2026-03-04"),
        ("en", "until 03/04/2026", "2026-03-04"),
        ("en", "until 13/03/2026", "2026-03-13"),
        ("en", "until January 5th", "2027-01-05"),
        ("en", "until 5 May 2020", ""),
        ("en", "until 31 February", ""),
        ("en", "until the cows come home", ""),
        ("en", "the meeting of 9 March", ""),
        ("de", "bis 04.03.2026", "2026-03-04"),
        ("fa", "تا ۱۳ فروردین", "2026-04-02"),
        ("fa", "تا ۱۴۰۵/۰۱/۰۱", "2026-03-21"),
        ("zh", "3月31日返回", "2026-03-31"),
        ("zh", "1月2日返回", "2027-01-02"),
        ("zh", "2月30日返回", ""),
        ("zh", "3月1日返回", ""),
        ("en", "back on 1 March", ""),
        ("en", "back on 2 March", ""),
        ("mn", "3 сарын 9 хүртэл", "2026-03-09"),
        ("", "back on 9 March", ""),
    ],
)
def test_a_date_counts_where_a_return_is_told(language: str, text: str, day: str) -> None:
    assert return_date(language, fold(text), SENT) == (date.fromisoformat(day) if day else None)


def test_without_the_day_of_the_mail_nothing_is_told() -> None:
    assert return_date("en", "back on 9 march", None) is None


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1375, "1996-03-20"),
        (1399, "2020-03-20"),
        (1403, "2024-03-20"),
        (1404, "2025-03-21"),
        (1405, "2026-03-21"),
        (1408, "2029-03-20"),
    ],
)
def test_nowruz_is_known(year: int, day: str) -> None:
    sent = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
    assert return_date("fa", fold(f"تا {year}/1/1"), sent) == date.fromisoformat(day)
