"""The daily mail: to whom, when, in which language; at most once a day, whatever the server does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Message, parse_message
from daemon.config.digest import DigestConfig
from daemon.credentials import SecretSource, SourceKind
from daemon.digest import BACKOFF, Digests
from daemon.digest_texts import Digest, message_of
from daemon.ticking import tick
from matching.workdays import WorkingTimes
from store.followups import task_lists
from store.mails import own_mail
from tests.servers.certificates import CertificateAuthority
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.matching.followups.language import read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK

pytestmark = pytest.mark.later

OFFER = read(NEW_YORK + "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open")
ANSWER = read(
    NEW_YORK
    + "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open\n2026-02-05 12:00 ann > alice Offer thanks"
)
STATES = "SELECT state, problem, attempts FROM digest_mail"


class Desk(Office):
    """Alice has something to do, since Thursday 10:00 in New York."""

    def __init__(self, folder: Path, server: SmtpSink, url: str | None = None, **config: Any) -> None:
        super().__init__(folder, OFFER, url=url)
        self.run(OFFER)
        host = "127.0.0.1" if config.get("security", "none") == "none" else "localhost"
        values: dict[str, Any] = {"security": "none", "host": host, "port": server.port, **config}
        self.config = DigestConfig(sender="Follow-ups <keeptouch@acme.example>", **values)
        self.folder = folder
        #: Seven in the morning of the next day there.
        self.now = datetime(2026, 2, 6, 12, tzinfo=UTC)

    def turn(self) -> int:
        backoff = replace(BACKOFF, chance=lambda: 1.0)
        config, now = self.config, lambda: self.now
        return Digests(self.store, self.company, config, {}, self.folder, now, backoff).turn()

    def at_port(self, port: int) -> DigestConfig:
        """The same at another server."""
        return replace(self.config, port=port)

    def wait(self, **time: int) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def server() -> Iterator[SmtpSink]:
    with SmtpSink() as found:
        yield found


@pytest.fixture
def desk(new_url: Callable[[str], str], server: SmtpSink, tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, server, new_url("office")) as found:
        yield found


@pytest.fixture
def sqlite_desk(server: SmtpSink, tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, server) as found:
        yield found


def parts(mail: EmailMessage) -> tuple[str, str]:
    """(plain text, HTML)"""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    return plain.get_content(), html.get_content()


def test_it_comes_once_on_the_morning_of_a_working_day_and_tells_what_was_settled(desk: Desk, server: SmtpSink) -> None:
    assert desk.turn() == 0, "it is seven there"
    desk.wait(hours=1)
    assert desk.turn() == 1
    assert desk.turn() == 0
    ((sender, recipient, _raw),) = server.taken
    assert (sender, recipient) == ("keeptouch@acme.example", "alice@acme.example"), "Bob has nothing to do"
    (mail,) = server.mails
    assert mail["Subject"] == "1 to do – 2026-02-06"
    assert mail["From"] == "Follow-ups <keeptouch@acme.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = parts(mail)
    for each in ("Ask again: no answer – ", "no answer 3 working days after the mail of 2026-02-02", "Matter 0"):
        assert each in plain
        assert each in html
    assert 'dir="ltr"' in html
    scenario = ANSWER
    desk.take(scenario.lines[-1], Mails(scenario))
    desk.hear()
    tick(desk.store, desk.company, lambda: desk.now)
    desk.wait(days=1)
    assert desk.turn() == 0, "it is Saturday"
    desk.wait(days=2)
    assert desk.turn() == 1
    plain, _html = parts(server.mails[1])
    assert "Nothing is left to do." in plain
    assert "– answered: Matter 2" in plain
    desk.wait(days=1)
    assert desk.turn() == 0, "there is nothing to tell"
    assert desk.rows("SELECT state FROM digest_mail") == [("sent",), ("sent",)]


def test_nobody_is_told_before_all_has_been_read(desk: Desk, server: SmtpSink) -> None:
    desk.wait(hours=2)
    with desk.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE account SET horizon_reached_at = NULL WHERE name = 'bob'")
    assert desk.turn() == 0
    desk.reach_horizon("bob")
    desk.config = replace(desk.config, people=("bob@acme.example",))
    assert desk.turn() == 0
    desk.config = replace(desk.config, people=())
    assert desk.turn() == 1
    assert len(server.taken) == 1


def test_a_server_that_cannot_be_used_is_tried_until_the_day_is_over(sqlite_desk: Desk, server: SmtpSink) -> None:
    desk = sqlite_desk
    desk.wait(hours=2)
    server.answers["MAIL"] = b"451 later"
    assert desk.turn() == 0
    assert desk.rows(STATES) == [("waiting", "127.0.0.1 refused the mail: 451 later", 1)]
    server.answers.clear()
    assert desk.turn() == 0, "a minute of rest"
    desk.wait(minutes=1)
    assert desk.turn() == 1
    assert desk.rows(STATES) == [("sent", None, 2)]
    # the next working day nobody is there at all
    desk.wait(days=3)
    desk.config = replace(desk.config, port=1)
    for _try in range(100):
        if desk.turn() == 0 and desk.rows("SELECT 1 FROM digest_mail WHERE state = 'expired'"):
            break
        desk.wait(minutes=30)
    ((problem, attempts),) = desk.rows("SELECT problem, attempts FROM digest_mail WHERE state = 'expired'")
    assert problem == "127.0.0.1 refused the connection; check host and port"
    assert attempts > 5
    assert desk.now < datetime(2026, 2, 10, 6, tzinfo=UTC)
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("word", "answer", "state", "problem"),
    [
        ("RCPT", b"550 no such user", "refused", "127.0.0.1 refused the mail: 550 no such user"),
        ("DATA", b"554 no mail", "refused", "127.0.0.1 refused the mail: 554 no mail"),
        (".", b"552 too large", "refused", "127.0.0.1 refused the mail: 552 too large"),
        (".", b"452 no room", "waiting", "127.0.0.1 refused the mail: 452 no room"),
        ("DATA", b"421 going down", "waiting", "127.0.0.1 refused the mail: 421 going down"),
    ],
)
def test_what_a_refusal_means(
    word: str, answer: bytes, state: str, problem: str, sqlite_desk: Desk, server: SmtpSink
) -> None:
    sqlite_desk.wait(hours=2)
    server.answers[word] = answer
    assert sqlite_desk.turn() == 0
    assert sqlite_desk.rows(STATES) == [(state, problem, 1)]
    server.answers.clear()
    sqlite_desk.wait(hours=1)
    assert sqlite_desk.turn() == (state == "waiting")


def test_what_may_have_arrived_is_not_sent_again(sqlite_desk: Desk, server: SmtpSink) -> None:
    desk = sqlite_desk
    desk.wait(hours=2)
    server.cut_after = "."
    assert desk.turn() == 0
    ((state, problem, _attempts),) = desk.rows(STATES)
    assert state == "unknown"
    assert "is not sent again" in problem
    desk.wait(hours=1)
    assert desk.turn() == 0
    assert len(server.taken) == 1
    # killed while the server takes it, and before it agreed to
    desk.wait(days=3)

    class Killed(BaseException):
        """Nothing catches it."""

    def kill(*_args: object, **_more: object) -> None:
        raise Killed

    for name, expected in (("claim", 1), ("note", 0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(f"daemon.digest.digests.{name}", kill)
            with pytest.raises(Killed):
                desk.turn()
        desk.wait(minutes=20)
        before = len(server.taken)
        if name == "claim":
            continue
        assert desk.turn() == expected
        assert len(server.taken) == before
    assert [row[0] for row in desk.rows(STATES)] == ["unknown", "unknown"]
    ids = [mail["Message-ID"] for mail in server.mails]
    assert len(set(ids)) == len(ids) == 2


@pytest.mark.slow
def test_tls_is_verified_and_the_login_is_asked_for(server: SmtpSink, tmp_path: Path) -> None:
    authority, strangers = CertificateAuthority(tmp_path / "a"), CertificateAuthority(tmp_path / "b")
    secret = tmp_path / "password"
    secret.write_text("right\n")
    source = SecretSource(SourceKind.FILE, str(secret), "digest.password_file")
    login: dict[str, Any] = {"username": "relay", "password": source}
    for security in ("starttls", "tls"):
        sink = SmtpSink(authority.issue(ips=()), is_tls=security == "tls", login=("relay", "right"))
        folder = tmp_path / security
        folder.mkdir()
        with sink, Desk(folder, sink, security=security, ca_file=strangers.file, **login) as desk:
            desk.wait(hours=2)
            changes: tuple[tuple[dict[str, Any], str], ...] = (
                ({}, "is signed by an authority that is not trusted"),
                ({"ca_file": authority.file, "host": "127.0.0.1"}, "the certificate is not for 127.0.0.1"),
                ({"host": "localhost", "port": server.port}, ""),
                ({"port": sink.port, "password": replace(source, value="no")}, "does not exist"),
                ({"password": source, "username": "nobody"}, "refused the login"),
            )
            for change, problem in changes:
                desk.config = replace(desk.config, **change)
                assert desk.turn() == 0
                ((state, told, _attempts),) = desk.rows(STATES)
                assert state == "waiting"
                assert problem in told
                assert "right" not in told
                desk.wait(minutes=30)
            desk.config = replace(desk.config, username="relay")
            assert desk.turn() == 1
            assert server.taken == []


def test_languages(sqlite_desk: Desk) -> None:
    with sqlite_desk.store.read() as transaction:
        (task,) = task_lists.listed(transaction, states=("open",))
    task = replace(task, contact="Ann <b> & Co")
    for language, direction, words in (
        ("fa-IR", "rtl", "3 روز کاری پس از نامهٔ 2026-02-02"),
        ("ar", "rtl", "اسأل مجددًا: لا يوجد رد"),
        ("mn", "ltr", "Дахин асуух: хариу алга"),
        ("de_AT", "ltr", "keine Antwort 3 Arbeitstage nach der Mail vom 2026-02-02"),
        ("xx", "ltr", "Ask again: no answer"),
    ):
        digest = Digest(
            name="Алиса", email="alice@acme.example", language=language, day=date(2026, 2, 6), open=[task] * 51
        )
        raw = message_of(digest, "keeptouch@acme.example", "a@b", sqlite_desk.now).as_bytes()
        read_again = parse_message(raw, ref="1")
        assert isinstance(read_again, Message)
        plain, html = parts(message_of(digest, "keeptouch@acme.example", "a@b", sqlite_desk.now))
        assert words in plain
        assert words in html
        assert f'dir="{direction}"' in html
        assert "Ann &lt;b&gt; &amp; Co" in html
        assert all(len(line) < 1000 for line in raw.split(b"\n"))


def test_own_mails_are_passed_over_and_nobody_elses(sqlite_desk: Desk, server: SmtpSink) -> None:
    desk = sqlite_desk
    desk.wait(hours=2)
    desk.turn()
    ((_sender, _recipient, raw),) = server.taken
    mine = parse_message(raw, ref="1:100")
    forged = raw.replace(b"<digest", b"<other").replace(b"To:", b"Cc: ann@client.example\r\nTo:")
    theirs = parse_message(forged, ref="1:101")
    assert isinstance(mine, Message)
    assert isinstance(theirs, Message)
    assert own_mail.is_own(desk.store.key, mine.message_id, mine.headers)
    assert not own_mail.is_own(desk.store.key, theirs.message_id, theirs.headers)
    desk.read("alice", "INBOX", [mine, theirs])
    assert desk.rows("SELECT ref, reason FROM placement WHERE ref IN ('1:100', '1:101')") == [
        ("1:100", "self"),
        ("1:101", "contact"),
    ]


def test_days_that_are_no_working_days(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.wait(hours=2)
    free = replace(desk.company.times.usual, days_off=frozenset({date(2026, 2, 6)}))
    desk.company = replace(desk.company, times=WorkingTimes(free))
    assert desk.turn() == 0
    tehran = replace(desk.company.times.usual, zone="Asia/Tehran", days_off=frozenset())
    desk.company = replace(desk.company, times=WorkingTimes(free, {"alice@acme.example": tehran}))
    desk.now = datetime(2026, 2, 6, 4, 29, tzinfo=UTC)
    assert desk.turn() == 0
    desk.wait(minutes=1)
    assert desk.turn() == 1, "eight o'clock in Tehran"
