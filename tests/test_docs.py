"""The manual tells everything there is: every option and every command, and its example is a configuration."""

from __future__ import annotations

import argparse
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import parser
from daemon.config import Company, ContactsConfig, Person, StoreConfig, Webhook, WorkingTimeConfig, load
from daemon.config.accounts import Outer
from daemon.config.alerts import AlertsConfig
from daemon.config.digest import DigestConfig
from daemon.config.followups import FollowupsConfig, OverrideConditions, read_followups
from daemon.config.log import LogConfig
from daemon.config.mailboxes import KEYS as MAILBOX_KEYS
from daemon.config.metrics import MetricsConfig
from daemon.config.privacy import PrivacyConfig
from daemon.config.relay import RelayConfig
from daemon.config.scoring import ScoreConfig, StageConfig, read_scoring
from daemon.config.servers import OAUTH_KEY, PASSWORD_KEYS, Manners
from daemon.config.sources import PASSWORD_KEYS as SOURCE_PASSWORDS
from daemon.config.sources import SQL, SqlSettings
from daemon.config.sources import Outer as SourceOuter
from daemon.config.tracking import TrackingConfig
from daemon.oauth.settings import OAuthSettings
from daemon.options import Reader, keys, options
from daemon.plugins import installed, installed_books, installed_rules
from matching.scoring import DEFAULT_FORMULA, DEFAULT_STAGES, FUNCTIONS, MEASURES
from store.keeping.decisions import ADDRESS_COLUMNS, COLUMNS, CONTACT_COLUMNS
from store.privacy.retention import Limits

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = (ROOT / "config.example.toml").read_text("utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")
CLI = (ROOT / "docs" / "cli.md").read_text("utf-8")

#: Table of the configuration -> what reads it.
TABLES: dict[str, type[Any]] = {
    "store": StoreConfig,
    "company": Company,
    "working_time": WorkingTimeConfig,
    "followups": FollowupsConfig,
    "followups.overrides": OverrideConditions,
    "digest": DigestConfig,
    "score": ScoreConfig,
    "stages": StageConfig,
    "contacts": ContactsConfig,
    "people": Person,
    "accounts": Outer,
    "webhooks": Webhook,
    "contacts.sources": SourceOuter,
    "privacy": PrivacyConfig,
    "privacy.retention": Limits,
    "tracking": TrackingConfig,
    "relay": RelayConfig,
    "metrics": MetricsConfig,
    "alerts": AlertsConfig,
    "log": LogConfig,
}
#: The kind that is no use in a configuration.
_FOR_TESTS = "memory"


def kinds() -> Iterator[tuple[str, type[Any]]]:
    """The connectors of this distribution."""
    connectors = installed()
    for kind in connectors.kinds:
        connector = connectors.get(kind)
        if getattr(connector, "__module__", "").startswith("connectors."):
            yield kind, connector.Settings


def documented(heading: str) -> str:
    """The part of the manual under a heading."""
    found = re.split(rf"^#+ {re.escape(heading)}$", CONFIGURATION, maxsplit=1, flags=re.MULTILINE)
    assert len(found) == 2, f"docs/configuration.md has no heading {heading}"
    return re.split(r"^#+ ", found[1], maxsplit=1, flags=re.MULTILINE)[0]


def assignments() -> Iterator[tuple[str, str, str]]:
    """(table, key, "key = value") of every line of the example, those in comments too."""
    table = ""
    for line in EXAMPLE.splitlines():
        text = line.removeprefix("# ")
        if heading := re.match(r"\[+([a-z_.]+)\]+(?:$| +#)", text):
            table = heading[1]
        elif assignment := re.match(r"([a-z_]+) = \S", text):
            yield table, assignment[1], text


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    path = shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    config = load(Path(path), environ={}, today=date(2026, 11, 22))
    assert [account.name for account in config.accounts] == ["alice", "info"]


