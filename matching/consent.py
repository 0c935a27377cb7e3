"""Whether somebody agreed to be told of opens and clicks, and whose word counts where there are several. Pure.

A statement has a state, its time and where it comes from. What was never said is no consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: Statements dated later than now by more are mistakes.
_SLACK = timedelta(days=1)
MAX_SOURCE = 200


class Consent(StrEnum):
    """To opens and clicks being recorded."""

    UNKNOWN = "unknown"
    GRANTED = "granted"
    REFUSED = "refused"


#: Whose word wins where several speak of one person.
_STRICTNESS = {Consent.GRANTED: 0, Consent.UNKNOWN: 1, Consent.REFUSED: 2}


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody, or a program in somebody's stead, said."""

    state: Consent
    #: When; None: the list that says so does not tell.
    at: datetime | None
    #: Where it was said, in words for people: a form, a talk, a list.
    source: str


def following(known: Statement | None, said: Statement, now: datetime) -> Statement | None:
    """What holds after a list of contacts said this; None: nothing was ever said.

    Lists repeat themselves, so what is stricter takes effect at once, and what is laxer only with a date that is later
    than what it undoes: a list that was not told of a withdrawal does not take it back.
    """
    dated = Statement(said.state, said.at or now, said.source)
    if known is None:
        return None if said.state is Consent.UNKNOWN and said.at is None else dated
    is_later = said.at is not None and known.at is not None and said.at > known.at
    is_older = said.at is not None and known.at is not None and said.at < known.at
    if said.state is known.state:
        return dated if is_later else known
    is_stricter = _STRICTNESS[said.state] > _STRICTNESS[known.state]
    return dated if is_later or (is_stricter and not is_older) else known


def strictest(statements: Iterable[Statement | None]) -> Statement | None:
    """Of all that is said of one person, by several names: the strictest, and of equals the latest. None is unknown."""
    unknown = Statement(Consent.UNKNOWN, None, "")
    found = max((each or unknown for each in statements), key=_weight, default=unknown)
    return None if found == unknown else found


def _weight(statement: Statement) -> tuple[int, float, str]:
    return _STRICTNESS[statement.state], statement.at.timestamp() if statement.at else 0.0, statement.source


def read_statement(state: str | None, at: datetime | None, source: str | None, now: datetime) -> Statement | str | None:
    """A statement as lists have it; None where the state is empty, else what is wrong with it, for people."""
    word = (state or "").strip().lower()
    if not word:
        return None
    if word not in list(Consent):
        return f'the consent "{word[:40]}" is none of {", ".join(Consent)}'
    if at is not None and at > now + _SLACK:
        return "the date of the consent lies in the future"
    where = " ".join((source or "").split())
    if len(where) > MAX_SOURCE:
        return f"the source of the consent has {len(where)} characters; at most {MAX_SOURCE} are possible"
    return Statement(Consent(word), at, where)
