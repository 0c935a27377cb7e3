"""Follow-ups as a rep has them: in `tasks list`, in a list on a CalDAV server, and in the daily mail.

The service works from Dovecot, Radicale and an SMTP server, with the clock given; only its waits are shorter.
"""

from __future__ import annotations

import contextlib
import imaplib
import json
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from daemon import chores
from daemon.cli.main import main
from daemon.cli.opening import session_of
from daemon.config import load
from daemon.retry import Backoff
from daemon.service import Service
from tests import warm_start
from tests.conftest import Login
from tests.servers.calendars import CalendarUser
from tests.servers.dovecot import Dovecot
from tests.servers.filterproxy import FilteringProxy
from tests.servers.radicale import Radicale
from tests.servers.smtp_sink import SmtpSink

pytestmark = [pytest.mark.server, pytest.mark.slow]
CONFIG = """
[company]
domains = ["acme.example"]
timezone = "Asia/Tehran"

[working_time]
hours = ["sat-wed 09:00-17:00"]

[[people]]
email = "alice@acme.example"
name = "آلیس"
language = "fa"

[digest]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "keeptouch@acme.example"

[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "imap"
[accounts.options]
host = "{imap.host}"
port = {imap.imap_port}
security = "none"
username = "{login.name}"
password_file = "mail-password"

[[accounts]]
name = "alice-calendars"
owner = "alice@acme.example"
kind = "caldav"
[accounts.options]
url = "{url}"
username = "u7"
password_file = "password"
[accounts.tasks]
list = "پیگیری‌ها"
"""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In February 2026, UTC."""
    return datetime(2026, 2, day, hour, minute, tzinfo=UTC)


#: Saturday, 10:00 in Tehran; the task is due on Tuesday at that time.
SENT, DUE = at(21, 6, 30), at(24, 6, 30)


class Company:
    """A folder with a configuration, a mailbox, and the servers around it."""

    def __init__(
        self,
        folder: Path,
        imap: imaplib.IMAP4,
        user: CalendarUser,
        smtp: SmtpSink,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """`imap`: Alice's mail program, logged in."""
        self._folder = folder
        self._capsys = capsys
        self._imap, self.user, self.smtp = imap, user, smtp
        self.go_to(at(20, 7))

    def go_to(self, now: datetime) -> None:
        """It is so late now; from now on a minute passes in a second."""
        self._at, self._since = now, time.monotonic()

    def now(self) -> datetime:
        return self._at + timedelta(minutes=time.monotonic() - self._since)

    def put(self, place: str, sender: str, to: str, when: datetime, mid: str, answers: str = "") -> None:
        """A mail appears in a folder of the mailbox, at the time at which it was written."""
        message = EmailMessage()
        message["From"], message["To"], message["Date"] = sender, to, format_datetime(when)
        message["Message-ID"], message["Subject"] = f"<{mid}>", "Re: Offer" if answers else "Offer"
        if answers:
            message["In-Reply-To"] = message["References"] = f"<{answers}>"
        message.set_content("This is what we can offer to you, as we said when we met at the fair in the spring.")
        self.put_raw(place, message.as_bytes(policy=SMTP), when)

    def put_raw(self, place: str, raw: bytes, when: datetime) -> None:
        kind, told = self._imap.append(place, r"(\Seen)", imaplib.Time2Internaldate(when), raw)
        assert kind == "OK", told

    def run(self, *argv: str, code: int | None = 0) -> Any:
        """The JSON answer of a command."""
        self._capsys.readouterr()
        done = main([*argv, "--json", "--config", str(self._folder / "config.toml")])
        assert code in (None, done)
        return json.loads(self._capsys.readouterr().out.splitlines()[-1])

    def shown(self) -> str:
        """What was written since, to people."""
        out, err = self._capsys.readouterr()
        return f"{out}{err}"

    def tasks(self, *argv: str) -> list[Any]:
        found: list[Any] = self.run("tasks", "list", *argv)["tasks"]
        return found

    def entry(self, task: str) -> str:
        """The task in the list, unfolded; "" as long as it is not there."""
        with contextlib.suppress(AssertionError):
            return self.user.get("todo", f"{task}.ics").decode().replace("\r\n ", "")
        return ""

    def mail(self, number: int) -> tuple[EmailMessage, str]:
        """A digest, and its plain text."""
        found = self.smtp.mails[number]
        body = found.get_body(("plain",))
        assert body
        return found, body.get_content()

    def serve(self) -> Service:
        config = load(self._folder / "config.toml", environ={}, today=date(2026, 2, 20))
        self._session = session_of(config, self.now)
        return Service(self._session.__enter__(), 0.2, threading.Event(), backoff=Backoff(first=0.2, longest=1.0))

    def close(self) -> None:
        self._session.__exit__(None, None, None)


