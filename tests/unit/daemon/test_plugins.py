"""Connectors by name: found, loaded on first use, and refused with a clear text when they are broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from daemon.plugins import Connectors, Given, PluginError, installed
from tests.unit.daemon.mail_connector import MailConnector


@dataclass(frozen=True, slots=True)
class Package:
    name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An entry point whose module is gone."""

    name: str
    dist: Package | None = None

    def load(self) -> object:
        raise ModuleNotFoundError("No module named 'keeptouch_notes'")


@dataclass(frozen=True, slots=True)
class OddSettings:
    when: complex = 0j


class OddConnector(MailConnector):
    Settings: ClassVar[type] = OddSettings


def refusal(connectors: Connectors, kind: str) -> PluginError:
    with pytest.raises(PluginError) as caught:
        connectors.get(kind)
    return caught.value


def test_our_own_connectors_come_by_the_same_door() -> None:
    assert {"imap", "local", "memory"} <= set(installed().kinds)


def test_a_connector_is_found_by_its_name() -> None:
    assert Connectors([Given("mail", MailConnector)]).get("mail") is MailConnector


def test_a_kind_that_nobody_names_is_never_loaded() -> None:
    connectors = Connectors([Given("mail", MailConnector), Missing("notes")])
    assert connectors.kinds == ("mail", "notes")
    assert connectors.get("mail") is MailConnector


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    connectors = Connectors([Given("imap", MailConnector), Given("local", MailConnector)])
    assert refusal(connectors, "jmap-push").hint == "known here: imap, local"
    assert refusal(connectors, "imap4").hint == 'did you mean "imap"?'


def test_two_packages_with_one_name_are_both_named() -> None:
    connectors = Connectors(
        [Given("notes", MailConnector, Package("keeptouch-notes")), Given("notes", MailConnector, Package("notes2"))]
    )
    assert "keeptouch-notes and notes2" in refusal(connectors, "notes").problem


def test_a_plug_in_that_cannot_be_imported_is_told_with_its_package() -> None:
    connectors = Connectors([Missing("notes", Package("keeptouch-notes"))])
    for _ in range(2):
        problem = refusal(connectors, "notes").problem
        assert "keeptouch-notes" in problem
        assert "ModuleNotFoundError: No module named 'keeptouch_notes'" in problem


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (object(), "no class with a dataclass Settings"),
        (Package, "no class with a dataclass Settings"),
        (OddConnector, "OddSettings.when has a type that no TOML value becomes"),
    ],
)
def test_what_is_no_connector_is_refused(broken: object, words: str) -> None:
    assert words in refusal(Connectors([Given("odd", broken)]), "odd").problem
