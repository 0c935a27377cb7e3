"""Clients and servers of the relay's that are hostile, broken, slow or too many."""

from __future__ import annotations

import contextlib
import random
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from daemon.relay import line as lines
from daemon.relay import listener as listeners
from daemon.relay.line import MAX_COMMAND
from daemon.relay.logins import REFUSALS
from matching.consent import Consent
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.relay_house import LOGIN, Raw, Relay, letter, new_authority, plain_login
from tests.unit.daemon.tracking_house import ANN, Tracking, config_in

pytestmark = pytest.mark.slow

START = (b"EHLO x", plain_login(), b"MAIL FROM:<alice@acme.example>", b"RCPT TO:<ann@client.example>")
GOOD = letter(1)


class World(NamedTuple):
    """A relay before a server by TLS."""

    at: Tracking
    sink: SmtpSink
    relay: Relay
    authority: CertificateAuthority
    certificate: Certificate


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("relay")
    authority, certificate = new_authority(folder / "authority")
    with House(folder) as house, SmtpSink(certificate, is_tls=True, login=LOGIN) as sink:
        at = Tracking(house, config_in(folder))
        at.contact(ANN, Consent.GRANTED)
        with Relay(at, certificate, authority, sink.port, max_mail_mib=1) as relay:
            yield World(at, sink, relay, authority, certificate)


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    shared.sink.taken.clear()
    shared.sink.heard.clear()
    yield shared
    # whatever was done to it, the relay goes on
    shared.relay.send(GOOD, "who@ever.example")
    assert shared.sink.taken[-1][2] == GOOD


@contextlib.contextmanager
def begun(relay: Relay, commands: tuple[bytes, ...] = START) -> Iterator[Raw]:
    """A client that is as far as these commands bring it."""
    with closing(relay.secured()) as line:
        assert line.hear()[:3] == b"220"
        for command in commands:
            assert line.say(command + b"\r\n")[:1] == b"2", command
        yield line


def until_empty(relay: Relay) -> None:
    """No place is kept for a connection that is over."""
    until = time.monotonic() + 5
    while relay.listener.held:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_nobody_logs_in_or_sends_in_clear(world: World) -> None:
    with closing(world.relay.plain()) as line:
        assert line.hear()[:3] == b"220"
        assert line.say(b"EHLO x\r\n") == b"250 STARTTLS\r\n", "nothing else is offered"
        assert line.say(plain_login() + b"\r\n")[:3] == b"538"
        assert line.say(b"MAIL FROM:<a@b>\r\n")[:3] == b"530"
        assert line.say(b"RCPT TO:<a@b>\r\n")[:3] == b"530"
        assert line.say(b"DATA\r\n")[:3] == b"530"
        assert world.sink.heard == [], "the server was not even asked"


def test_what_is_said_before_tls_is_forgotten_by_both_sides(world: World) -> None:
    with closing(world.relay.plain()) as line:
        line.hear()
        line.say(b"EHLO x\r\n")
        assert line.say(b"STARTTLS\r\nEHLO injected\r\n" + plain_login() + b"\r\nNOOP\r\n")[:3] == b"220"
        line.secure(world.relay.trusted)
        assert line.say(b"NOOP\r\n") == b"250 2.0.0 fine\r\n"
        assert line.say(b"MAIL FROM:<a@b>\r\n")[:3] == b"530"
        assert line.say(b"EHLO x\r\n") == b"250 AUTH PLAIN\r\n"
        assert line.say(plain_login() + b"\r\n")[:3] == b"235"
        assert line.say(b"STARTTLS\r\n")[:3] == b"503"
    with closing(world.relay.plain()) as line:
        line.hear()
        line.say(b"STARTTLS\r\n")
        line.line.sendall(b"no handshake at all\r\n")
        assert line.hear() == b""
    until_empty(world.relay)


