"""Waiting: how long after which error."""

from __future__ import annotations

import pytest

from connectors.api import AuthFailed, Misconfigured, Unavailable
from daemon.retry import LONGEST_REST, PARKED, Backoff, attempts

HIGHEST = Backoff(chance=lambda: 1.0)
LOWEST = Backoff(chance=lambda: 0.0)


def test_waits_double_up_to_half_an_hour() -> None:
    assert [HIGHEST.delay(failures) for failures in (1, 2, 3, 9, 10, 5_000)] == [5, 10, 20, 1280, 1800, 1800]
    assert [LOWEST.delay(failures) for failures in (1, 2, 10)] == [2.5, 5, 900]


def test_a_failure_more_or_less_is_no_error() -> None:
    assert HIGHEST.delay(0) == HIGHEST.delay(1)


def test_waits_differ_by_chance() -> None:
    assert len({Backoff().delay(5) for _ in range(20)}) > 1


def test_a_server_gets_the_rest_it_asked_for_up_to_a_day() -> None:
    assert HIGHEST.after(Unavailable("busy", retry_after=600), 1) == 600
    assert HIGHEST.after(Unavailable("busy", retry_after=1), 3) == 20
    assert HIGHEST.after(Unavailable("busy", retry_after=float("inf")), 1) == LONGEST_REST
    assert HIGHEST.after(Unavailable("busy", retry_after=float("nan")), 1) == 5
    assert HIGHEST.after(Unavailable("busy", retry_after=-7), 1) == 5


def test_a_refused_password_is_not_tried_again_soon() -> None:
    assert HIGHEST.after(AuthFailed("no"), 1) == PARKED


def test_options_that_cannot_work_are_not_tried_again() -> None:
    assert HIGHEST.after(Misconfigured("no"), 1) is None


def test_attempts_wait_and_then_give_the_answer() -> None:
    waits: list[float] = []
    answers = iter([Unavailable("1"), Unavailable("2", retry_after=60), "fine"])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, Unavailable):
            raise answer
        return str(answer)

    assert attempts(3, backoff=HIGHEST, sleep=waits.append)(ask) == "fine"
    assert waits == [5, 60]


@pytest.mark.parametrize(("error", "tries"), [(Unavailable("down"), 2), (AuthFailed("no"), 1)])
def test_attempts_raise_the_last_error(error: Exception, tries: int) -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        attempts(2, sleep=lambda _seconds: None)(ask)
    assert len(asked) == tries
