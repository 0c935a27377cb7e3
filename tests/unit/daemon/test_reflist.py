"""Refs in compressed pieces are the sets they stand for."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import reflist
from daemon.reflist import RefList, in_both, only_in, side_by_side

_refs = st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflist, "_RUN", 4)
    monkeypatch.setattr(reflist, "_PIECE", 2)


@given(_refs)
def test_refs_come_back_once_each_in_order(refs: list[str]) -> None:
    kept = RefList(refs)
    assert list(kept) == list(kept) == sorted(set(refs))
    assert len(kept) == len(set(refs))


@given(_refs, _refs)
def test_comparisons_are_those_of_sets(left: list[str], right: list[str]) -> None:
    one, other = RefList(left), RefList(right)
    assert list(in_both(one, other)) == sorted(set(left) & set(right))
    assert list(only_in(one, other)) == sorted(set(left) - set(right))
    assert {ref for ref, _, _ in side_by_side(one, other)} == {*left, *right}


@pytest.mark.slow
def test_two_long_lists_are_compared_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    count = 200_000
    tracemalloc.start()
    try:
        one = RefList(f"1700000000:{n}" for n in range(count))
        other = RefList(f"1700000000:{n}" for n in range(1, count + 1))
        assert (list(only_in(one, other)), list(only_in(other, one))) == (["1700000000:0"], [f"1700000000:{count}"])
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 * 2**20
