"""Hostile inputs over all entrances: each ends within bounds, with a reason, and what is good is taken afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, Protocol, cast

import pytest

from tests.hostile import caldav, ews, http, ics, imap, mail, smtp, w1
from tests.hostile.running import Case, failures, outcomes

#: Of each entrance at least so many, all different.
LEAST = {imap: 110, caldav: 80, ews: 70, mail: 140, ics: 70, w1: 70, http: 100, smtp: 55}


class Entrance(Protocol):
    """A module of this folder."""

    CASES: Sequence[Case[Any]]
    world: Callable[[], AbstractContextManager[Any]]
    good: Callable[[Any], object]


def name_of(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


@pytest.mark.slow
@pytest.mark.parametrize("module", LEAST, ids=name_of)
def test_each_input_ends_within_bounds_with_a_reason_and_what_is_good_is_taken(module: ModuleType) -> None:
    entrance = cast(Entrance, module)
    found = outcomes(entrance.CASES, entrance.world, entrance.good)
    bad = failures(found, entrance.CASES)
    assert not bad, "\n".join(bad)


def test_there_are_at_least_250_different_inputs_over_all_entrances() -> None:
    total = 0
    for module, least in LEAST.items():
        cases = cast(Entrance, module).CASES
        assert len({case.name for case in cases}) == len(cases) >= least, name_of(module)
        total += len(cases)
    assert total >= 250
    assert len(LEAST) == 8


@pytest.mark.slow
def test_what_takes_no_end_too_much_memory_or_gives_no_reason_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner itself: a check that cannot fail is none."""
    monkeypatch.setattr("tests.hostile.running.SECONDS", 1)

    def endless(_world: object) -> str:
        while True:
            pass

    def large(_world: object) -> str:
        return f"{len(bytearray(b'x') * (80 << 20))} bytes"

    def wrong(_world: object) -> str:
        raise AssertionError("not so")

    cases: list[Case[Any]] = [
        Case("endless", endless),
        Case("large", large),
        Case("silent", lambda _world: ""),
        Case("wrong", wrong),
        Case("good", lambda _world: "a reason"),
    ]
    told = failures(outcomes(cases, nullcontext, lambda _world: None), cases)
    assert [each.partition(":")[0] for each in told] == ["endless", "large", "silent", "wrong"]
    assert "had not ended" in told[0]
    assert "MiB more memory" in told[1]
    assert "not so" in told[3]
