"""The cursor of a folder: what is new, what is left of the past, and when it means nothing any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.api import Cursor, CursorExpired
from connectors.imap.position import Gap, Position, load

D24, D25, D26 = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)
DONE = Position(uidvalidity=7, hi=100, uidnext=105, since=D25)

_days = st.none() | st.dates()
_uids = st.integers(0, 2**32 - 1)
_gaps = st.lists(st.builds(Gap, since=_days, before=_days, below=_uids, left=_uids), max_size=3).map(tuple)
_positions = st.builds(Position, uidvalidity=_uids, hi=_uids, uidnext=_uids, since=_days, gaps=_gaps)


@given(_positions)
def test_a_cursor_is_read_back_as_it_was_written(position: Position) -> None:
    assert load(position.dump()) == position


@pytest.mark.parametrize("cursor", ["", "7:100", "{}", "[]", "[1,2,3]", "[2,7,100,105,null,[]]", '[1,7,"x",1,null,[]]'])
def test_what_is_no_cursor_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        load(Cursor(cursor))


@pytest.mark.parametrize(("uidnext", "news"), [(105, False), (106, True), (None, True), (101, True)])
def test_an_unchanged_uidnext_is_no_news(uidnext: int | None, news: bool) -> None:
    assert DONE.has_news(uidnext) is news


def test_the_uid_after_the_last_is_no_news_whatever_was_noted() -> None:
    assert not Position(uidvalidity=7, hi=100, uidnext=99).has_news(101)


@pytest.mark.parametrize(("uidvalidity", "uidnext"), [(8, 105), (6, 105), (7, 104), (7, 1)])
def test_a_server_that_went_back_expires_the_cursor(uidvalidity: int, uidnext: int) -> None:
    with pytest.raises(CursorExpired):
        DONE.check(uidvalidity, uidnext)


@pytest.mark.parametrize("uidnext", [None, 105, 2000])
def test_a_server_that_goes_on_does_not(uidnext: int | None) -> None:
    DONE.check(7, uidnext)


def test_an_earlier_day_opens_a_gap_for_the_older_part_alone() -> None:
    moved = DONE.moved(D24)
    assert moved.gaps == (Gap(D24, D25, 101),)
    assert moved.complete_since == datetime(2025, 1, 1, tzinfo=UTC)
    assert moved.has_news(105)
    assert DONE.moved(None).gaps == (Gap(None, D25, 101),)


def test_a_later_day_forgets_nothing_that_was_read() -> None:
    assert DONE.moved(D26) == DONE
    assert DONE.moved(D26).complete_since == datetime(2025, 1, 1, tzinfo=UTC)


def test_a_later_day_ends_what_is_left_of_the_past_earlier() -> None:
    importing = Position(uidvalidity=7, hi=100, since=D24, gaps=(Gap(D25, None, 50), Gap(D24, D25, 101)))
    moved = importing.moved(D26)
    assert moved.gaps == (Gap(D26, None, 50),)
    assert (moved.since, moved.complete_since) == (D26, None)


def test_an_import_under_way_is_complete_from_nowhere_on() -> None:
    importing = Position(uidvalidity=7, hi=100, since=D25, gaps=(Gap(D25, None, 50),))
    assert importing.complete_since is None
    assert importing.moved(D24).complete_since is None


def test_without_a_day_all_is_complete() -> None:
    assert Position(uidvalidity=7).complete_since == datetime(1970, 1, 1, tzinfo=UTC)


def test_the_horizon_is_reached_when_only_older_gaps_are_left() -> None:
    importing = Position(uidvalidity=7, hi=100, since=D24, gaps=(Gap(D26, None, 50, 7), Gap(D24, D26, 101, 30)))
    horizon = datetime(2026, 1, 2, tzinfo=UTC)
    assert (importing.backlog, importing.reaches(horizon)) == (37, False)
    within = replace(importing, gaps=importing.gaps[1:])
    assert (within.backlog, within.reaches(horizon)) == (30, True)
    assert not within.reaches(datetime(2025, 12, 31, tzinfo=UTC))
    assert not within.reaches(None)


def test_a_gap_that_nobody_has_looked_into_counts_as_one() -> None:
    assert (DONE.moved(D24).backlog, DONE.backlog) == (1, 0)
