"""The stage of a contact: the first rule that holds, and since when that has been so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from matching.scoring.formulas import Formula, parse
from matching.scoring.measures import LONGEST, MEASURES, Past, changes, measures

#: So many days back it is looked for since when a stage has been.
LOOK_BACK = 365
#: What happened longer ago matters no more, but for the first thing of all, and the last of each kind before that.
REACH = timedelta(days=LOOK_BACK + LONGEST)
#: Raised when measures or functions come to mean something else.
_VERSION = 1
#: Many mails lately, answers and meetings raise it; silence lets it fade by half in a month.
DEFAULT_FORMULA = (
    "decay(default(days_since_contact, 365), 30)"
    " * (2 * min(mails_in_90, 20) + min(mails_out_90, 20) + 3 * answers_in_90 + 10 * meetings_held_90)"
    " - 20 * bounces_90"
)


class Stage(StrEnum):
    """How near a contact is to acting, in the order of the model AIDA (E. St. Elmo Lewis, 1898)."""

    AWARENESS = "awareness"
    INTEREST = "interest"
    DECISION = "decision"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Rule:
    """A stage, and when a contact is in it."""

    stage: Stage
    when: Formula


DEFAULT_STAGES = (
    (Stage.ACTION, "meetings_held_90 >= 2 and mails_in_30 >= 1"),
    (Stage.DECISION, "meetings_held_90 >= 1"),
    (Stage.INTEREST, "mails_in_90 >= 1"),
    (Stage.AWARENESS, "1"),
)


@dataclass(frozen=True, slots=True)
class Scoring:
    """What is configured."""

    formula: Formula
    stages: tuple[Rule, ...]

    @classmethod
    def usual(cls) -> Scoring:
        """As it is where nothing is configured."""
        stages = tuple(Rule(stage, parse(when, MEASURES)) for stage, when in DEFAULT_STAGES)
        return cls(parse(DEFAULT_FORMULA, MEASURES), stages)

    @property
    def version(self) -> str:
        """Names the formula: another one where scores may be others."""
        return hashlib.sha256(f"{_VERSION} {self.formula.text}".encode()).hexdigest()[:12]

    @property
    def signature(self) -> list[object]:
        """As JSON; another one where scores or stages may be others."""
        return [_VERSION, self.formula.text, [[rule.stage.value, rule.when.text] for rule in self.stages]]

    def stage(self, past: Past, day: date) -> Rule | None:
        """The first rule that holds on a day."""
        return next((rule for rule in self.stages if rule.when.holds(measures(past, day, rule.when.names))), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage of a contact."""

    rule: Rule
    #: The day on which it came to it; None: that was longer ago than is looked back.
    since: date | None
    #: The stage before that; None: there was none, or it is not known.
    before: Stage | None


def standing(past: Past, scoring: Scoring, day: date) -> Standing | None:
    """The stage on a day; None: no rule holds, or nothing has happened."""
    now = scoring.stage(past, day)
    first = min(past.days(), default=None)
    if now is None or first is None or first > day:
        return None
    earliest = max(first, day - timedelta(days=LOOK_BACK))
    since = day
    for other in sorted(changes(past, earliest, day, _names(scoring.stages)), reverse=True):
        found = scoring.stage(past, other)
        if found is None or found.stage is not now.stage:
            return Standing(now, since, found.stage if found else None)
        since = other
    return Standing(now, first if first == earliest else None, None)


def _names(rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset(name for rule in rules for name in rule.when.names)
