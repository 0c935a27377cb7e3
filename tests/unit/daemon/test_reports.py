"""Reports of people and contacts, as tables, JSON, CSV and pictures."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from daemon import plots
from daemon.cli import report_numbers
from daemon.cli.main import main
from store.questions.reports import Stand
from tests.unit.daemon.test_tasks_command import SENT, Company, day

NAME = "مریم حسینی"


@pytest.fixture
def company(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Company:
    """An offer went out on a Saturday, was answered on Sunday, and we owe an answer to that since."""
    company = Company(tmp_path, capsys, monkeypatch)
    monkeypatch.setattr(report_numbers, "utc_now", lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))
    company.sync(day(20))
    company.put(".Sent", "alice@acme.example", f"{NAME} <ann@client.example>", SENT, "offer@acme.example")
    company.put("", "ann@client.example", "alice@acme.example", day(22), "yes@client.example", "offer@acme.example")
    company.put(".Sent", "alice@acme.example", "=1+1 <bo@else.example>", day(21), "hello@acme.example")
    company.sync(datetime(2026, 3, 1, 12, tzinfo=UTC))
    return company


def test_what_each_did_week_by_week(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    found: list[Any] = company.run("report", "reps")["weeks"]
    first = {key: found[0][key] for key in ("week_starts_on", "mails_out_count", "mails_in_count", "answer_count")}
    assert first == {"week_starts_on": "2026-02-16", "mails_out_count": 2, "mails_in_count": 1, "answer_count": 0}
    assert {each["person"] for each in found} == {"alice@acme.example"}
    (second,) = found[1:]
    assert (second["week_starts_on"], second["task_count"], second["open_count"]) == ("2026-02-23", 2, 2)
    # both were due days ago
    assert second["late_count"] == 2
    assert company.run("report", "reps", "--weeks", "1")["weeks"] == []
    assert company.run("report", "reps", "--since", "2026-02-18", "--weeks", "1")["weeks"] == found[:1]
    assert company.run("report", "reps", "--since", "2026-02-23", "--person", "alice@acme.example")["weeks"] == [second]
    assert main(["report", "reps", "--config", company.config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "week",
        "who",
        "out",
        "in",
        "answers",
        "median",
        "working",
        "met",
        "tasks",
        "open",
        "late",
    ]
    assert lines[2].split() == ["2026-02-23", "alice@acme.example", "0", "0", "0", "0", "2", "2", "2"]
    for argv, problem in (
        (("--weeks", "0"), "--weeks"),
        (("--since", "soon"), "--since"),
        (("--person", "bob@acme.example"), "--person"),
        (("--csv", "--json"), "--csv"),
        (("--plot", "weeks.pdf"), "neither a .png nor a .svg"),
        (("--plot", "nowhere/weeks.png"), "does not exist"),
    ):
        assert main(["report", "reps", *argv, "--config", company.config]) == 2
        assert problem in capsys.readouterr().err, argv


def test_how_contacts_stand(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = company.run("report", "contacts")["contacts"]
    assert (first["stage"], first["since_on"], first["days_in_stage"], first["open_tasks"]) == (
        *("interest", "2026-02-22", 8),
        1,
    )
    assert first["score"] > second["score"]
    assert (second["stage"], second["last_contact_at"]) == ("awareness", "2026-02-21T07:00:00Z")
    assert company.run("report", "contacts", "--top", "1")["contacts"] == [first]
    assert main(["report", "contacts", "--csv", "--config", company.config]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(each["score"]) for each in rows] == [first["score"], second["score"]]
    assert rows[1]["display_name"] == "\t=1+1"
    assert main(["report", "contacts", "--config", company.config]) == 0
    assert "interest" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.slow
def test_reports_are_drawn(company: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for what in ("reps", "contacts"):
        for kind, begins in (("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml")):
            file = tmp_path / f"{what}.{kind}"
            words = ["report", what, "--plot", str(file), "--config", company.config]
            assert main(words) == 0
            assert capsys.readouterr().err == ""
            drawn = file.read_bytes()
            assert drawn.startswith(begins)
            assert main(words) == 0
            assert file.read_bytes() == drawn, "the same numbers are the same picture"
            capsys.readouterr()
    # the viewer shapes it
    assert "alice@acme.example" in (tmp_path / "reps.svg").read_text("utf-8")
    company.put("", f"{NAME} <ann@client.example>", "alice@acme.example", day(23), "more@client.example")
    company.put(".Sent", "alice@acme.example", "ᠮᠣᠩᠭᠣᠯ <mo@else.example>", day(23), "mo@acme.example")
    company.sync(datetime(2026, 3, 1, 13, tzinfo=UTC))
    assert main(["report", "contacts", "--plot", str(tmp_path / "names.svg"), "--config", company.config]) == 0
    assert NAME in (tmp_path / "names.svg").read_text("utf-8")
    assert capsys.readouterr().err == ""
    odd = [
        Stand(str(place), name, None, 1.0, None, None, None, 0)
        for place, name in enumerate(("$x_{", "_b", "\U00013000"))
    ]
    assert plots.draw_contacts(odd[:2], tmp_path / "odd.png") == ""
    assert "drawn as boxes" in plots.draw_contacts(odd, tmp_path / "odd.png")
    assert plots.draw_contacts(odd, tmp_path / "odd.svg") == ""
    assert "$x_{" in (tmp_path / "odd.svg").read_text("utf-8")
    none = [replace(each, score=None) for each in odd]
    assert plots.draw_contacts(none, tmp_path / "none.png") == "3 without a score are not drawn"
    assert plots.draw_weeks([], tmp_path / "none.svg") == ""


def test_without_matplotlib_it_is_told_how_to_install_it(
    company: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(plots, "import_module", missing)
    assert main(["report", "reps", "--plot", str(tmp_path / "a.png"), "--config", company.config]) == 2
    assert "pip install 'keeptouch[plots]'" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()
    assert main(["report", "reps", "--config", company.config]) == 0
