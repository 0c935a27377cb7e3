"""Connectors by the names of their entry points, loaded on first use; ours come by the door of plug-ins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from functools import cache
from importlib import metadata
from typing import Protocol, cast

from connectors.api import ConnectorType
from daemon.options import options
from daemon.problems import suggestion

GROUP = "keeptouch.connectors"
BOOKS_GROUP = "keeptouch.contacts"
RULES_GROUP = "keeptouch.rules"


class PluginError(Exception):
    """No connector can be had under this name; `hint` says what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class Distribution(Protocol):
    """The installed package that declares an entry point."""

    @property
    def name(self) -> str:
        """Of the package, as pip lists it."""
        ...


class EntryPoint(Protocol):
    """What is used of :class:`importlib.metadata.EntryPoint`."""

    @property
    def name(self) -> str:
        """The kind of account that it stands for."""
        ...

    @property
    def dist(self) -> Distribution | None:
        """The package that brings it; None: it is not known."""
        ...

    def load(self) -> object:
        """The class; raises whatever importing it raises."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """An entry point of a class that is at hand, for the tests of plug-in authors and ours."""

    name: str
    connector: object
    dist: Distribution | None = None

    def load(self) -> object:
        """The class."""
        return self.connector


class Connectors:
    """The kinds of accounts that are installed. A kind that nobody names is never imported."""

    def __init__(self, entry_points: Iterable[EntryPoint], word: str = "connector") -> None:
        """`word`: what problems call one of them."""
        self._word = word
        self._found: dict[str, list[EntryPoint]] = {}
        for entry_point in entry_points:
            self._found.setdefault(entry_point.name, []).append(entry_point)
        self._loaded: dict[str, ConnectorType | PluginError] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._found))

    def get(self, kind: str) -> ConnectorType:
        """The connector of this name; raises PluginError."""
        if kind not in self._loaded:
            self._loaded[kind] = self._load(kind)
        connector = self._loaded[kind]
        if isinstance(connector, PluginError):
            raise connector
        return connector

    def _load(self, kind: str) -> ConnectorType | PluginError:
        found = self._found.get(kind, [])
        if not found:
            return PluginError(f'no {self._word} is named "{kind}"', suggestion(kind, self._found))
        if len(found) > 1:
            packages = " and ".join(sorted(map(_package, found)))
            return PluginError(f'two packages bring a {self._word} "{kind}": {packages}', "uninstall one of them")
        package = _package(found[0])
        try:
            loaded = found[0].load()
        except Exception as error:  # whatever a plug-in's import does, the other accounts go on
            cause = f"{type(error).__name__}: {error}"
            return PluginError(
                f'the {self._word} "{kind}" of the package {package} can\'t be loaded: {cause}',
                f"install {package} again, in the environment of keeptouch",
            )
        fault = _fault(loaded)
        if fault:
            return PluginError(
                f'the {self._word} "{kind}" of the package {package} is broken: {fault}', "tell its author"
            )
        return cast(ConnectorType, loaded)


def _package(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "of unknown origin"


def _fault(loaded: object) -> str | None:
    settings = getattr(loaded, "Settings", None)
    if not callable(loaded) or not isinstance(settings, type) or not is_dataclass(settings):
        return "it is no class with a dataclass Settings"
    try:
        options(settings)
    except (TypeError, NameError) as error:
        return str(error)
    return None


@cache
def installed_books() -> Connectors:
    """What reads address books, of all installed packages."""
    return Connectors(metadata.entry_points(group=BOOKS_GROUP))


@cache
def installed_rules() -> Connectors:
    """The rules of follow-ups of all installed packages, each a matching.followups.Rule."""
    return Connectors(metadata.entry_points(group=RULES_GROUP), "rule")


@cache
def installed() -> Connectors:
    """The connectors of all installed packages."""
    return Connectors(metadata.entry_points(group=GROUP))
