"""Whose word on consent counts: over time, and where several speak of one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.consent import Consent, Statement, following, read_statement, strictest

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, EARLY = NOW - timedelta(days=2), NOW - timedelta(days=9)
G, R, U = Consent.GRANTED, Consent.REFUSED, Consent.UNKNOWN


def said(state: Consent, at: datetime | None = BEFORE) -> Statement:
    return Statement(state, at, "a form")


@pytest.mark.parametrize(
    ("known", "news", "state", "at"),
    [
        (None, said(G, None), G, NOW),
        (None, said(G), G, BEFORE),
        (None, said(R, None), R, NOW),
        # what is stricter holds at once, unless it is older
        (said(G), said(R, None), R, NOW),
        (said(G), said(U, None), U, NOW),
        (said(G), said(R, EARLY), G, BEFORE),
        (said(G), said(R, NOW), R, NOW),
        # what is laxer needs a later date
        (said(R), said(G, None), R, BEFORE),
        (said(R), said(G, EARLY), R, BEFORE),
        (said(R), said(G, BEFORE), R, BEFORE),
        (said(R), said(G, NOW), G, NOW),
        (said(U), said(G, None), U, BEFORE),
        (said(R), said(U, NOW), U, NOW),
        # the same again
        (said(G), said(G, None), G, BEFORE),
        (said(G), said(G, NOW), G, NOW),
    ],
)
def test_what_a_list_says_follows_on_what_was_said(
    known: Statement | None, news: Statement, state: Consent, at: datetime
) -> None:
    found = following(known, news, NOW)
    assert found is not None
    assert (found.state, found.at) == (state, at)
    assert following(found, news, NOW + timedelta(days=1)) == found, "a list that says it again changes nothing"


def test_nothing_said_is_nothing_known() -> None:
    assert following(None, said(U, None), NOW) is None
    assert strictest([]) is None
    assert strictest([None, None]) is None


statements = st.one_of(st.none(), st.builds(said, st.sampled_from(Consent), st.sampled_from((EARLY, BEFORE, NOW))))


@given(st.lists(statements, max_size=5))
def test_one_consents_where_all_of_them_do(spoken: list[Statement | None]) -> None:
    states = [each.state if each else U for each in spoken]
    found = strictest(spoken)
    assert (found is not None and found.state is G) == (states != [] and set(states) == {G})
    assert (found is not None and found.state is R) == (R in states)


def test_what_lists_write_is_read_or_told_why_not() -> None:
    assert read_statement("", NOW, "x", NOW) is None
    assert read_statement(None, None, None, NOW) is None
    assert read_statement(" Granted ", BEFORE, " a  form ", NOW) == said(G)
    assert "none of unknown, granted, refused" in str(read_statement("yes", None, None, NOW))
    assert "future" in str(read_statement("granted", NOW + timedelta(days=2), None, NOW))
    assert "201 characters" in str(read_statement("granted", None, "x" * 201, NOW))
