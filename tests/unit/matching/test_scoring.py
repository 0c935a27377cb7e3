"""Formulas, measures and stages of contacts."""

from __future__ import annotations

import math
import pickle
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.scoring import (
    MEASURES,
    MOST_CHARACTERS,
    REACH,
    Answer,
    FormulaError,
    Past,
    Rule,
    Scoring,
    Stage,
    measures,
    next_change,
    parse,
    standing,
)

VALUES = {"a": 2.0, "b": 0.0, "gone": None}


def test_what_formulas_say() -> None:
    for text, expected in (
        ("1 + 2 * a", 5),
        ("-a - +3", -5),
        ("(a + 1) / 2", 1.5),
        ("a\n  + 1", 3),
        ("a / b", None),
        ("a + gone", None),
        ("b / gone", None),
        ("-gone", None),
        ("min(a, gone, 1)", 1),
        ("max(gone)", None),
        ("default(gone, 7)", 7),
        ("default(a, 7)", 2),
        ("known(gone) + known(a)", 1),
        ("log(b)", None),
        ("log(a)", math.log(2)),
        ("decay(a, 2)", 0.5),
        ("decay(a, b)", None),
        ("decay(-9999999, 1)", None),
        ("1e308 * 10", None),
        ("gone < 1", 0),
        ("not gone < 1", 1),
        ("1 < a <= 2", 1),
        ("1 < a < 2", 0),
        ("a == 2 and b != 0", 0),
        ("a == 2 or gone", 1),
        ("3 if a > 1 else 4", 3),
        ("3 if gone else 4", 4),
    ):
        found = parse(text, VALUES).value(VALUES)
        assert found == expected, text
    assert parse("a + min(b, 1)", VALUES).names == {"a", "b"}
    again = pickle.loads(pickle.dumps(parse("a + 1", VALUES)))
    assert (again, again.value(VALUES)) == (parse("a + 1", VALUES), 3)


