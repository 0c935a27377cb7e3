"""The demo: its mail is read as it was written, nothing is missing or doubled, and all it shows works as shown."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.api import Message, Role, Unreadable, parse_message
from daemon.cli import demo
from daemon.cli.main import main
from daemon.demo.clients import WANG
from daemon.demo.company import REPS, Address
from daemon.demo.folder import MARKER, VERSION, prepare
from daemon.demo.letter import Letter
from daemon.demo.mailboxes import Copy, copies
from daemon.demo.picture import draw
from daemon.demo.rendering import write_rich
from daemon.demo.sections import Section

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Made:
    """A demo that was run twice."""

    folder: Path
    #: What `--json` said the first time, and what it said then.
    first: Any
    second: Any
    #: The third time, for people.
    text: str
    #: The views after the first and after the last run.
    views: tuple[dict[str, list[tuple[Any, ...]]], dict[str, list[tuple[Any, ...]]]]


def run(*argv: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(argv)
    return code, out.getvalue(), err.getvalue()


def ask(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the store, as any tool would read them."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def views(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that readers see, but for the time of the last sync."""
    names = [name for (name,) in ask(store, "SELECT name FROM sqlite_master WHERE type = 'view'")]
    names.remove("v1_account_status")
    return {
        name: sorted(ask(store, f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608 - the name of a view of ours
        for name in names
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("my company")
    with contextlib.chdir(folder):
        code, first, _err = run("demo", "--json")
        assert code == 0
        before = views(folder / "demo" / "keeptouch.db")
        code, second, _err = run("demo", "--json")
        assert code == 0
        code, text, _err = run("demo")
        assert code == 0
        after = views(folder / "demo" / "keeptouch.db")
        yield Made(folder / "demo", json.loads(first), json.loads(second), text, (before, after))


def letters(mail: list[Copy]) -> list[Letter]:
    """Each mail once."""
    return list({id(each.letter): each.letter for each in mail if each.letter is not None}.values())


# -- its mail ----------------------------------------------------------------------------------------------------


def test_the_same_day_gives_the_same_mail_and_every_day_about_as_much() -> None:
    assert copies(DAY) == copies(DAY)
    for day in range(0, 60, 20):
        assert 600 <= len(letters(copies(DAY + timedelta(days=day)))) <= 650


def test_all_of_it_is_in_the_past_and_younger_than_a_year() -> None:
    end = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    assert all(end - timedelta(days=365) < each.received_at < end for each in copies(DAY))


def test_every_mail_is_read_as_it_was_written() -> None:
    for each in copies(DAY):
        read = parse_message(each.data, ref="1")
        letter = each.letter
        if letter is None:
            assert isinstance(read, Unreadable)
            continue
        assert isinstance(read, Message)
        assert read.subject == letter.subject
        assert (read.message_id or "", read.references) == (letter.message_id, letter.references)
        assert read.sent_at == letter.sent_at
        assert [name for name in (a.name for a in read.attachments) if name] == [letter.attachment] * bool(
            letter.attachment
        )
        assert [Address(p.name, p.email) for p in read.participants if p.role in (Role.TO, Role.CC)] == [
            *letter.to,
            *letter.cc,
        ]
        assert letter.form == "report" or read.text.replace("\r\n", "\n").strip() == letter.text.strip()


# -- what is made of it ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_mail_is_stored_known_skipped_for_its_reason_or_quarantined(made: Made) -> None:
    mail = copies(date.fromisoformat(made.first["made_on"]))
    counts = {name: sum(account[name] for account in made.first["accounts"]) for name in ("seen", "stored", "known")}
    stored = [each.letter for each in mail if each.letter is not None and each.letter.reason == "contact"]
    assert counts["seen"] == len(mail) == sum(1 for _ in (made.folder / "mail").rglob("*.M*"))
    assert counts["stored"] == len({id(each) for each in stored})
    assert made.first["totals"]["interactions"] == counts["stored"] + made.first["totals"]["meetings"]
    assert counts["known"] == len(stored) - counts["stored"]
    expected = Counter(each.letter.reason if each.letter else "the mail is empty" for each in mail)
    del expected["contact"]
    assert {each["reason"]: each["items"] for each in made.first["left_out"]} == expected


@pytest.mark.slow
def test_its_folders_have_names_in_three_scripts(made: Made) -> None:
    names = {stream["stream"] for account in made.first["accounts"] for stream in account["streams"]}
    assert names >= {"INBOX", "Sent", "Archive", *(rep.folder for rep in REPS)}


@pytest.mark.slow
def test_the_store_holds_what_was_written_linked_to_whom_it_concerns(made: Made) -> None:
    mail = letters(copies(date.fromisoformat(made.first["made_on"])))
    written = Counter((each.subject, each.text.strip()) for each in mail if each.reason == "contact")
    rows = ask(made.folder / "keeptouch.db", "SELECT id, subject, body_text FROM v1_interaction WHERE kind = 'email'")
    held = Counter((subject, body.replace("\r\n", "\n").strip()) for _id, subject, body in rows)
    reports = [each for each in mail if each.form == "report"]
    assert len(reports) == 1
    assert sum((written - held).values()) == len(reports)
    linked = ask(made.folder / "keeptouch.db", "SELECT DISTINCT interaction_id FROM v1_interaction_contact")
    # a mail that reached nobody, and what the server said of it, are of no contact
    assert len({item for item, _subject, _body in rows} - {item for (item,) in linked}) == 2 * len(reports)
    reasons = {reason for (reason,) in ask(made.folder / "keeptouch.db", "SELECT reason FROM v1_interaction_contact")}
    assert reasons == {"address", "base_address"}


@pytest.mark.slow
def test_its_meetings_were_held_moved_cancelled_and_are_to_come(made: Made) -> None:
    store = made.folder / "keeptouch.db"
    found = ask(store, "SELECT status, moved_count, count(*) FROM v1_meeting WHERE series_id IS NOT NULL GROUP BY 1, 2")
    assert sorted(found) == [("cancelled", 0, 1), ("held", 0, 5), ("held", 1, 1), ("planned", 0, 3)]
    assert ask(store, "SELECT status, location FROM v1_meeting WHERE series_id IS NULL") == [("planned", "Al Ain")]
    answers = set(ask(store, "SELECT kind, evidence FROM v1_signal WHERE kind = 'invitation_answer'"))
    assert answers == {("invitation_answer", "accepted (calendar)")}
    mails = "SELECT count(*) FROM v1_interaction WHERE kind = 'email' AND meeting_id IS NOT NULL"
    assert ask(store, mails) == [(4,)]


@pytest.mark.slow
def test_earlier_mail_of_a_later_contact_is_on_the_history(made: Made) -> None:
    code, out, _err = run("--config", str(made.folder / "config.toml"), "--json", "timeline", WANG.address.email)
    assert code == 0
    items = json.loads(out)["items"]
    assert items[-1]["people"] == [REPS[0].address.email]
    assert {person for item in items[:-1] for person in item["people"]} == {REPS[1].address.email}


@pytest.mark.slow
def test_run_again_it_stores_nothing_and_says_so(made: Made) -> None:
    assert (made.first["reused"], made.second["reused"]) == (False, True)
    assert made.first["stored_again"] == made.second["stored_again"] == 0
    assert {account["seen"] for account in made.second["accounts"]} == {0}
    assert made.second["totals"] == made.first["totals"]
    assert made.views[0] == made.views[1]
    assert "Reading them once more stored nothing: no mail or meeting is there twice." in made.text


# -- what it shows -----------------------------------------------------------------------------------------------


def shown_commands(text: str, program: str) -> list[list[str]]:
    """The words of the commands that the text names."""
    return [words[1:] for line in text.splitlines() if (words := _words(line))[:1] == [program]]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


@pytest.mark.slow
def test_the_questions_to_the_store_work_as_shown(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.folder.parent)
    shown = shown_commands(made.text, "sqlite3")
    assert [sql for _file, sql in shown] == made.first["queries"]
    assert len(shown) == 3
    for file, sql in shown:
        assert not Path(file).is_absolute()
        assert len(ask(Path(file), sql)) >= 5


@pytest.mark.slow
def test_without_sqlite3_a_line_for_the_shell_stands_in(made: Made) -> None:
    query = made.first["queries"][2]
    script = f'{demo._STAND_IN.format(python=shlex.quote(sys.executable))}\nsqlite3 keeptouch.db "{query}"\n'
    done = subprocess.run(["sh", "-c", script], cwd=made.folder, capture_output=True, text=True, check=True)
    rows = ask(made.folder / "keeptouch.db", query)
    assert done.stdout.splitlines() == ["|".join(map(str, row)) for row in rows]


@pytest.mark.slow
def test_the_commands_it_names_answer_what_it_shows(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.folder.parent)
    program = "keeptouch" if shutil.which("keeptouch") else demo._short(Path(sys.argv[0]))
    timeline, why = shown_commands(made.text, program)
    code, out, _err = run(*why)
    assert code == 0
    assert out in made.text
    code, out, _err = run(*timeline, "--limit", "3")
    assert code == 0
    assert all(line.split()[:2] in [shown.split()[:2] for shown in made.text.splitlines()] for line in _rows(out))


def _rows(out: str) -> list[str]:
    return [line for line in out.splitlines() if re.match("20..-", line)]


def test_a_terminal_shows_the_same_words_without_steering_it() -> None:
    part = Section("Title", ("Intro",), ("command " * 30,), ("a", "b"), (("1", "\x1b[2Jx"),), ("Answer",), ("Outro",))
    console = Console(record=True, width=60, file=io.StringIO())
    write_rich([part], console)
    text = console.export_text()
    assert "\x1b" not in text
    for word in ("Title", "Intro", "command " * 30, "\\x1b[2Jx", "Answer", "Outro"):
        assert word.strip() in text


@pytest.mark.slow
def test_the_picture_shows_what_the_demo_shows(tmp_path: Path) -> None:
    def lines(svg: str) -> list[str]:
        drawn: dict[str, str] = {}
        for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
            drawn[text.attrib["y"]] = drawn.get(text.attrib["y"], "") + (text.text or "")
        # which mailbox holds a mail of both first is a matter of speed
        racing = re.compile("sara|bat-erdene|together")
        return [re.sub(r"[0-9\s]+", " ", line) if racing.match(line) else line for line in drawn.values()]

    svg = (ROOT / "docs" / "demo.svg").read_text("utf-8")
    assert lines(svg) == lines(draw(tmp_path / "demo")), "draw it anew: make picture"
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert str(ROOT) not in svg


# -- its folder --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["folder", "file", "maildir"])
def test_what_is_no_demo_is_refused_and_left_alone(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "mine"
    if what == "file":
        folder.write_text("mine", "utf-8")
    else:
        (folder / ("mail" if what == "maildir" else "x")).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("demo", "--folder", str(folder))
    assert (code, out) == (2, "")
    assert "is there and no demo's" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_configuration_of_ones_own_is_refused(tmp_path: Path) -> None:
    code, _out, err = run("--config", str(tmp_path / "config.toml"), "demo", "--folder", str(tmp_path / "demo"))
    assert code == 2
    assert "--folder" in err
    assert not (tmp_path / "demo").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "marker",
    [
        {"version": VERSION, "made_on": None},
        {"version": VERSION, "made_on": "2026-10-01"},
        {"version": VERSION + 1, "made_on": "2026-11-22"},
        "torn",
    ],
)
def test_an_unfinished_or_old_demo_is_made_anew_beside_what_others_put_there(tmp_path: Path, marker: object) -> None:
    place = prepare(tmp_path / "demo", DAY)
    assert not place.is_reused
    fresh = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    (place.folder / MARKER).write_text(json.dumps(marker), "utf-8")
    (place.folder / "mail" / "sara" / "cur" / "half").write_bytes(b"x")
    for name in ("keeptouch.db", "identity.key", "notes.txt"):
        (place.folder / name).write_text(name, "utf-8")
    again = prepare(tmp_path / "demo", DAY)
    assert (again.is_reused, again.made_on) == (False, DAY)
    assert (place.folder / "notes.txt").read_text("utf-8") == "notes.txt"
    (place.folder / "notes.txt").unlink()
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == fresh


def test_a_demo_of_the_last_days_is_used_again_with_its_changed_configuration(tmp_path: Path) -> None:
    place = prepare(tmp_path / "demo", DAY)
    place.config.write_text("# mine\n", "utf-8")
    again = prepare(tmp_path / "demo", DAY + timedelta(days=20))
    assert (again.is_reused, again.made_on) == (True, DAY)
    assert place.config.read_text("utf-8") == "# mine\n"


def test_a_link_to_elsewhere_is_taken_away_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mail.txt").write_text("mine", "utf-8")
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / MARKER).write_text("{}", "utf-8")
    os.symlink(elsewhere, folder / "mail")
    prepare(folder, DAY)
    assert (elsewhere / "mail.txt").read_text("utf-8") == "mine"
    assert not (folder / "mail").is_symlink()
