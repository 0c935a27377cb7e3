"""What README.md tells a newcomer to do can be done."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

from daemon.cli.main import parser
from daemon.config import load

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced texts of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_first_account_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "alice").write_text("a password\n", "utf-8")
    (text,) = blocks("toml")
    (tmp_path / "config.toml").write_text(text, "utf-8")
    config = load(tmp_path / "config.toml", environ={}, today=date(2026, 11, 22))
    assert [(account.name, account.kind, account.login) for account in config.accounts] == [
        ("alice", "imap", "alice@acme.example@mail.acme.example")
    ]


def test_its_commands_and_targets_are_there() -> None:
    commands = [line.partition("#")[0].split() for block in blocks("sh") for line in block.splitlines()]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    for program, *words in commands:
        if program == "make":
            assert words[0] in targets
        else:
            assert program == ".venv/bin/keeptouch"
            assert isinstance(parser().parse_args(words), argparse.Namespace)


def test_its_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README.replace("\n", " ")):
        assert (ROOT / link).exists(), link
