"""Follow-ups as a rep and an operator have them: from a Maildir to `keeptouch tasks`, with the clock given."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.cli import expecting, rules_try
from daemon.cli import tasks as tasks_command
from daemon.cli.main import main
from daemon.cli.opening import session_of
from daemon.cli.sync import sync_all
from daemon.config import load

pytestmark = pytest.mark.later

CONFIG = """
[company]
domains = ["acme.example"]
timezone = "Asia/Tehran"

[working_time]
hours = ["sat-wed 09:00-17:00"]

[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "mail"
format = "maildir"
"""
#: Saturday, 10:00 in Tehran.
SENT = datetime(2026, 2, 21, 6, 30, tzinfo=UTC)


class Company:
    """A folder with a Maildir and a configuration."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self._number = 0
        for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
            (folder / "mail" / name).mkdir(parents=True)
        self.config = str(folder / "config.toml")
        (folder / "config.toml").write_text(CONFIG, "utf-8")

    def put(self, place: str, sender: str, to: str, at: datetime, mid: str, answers: str = "") -> None:
        """A mail appears in a folder of the Maildir."""
        message = EmailMessage()
        message["From"], message["To"], message["Date"] = sender, to, format_datetime(at)
        message["Message-ID"], message["Subject"] = f"<{mid}>", "Re: Offer" if answers else "Offer"
        if answers:
            message["In-Reply-To"] = message["References"] = f"<{answers}>"
        message.set_content("This is what we can offer to you, as we said when we met at the fair in the spring.")
        self._number += 1
        path = self._folder / "mail" / place / "cur" / f"{int(at.timestamp())}.{self._number}.host:2,S"
        path.write_bytes(message.as_bytes())

    def sync(self, now: datetime) -> None:
        """What the service does at that time."""
        config = load(self._folder / "config.toml", environ={}, today=now.date())
        with session_of(config, lambda: now) as session:
            (report,) = sync_all(session, config.accounts, threading.Event(), lambda *_: None)
        assert report.error is None, report.error
        self._capsys.readouterr()  # the log

    def run(self, *argv: str, code: int = 0, now: datetime | None = None) -> Any:
        """The JSON answer of a command."""
        for command in (tasks_command, expecting):
            self._monkeypatch.setattr(command, "utc_now", lambda: now or SENT)
        assert main([*argv, "--json", "--config", str(self._folder / "config.toml")]) == code
        return json.loads(self._capsys.readouterr().out)

    def tasks(self, *argv: str) -> list[Any]:
        """What `tasks list` says."""
        found: list[Any] = self.run("tasks", "list", *argv)["tasks"]
        return found


@pytest.fixture
def company(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Company:
    return Company(tmp_path, capsys, monkeypatch)


@pytest.fixture
def asked(company: Company) -> Company:
    """An offer went out three working days ago."""
    company.sync(day(20))
    company.put(".Sent", "alice@acme.example", "Ann <ann@client.example>", SENT, "offer@acme.example")
    company.sync(day(21))
    company.sync(day(24))
    return company


def day(number: int, hour: int = 7) -> datetime:
    """In February."""
    return datetime(2026, 2, number, hour, tzinfo=UTC)


def test_a_task_appears_on_its_day_and_goes_with_the_answer(company: Company) -> None:
    company.sync(day(20))
    company.put(".Sent", "alice@acme.example", "Ann <ann@client.example>", SENT, "offer@acme.example")
    company.sync(day(21))
    company.sync(datetime(2026, 2, 24, 6, 29, tzinfo=UTC))
    assert company.tasks("--all") == []
    company.sync(datetime(2026, 2, 24, 6, 30, tzinfo=UTC))
    (task,) = company.tasks()
    assert {name: task[name] for name in ("rule", "state", "due_at", "due_on", "person", "subject", "reason")} == {
        "rule": "no_reply",
        "state": "open",
        "due_at": "2026-02-24T06:30:00Z",
        "due_on": "2026-02-24",
        "person": "alice@acme.example",
        "subject": "Offer",
        "reason": "no answer 3 working days after the mail of 2026-02-21",
    }
    assert task["contact"]["display_name"] == "Ann"
    company.put("", "ann@client.example", "alice@acme.example", day(24, 9), "yes@client.example", "offer@acme.example")
    company.sync(day(24, 10))
    assert company.tasks() == []
    (task,) = company.tasks("--all")
    assert (task["state"], task["settled_how"]) == ("settled", "reply")
    assert [each["state"] for each in task["history"]] == ["open", "settled"]
    assert {each["changed_by"] for each in task["history"]} == {None}
    # and now we owe one
    company.sync(day(28, 12))
    assert [each["rule"] for each in company.tasks()] == ["unanswered"]


def test_a_task_is_put_off_and_comes_back(asked: Company) -> None:
    (task,) = asked.tasks()
    answer = asked.run(
        *("tasks", "snooze", task["id"][:8], "--until", "2026-02-25 09:00", "--note", "calls back"), now=day(24)
    )
    assert answer["state"] == "snoozed"
    assert answer["snoozed_until_at"] == "2026-02-25T05:30:00Z"
    assert asked.tasks() == []
    asked.sync(datetime(2026, 2, 25, 5, 29, tzinfo=UTC))
    assert [each["state"] for each in asked.tasks("--all")] == ["snoozed"]
    asked.sync(datetime(2026, 2, 25, 5, 30, tzinfo=UTC))
    (task,) = asked.tasks()
    assert [(each["state"], each["changed_by"], each["note"]) for each in task["history"]] == [
        ("open", None, None),
        ("snoozed", "command line", "calls back"),
        ("open", None, None),
    ]


def test_a_rule_is_tried_with_other_settings(
    asked: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_try, "utc_now", lambda: day(25))
    began = ("rules", "try", "no_reply", "--since", "2026-02-20")
    tried = asked.run(*began, "--with", "days=1", "--contact", "Ann", "--person", "alice@acme.example")
    assert (tried["due_at"], tried["state"]) == ("2026-02-22T06:30:00Z", "open")
    assert tried["steps"] == [{"at": "2026-02-22T06:30:00Z", "state": "open"}]
    assert asked.run(*began)["due_at"] == asked.tasks()[0]["due_at"]
    asked.put("", "ann@client.example", "alice@acme.example", day(24, 9), "yes@client.example", "offer@acme.example")
    asked.sync(day(24, 10))
    tried = asked.run(*began)
    assert (tried["state"], tried["settled_how"]) == ("settled", "reply")
    assert main([*began, "--config", asked.config]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Ann <ann@client.example>",
        "  Ask again: no answer: no answer 3 working days after the mail of 2026-02-21 (alice@acme.example)",
        "    2026-02-24 10:00  open",
        "    2026-02-24 12:30  settled (reply)",
        "1 tasks about 1 contacts: 1 settled (reply)",
    ]
    for argv, problem in (
        (("no_replay", "--since", "2026-02-20"), 'did you mean "no_reply"'),
        (("no_reply", "--since", "20"), "--since"),
        (("no_reply", "--since", "2026-02-20", "--with", "days=many"), "must be a whole number"),
        (("no_reply", "--since", "2026-02-20", "--with", "days=91"), "from 0 to 90"),
        (("no_reply", "--since", "2026-02-20", "--with", "day=9"), 'did you mean "days"'),
        (("no_reply", "--since", "2026-02-20", "--with", "days"), "days=5"),
    ):
        assert main(["rules", "try", *argv, "--config", asked.config]) == 2
        assert problem in capsys.readouterr().err


@pytest.mark.parametrize(("verb", "state"), [("done", "done"), ("dismiss", "dismissed")])
def test_what_a_person_closed_stays_closed(
    asked: Company, verb: str, state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (task,) = asked.tasks()
    assert asked.run("tasks", verb, task["id"], now=day(24))["state"] == state
    asked.sync(day(28))
    assert asked.tasks() == []
    # also where all tasks are made anew
    assert main(["reprocess", "--config", str(tmp_path / "config.toml")]) == 0
    capsys.readouterr()
    asked.sync(datetime(2026, 3, 28, 7, tzinfo=UTC))
    assert [each["state"] for each in asked.tasks("--all")] == [state]


def test_what_is_asked_for(asked: Company) -> None:
    for argv in (
        ("--person", "alice@acme.example"),
        ("--contact", "ann@client.example"),
        ("--contact", "Ann"),
        ("--due", "2026-02-24"),
    ):
        assert len(asked.tasks(*argv)) == 1, argv
    assert asked.tasks("--due", "2026-02-23") == []
    assert asked.run("tasks", "list", "--contact", "nobody", code=1)["candidates"] == []
    for argv, key in (
        (("--person", "bob@acme.example"), "--person"),
        (("--due", "soon"), "--due"),
    ):
        assert key in asked.run("tasks", "list", *argv, code=2)["problems"][0]["problem"]


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (("done", "ffffffff"), "no task begins"),
        (("done", "%"), "no task begins"),
        (("snooze", "TASK", "--until", "2026-02-24"), "a time to come"),
    ],
)
def test_what_cannot_be_done(asked: Company, argv: tuple[str, ...], problem: str) -> None:
    (task,) = asked.tasks()
    words = [task["id"] if each == "TASK" else each for each in argv]
    answer = asked.run("tasks", *words, code=1, now=day(24))
    assert answer["ok"] is False
    assert problem in answer["problem"]
    assert len(asked.tasks()) == 1


def test_what_is_settled_is_not_done_again(asked: Company) -> None:
    (task,) = asked.tasks()
    asked.put("", "ann@client.example", "alice@acme.example", day(24, 9), "yes@client.example", "offer@acme.example")
    asked.sync(day(24, 10))
    assert "settled already, by reply" in asked.run("tasks", "done", task["id"], code=1)["problem"]


def test_without_follow_ups_there_are_none(asked: Company, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + "[followups]\non = false\n", "utf-8")
    asked.sync(day(25))
    assert asked.tasks("--all") == []
    assert asked.run("rules", "list") == {"format": 1, "rules": [], "overrides": []}


def test_another_setting_is_followed(asked: Company, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG + "[followups.no_reply]\ndays = 4\n", "utf-8")
    asked.sync(day(24, 8))
    assert asked.tasks("--all") == []
    asked.sync(day(25))
    assert [each["reason"] for each in asked.tasks()] == ["no answer 4 working days after the mail of 2026-02-21"]


def test_rules_are_explained(asked: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    more = '[followups.gone_quiet]\non = false\n[[followups.overrides]]\ncontacts = ["ann@client.example"]\n'
    (tmp_path / "config.toml").write_text(CONFIG + more + "no_reply = {days = 9}\n", "utf-8")
    answer = asked.run("rules", "list")
    rules = {each["rule"]: each for each in answer["rules"]}
    assert rules["no_reply"]["settings"] == {"days": 3}
    assert rules["gone_quiet"]["on"] is False
    assert answer["overrides"] == [{"contacts": ["ann@client.example"], "changes": {"no_reply": {"days": 9}}}]
    assert main(["rules", "list", "--config", str(tmp_path / "config.toml")]) == 0
    shown = capsys.readouterr().out
    assert "a mail of ours to a contact has had no answer" in shown
    assert "for contacts ann@client.example: no_reply: days = 9" in shown


def test_what_people_see(asked: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = ("--config", str(tmp_path / "config.toml"))
    assert main(["tasks", "list", *config]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["id", "due", "what"]
    for each in ("2026-02-24", "Ask again: no answer", "Ann", "alice@acme.example", "Offer"):
        assert each in line
    assert main(["tasks", "done", line.split()[0], *config]) == 0
    capsys.readouterr()
    assert main(["tasks", "list", *config]) == 0
    assert capsys.readouterr().out == "nothing is to be done\n"


def test_the_timeline_and_why_tell_of_tasks(asked: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked.put("", "ann@client.example", "alice@acme.example", day(24, 9), "yes@client.example", "offer@acme.example")
    asked.sync(day(24, 10))
    answer, offer = asked.run("timeline", "ann@client.example")["items"]
    ((task,), (settled,)) = offer["tasks"], answer["settled_tasks"]
    assert (task["id"], task["state"], task["settled_by"]) == (settled, "settled", answer["id"])
    assert answer["tasks"] == offer["settled_tasks"] == []
    (item,) = asked.run("why", "offer@acme.example")["items"]
    assert [each["state"] for each in item["tasks"][0]["history"]] == ["open", "settled"]
    told = asked.run("why", settled)
    assert told["items"] == []
    assert [each["settled_subject"] for each in told["tasks"]] == ["Re: Offer"]
    config = ("--config", str(tmp_path / "config.toml"))
    for argv, words in (
        (
            ("timeline", "Ann"),
            ("to do: Ask again: no answer (settled: reply)", "done by it: Ask again: no answer"),
        ),
        (("why", "offer@acme.example"), ("raised by no_reply: Ask again: no answer", "settled by Re: Offer (")),
        (("why", "yes@client.example"), ("it settled: Ask again: no answer", "of alice@acme.example")),
        (("why", settled), ("about Ann, came of Offer (", "2026-02-24 07:00 UTC open", "2026-02-24 10:00 UTC settled")),
    ):
        assert main([*argv, *config]) == 0
        shown = capsys.readouterr().out
        for each in words:
            assert each in shown, (each, shown)
    asked.run("why", "ffff", code=1)
    # what others may not see of a mail its task does not tell either
    (tmp_path / "config.toml").write_text(
        CONFIG.replace("[accounts.options]", 'visibility = "metadata"\n[accounts.options]')
    )
    asked.sync(day(24, 11))
    (told,) = asked.run("why", settled)["tasks"]
    assert (told["subject"], told["settled_subject"]) == (None, None)


def test_a_person_says_by_when_an_answer_is_expected(asked: Company) -> None:
    who = "ann@client.example"
    answer = asked.run("tasks", "expect", who, "--by", "2026-02-25", "--title", "Offer 17", now=day(24))
    assert (answer["ok"], answer["due_on"]) == (True, "2026-02-25")
    assert asked.run("tasks", "expect", "nobody@client.example", "--by", "2026-02-25", code=1)["ok"] is False
    asked.sync(day(24, 12))
    assert [each["rule"] for each in asked.tasks()] == ["no_reply"]
    asked.sync(day(25))
    found = {each["rule"]: each for each in asked.tasks()}
    assert (found["deadline"]["title"], found["deadline"]["due_on"]) == ("Offer 17", "2026-02-25")
    assert asked.run("tasks", "forgo", who, now=day(25, 8))["due_on"] is None
    asked.sync(day(25, 9))
    assert [each["rule"] for each in asked.tasks()] == ["no_reply"]
    assert {each["settled_how"] for each in asked.tasks("--all") if each["rule"] == "deadline"} == {"cancelled"}
