"""A TOML table becomes a dataclass, by the type of each field; every problem is collected, none stops it.

A field may be str, int, float, bool, date, Path, a Literal, a StrEnum, tuple[X, ...], another dataclass, or
one of them or None. A field `x` of type SecretSource stands for the keys x_file, x_command and x_credential.
A boolean is no number. Paths become absolute, counted from the configuration's folder. Files that are named
must exist, except where the field's metadata says {"must_exist": False}.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from connectors.api import Misconfigured
from daemon.credentials import SecretSource, SourceKind, source_from, why_unreadable
from daemon.problems import ConfigError, Problem, suggestion

T = TypeVar("T")

#: What a field of this type is called in a problem.
_WORDS: Final[dict[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date such as 2025-01-01",
    Path: "a path",
}
_REFUSED: Final = object()


@dataclass(frozen=True, slots=True)
class Option:
    """One key that a table may hold."""

    key: str
    #: The field's type without None.
    type: Any
    #: Is there no default?
    required: bool
    #: Must the file exist that it names?
    must_exist: bool = True


@dataclass(frozen=True, slots=True)
class Values:
    """What a table gave: the converted values by field, and the fields whose value was refused."""

    values: Mapping[str, Any]
    refused: frozenset[str]


def options(settings: type[Any]) -> tuple[Option, ...]:
    """The options of a Settings dataclass, in its order; TypeError where a field's type can't be read."""
    return _options(cast(Hashable, settings))


@cache
def _options(settings: Any) -> tuple[Option, ...]:
    hints = get_type_hints(settings)
    return tuple(
        Option(
            field.name,
            _readable(_plain(hints[field.name]), settings, field.name),
            field.default is MISSING and field.default_factory is MISSING,
            field.metadata.get("must_exist", True),
        )
        for field in fields(settings)
        if field.init
    )


def keys(settings: type[Any]) -> tuple[str, ...]:
    """The keys that a table of this dataclass may hold."""
    return _key_names(options(settings))


def _key_names(known: Iterable[Option]) -> tuple[str, ...]:
    return tuple(
        key for option in known for key in (secret_keys(option.key) if option.type is SecretSource else (option.key,))
    )


def secret_keys(name: str) -> tuple[str, ...]:
    """The keys of which one may name where the secret `name` comes from."""
    return tuple(f"{name}_{kind}" for kind in SourceKind)


def _plain(hint: Any) -> Any:
    """The type without its `| None`."""
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        if len(members) == 1:
            return members[0]
    return hint


def _readable(hint: Any, settings: type[Any], name: str) -> Any:
    plain = _plain(hint)
    origin, args = get_origin(plain), get_args(plain)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        _readable(args[0], settings, name)
    elif not (
        plain in _WORDS
        or plain is SecretSource
        or origin is Literal
        or (isinstance(plain, type) and (is_dataclass(plain) or issubclass(plain, StrEnum)))
    ):
        raise TypeError(f"{settings.__name__}.{name} has a type that no TOML value becomes: {hint!r}")
    return plain


NO_VALUES: Final = Values({}, frozenset())


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tables, and adds what is wrong with them to `problems`."""

    #: The configuration's folder: relative paths count from here.
    folder: Path
    environ: Mapping[str, str]
    problems: list[Problem]

    def refuse(self, key: str, problem: str, hint: str = "") -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(key, problem, hint))

    def read(self, settings: type[T], table: object, prefix: str) -> T | None:
        """The dataclass that the table writes; None where a problem was noted."""
        return self.build(settings, self.values(settings, table, prefix), prefix)

    def values(
        self,
        settings: type[Any],
        table: object,
        prefix: str,
        *,
        also: Collection[str] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> Values:
        """The values that are there.

        `also`: keys that the caller reads itself. `elsewhere`: keys of other tables, with a hint which.
        """
        known = options(settings)
        if not isinstance(table, Mapping):
            self.refuse(prefix, f"must be a table, not {toml_type(table)}")
            return Values({}, frozenset(option.key for option in known))
        self._refuse_unknown(table, (*_key_names(known), *also), prefix, elsewhere)
        values: dict[str, Any] = {}
        refused: set[str] = set()
        for option in known:
            if option.type is SecretSource:
                value = self.secret(option.key, table, prefix, must_exist=option.must_exist)
            elif option.key in table:
                value = self._value(option.type, table[option.key], join(prefix, option.key))
            else:
                continue
            if value is _REFUSED:
                refused.add(option.key)
            elif value is not None:
                values[option.key] = value
        return Values(values, frozenset(refused))

    def build(self, settings: type[T], found: Values, prefix: str, *, missing: str = "") -> T | None:
        """The dataclass of these values; `missing` is the hint for a required option that is not there."""
        complete = not found.refused
        for option in options(settings):
            if option.required and option.key not in found.values and option.key not in found.refused:
                self.refuse(join(prefix, option.key), "is missing", missing)
                complete = False
        if not complete:
            return None
        try:
            return settings(**found.values)
        except Misconfigured as error:
            self.refuse(prefix, error.problem, error.hint)
        except ValueError as error:
            self.refuse(prefix, str(error))
        return None

    def secret(self, name: str, table: Mapping[str, object], prefix: str, *, must_exist: bool = True) -> Any:
        """The source of the secret `name`; None where no key names one, a marker where it was refused."""
        given = [(kind, f"{name}_{kind}") for kind in SourceKind if f"{name}_{kind}" in table]
        if not given:
            return None
        if len(given) > 1:
            self.refuse(join(prefix, given[0][1]), "is given beside " + _listed(given[1:]), "keep one of them")
            return _REFUSED
        kind, key = given[0]
        try:
            source = source_from(kind, table[key], join(prefix, key))
            if kind is not SourceKind.COMMAND and (
                must_exist or os.path.exists(source.path(self.environ, self.folder))
            ):
                source.read(self.environ, self.folder)
        except ConfigError as error:
            self.problems.extend(error.problems)
            return _REFUSED
        return source

    def _refuse_unknown(
        self, table: Mapping[Any, object], known: Collection[str], prefix: str, elsewhere: Mapping[str, str]
    ) -> None:
        for key in table:
            if key in known:
                continue
            if f"{key}_{SourceKind.FILE}" in known:
                hint = f"put it into a file of mode 0600, and the file's name into {key}_{SourceKind.FILE}"
            else:
                hint = elsewhere.get(key) or suggestion(key, known)
            self.refuse(join(prefix, key), "is no known key", hint)

    def _value(self, hint: Any, value: object, key: str) -> Any:
        """The value as the field's type has it, or the marker of a refused one."""
        if get_origin(hint) is tuple:
            return self._tuple(_plain(get_args(hint)[0]), value, key)
        if get_origin(hint) is Literal:
            return self._choice(get_args(hint), value, key)
        if issubclass(hint, StrEnum):
            chosen = self._choice(tuple(hint), value, key)
            return chosen if chosen is _REFUSED else hint(chosen)
        if isinstance(hint, type) and is_dataclass(hint):
            read = self.read(hint, value, key)
            return _REFUSED if read is None else read
        return self._scalar(hint, value, key)

    def _tuple(self, member: Any, value: object, key: str) -> Any:
        if not isinstance(value, list):
            hint = "write it in brackets: [ … ]" if not isinstance(value, Mapping) else ""
            self.refuse(key, f"must be a list, not {toml_type(value)}", hint)
            return _REFUSED
        read = tuple(self._value(member, each, f"{key}[{place}]") for place, each in enumerate(value, 1))
        return _REFUSED if _REFUSED in read else read

    def _choice(self, known: tuple[object, ...], value: object, key: str) -> Any:
        for each in known:
            if value == each and (isinstance(value, str) or type(value) is type(each)):
                return value
        self.refuse(key, "must be one of " + ", ".join(f'"{each}"' for each in known))
        return _REFUSED

    def _scalar(self, hint: type[Any], value: object, key: str) -> Any:
        match value:
            case bool() if hint is bool:
                return value
            case bool():
                pass
            case int() if hint is float:
                return float(value)
            case float() if hint is float and math.isfinite(value):
                return value
            case str() if hint is Path:
                path = self.path(value, key)
                return _REFUSED if path is None else path
            case datetime():
                pass  # a kind of date to Python, not to the reader
            case int() | str() | date() if type(value) is hint:
                return value
        self.refuse(key, f"must be {_WORDS[hint]}, not {toml_type(value)}", _quotes(hint, value))
        return _REFUSED

    def path(self, value: object, key: str) -> Path | None:
        """The absolute path of something that exists and can be read; None where it was refused."""
        if not isinstance(value, str) or not value:
            self.refuse(key, f"must be a path, not {toml_type(value) if value != '' else 'empty'}")
            return None
        path = Path(os.path.abspath(self.folder / value))
        try:
            path.stat()
        except (OSError, ValueError) as error:
            self.refuse(key, f"{path} {why_unreadable(error)}")
            return None
        if not os.access(path, os.R_OK):
            self.refuse(key, f"{path} can't be read by this user", "give it to the user of the service")
            return None
        return path


def is_refused(value: object) -> bool:
    """Is it the marker of a value that was refused?"""
    return value is _REFUSED


def join(prefix: str, key: str) -> str:
    """The key path of a key inside a table."""
    return f"{prefix}.{key}" if prefix and not prefix.endswith(" ") else f"{prefix}{key}"


def toml_type(value: object) -> str:
    """What a TOML value is, in words; never the value itself."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number" if not isinstance(value, float) or math.isfinite(value) else "an endless number"),
        (str, "text"),
        (datetime, "a date with a time"),
        (date, "a date"),
        (time, "a time"),
        (list, "a list"),
    )
    return next((words for kind, words in names if isinstance(value, kind)), "a table")


def tables(value: object, key: str, reader: Reader) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The tables of an array of tables, numbered from 1; what is none is refused."""
    if not isinstance(value, list):
        reader.refuse(key, f"must be written as [[{key.rpartition(' ')[2]}]], not as {toml_type(value)}")
        return
    for place, table in enumerate(value, 1):
        if isinstance(table, Mapping):
            yield place, table
        else:
            reader.refuse(f"{key}[#{place}]", f"must be a table, not {toml_type(table)}")


def _quotes(hint: type[Any], value: object) -> str:
    if isinstance(value, str) and hint is not Path:
        return "write it without quotes"
    if hint in (str, Path) and isinstance(value, int | float | date | time):
        return "write it in quotes"
    return ""


def _listed(given: list[tuple[SourceKind, str]]) -> str:
    return " and ".join(key for _, key in given)
