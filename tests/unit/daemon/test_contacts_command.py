"""The command `keeptouch contacts import`: its answers and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company's folder, with us in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEEPTOUCH_CONFIG", raising=False)
    (tmp_path / "config.toml").write_text('[company]\ndomains = ["acme.example"]\n', "utf-8")
    return tmp_path


def test_the_answer_of_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "leads.csv").write_text("name,email\nAnn,ann@client.example\nMe,me@acme.example\n", "utf-8")
    assert main(["contacts", "import", "leads.csv", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "format": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "held_back": 0,
        "rejected": [{"line": 3, "reason": "me@acme.example is an address of our own"}],
    }
    assert main(["contacts", "import", "leads.csv", "--dry-run"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "leads.csv: would be 0 created, 0 updated, 1 unchanged\n"
    assert shown.err == "line 3: me@acme.example is an address of our own\n"
    (folder / "leads.csv").write_text("name,email\nAnn Lee,ann@client.example\n", "utf-8")
    assert main(["contacts", "import", "leads.csv"]) == 0
    assert capsys.readouterr().out == "leads.csv: 0 created, 1 updated, 0 unchanged\n"


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["none.csv"], "none.csv: can't be read: No such file or directory"),
        (["phones.csv"], "phones.csv: line 1 names no column of e-mail addresses"),
        (["good.csv", "--source", ""], "the source must be a name of at most 100 characters"),
        (["good.csv", "--dry-run"], "there is no store"),
    ],
)
def test_what_cannot_be_done_at_all_is_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], problem: str
) -> None:
    (folder / "phones.csv").write_text("name,phone\nAnn,1\n", "utf-8")
    (folder / "good.csv").write_text("name,email\n", "utf-8")
    assert main(["contacts", "import", *argv, "--json"]) == 2
    shown = capsys.readouterr()
    assert problem in shown.err
    assert problem in json.loads(shown.out)["problems"][0]["problem"]
    assert not (folder / "keeptouch.db").exists()