def test_a_server_without_tls_gets_no_credentials(world: World, tmp_path: Path) -> None:
    other = CertificateAuthority(tmp_path / "other")
    with (
        SmtpSink(login=LOGIN) as stripped,
        SmtpSink(world.certificate, login=LOGIN) as refusing,
        SmtpSink(world.certificate, login=LOGIN) as good,
        SmtpSink(other.issue(), login=LOGIN) as forged,
        SmtpSink(world.authority.issue(("elsewhere.example",), ()), is_tls=True, login=LOGIN) as misnamed,
        capture_logs() as logs,
    ):
        refusing.answers["STARTTLS"] = b"454 4.7.0 no TLS now"
        for server, security in (
            (stripped, "starttls"),
            (stripped, "tls"),
            (refusing, "starttls"),
            (forged, "starttls"),
            (misnamed, "tls"),
        ):
            at = (world.at, world.certificate, world.authority, server.port, security)
            with Relay(*at) as relay, closing(relay.secured()) as line:
                line.hear()
                assert line.say(b"EHLO x\r\n")[:3] == b"421"
                assert line.say(plain_login() + b"\r\n") == b""
            assert not any(each.startswith(b"AUTH") for each in server.heard)
        with Relay(world.at, world.certificate, world.authority, good.port, "starttls") as relay:
            relay.send(GOOD, "who@ever.example")
            assert good.taken[-1][2] == GOOD
    problems = [each["problem"] for each in logs if "reach its server" in each["event"]]
    assert [each.partition(" ")[2].split(":")[0] for each in problems[:3]] == [
        "offers no STARTTLS", "speaks no TLS there", "refuses STARTTLS",
    ]  # fmt: skip
    assert len(problems) == 5
    assert not any("cmlnaHQ" in str(each) or "right" in str(each) for each in logs)


def test_lines_that_are_no_commands(world: World) -> None:
    with begun(world.relay, START[:3]) as line:
        for bad in (
            b"",
            b"RCPT\0 TO:<a@b>",
            b"RCPT TO:<a@b>\rDATA",
            b"RCPT TO:<a@b>\nDATA",
            b"\xff\xfe",
            b"XEXP",
            b"{}",
        ):
            assert line.say(bad + b"\r\n")[:3] == b"500", bad
        assert line.say(b"RCPT TO:<" + b"a" * MAX_COMMAND + b"@b>\r\n")[:3] == b"500"
        assert line.say(b"RCPT TO:<ann@client.example>\r\n")[:3] == b"250"
        assert line.say(b"MAIL FROM:<a@b>\r\n")[:3] == b"250"
    assert not any(b"DATA" in each or b"\0" in each or b"\n" in each for each in world.sink.heard)
    with begun(world.relay, START[:1]) as line:
        with contextlib.suppress(OSError):
            for _each in range(40):
                line.line.sendall(b"x" * 65_536)
        assert line.hear()[:3] in (b"421", b"")
    with begun(world.relay, START[:1]) as line:
        said = [line.say(b"GET / HTTP/1.1\r\n")[:3] for _each in range(21)]
        assert said == [b"500"] * 20 + [b"421"]
    with begun(world.relay) as line:
        assert line.say(b"BDAT 5 LAST\r\nabcde\r\n")[:3] == b"421", "it was not offered, and what follows is no command"


def test_mails_that_are_too_large_are_refused_and_the_connection_goes_on(world: World) -> None:
    with begun(world.relay) as line:
        assert line.say(b"DATA\r\n")[:3] == b"354"
        assert line.say((b"x" * 998 + b"\r\n") * 1_100 + b".\r\n") == b"552 5.3.4 the mail is too large\r\n"
        assert line.say(b"NOOP\r\n")[:3] == b"250"
        assert line.say(b"MAIL FROM:<a@b> SIZE=2000000\r\n")[:3] == b"552"
    assert world.sink.taken == []


def test_guessed_passwords_are_passed_on_a_few_times(world: World) -> None:
    with Relay(world.at, world.certificate, world.authority, world.sink.port) as relay:
        wrong = plain_login(("alice", "wrong")) + b"\r\n"
        with begun(relay, START[:1]) as line:
            assert [line.say(wrong)[:3] for _each in range(3)] == [b"535"] * 3
            assert line.hear()[:3] == b"421"
        with begun(relay, START[:1]) as line:
            assert [line.say(wrong)[:3] for _each in range(REFUSALS - 3)] == [b"535"] * (REFUSALS - 3)
            assert line.say(plain_login() + b"\r\n")[:9] == b"421 4.7.0"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            relay.client()