@pytest.fixture
def company(
    dovecot: Dovecot,
    dovecot_user: Callable[[], Login],
    radicale: Radicale,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Company]:
    monkeypatch.setattr(chores, "_TICK_EVERY", 0.2)
    login = dovecot_user()
    user = CalendarUser(radicale.url, "u7", "secret", "/u7/")
    user.make("todo", "پیگیری‌ها", kinds=("VTODO",))
    with SmtpSink() as smtp, imaplib.IMAP4(dovecot.host, dovecot.imap_port) as imap:
        imap.login(login.name, login.password)
        imap.create("Sent")
        text = CONFIG.format(port=smtp.port, url=user.url, imap=dovecot, login=login)
        (tmp_path / "config.toml").write_text(text, "utf-8")
        for name, secret in (("password", "secret"), ("mail-password", login.password)):
            (tmp_path / name).write_text(f"{secret}\n")
            (tmp_path / name).chmod(0o600)
        yield Company(tmp_path, imap, user, smtp, capsys)
    user.remove("todo")


def wait(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.1)


def test_a_reminder_appears_everywhere_and_goes_with_the_answer(company: Company) -> None:
    answer = company.run("check")
    assert answer["ok"], answer
    with company.serve():
        wait(lambda: [each["state"] for each in company.run("status")["accounts"]] == ["ok", "ok"])
        company.put("Sent", "alice@acme.example", "Ann <ann@client.example>", SENT, "offer@acme.example")
        company.go_to(at(21, 7))
        wait(lambda: company.run("timeline", "ann@client.example", code=None)["items"])
        # what is due is raised once the accounts have been read so far
        company.go_to(DUE - timedelta(minutes=2))
        wait(lambda: company.tasks() and company.smtp.taken)
        (task,) = company.tasks("--person", "alice@acme.example")
        wait(lambda: company.run("status")["task_lists"])
        wait(lambda: f"UID:{task['id']}" in company.entry(task["id"]))
        entry = company.entry(task["id"])
        assert "SUMMARY:دوباره بپرسید: پاسخی نیامده – Ann" in entry
        assert "DUE:20260224T063000Z" in entry
        assert "STATUS:NEEDS-ACTION" in entry
        mail, text = company.mail(0)
        assert mail["To"] == "آلیس <alice@acme.example>"
        assert "3 روز کاری پس از نامهٔ 2026-02-21 پاسخی نیامده است" in text
        html = mail.get_body(("html",))
        assert html
        assert '<html lang="fa" dir="rtl">' in html.get_content()
        # the digest arrives in her mailbox, and is no history
        company.put_raw("INBOX", company.smtp.taken[0][2], company.now())
        company.go_to(at(24, 9))
        company.put(
            "INBOX", "ann@client.example", "alice@acme.example", at(24, 9), "yes@client.example", "offer@acme.example"
        )
        wait(lambda: [each["state"] for each in company.tasks("--all")] == ["settled"])
        wait(lambda: "STATUS:COMPLETED" in company.entry(task["id"]))
        assert "✓ پاسخ داده شد" in company.entry(task["id"])
        # the next morning
        company.go_to(at(25, 4, 30))
        wait(lambda: len(company.smtp.taken) == 2)
        _mail, text = company.mail(1)
        assert "کاری نمانده است" in text
        assert "– پاسخ داده شد: Re: Offer" in text
        wait(lambda: company.run("why", str(mail["Message-ID"]).strip("<>"), code=None)["items"])
        (item,) = company.run("why", str(mail["Message-ID"]).strip("<>"))["items"]
        assert (item["verdict"], item["reason"]) == ("skipped", "self")
    company.close()
    (told,) = company.run("why", task["id"])["tasks"]
    assert (told["state"], told["settled_how"], told["settled_subject"]) == ("settled", "reply", "Re: Offer")
    assert [each["state"] for each in told["history"]] == ["open", "settled"]
    status = company.run("status")
    assert status["digest"]["last_sent_at"].startswith("2026-02-25T04:3")
    assert status["digest"]["troubles"] == []
    ((each,),) = [status["task_lists"]]
    assert (each["account"], each["list"], each["state"]) == ("alice-calendars", "پیگیری‌ها", "ok")


