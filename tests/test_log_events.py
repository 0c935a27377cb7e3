"""Every event of the log has a fixed name and fields, and docs/operations.md lists them all, and no others."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from daemon.log import LEVELS
from tests.test_operations import ROOT, rows

LOGGER = "structlog.get_logger()"
#: Calls of a logger; `exception` writes at the level "error", with a traceback.
METHODS = {**{level: level for level in LEVELS}, "exception": "error", "critical": "critical"}


class Event(NamedTuple):
    """One call that writes to the log."""

    where: str
    name: str
    levels: frozenset[str]
    fields: frozenset[str]


def is_logger(node: ast.expr, loggers: set[str]) -> bool:
    """Is it one of these names, or what makes one?"""
    if isinstance(node, ast.Name):
        return node.id in loggers
    return isinstance(node, ast.Call) and ast.unparse(node) == LOGGER


def methods(node: ast.expr, loggers: set[str]) -> set[str]:
    """What is called of a logger: of `log.info`, or of `log.info if … else log.warning`; nothing of what is none."""
    if isinstance(node, ast.IfExp):
        return methods(node.body, loggers) | methods(node.orelse, loggers)
    return {node.attr} if isinstance(node, ast.Attribute) and is_logger(node.value, loggers) else set()


def calls(source: str) -> Iterator[tuple[ast.Call, set[str]]]:
    """Every call of a logger with its methods, also by a name that stands for one."""
    nodes = list(ast.walk(ast.parse(source)))
    named = [
        (each.targets[0].id, each.value)
        for each in nodes
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    ]
    loggers = {name for name, value in named if is_logger(value, set())}
    aliases = {name: found for name, value in named if (found := methods(value, loggers))}
    for node in nodes:
        if isinstance(node, ast.Call):
            func = node.func
            found = aliases.get(func.id, set()) if isinstance(func, ast.Name) else methods(func, loggers)
            if found:
                yield node, found


def events_of(source: str, where: str) -> Iterator[Event]:
    """What a module writes; an assertion fails where a line's name or fields are not fixed."""
    for call, found in calls(source):
        place = f"{where}:{call.lineno}"
        assert found <= METHODS.keys(), f"{place}: {found}, which hides what is written"
        assert len(call.args) == 1, place
        (name,) = call.args
        text = name.value if isinstance(name, ast.Constant) else ""
        assert re.fullmatch(r"[a-z][a-z' ]+", str(text)), f"{place}: values belong into fields"
        fields = {keyword.arg for keyword in call.keywords}
        if "exc_info" in fields or "exception" in found:
            fields = fields - {"exc_info"} | {"exception"}
        assert None not in fields, f"{place}: fields have to be written out"
        levels = frozenset(METHODS[each] for each in found)
        yield Event(place, str(text), levels, frozenset(each for each in fields if each))


def events() -> Iterator[Event]:
    for package in ("daemon", "connectors", "store", "matching"):
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text("utf-8")
            if LOGGER in source:
                yield from events_of(source, str(path.relative_to(ROOT)))


def test_the_manual_lists_every_event_with_its_levels_and_fields() -> None:
    written: defaultdict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for event in events():
        levels, fields = written[event.name]
        levels |= event.levels
        fields |= event.fields
    documented = {
        name: (set(re.findall(r"\w+", levels)), set(re.findall(r"`(\w+)`", fields)))
        for name, (levels, fields, _when, _do) in rows("Events").items()
    }
    assert len(written) > 60
    assert documented == dict(written)
    assert list(documented) == sorted(documented)
    used = set().union(*(fields for _levels, fields in written.values()))
    assert set(rows("Fields")) == used | {"timestamp", "level", "event", "logger"}


def test_what_is_not_fixed_is_found() -> None:
    begun = "log = structlog.get_logger()\n"
    refused = ('log.info(f"{x} up")', "log.info(x)", 'log.info("x up", **counts)', "log.bind(x=1)", 'log.info("x", 1)')
    for line in (*refused, 'log.info("mail 7")', "tell = log.info if x else log.error\ntell(x)"):
        try:
            list(events_of(begun + line, "x.py"))
        except AssertionError:
            continue
        raise AssertionError(line)
    (event,) = events_of(begun + 'tell = log.info if x else log.exception\ntell("x up", y=1)', "x.py")
    assert event == Event("x.py:3", "x up", frozenset({"info", "error"}), frozenset({"y", "exception"}))