def test_what_the_example_has_in_comments_is_right_too(tmp_path: Path) -> None:
    settings = {kind: each for kind, each in kinds() if kind != _FOR_TESTS}
    for table, key, text in assignments():
        reader = Reader(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, [])
        value = tomllib.loads(text)
        if table == "contacts.sources":
            known: list[type[Any]] = [SourceOuter, *(each for _kind, each in source_kinds())]
            if key not in SOURCE_PASSWORDS:
                reader.values(next(each for each in known if key in keys(each)), value, table)
        elif table.startswith("followups.") or key in installed_rules().kinds:
            is_override = table == "followups.overrides"
            rules, people = installed_rules(), {"alice@acme.example": "alice@acme.example"}
            tables = {"overrides": [{"no_reply": {}, **value}]} if is_override else {table.partition(".")[2]: value}
            read_followups(tables, reader, rules, people, ["sales"])
        elif table in TABLES:
            reader.values(TABLES[table], value, table)
        elif table == "":
            assert key == "people_file"
        elif table.startswith("oauth."):
            reader.values(OAuthSettings, value, table)
        elif table == "servers.main" and key in keys(Manners):
            reader.values(Manners, value, table)
        elif key not in (*PASSWORD_KEYS, OAUTH_KEY, *MAILBOX_KEYS, "kind"):
            owner = next((each for each in settings.values() if key in keys(each)), None)
            assert owner is not None, text
            reader.values(owner, value, table)
        wrong = [problem for problem in reader.problems if "does not exist" not in problem.problem]
        assert not wrong, text


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_a_table_is_in_the_example_and_the_manual(table: str) -> None:
    shown = {key for owner, key, _text in assignments() if owner == table}
    heading = (
        f"[[{table}]]"
        if table in ("people", "accounts", "webhooks", "contacts.sources", "followups.overrides", "stages")
        else f"[{table}]"
    )
    for key in keys(TABLES[table]):
        assert key in shown, f"config.example.toml has no {key} in {table}"
        assert f"`{key}`" in documented(heading), f"docs/configuration.md has no {key} under {heading}"


def test_every_setting_of_every_rule_is_in_the_example_and_the_manual() -> None:
    rules, section = installed_rules(), documented("[followups]")
    for name in rules.kinds:
        assert f"# [followups.{name}]" in EXAMPLE
        shown = {key for table, key, _text in assignments() if table == f"followups.{name}"}
        row = next(line for line in section.splitlines() if line.startswith(f"| `{name}`"))
        for option in options(rules.get(name).Settings):
            assert option.key in shown, f"config.example.toml has no {option.key} of {name}"
            assert f"`{option.key}`" in row, f"docs/configuration.md has no {option.key} of {name}"


def test_every_measure_and_function_and_default_is_in_the_manual(tmp_path: Path) -> None:
    for name, meaning in MEASURES.items():
        assert f"| `{name}` | {meaning} |" in documented("[score]")
    assert DEFAULT_FORMULA in documented("[score]")
    for stage, when in DEFAULT_STAGES:
        assert f"| `{stage}` | `{when}` |" in documented("[[stages]]")
    for function in FUNCTIONS:
        assert f"`{function}(" in documented("Formulas")
    reader = Reader(tmp_path, {}, [])
    tables = tomllib.loads(re.sub(r"^# ", "", EXAMPLE[EXAMPLE.index("# [score]") :].partition("\n\n")[0], flags=re.M))
    assert len(read_scoring(tables["score"], tables["stages"], reader).stages) == 2
    assert reader.problems == []


def test_every_key_of_a_server_is_in_the_example_and_the_manual() -> None:
    shown = {key for table, key, _text in assignments() if table == "servers.main"}
    for key in keys(Manners):
        assert key in shown
        assert f"`{key}`" in documented("[servers.NAME]")


