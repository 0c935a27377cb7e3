"""The configuration of what reps are told: lists of tasks, and the daily mail."""

from __future__ import annotations

import textwrap
from datetime import time
from pathlib import Path

import pytest

from daemon.config import ConfigError, load
from daemon.config.tasks import Closed, TasksConfig
from tests.unit.daemon.mail_connector import connectors
from tests.unit.daemon.test_config import ALICE, COMPANY, TODAY, write
from tests.unit.daemon.test_config_problems import problem


def test_a_daily_mail(tmp_path: Path) -> None:
    text = '[digest]\nhost = "mail.acme.example"\nsender = "Reminders <k@acme.example>"\npeople = ["AL@b.example"]\n'
    people = '[[people]]\nemail = "alice@b.example"\naliases = ["al@b.example"]\n'
    found = load(write(tmp_path, COMPANY + text + people), environ={}, today=TODAY, connectors=connectors()).digest
    assert found is not None
    assert (found.reached_at, found.address, found.time) == (("mail.acme.example", 587), "k@acme.example", time(8))
    assert found.people == ("alice@b.example",)
    off = load(
        write(tmp_path, COMPANY + text + "on = false\n" + people), environ={}, today=TODAY, connectors=connectors()
    )
    assert off.digest is None
    assert load(write(tmp_path, COMPANY), environ={}, today=TODAY, connectors=connectors()).digest is None


def test_lists_of_tasks(tmp_path: Path) -> None:
    tasks = 'tasks = {list = "Follow-ups"}\n'
    found = problem(tmp_path, textwrap.dedent(ALICE).replace("[accounts.options]", tasks + "[accounts.options]"))
    assert (found.key, found.hint) == ("accounts[alice].tasks", 'those of the kinds "caldav" and "ews" do')
    calendar = (
        '[[accounts]]\nname = "{}"\nowner = "alice@acme.example"\nkind = "caldav"\n{}[accounts.options]\n'
        'url = "https://dav.acme.example/"\nusername = "alice"\npassword_file = "alice.password"\n'
    )
    (tmp_path / "alice.password").write_text("s3cret\n", "utf-8")
    path = write(tmp_path, COMPANY + calendar.format("one", tasks) + calendar.format("two", tasks))
    with pytest.raises(ConfigError, match="is a second list for alice@acme") as caught:
        load(path, environ={}, today=TODAY)
    assert [each.key for each in caught.value.problems] == ["accounts[two].tasks"]
    for wrong, key in (
        ("tasks = {}\n", "accounts[one].tasks.list"),
        ('tasks = {list = " "}\n', "accounts[one].tasks"),
        ('tasks = {list = "a", closed = "hide"}\n', "accounts[one].tasks.closed"),
    ):
        with pytest.raises(ConfigError) as caught:
            load(write(tmp_path, COMPANY + calendar.format("one", wrong)), environ={}, today=TODAY)
        assert [each.key for each in caught.value.problems] == [key]
    one, two = load(
        write(tmp_path, COMPANY + calendar.format("one", tasks) + calendar.format("two", "")), environ={}, today=TODAY
    ).accounts
    assert one.tasks == TasksConfig("Follow-ups", Closed.COMPLETE)
    assert two.tasks is None
