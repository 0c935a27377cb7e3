"""[score] and [[stages]]: formulas over the measures of a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daemon.options import Reader, join, tables
from matching.scoring import DEFAULT_FORMULA, MEASURES, Formula, FormulaError, Rule, Scoring, Stage, parse


@dataclass(frozen=True, slots=True)
class ScoreConfig:
    """[score]"""

    formula: str = DEFAULT_FORMULA


@dataclass(frozen=True, slots=True)
class StageConfig:
    """[[stages]]: the first one whose condition holds is the contact's."""

    stage: Literal["awareness", "interest", "decision", "action"]
    when: str


def read_scoring(score: object, stages: object, reader: Reader) -> Scoring:
    """What is configured; what is wrong is refused, and stands as if it were not there."""
    usual = Scoring.usual()
    found = reader.read(ScoreConfig, score, "score")
    formula = _parsed(found.formula, "score.formula", reader) if found else None
    rules = []
    for place, table in tables(stages, "stages", reader):
        key = f"stages[#{place}]"
        read = reader.read(StageConfig, table, key)
        when = _parsed(read.when, join(key, "when"), reader) if read else None
        if read is not None and when is not None:
            rules.append(Rule(Stage(read.stage), when))
    return Scoring(formula or usual.formula, tuple(rules) or usual.stages)


def _parsed(text: str, key: str, reader: Reader) -> Formula | None:
    try:
        return parse(text, MEASURES)
    except FormulaError as error:
        reader.refuse(key, str(error), error.hint)
        return None
