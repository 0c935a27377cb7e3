"""Goes through a table of hostile inputs in a child of this process: what each cost, and what came of it."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Generic, TypeVar

import pytest
import structlog

from tests import forked
from tests.unit.connectors.bounds import MEMORY, begin, growth

World = TypeVar("World")
#: A guard against what never ends, no judgement of speed.
SECONDS = 30


class TooLong(BaseException):
    """An input has not ended; nothing of the program's may take it for an error of its own."""


@dataclass(frozen=True, slots=True)
class Case(Generic[World]):
    """One hostile input."""

    name: str
    #: Sends it in, checks what comes of it, and returns the reason that was given: an error's words, a verdict, a
    #: status. What is odd but right and read returns what was read.
    run: Callable[[World], str]
    #: Bytes by which the process may grow meanwhile; above MEMORY only with a reason beside it.
    memory: int = MEMORY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    name: str
    reason: str
    #: Why it is no good; "": it is.
    problem: str
    seconds: float
    growth: int


def outcomes(
    cases: Sequence[Case[World]], world: Callable[[], AbstractContextManager[World]], good: Callable[[World], object]
) -> list[Outcome]:
    """Run them one after the other in a world of their own; after each, `good` shows that what is good is taken."""
    reader, writer = os.pipe()
    child = forked.begin(lambda: _all(cases, world, good, writer))
    os.close(writer)
    with os.fdopen(reader, "rb") as lines:
        found = [Outcome(**json.loads(line)) for line in lines]
    code = forked.end(child)
    assert [each.name for each in found] == [case.name for case in cases], f"the child ended with {code}"
    return found


def failures(found: Sequence[Outcome], cases: Sequence[Case[World]]) -> list[str]:
    """Those that took too long or too much, ended otherwise than they should, or gave no reason."""
    told = []
    for each, case in zip(found, cases, strict=True):
        problem = each.problem or ("" if each.reason else "no reason was given")
        if not problem and each.growth > case.memory:
            problem = f"{each.growth >> 20} MiB more memory"
        if problem:
            told.append(f"{each.name}: {problem}")
    return told


def _all(
    cases: Sequence[Case[World]],
    world: Callable[[], AbstractContextManager[World]],
    good: Callable[[World], object],
    writer: int,
) -> None:
    signal.signal(signal.SIGALRM, _too_long)
    # what the program logs of all this is no output of the tests
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with os.fdopen(writer, "wb") as told, world() as inside:
        # what is loaded at a first use is no growth
        good(inside)
        gc.collect()
        # so that what is collected before each case is what the cases left
        gc.freeze()
        for case in cases:
            told.write(json.dumps(asdict(_one(case, inside, good))).encode() + b"\n")
            told.flush()


def _one(case: Case[World], inside: World, good: Callable[[World], object]) -> Outcome:
    gc.collect()
    before, start = begin(), time.monotonic()
    reason = problem = ""
    signal.alarm(SECONDS)
    try:
        reason = case.run(inside)
        good(inside)
    except TooLong:
        problem = f"it had not ended after {SECONDS} seconds"
    except (Exception, pytest.fail.Exception):
        problem = traceback.format_exc(limit=-6)
    finally:
        signal.alarm(0)
    return Outcome(case.name, reason, problem, time.monotonic() - start, growth(before))


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong
