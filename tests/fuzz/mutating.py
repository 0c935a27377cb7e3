"""Bytes made of a target's seeds by chance: pieces put in, taken out, doubled, and put together with another seed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import islice
from types import ModuleType
from typing import Protocol, cast

from tests.fuzz import cursors, ical, mime, quotes, signals

#: No longer ones are made.
LONGEST = 8_000


class Target(Protocol):
    """A module of this folder."""

    SEEDS: tuple[bytes, ...]
    WORDS: tuple[bytes, ...]
    FOUND: dict[str, bytes]

    def check(self, raw: bytes) -> None:
        """Raises where something is wrong."""


def _target(module: ModuleType) -> Target:
    return cast(Target, module)


TARGETS = {module.__name__.rpartition(".")[2]: _target(module) for module in (mime, ical, quotes, signals, cursors)}


def mutants(target: Target, seed: int) -> Iterator[bytes]:
    """Without end; the same for the same seed."""
    chance = random.Random(seed)
    while True:
        raw = chance.choice(target.SEEDS)
        for _change in range(chance.randint(1, 8)):
            raw = _changed(raw, target, chance)
        yield raw[:LONGEST]


def _changed(raw: bytes, target: Target, chance: random.Random) -> bytes:
    at = chance.randint(0, len(raw))
    end = min(len(raw), at + chance.choice((0, 0, 1, 3, 20, 200)))
    match chance.randrange(8):
        case 0:
            return raw[:at] + raw[end:]
        case 1:
            return raw[:at] + chance.randbytes(chance.randint(1, 6)) + raw[end:]
        case 2:
            return raw[:end] + raw[at:end] * chance.choice((1, 2, 50)) + raw[end:]
        case 3:
            other = chance.choice(target.SEEDS)
            start = chance.randint(0, len(other))
            return raw[:at] + other[start : start + chance.choice((10, 100, 1000))] + raw[end:]
    return raw[:at] + chance.choice(target.WORDS) + raw[end:]


def run(target: Target, *, seconds: float, seed: int, most: int | None = None) -> int:
    """Check as many as there is time for, at most so many; how many that were. What fails is told with its bytes."""
    end = time.monotonic() + seconds
    number = 0
    for raw in islice(mutants(target, seed), most):
        try:
            target.check(raw)
        except Exception as error:
            error.add_note(f"{target} raised this of {raw!r}")
            raise
        number += 1
        if time.monotonic() > end:
            break
    return number