@pytest.mark.soak
def test_a_sync_that_is_killed_anywhere_doubles_and_loses_nothing(company: Company, tmp_path: Path) -> None:
    """kill -9 of the process itself: at each request to the server, before it arrives and after it was carried out."""
    now = datetime.now(UTC)
    company.put("Sent", "alice@acme.example", "Ann <ann@client.example>", now - timedelta(days=8), "offer@acme.example")
    path = tmp_path / "config.toml"
    proxy = FilteringProxy(company.user.url)
    running: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        running[0].kill()
        running[0].wait()

    def sync(refused: dict[str, tuple[int, bytes]] | None = None) -> int:
        proxy.refuse = refused or {}
        words = ["keeptouch", "sync", "--config", str(path)]
        running[:] = [warm_start.Popen[bytes](words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
        return running[0].wait()

    with proxy:
        text = path.read_text("utf-8").replace(company.user.url, proxy.url)
        text = re.sub(r"(?s)\[digest\].*?\n\n", "", text)
        path.write_text(text.partition("[accounts.tasks]")[0], "utf-8")
        while not company.run("tasks", "list", code=None).get("tasks"):
            assert sync() == 0
        path.write_text(text, "utf-8")

        def killed(method: str, *, before: bool) -> None:
            """The server hears nothing of the request, or carries it out."""
            refused = {method: (500, b"")} if before else {}
            proxy.after.update({} if before else {method: kill})
            proxy.before.update({method: kill} if before else {})
            assert sync(refused) == -signal.SIGKILL

        killed("PUT", before=True)
        (task,) = company.tasks("--all")
        assert company.entry(task["id"]) == ""
        killed("PUT", before=False)
        assert "STATUS:NEEDS-ACTION" in company.entry(task["id"])
        killed("REPORT", before=False)
        company.run("tasks", "snooze", task["id"], "--until", f"{now + timedelta(days=2):%Y-%m-%d}")
        killed("PUT", before=True)
        killed("PUT", before=False)
        assert sync() == 0
        (task,) = company.tasks("--all")
        until = datetime.fromisoformat(task["snoozed_until_at"])
        assert f"DUE:{until:%Y%m%dT%H%M%SZ}" in company.entry(task["id"])
        assert [each["changed_by"] for each in task["history"]] == [None, "command line"]
        assert company.run("tasks", "done", task["id"])["ok"]
        killed("PUT", before=False)
        assert sync() == 0
        assert "STATUS:COMPLETED" in company.entry(task["id"])
        assert [each["state"] for each in company.tasks("--all")] == ["done"]


def test_check_and_status_tell_why_a_list_or_a_digest_cannot_be(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = path.read_text("utf-8")
    path.write_text(
        re.sub(r"port = \d+", "port = 1", text.replace('list = "پیگیری‌ها"', 'list = "Tasks"'), count=1), "utf-8"
    )
    problems = company.run("check", code=1)["problems"]
    assert [each["problem"] for each in problems] == [
        'there is no task list "Tasks"',
        "127.0.0.1 refused the connection",
    ]
    assert "پیگیری‌ها" in problems[0]["hint"]
    (problem,) = company.run("sync", code=1)["problems"]
    assert (problem["account"], problem["problem"]) == ("alice-calendars", 'there is no task list "Tasks"')
    (told,) = company.run("status", code=1)["task_lists"]
    assert (told["state"], told["reason"]) == ("failed", 'there is no task list "Tasks"')
    with contextlib.closing(sqlite3.connect(tmp_path / "keeptouch.db")) as store, store:
        store.execute(
            "INSERT INTO digest_mail (person_id, sent_on, state, problem, attempts, changed_at)"
            " SELECT id, ?, 'refused', 'no such user', 1, '2026-02-20T07:00:00.000000Z' FROM person",
            [datetime.now(UTC).date().isoformat()],
        )
    (trouble,) = company.run("status", code=1)["digest"]["troubles"]
    assert (trouble["person"], trouble["state"], trouble["problem"]) == (
        "alice@acme.example",
        "refused",
        "no such user",
    )
    assert main(["status", "--config", str(path)]) == 1
    shown = company.shown()
    for words in ("alice-calendars", 'there is no task list "Tasks"; those that are there', "digests: last sent never"):
        assert words in shown
    assert ": refused, no such user" in shown
