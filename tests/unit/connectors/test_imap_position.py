"""The cursor of a folder: what is new, what is left of the past, and when it means nothing any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.api import Cursor, CursorExpired
from connectors.imap.position import Anchor, Gap, Position, load
from connectors.imap.responses import Standing

D24, D25, D26 = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)
DONE = Position(uidvalidity=7, hi=100, uidnext=105, since=D25)

_days = st.none() | st.dates()
_uids = st.integers(0, 2**32 - 1)
_gaps = st.lists(st.builds(Gap, since=_days, before=_days, below=_uids, left=_uids), max_size=3).map(tuple)
_modseqs = st.none() | st.integers(1, 2**63 - 1)
_anchors = st.none() | st.builds(Anchor, _uids, _uids, st.none() | st.datetimes(timezones=st.just(UTC)))
_positions = st.builds(
    Position,
    uidvalidity=_uids,
    hi=_uids,
    uidnext=_uids,
    since=_days,
    gaps=_gaps,
    messages=st.none() | _uids,
    modseq=_modseqs,
    anchor=_anchors,
)


@given(_positions)
def test_a_cursor_is_read_back_as_it_was_written(position: Position) -> None:
    assert load(position.dump()) == position


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "7:100", "{}", "[]", "[1,2,3]", "[2,7,100,105,null,[]]"),
        *('[2,7,"x",1,null,[],null,null,null]', "[2,7,1,1,null,[],null,null,[1]]", "[1,7,1,1,null,[],null,null,null]"),
    ],
)
def test_what_is_no_cursor_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        load(Cursor(cursor))


@pytest.mark.parametrize(("uidnext", "news"), [(105, False), (106, True), (None, True), (101, True)])
def test_an_unchanged_uidnext_is_no_news(uidnext: int | None, news: bool) -> None:
    assert DONE.has_news(uidnext) is news


def test_the_uid_after_the_last_is_no_news_whatever_was_noted() -> None:
    assert not Position(uidvalidity=7, hi=100, uidnext=99).has_news(101)


@pytest.mark.parametrize(
    ("uidvalidity", "uidnext", "modseq"), [(8, 105, 50), (6, 105, 50), (7, 104, 50), (7, 1, 50), (7, 105, 49)]
)
def test_a_server_that_went_back_expires_the_cursor(uidvalidity: int, uidnext: int, modseq: int) -> None:
    with pytest.raises(CursorExpired):
        replace(DONE, modseq=50).check(Standing(uidvalidity, uidnext, 9, modseq))


@pytest.mark.parametrize(("uidnext", "modseq"), [(None, None), (105, 50), (2000, 51)])
def test_a_server_that_goes_on_does_not(uidnext: int | None, modseq: int | None) -> None:
    replace(DONE, modseq=50).check(Standing(7, uidnext, 9, modseq))


@pytest.mark.parametrize(
    ("standing", "is_same"),
    [
        (Standing(7, 105, 9, 50), True),
        (Standing(8, 105, 9, 50), False),
        (Standing(7, 106, 9, 50), False),
        (Standing(7, None, 9, 50), False),
        (Standing(7, 105, 8, 50), False),
        (Standing(7, 105, None, 50), False),
        (Standing(7, 105, 9, 51), False),
        (Standing(7, 105, 9, None), False),
    ],
)
def test_nothing_changed_where_the_server_says_all_it_said_before(standing: Standing, is_same: bool) -> None:
    done = replace(DONE, messages=9, modseq=50)
    assert done.is_at(standing, D25) is is_same
    assert not done.is_at(standing, D24)
    assert not replace(done, gaps=(Gap(None, D24, 50),)).is_at(standing, D25)


def test_an_earlier_day_opens_a_gap_for_the_older_part_alone() -> None:
    moved = DONE.moved(D24)
    assert moved.gaps == (Gap(D24, D25, 101),)
    assert moved.complete_since == datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert moved.has_news(105)
    assert DONE.moved(None).gaps == (Gap(None, D25, 101),)


def test_a_later_day_forgets_nothing_that_was_read() -> None:
    assert DONE.moved(D26) == DONE
    assert DONE.moved(D26).complete_since == datetime(2025, 1, 1, 12, tzinfo=UTC)


def test_a_later_day_ends_what_is_left_of_the_past_earlier() -> None:
    importing = Position(uidvalidity=7, hi=100, since=D24, gaps=(Gap(D25, None, 50), Gap(D24, D25, 101)))
    moved = importing.moved(D26)
    assert moved.gaps == (Gap(D26, None, 50),)
    assert (moved.since, moved.complete_since) == (D26, None)


def test_an_import_under_way_is_complete_from_nowhere_on() -> None:
    importing = Position(uidvalidity=7, hi=100, since=D25, gaps=(Gap(D25, None, 50),))
    assert importing.complete_since is None
    assert importing.moved(D24).complete_since is None


def test_hours_that_a_server_in_the_west_did_not_search_are_not_promised() -> None:
    # SINCE 1-Jan-2025 begins at noon UTC where the clocks are twelve hours behind
    assert DONE.complete_since == datetime(2025, 1, 1, 12, tzinfo=UTC)


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
