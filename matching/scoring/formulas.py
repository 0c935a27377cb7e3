"""Formulas over measures, as a configuration writes them: parsed by Python's own parser, worked out by this file alone.

Numbers, names of measures, + - * /, comparisons, and, or, not, `A if CONDITION else B`, and the functions below. Every
formula has a result for all values: a number, or None where it can't be told (a measure that is missing, a division by
zero, the logarithm of what is not above zero, a number too large). What is worked out with None is None, but: a
comparison with it does not hold, min and max leave it out, and `known` and `default` ask for it.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

#: A formula is no longer, and nested no deeper, and has no more parts.
MOST_CHARACTERS, _MOST_DEPTH, _MOST_PARTS = 2_000, 30, 400

Value = float | None
Values = Mapping[str, Value]
_Work = Callable[[Values], Value]


class FormulaError(ValueError):
    """A formula that can't be used."""

    def __init__(self, problem: str, hint: str = "", *, character: int | None = None) -> None:
        where = f" (at character {character})" if character is not None else ""
        super().__init__(problem + where)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Formula:
    """What a text says; `parse` makes it."""

    text: str
    #: The measures that it asks for.
    names: frozenset[str]
    _work: _Work = field(repr=False, compare=False)

    def value(self, values: Values) -> Value:
        """The result; a name that `values` has not is missing. Never raises."""
        return self._work(values)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes read the text again."""
        return parse, (self.text, self.names)

    def holds(self, values: Values) -> bool:
        """As a condition: a result that is known and not zero."""
        return bool(self._work(values))


def parse(text: str, names: Collection[str]) -> Formula:
    """The formula that a text writes over these names; raises FormulaError."""
    if len(text) > MOST_CHARACTERS:
        raise FormulaError(f"has more than {MOST_CHARACTERS} characters")
    # as one line; a column counts bytes
    line = " ".join(text.split())
    try:
        tree = ast.parse(line, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        offset = getattr(error, "offset", None) or len(line) + 1
        raise FormulaError(
            "is no formula", "such as: 2 * mails_in_30 + 5 * meetings_held_90", character=offset
        ) from None
    reader = _Reader(line, names)
    work = reader.read(tree.body, 0)
    return Formula(text, frozenset(reader.used), work)


class _Reader:
    """Makes of each part of a formula what works it out; parts that are not on the list are refused."""

    def __init__(self, line: str, names: Collection[str]) -> None:
        self._line = line.encode()
        self._names = names
        self._parts = 0
        self.used: set[str] = set()

    def refuse(self, node: ast.expr, problem: str, hint: str = "") -> FormulaError:
        return FormulaError(problem, hint, character=len(self._line[: node.col_offset].decode(errors="replace")) + 1)

    def read(self, node: ast.expr, depth: int) -> _Work:
        """What works a part out."""
        self._parts += 1
        if depth > _MOST_DEPTH or self._parts > _MOST_PARTS:
            raise self.refuse(node, "is nested too deeply, or has too many parts")
        kind = _KINDS.get(type(node))
        if kind is None:
            raise self.refuse(node, f"{_quoted(self._source(node))} can't be part of a formula", _ALLOWED)
        return kind(self, node, depth + 1)

    def _source(self, node: ast.expr) -> str:
        return self._line[node.col_offset : node.end_col_offset].decode(errors="replace")

    def constant(self, node: Any, _depth: int) -> _Work:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or _finite(value) is None:
            raise self.refuse(node, f"{_quoted(self._source(node))} is no number", "write numbers as in 0.5")
        number = float(value)
        return lambda _values: number

    def name(self, node: Any, _depth: int) -> _Work:
        name = node.id
        if name not in self._names:
            raise self.refuse(node, f'there is no measure "{name}"', _nearest(name, (*self._names, *FUNCTIONS)))
        self.used.add(name)
        return lambda values: values.get(name)

    def calculation(self, node: Any, depth: int) -> _Work:
        calculate = _CALCULATIONS.get(type(node.op))
        if calculate is None:
            raise self.refuse(node, f"{_quoted(self._source(node))} can't be part of a formula", _ALLOWED)
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        return lambda values: _of_two(calculate, left(values), right(values))

    def sign(self, node: Any, depth: int) -> _Work:
        of = self.read(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda values: float(not of(values))
        if isinstance(node.op, ast.USub):
            return lambda values: None if (value := of(values)) is None else -value
        if isinstance(node.op, ast.UAdd):
            return of
        raise self.refuse(node, f"{_quoted(self._source(node))} can't be part of a formula", _ALLOWED)

    def comparison(self, node: Any, depth: int) -> _Work:
        compares = [_COMPARISONS.get(type(op)) for op in node.ops]
        if None in compares:
            raise self.refuse(node, f"{_quoted(self._source(node))} can't be part of a formula", _ALLOWED)
        sides = [self.read(each, depth) for each in (node.left, *node.comparators)]

        def work(values: Values) -> Value:
            found = [each(values) for each in sides]
            pairs = zip(compares, found, found[1:], strict=False)
            return float(all(a is not None and b is not None and c is not None and c(a, b) for c, a, b in pairs))

        return work

    def connection(self, node: Any, depth: int) -> _Work:
        sides = [self.read(each, depth) for each in node.values]
        decide = all if isinstance(node.op, ast.And) else any
        return lambda values: float(decide(bool(each(values)) for each in sides))

    def choice(self, node: Any, depth: int) -> _Work:
        condition, then, other = (self.read(each, depth) for each in (node.test, node.body, node.orelse))
        return lambda values: then(values) if condition(values) else other(values)

    def call(self, node: Any, depth: int) -> _Work:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in FUNCTIONS or node.keywords:
            raise self.refuse(
                node, f"{_quoted(self._source(node))} is no known function", _nearest(name or "", FUNCTIONS)
            )
        fewest, most, function = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more"
            raise self.refuse(node, f"{name} takes {wanted} values, not {len(node.args)}")
        sides = [self.read(each, depth) for each in node.args]
        return lambda values: function([each(values) for each in sides])


def _finite(value: float) -> Value:
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _of_two(calculate: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return _finite(calculate(left, right))
    except (ZeroDivisionError, OverflowError):
        return None


def _least(values: list[Value]) -> Value:
    return min((each for each in values if each is not None), default=None)


def _most(values: list[Value]) -> Value:
    return max((each for each in values if each is not None), default=None)


def _log(values: list[Value]) -> Value:
    (value,) = values
    return math.log(value) if value is not None and value > 0 else None


def _decay(values: list[Value]) -> Value:
    value, half = values
    if value is None or half is None or half <= 0:
        return None
    try:
        return _finite(0.5 ** (value / half))
    except OverflowError:
        return None


#: Name -> (fewest values, most values, what it does)
FUNCTIONS: dict[str | None, tuple[int, int, Callable[[list[Value]], Value]]] = {
    "min": (1, 50, _least),
    "max": (1, 50, _most),
    #: natural
    "log": (1, 1, _log),
    #: 1 at 0, halved by each so many: decay(days, half_life)
    "decay": (2, 2, _decay),
    "known": (1, 1, lambda values: float(values[0] is not None)),
    "default": (2, 2, lambda values: values[1] if values[0] is None else values[0]),
}
_CALCULATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_KINDS: dict[type[ast.expr], Callable[[_Reader, Any, int], _Work]] = {
    ast.Constant: _Reader.constant,
    ast.Name: _Reader.name,
    ast.BinOp: _Reader.calculation,
    ast.UnaryOp: _Reader.sign,
    ast.Compare: _Reader.comparison,
    ast.BoolOp: _Reader.connection,
    ast.IfExp: _Reader.choice,
    ast.Call: _Reader.call,
}
_ALLOWED = "numbers, measures, + - * /, comparisons, and, or, not, A if B else C, min, max, log, decay, known, default"


def _quoted(text: str) -> str:
    return f'"{text if len(text) <= 40 else text[:39] + "…"}"'


def _nearest(name: str, known: Collection[str | None]) -> str:
    close = difflib.get_close_matches(name, [each for each in known if each], n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else "known here: " + ", ".join(sorted(e for e in known if e))