def test_what_is_no_formula_is_refused_with_its_place() -> None:
    for text, problem, hint in (
        ("", "is no formula", "such as"),
        ("a +", "is no formula", ""),
        ("a; b", "is no formula (at character 2)", ""),
        ("ab + 1", 'there is no measure "ab" (at character 1)', ""),
        ("1 + mails_in_3", 'there is no measure "mails_in_3" (at character 5)', 'did you mean "mails_in_30"?'),
        ("a ** 9", '"a ** 9" can\'t be part of a formula (at character 1)', "numbers"),
        ("a % 2", "can't be part", ""),
        ("1 + a.real", '"a.real" can\'t be part of a formula (at character 5)', ""),
        ("'x'", "is no number", ""),
        ("True", "is no number", ""),
        ("1" + "0" * 400, "is no number", ""),
        ("2j", "is no number", ""),
        ("__import__('os')", "is no known function", ""),
        ("a(1)", "is no known function", ""),
        ("min()", "min takes 1 or more values, not 0", ""),
        ("log(1, 2)", "log takes 1 values, not 2", ""),
        ("min(a, *b)", "can't be part", ""),
        ("log(a=1)", "is no known function", ""),
        ("[a for a in b]", "can't be part", ""),
        ("(lambda: 1)()", "is no known function", ""),
        ("a is 1", "can't be part", ""),
        ("~a", "can't be part", ""),
        ("(x := 1)", "can't be part", ""),
        ("f'{a}'", "can't be part", ""),
        ("-" * 40 + "1", "nested too deeply", ""),
        ("(" * 900 + "1" + ")" * 900, "is no formula", ""),
        ("+".join("1" * 500), "nested too deeply", ""),
        ("1+" * MOST_CHARACTERS, "has more than 2000 characters", ""),
        ("\0", "is no formula", ""),
        ("نام + 1", 'there is no measure "نام" (at character 1)', ""),
        ("'نام' + a.b", "is no number", ""),
    ):
        with pytest.raises(FormulaError) as caught:
            parse(text, (*VALUES, *MEASURES))
        assert problem in str(caught.value), text
        assert hint in caught.value.hint, text


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0])
_FORMULAS = st.recursive(
    st.sampled_from(sorted(VALUES)) | _NUMBERS.map(lambda each: repr(abs(each))),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["+", "-", "*", "/", "<", "==", "and", "or"]), part).map(
            lambda each: f"({' '.join(each)})"
        ),
        st.tuples(part, part, part).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        st.tuples(st.sampled_from(["min", "max", "decay", "default"]), part, part).map(
            lambda each: f"{each[0]}({each[1]}, {each[2]})"
        ),
        st.tuples(st.sampled_from(["log", "known"]), part).map(lambda each: f"{each[0]}({each[1]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(_FORMULAS, st.fixed_dictionaries({name: st.none() | _NUMBERS for name in VALUES}))
def test_every_formula_has_a_result_for_all_values(text: str, values: dict[str, float | None]) -> None:
    found = parse(text, VALUES).value(values)
    assert found is None or math.isfinite(found)


DAY = date(2026, 3, 31)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


PAST = Past(
    mails_in=[ago(90), ago(89), ago(30), ago(29), ago(-1)],
    mails_out=[ago(200)],
    meetings=[ago(3)],
    bounces=[ago(95)],
    their_answers=[Answer(ago(90), 60, None), Answer(ago(89), 3600, 1800), Answer(ago(1), 10_800, None)],
)


def test_measures_count_the_last_days() -> None:
    assert {name: value for name, value in measures(PAST, DAY).items() if value} == {
        "mails_in_30": 1,
        "mails_in_90": 3,
        "meetings_held_90": 1,
        "answers_in_90": 2,
        "their_answer_hours": 2,
        "their_answer_working_hours": 0.5,
        "days_since_contact": 3,
        "days_since_in": 29,
        "days_since_out": 180,
    }
    assert set(measures(PAST, DAY)) == set(MEASURES)
    assert measures(PAST, DAY)["our_answer_hours"] is None
    assert measures(Past(), DAY)["days_since_contact"] is None


def reduced(past: Past) -> Past:
    """What a store reads of it: all within reach, the last of each kind before, and the first of all."""
    kinds = [past.mails_in, past.mails_out, past.meetings]
    kept = []
    for days in kinds:
        older = sum(each < DAY - REACH for each in days)
        places = {place for place, each in enumerate(days) if each == min(past.days()) or place >= older - 1}
        kept.append([days[place] for place in sorted(places)])
    return Past(mails_in=kept[0], mails_out=kept[1], meetings=kept[2])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 900).map(ago), max_size=5).map(sorted),
    st.lists(st.integers(0, 400).map(ago), max_size=5).map(sorted),
    st.lists(st.integers(0, 900).map(ago), max_size=3).map(sorted),
)
def test_days_between_changes_are_alike_and_stages_are_those_of_each_day(
    mails_in: list[date], mails_out: list[date], meetings: list[date]
) -> None:
    """Against looking at each day by itself."""
    past, scoring = Past(mails_in=mails_in, mails_out=mails_out, meetings=meetings), Scoring.usual()
    following = next_change(past, DAY)
    day = DAY
    for _each in range(40):
        day += timedelta(days=1)
        if following is not None and day >= following:
            break
        assert measures(past, day) == measures(past, DAY)
    found = standing(past, scoring, DAY)
    assert (measures(past, DAY), found) == (measures(reduced(past), DAY), standing(reduced(past), scoring, DAY))
    silent = Scoring(scoring.formula, (Rule(Stage.ACTION, parse("days_since_out > 70", MEASURES)), *scoring.stages))
    assert standing(past, silent, DAY) == standing(reduced(past), silent, DAY)
    first = min(past.days(), default=None)
    if first is None:
        assert found is None
        return
    assert found is not None
    whole = [ago(each) for each in range(366) if ago(each) >= first]
    stages = [rule.stage if (rule := scoring.stage(past, each)) else None for each in whole]
    place = next((place for place, stage in enumerate(stages) if stage is not stages[0]), None)
    assert found.rule.stage is stages[0]
    if place is None:
        assert (found.since, found.before) == (first if first >= ago(365) else None, None)
    else:
        assert (found.since, found.before) == (whole[place - 1], stages[place])


def test_a_stage_that_hangs_on_silence_begins_on_its_day() -> None:
    silent = Rule(Stage.AWARENESS, parse("days_since_in > 10", MEASURES))
    scoring = Scoring(parse("1", MEASURES), (silent, Rule(Stage.INTEREST, parse("1", MEASURES))))
    found = standing(Past(mails_in=[ago(20)]), scoring, DAY)
    assert found is not None
    assert (found.rule, found.since, found.before) == (silent, ago(9), Stage.INTEREST)
    nobody = Scoring(scoring.formula, (Rule(Stage.ACTION, parse("0", MEASURES)),))
    assert standing(PAST, nobody, DAY) is None
    assert scoring.version == Scoring(scoring.formula, ()).version != Scoring.usual().version
    assert scoring.signature != nobody.signature