def test_floods_are_turned_away(world: World) -> None:
    with Relay(world.at, world.certificate, world.authority, world.sink.port, max_connections_each=3) as relay:
        held = [relay.secured() for _each in range(3)]
        assert [each.hear()[:3] for each in held] == [b"220"] * 3
        with closing(relay.plain()) as line:
            assert line.hear()[:3] == b"421"
        with pytest.raises((ssl.SSLError, OSError)):
            relay.secured()
        for each in held:
            each.close()
        until_empty(relay)
        relay.send(GOOD, "who@ever.example")
    with (
        Relay(world.at, world.certificate, world.authority, world.sink.port, max_connections=1) as relay,
        closing(relay.plain()) as first,
        closing(relay.plain()) as second,
    ):
        assert (first.hear()[:3], second.hear()[:3]) == (b"220", b"421")


def test_slow_clients_are_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Relay(world.at, world.certificate, world.authority, world.sink.port) as relay,
        begun(relay) as idle,
        begun(relay) as sending,
    ):
        for where, name in ((lines, "LOGIN_SECONDS"), (lines, "IDLE_SECONDS"), (listeners, "HANDSHAKE_SECONDS")):
            monkeypatch.setattr(where, name, 0.4)
        monkeypatch.setattr(lines, "_SLOW_AFTER", 0.3)
        # no handshake, no login, no command, no mail
        silent = socket.create_connection(("127.0.0.1", relay.listener.port), 10)
        with closing(silent), closing(relay.secured()) as greeted:
            assert idle.say(b"NOOP\r\n")[:3] == b"250"
            assert sending.say(b"DATA\r\n")[:3] == b"354"
            with contextlib.suppress(OSError):
                for _each in range(40):
                    sending.line.sendall(b"x\r\n")
                    time.sleep(0.02)
            assert sending.hear()[:3] in (b"421", b"")
            assert greeted.hear()[:3] in (b"220", b"421")
            assert greeted.hear()[:3] in (b"421", b"")
            assert idle.hear() == b"421 4.4.2 nothing was said for too long; nothing of this mail was sent\r\n"
            assert silent.recv(10) == b""
        until_empty(relay)
    assert world.sink.taken == []


def test_a_relay_that_ends_lets_a_mail_in_hand_arrive_and_tells_the_others(world: World) -> None:
    relay = Relay(world.at, world.certificate, world.authority, world.sink.port)
    with relay, begun(relay) as waiting:
        relay.listener.stop(0.1)
        assert waiting.hear() == b"421 4.3.2 the relay ends; nothing of this mail was sent\r\n"
        assert waiting.hear() == b""
    with Relay(world.at, world.certificate, world.authority, world.sink.port) as relay, begun(relay) as sending:
        assert sending.say(b"DATA\r\n")[:3] == b"354"
        ending = threading.Thread(target=relay.listener.stop, args=(5,))
        world.sink.on(".", ending.start)
        assert sending.say(b"x\r\n.\r\n")[:3] == b"250"
        world.sink.hooks.clear()
        ending.join()
    assert [raw for _sender, _to, raw in world.sink.taken] == [b"x\r\n"]


_WORDS = [
    *START, *START, b"STARTTLS", b"DATA", b".", b"BDAT 5", b"BDAT 0 LAST", b"BDAT x", b"abc", GOOD, b"RSET", b"NOOP",
    b"QUIT", b"AUTH LOGIN", b"AUTH", b"*", b"VRFY x", b"EXPN", b"HELP", b"HELO y", b"MAIL FROM:<>", b"\0", b"",
    b"x" * 70_000,
]  # fmt: skip


def test_no_order_of_commands_makes_it_fail_or_keeps_a_place(world: World) -> None:
    at = (world.at, world.certificate, world.authority, world.sink.port)

    def babble(relay: Relay, seed: int) -> None:
        chance = random.Random(seed)
        for _each in range(12):
            with (
                closing(relay.plain() if chance.random() < 0.3 else relay.secured()) as line,
                contextlib.suppress(OSError),
            ):
                line.hear()
                for _word in range(chance.randrange(15)):
                    line.line.sendall(
                        chance.choice(_WORDS) + chance.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""))
                    )
                    line.line.settimeout(0.01)
                    with contextlib.suppress(TimeoutError):
                        line.line.recv(4096)

    with capture_logs() as logs, Relay(*at, max_connections_each=50) as relay:
        clients = [threading.Thread(target=babble, args=(relay, seed)) for seed in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        until_empty(relay)
    assert not [each for each in logs if each["event"] == "the relay failed a client"]
