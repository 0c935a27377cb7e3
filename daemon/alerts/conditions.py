"""What people are told of: few things, each of which needs somebody, judged as `keeptouch doctor` does."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from daemon.doctor.accounts import cure_of, is_parked, silent_since
from daemon.doctor.database import room
from store.accounts.attention import Fares
from store.keeping.space import Space

#: Kind -> what it means, for people.
KINDS = {
    "parked": "an account is not tried again until somebody acts",
    "no_success": "an account was not read to its end for a day",
    "coverage": "an audit found less than all that a server holds",
    "disk": "the store's disk is short",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is not as it should be."""

    #: One of KINDS.
    kind: str
    #: The account or folder.
    subject: str
    problem: str
    #: What to do.
    hint: str

    @property
    def key(self) -> str:
        """The same as long as it is the same thing, whatever is said of it."""
        return f"{self.kind}:{self.subject}"


def conditions(fares: Iterable[Fares], space: Space | None, now: datetime) -> list[Condition]:
    """All that is so now."""
    return [condition for each in fares for condition in _of_account(each, now)] + _of_disk(space)


def _of_account(fares: Fares, now: datetime) -> Iterator[Condition]:
    if is_parked(fares):
        yield Condition("parked", fares.name, f"{fares.state}: {fares.reason}", cure_of(fares))
    elif (silent := silent_since(fares, now)) is not None:
        reason = f": {fares.reason}" if fares.reason else ""
        problem = f"was not read to its end since {silent:%Y-%m-%d %H:%M} UTC{reason}"
        yield Condition("no_success", fares.name, problem, cure_of(fares))
    if fares.coverage is not None and fares.coverage < 100:
        problem = f"the last audit found {fares.coverage:g} % of what the server holds"
        hint = f"keeptouch accounts audit --repair {shlex.quote(fares.name)}"
        yield Condition("coverage", fares.name, problem, hint)


def _of_disk(space: Space | None) -> list[Condition]:
    found = [] if space is None else room(space)
    return [Condition("disk", each.subject, each.problem, each.cure) for each in found]
