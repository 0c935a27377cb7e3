"""Connectors that stay logged in: bounded in number and in time."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.kept import Entered, Kept


class Counted(MemoryConnector):
    """Knows whether it was left."""

    is_left = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_left = True


def entered() -> tuple[Entered, Counted]:
    register("box", Mailbox()).folder("INBOX")
    connector = Counted(MemorySettings(mailbox="box"), None)
    return Entered.enter(connector), connector


def test_the_one_unused_for_longest_makes_room() -> None:
    kept = Kept(limit=2)
    pairs = [entered() for _ in range(3)]
    for name, (one, _) in zip("abc", pairs, strict=True):
        kept.put(name, one)
    assert [connector.is_left for _, connector in pairs] == [True, False, False]
    assert kept.take("a") is None
    assert kept.take("b") is pairs[1][0]
    assert kept.take("b") is None
    kept.close()
    assert [connector.is_left for _, connector in pairs] == [True, False, True]


def test_it_is_left_after_some_minutes_without_use() -> None:
    now = [0.0]
    kept = Kept(seconds=240, clock=lambda: now[0])
    one, connector = entered()
    kept.put("a", one)
    now[0] = 200.0
    kept.tidy()
    taken: Any = kept.take("a")
    assert taken is one
    kept.put("a", one)
    now[0] = 439.0
    kept.tidy()
    assert not connector.is_left
    now[0] = 440.0
    kept.tidy()
    assert connector.is_left


def test_one_that_comes_back_after_the_end_is_left() -> None:
    kept = Kept()
    one, connector = entered()
    kept.close()
    kept.put("a", one)
    assert connector.is_left
    assert kept.take("a") is None
