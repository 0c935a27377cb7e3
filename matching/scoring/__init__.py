"""How a contact stands, in numbers: measures of the history, a score by a formula, and a stage by rules. Pure."""

from matching.scoring.formulas import FUNCTIONS, MOST_CHARACTERS, Formula, FormulaError, parse
from matching.scoring.measures import MEASURES, Answer, Past, measures, next_change
from matching.scoring.stages import DEFAULT_FORMULA, DEFAULT_STAGES, REACH, Rule, Scoring, Stage, Standing, standing

__all__ = [
    "DEFAULT_FORMULA",
    "DEFAULT_STAGES",
    "FUNCTIONS",
    "MEASURES",
    "MOST_CHARACTERS",
    "REACH",
    "Answer",
    "Formula",
    "FormulaError",
    "Past",
    "Rule",
    "Scoring",
    "Stage",
    "Standing",
    "measures",
    "next_change",
    "parse",
    "standing",
]
