"""Follow-ups: [followups], a table for each rule below it, and [[followups.overrides]]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from daemon.options import Reader, Values, join, tables, toml_type
from daemon.plugins import Connectors, PluginError
from daemon.problems import suggestion
from matching.addresses import normalize, normalize_domain
from matching.followups import Override, Plan, Rule
from matching.organizations import organization_domain

_ON = "on"
_OVERRIDES = "overrides"


@dataclass(frozen=True, slots=True)
class FollowupsConfig:
    """[followups]"""

    #: false: there are none.
    on: bool = True


@dataclass(frozen=True, slots=True)
class OverrideConditions:
    """[[followups.overrides]]: for whom it holds. The rest of it are tables of rules."""

    #: Addresses of ours.
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    #: Domains.
    organizations: tuple[str, ...] = ()
    #: Addresses.
    contacts: tuple[str, ...] = ()


def read_followups(
    value: object, reader: Reader, rules: Connectors, people: Mapping[str, str], teams: Iterable[str]
) -> Plan:
    """The rules and their settings, without working times. What is wrong is refused.

    `people`: normal form of each address of ours -> that of the person's main address; `teams`: of them.
    """
    if not isinstance(value, Mapping):
        reader.refuse("followups", f"must be a table, not {toml_type(value)}")
        return Plan()
    settings = _settings(value, reader, rules)
    outer = reader.build(FollowupsConfig, _outer(value, reader, rules), "followups")
    found: dict[str, tuple[Rule, Any]] = {}
    off: set[str] = set()
    for name in rules.kinds:
        if name in settings:
            rule, read, is_on = settings[name]
            found[name] = (rule, read)
            if not is_on:
                off.add(name)
    overrides = []
    for place, table in tables(value.get(_OVERRIDES, []), "followups.overrides", reader):
        override = _override(table, f"followups.overrides[#{place}]", reader, found, people, frozenset(teams))
        if override is not None:
            overrides.append(override)
    if outer is None or not outer.on:
        return Plan()
    return Plan(rules=found, off=frozenset(off), overrides=tuple(overrides))


def _outer(value: Mapping[Any, Any], reader: Reader, rules: Connectors) -> Values:
    return reader.values(FollowupsConfig, value, "followups", also=(*rules.kinds, _OVERRIDES))


def _settings(value: Mapping[Any, Any], reader: Reader, rules: Connectors) -> dict[str, tuple[Rule, Any, bool]]:
    """Rule -> (the rule, its settings, is it on?), of those that can be used."""
    found: dict[str, tuple[Rule, Any, bool]] = {}
    for name in rules.kinds:
        key, table = f"followups.{name}", value.get(name, {})
        try:
            kind = cast(type[Rule], rules.get(name))
        except PluginError as error:
            reader.refuse(key, error.problem, error.hint)
            continue
        if not isinstance(table, Mapping):
            reader.refuse(key, f"must be a table, not {toml_type(table)}", f"such as [{key}]")
            continue
        is_on = _is_on(table, key, reader)
        read = reader.build(kind.Settings, reader.values(kind.Settings, table, key, also=(_ON,)), key)
        if read is not None and is_on is not None:
            found[name] = (_made(kind), read, is_on)
    return found


@cache
def _made(kind: type[Rule]) -> Rule:
    """The same one each time: a plan that was read again and says the same is the same."""
    return kind()


def _is_on(table: Mapping[str, object], key: str, reader: Reader) -> bool | None:
    value = table.get(_ON, True)
    if isinstance(value, bool):
        return value
    reader.refuse(join(key, _ON), f"must be true or false, not {toml_type(value)}")
    return None


def _override(
    table: Mapping[str, object],
    key: str,
    reader: Reader,
    rules: Mapping[str, tuple[Rule, Any]],
    people: Mapping[str, str],
    teams: frozenset[str],
) -> Override | None:
    before = len(reader.problems)
    outer = reader.read(OverrideConditions, {k: v for k, v in table.items() if k not in rules}, key)
    changes: dict[str, dict[str, Any]] = {}
    for name in (each for each in table if each in rules):
        changed = _changes(table[name], join(key, name), reader, rules[name][1])
        if changed is not None:
            changes[name] = changed
    if not changes and len(reader.problems) == before:
        reader.refuse(key, "changes no rule", "such as: no_reply = {days = 5}")
    if outer is None or len(reader.problems) > before:
        return None
    found = Override(
        people=frozenset(_people(outer.people, join(key, "people"), reader, people)),
        teams=frozenset(_teams(outer.teams, join(key, "teams"), reader, teams)),
        organizations=frozenset(_domains(outer.organizations, join(key, "organizations"), reader)),
        contacts=frozenset(_addresses(outer.contacts, join(key, "contacts"), reader)),
        changes=changes,
    )
    return found if len(reader.problems) == before else None


def _changes(value: object, key: str, reader: Reader, settings: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping):
        reader.refuse(key, f"must be a table, not {toml_type(value)}", "such as: {days = 5}")
        return None
    is_on = _is_on(value, key, reader)
    read = reader.values(type(settings), value, key, also=(_ON,))
    if is_on is None or read.refused:
        return None
    try:
        replace(settings, **read.values)
    except ValueError as error:
        reader.refuse(key, str(error))
        return None
    return {**read.values, **({_ON: is_on} if _ON in value else {})}


def _people(given: Iterable[str], key: str, reader: Reader, people: Mapping[str, str]) -> Iterable[str]:
    for each in given:
        main = people.get(normalize(each) or "")
        if main is None:
            reader.refuse(key, f"{each} is nobody of ours", suggestion(each, people))
        else:
            yield main


def _teams(given: Iterable[str], key: str, reader: Reader, teams: frozenset[str]) -> Iterable[str]:
    for each in given:
        if each not in teams:
            reader.refuse(key, f'nobody is in a team "{each}"', suggestion(each, teams))
        else:
            yield each


def _domains(given: Iterable[str], key: str, reader: Reader) -> Iterable[str]:
    for each in given:
        normal = None if "@" in each else normalize_domain(each)
        domain = organization_domain(normal) if normal else None
        if domain is None:
            reader.refuse(key, f'"{each}" is no domain of an organization', 'such as "client.example"')
        else:
            yield domain


def _addresses(given: Iterable[str], key: str, reader: Reader) -> Iterable[str]:
    for each in given:
        normal = normalize(each)
        if normal is None:
            reader.refuse(key, f"{each} is no address", "write it as name@domain")
        else:
            yield normal