def test_every_option_of_every_kind_is_in_the_example_and_the_manual() -> None:
    shown = {key for table, key, _text in assignments() if table in ("accounts.options", "servers.main")}
    for kind, settings in kinds():
        section = documented(f'Options of kind "{kind}"')
        for option in options(settings):
            assert f"`{option.key}`" in section, f"docs/configuration.md has no {option.key} of {kind}"
            assert kind == _FOR_TESTS or option.key in shown, f"config.example.toml has no {option.key} of {kind}"
            if isinstance(option.type, type) and is_dataclass(option.type):
                assert all(key in section for key in keys(option.type)), (
                    f"docs/configuration.md: {option.key} of {kind}"
                )


def source_kinds() -> Iterator[tuple[str, type[Any]]]:
    """The kinds of sources of contacts of this distribution."""
    yield SQL, SqlSettings
    books = installed_books()
    for kind in books.kinds:
        connector = books.get(kind)
        if getattr(connector, "__module__", "").startswith("connectors."):
            yield kind, connector.Settings


def test_every_option_of_every_source_is_in_the_example_and_the_manual() -> None:
    shown = {key for table, key, _text in assignments() if table == "contacts.sources"}
    for kind, settings in source_kinds():
        section = documented(f'Sources of kind "{kind}"')
        for key in keys(settings):
            assert f"`{key}`" in section, f"docs/configuration.md has no {key} of {kind}"
            assert key in shown, f"config.example.toml has no {key} of {kind}"


def test_keys_of_all_kinds_are_in_the_example_and_the_manual() -> None:
    shown = {key for _table, key, _text in assignments()}
    for key in (*PASSWORD_KEYS, OAUTH_KEY, *MAILBOX_KEYS, "people_file"):
        assert key in shown
        assert f"`{key}`" in CONFIGURATION


def test_every_key_of_a_client_of_oauth_is_in_the_example_and_the_manual() -> None:
    shown = {key for table, key, _text in assignments() if table.startswith("oauth.")}
    for key in keys(OAuthSettings):
        assert key in shown, f"config.example.toml has no {key} of [oauth.NAME]"
        assert f"`{key}`" in documented("[oauth.NAME]"), f"docs/configuration.md has no {key} of [oauth.NAME]"


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Each command with its options."""
    actions = parser._actions
    nested = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    if not nested:
        yield " ".join(words), [option for action in actions for option in action.option_strings]
    for action in nested:
        for name, child in action.choices.items():
            yield from commands(child, (*words, name))


def test_every_command_and_option_is_in_the_manual() -> None:
    top, *sections = re.split(r"^## ", CLI, flags=re.MULTILINE)
    found = {section.partition("\n")[0]: section for section in sections}
    whole = parser()
    for option in (option for action in whole._actions for option in action.option_strings):
        assert f"`{option}" in top, f"docs/cli.md has no {option}"
    for command, option_strings in commands(whole):
        assert command in found, f"docs/cli.md has no heading {command}"
        for option in option_strings:
            assert f"`{option}" in top + found[command], f"docs/cli.md has no {option} under {command}"


def test_every_command_in_the_manual_is_there() -> None:
    known = {command for command, _options in commands(parser())}
    assert set(re.findall(r"^## (.+)$", CLI, flags=re.MULTILINE)) <= known


def test_the_file_of_decisions_is_described() -> None:
    page = (ROOT / "docs" / "keeping.md").read_text("utf-8")
    kinds = ("decisions", "contact", "consent", "redirect", *COLUMNS, "end")
    for name in (*kinds, *CONTACT_COLUMNS, *ADDRESS_COLUMNS):
        assert f"`{name}`" in page, f"docs/keeping.md has no {name}"


def test_what_is_linked_to_is_there() -> None:
    pages = {path: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")}
    for path, page in pages.items():
        for file, anchor in re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", page):
            target = (path.parent / file).resolve() if file else path
            headings = re.findall(r"^#+ (.+)$", pages[target], flags=re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{path.name}: {file}#{anchor}"
