"""Who gets our password, and what is told when a server does not let us in."""

from __future__ import annotations

import base64
import socket
import threading
from pathlib import Path

import pytest

from connectors.api import AuthFailed, ConnectorError, Misconfigured, NotPermitted, Secret, Unavailable
from connectors.imap import ImapConnector, ImapSettings
from connectors.imap.errors import UNSURE_REST
from tests.traffic_counts import asked_of
from tests.unit.connectors.scripted_imap import CUT, TAG, ScriptedImap

PASSWORD = "s3cret کلید"


def settings(server: ScriptedImap, **options: object) -> ImapSettings:
    given: dict[str, object] = {"timeout_seconds": 2.0, "username": "alice", "security": "none", **options}
    return ImapSettings(host="127.0.0.1", port=server.port, **given)  # type: ignore[arg-type]  # one keyword or another


def enter(server: ScriptedImap, password: str | None = PASSWORD, **options: object) -> None:
    with ImapConnector(settings(server, **options), None if password is None else Secret(password)):
        pass


def failure(server: ScriptedImap, password: str | None = PASSWORD, **options: object) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        enter(server, password, **options)
    return caught.value


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN SASL-IR", "IMAP4rev1 AUTH=PLAIN"])
def test_plain_carries_any_password_and_the_mailbox_to_read(capabilities: str) -> None:
    def answer(command: str) -> bytes | None:
        if command == "AUTHENTICATE PLAIN":
            return b"+ \r\n"
        return None

    with ScriptedImap({}, answer) as server:
        server.capabilities = capabilities
        enter(server, authorize_as="sales")
        sent = " ".join(server.commands[1:-1])
    encoded = sent.removeprefix("AUTHENTICATE PLAIN ")
    assert base64.b64decode(encoded).decode() == f"sales\0alice\0{PASSWORD}"


def test_commands_and_octets_are_counted_however_they_are_sent() -> None:
    mails = dict.fromkeys(range(1, 4), b"From: a@b.example\r\n\r\n" + b"x" * 1000)
    with asked_of("imap") as counted, ScriptedImap(mails) as server:
        with ImapConnector(settings(server), Secret("plain")) as connector:
            (inbox,) = connector.streams()
            assert sum(len(page.changes) for page in connector.pages(inbox, None)) == 3
        sent = list(server.commands)
        server.answer = lambda command: {"LOGIN": TAG + b" NO [AUTHENTICATIONFAILED] no\r\n"}.get(command.split()[0])
        failure(server)
        server.answer = lambda command: CUT if command.startswith("LOGIN") else None
        failure(server)
        again = server.commands[len(sent) :]
    # LOGOUT is answered by BYE, whatever comes after it
    assert counted.requests == {"OK": len(sent) - 1 + again.count("CAPABILITY"), "BYE": 1, "NO": 1, "none": 1}
    # tags and line ends come on top
    assert sum(map(len, sent)) < counted.octets["sent"] < sum(map(len, sent + again)) + 40 * len(sent + again)
    assert counted.octets["received"] > 3 * 1000


@pytest.mark.parametrize("password", [PASSWORD, 'quo"te\\d', "plain"])
def test_login_carries_any_password_without_sasl(password: str) -> None:
    with ScriptedImap({}) as server:
        enter(server, password)
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    wanted = f'LOGIN "alice" "{quoted}"' if password.isascii() else f'LOGIN "alice" {password}'
    assert wanted in server.commands


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", AuthFailed),
        (b"NO Invalid credentials", AuthFailed),
        (b"NO [EXPIRED] password expired, try again with a new one", AuthFailed),
        (b"NO [CONTACTADMIN] account locked", AuthFailed),
        (b"NO [AUTHENTICATIONFAILED] Too many failures", AuthFailed),
        (b"NO [SERVERBUG] Internal error", Unavailable),
        (b"NO [UNAVAILABLE] Temporary authentication failure", Unavailable),
        (b"NO [LIMIT] LOGIN rate limit hit", Unavailable),
        (b"NO [INUSE] mailbox is locked", Unavailable),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Unavailable),
        (b"NO User is authenticated but not connected.", Unavailable),
        (b"BAD Command syntax error", Unavailable),
        (b"NO [CONTACTADMIN] Temporary problem, ask us", Unavailable),
        (b"NO [serverbug] Internal error", Unavailable),
        (b"NO Login failed, please try again later", Unavailable),
        (b"NO System error", Unavailable),
        (b"NO Internal login failure", Unavailable),
        (b"NO Can't connect to the database", Unavailable),
        (b"NO LDAP server error", Unavailable),
        (b"NO connection to the authentication server refused", Unavailable),
        (b"NO Auth process died", Unavailable),
        (b"NO Server is shutting down", Unavailable),
        (b"NO Maximum number of connections from user+IP exceeded", Unavailable),
        (b"NO [AUTHORIZATIONFAILED] alice may not be sales", NotPermitted),
        (b"NO [NOPERM] Access denied", NotPermitted),
        (b"NO [PRIVACYREQUIRED] not without TLS", Misconfigured),
        (b"NO LOGIN failed.", AuthFailed),
        (b"NO [authenticationfailed] temporary passwords are not taken", AuthFailed),
    ],
)
def test_a_refused_login_is_a_wrong_password_only_if_it_is_one(said: bytes, kind: type[ConnectorError]) -> None:
    with ScriptedImap({}, lambda c: TAG + b" " + said + b"\r\n" if c.startswith("LOGIN") else None) as server:
        error = failure(server)
    assert type(error) is kind
    assert error.step == "login"
    assert said.split(None, 1)[1].decode() in error.problem
    assert PASSWORD not in repr(error)
    assert PASSWORD not in error.problem


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        (b"NO [UNAVAILABLE] Temporary authentication failure", None),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", None),
        (b"NO Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92.415),
        (b"NO Login failed, please try again", UNSURE_REST),
        (b"NO Too many failures", UNSURE_REST),
    ],
)
def test_what_may_count_as_a_wrong_password_is_not_tried_again_soon(said: bytes, rest: float | None) -> None:
    with ScriptedImap({}, lambda c: TAG + b" " + said + b"\r\n" if c.startswith("LOGIN") else None) as server:
        error = failure(server)
    assert isinstance(error, Unavailable)
    assert error.retry_after == rest


@pytest.mark.parametrize("said", [CUT, b"* BYE Too many connections\r\n" + CUT, TAG + b" OJ Logged in\r\n"])
def test_a_login_that_is_cut_off_or_garbled_says_nothing_about_the_password(said: bytes) -> None:
    with ScriptedImap({}, lambda c: said if c.startswith("LOGIN") else None) as server:
        assert type(failure(server)) is Unavailable


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (b"AUTHENTICATIONFAILED", AuthFailed),
        (b"EXPIRED", AuthFailed),
        (b"NOPERM", NotPermitted),
        (b"UNAVAILABLE", Unavailable),
        (b"INUSE", Unavailable),
        (b"LIMIT", Unavailable),
    ],
)
def test_a_goodbye_at_the_login_is_judged_by_its_code(code: bytes, kind: type[ConnectorError]) -> None:
    said = b"* BYE [%s] so it is\r\n" % code + CUT
    with ScriptedImap({}, lambda c: said if c.startswith("LOGIN") else None) as server:
        assert type(failure(server)) is kind


def test_a_list_that_is_refused_is_a_right_that_is_missing() -> None:
    said = TAG + b" NO [NOPERM] Permission denied\r\n"
    with (
        ScriptedImap({}, lambda c: said if c.startswith("LIST") else None) as server,
        ImapConnector(settings(server), Secret(PASSWORD)) as connector,
        pytest.raises(NotPermitted, match="Permission denied") as caught,
    ):
        connector.streams()
    assert (caught.value.step, "granted" in caught.value.hint) == ("list", True)


@pytest.mark.parametrize("security", ["none", "starttls"])
def test_a_session_that_began_before_we_said_who_we_are_is_refused(security: str) -> None:
    with ScriptedImap({}) as server:
        server.greeting = b"* PREAUTH welcome back\r\n"
        error = failure(server, security=security)
        assert server.commands == ["CAPABILITY"]
    assert type(error) is Misconfigured


def test_without_starttls_no_password_is_sent() -> None:
    with ScriptedImap({}) as server:
        error = failure(server, security="starttls")
        assert not [c for c in server.commands if c.startswith(("LOGIN", "AUTHENTICATE"))]
    assert type(error) is Misconfigured
    assert "STARTTLS" in error.problem


def test_a_server_that_refuses_starttls_gets_no_password() -> None:
    with ScriptedImap({}, lambda c: TAG + b" NO not today\r\n" if c == "STARTTLS" else None) as server:
        server.capabilities = "IMAP4rev1 STARTTLS"
        error = failure(server, security="starttls")
        assert server.commands == ["CAPABILITY", "STARTTLS"]
    assert type(error) is Unavailable


def test_a_server_that_takes_no_password_is_told() -> None:
    with ScriptedImap({}) as server:
        server.capabilities = "IMAP4rev1 LOGINDISABLED"
        assert "takes no password" in failure(server).problem
        assert "SASL PLAIN" in failure(server, authorize_as="sales").problem


@pytest.mark.parametrize(
    "greeting", [b"* BYE overloaded\r\n" + b"", b"220 smtp.example ESMTP\r\n", b"\x16\x03\x01\r\n"]
)
def test_a_server_that_does_not_greet_is_unavailable(greeting: bytes) -> None:
    with ScriptedImap({}) as server:
        server.greeting = greeting
        error = failure(server)
    assert type(error) is Unavailable
    assert error.step == "connect"


def test_a_silent_server_is_given_up_in_time() -> None:
    with ScriptedImap({}) as server:
        server.greeting = b""
        error = failure(server, timeout_seconds=0.3)
    assert (type(error), error.step) == (Unavailable, "connect")
    assert "did not answer in time" in error.problem


def test_plain_text_where_tls_is_expected_is_told() -> None:
    with ScriptedImap({}) as server:
        error = failure(server, security="tls")
    assert (type(error), error.step) == (Unavailable, "tls")
    assert "does not speak TLS" in error.problem


def test_nobody_at_the_port_is_told() -> None:
    with ScriptedImap({}) as server:
        pass
    error = failure(server)
    assert (type(error), error.step) == (Unavailable, "connect")
    assert "refused the connection" in error.problem


def test_an_unknown_host_is_told() -> None:
    given = ImapSettings(host="no-such-host.invalid", username="alice")
    with pytest.raises(Unavailable, match="no host no-such-host") as caught, ImapConnector(given, Secret("x")):
        pass
    assert caught.value.step == "resolve"


@pytest.mark.parametrize("password", [None, "", "with\nbreak"])
def test_no_password_is_a_mistake_of_the_options(password: str | None) -> None:
    with ScriptedImap({}) as server:
        error = failure(server, password)
    assert (type(error), error.step) == (Misconfigured, "login")


@pytest.mark.parametrize("option", ["ca_file", "client_cert"])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, option: str) -> None:
    (tmp_path / "broken.pem").write_text("nothing of the kind")
    with ScriptedImap({}) as server:
        options: dict[str, object] = {"security": "tls", option: tmp_path / "broken.pem"}
        error = failure(server, PASSWORD, **options)
    assert type(error) is Misconfigured
    assert "broken.pem" in error.problem


class Proxy:
    """An HTTP proxy for one connection; keeps what it was asked."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.asked = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        self._listener.close()
        with client:
            while not self.asked.endswith(b"\r\n\r\n"):
                self.asked += client.recv(1)
            client.sendall(self._answer)
            client.recv(1000)


def test_a_proxy_is_asked_for_a_tunnel() -> None:
    proxy = Proxy(b"HTTP/1.1 200 OK\r\nVia: here\r\n\r\n* BYE not now\r\n")
    given = ImapSettings(host="mail.example", port=993, username="alice", proxy=proxy.url, timeout_seconds=5)
    with pytest.raises(Unavailable, match="does not speak TLS") as caught, ImapConnector(given, Secret("x")):
        pass
    assert caught.value.step == "tls"
    proxy.thread.join(5)
    assert proxy.asked.startswith(b"CONNECT mail.example:993 HTTP/1.1\r\nHost: mail.example:993\r\n")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"* OK ready\r\n\r\n"])
def test_a_proxy_that_refuses_is_told(answer: bytes) -> None:
    proxy = Proxy(answer)
    given = ImapSettings(host="mail.example", username="alice", proxy=proxy.url, timeout_seconds=5)
    with pytest.raises(Unavailable, match="proxy") as caught, ImapConnector(given, Secret("x")):
        pass
    assert caught.value.step == "connect"
    proxy.thread.join(5)


@pytest.mark.parametrize(
    "options",
    [
        {"host": "imap.example.com", "security": "none"},
        {"host": "127.0.0.1", "security": "none", "proxy": "http://proxy.example:3128"},
        {"host": ""},
        {"host": "two words"},
        {"host": "a..b"},
        {"host": "mail.example", "port": 0},
        {"host": "mail.example", "port": 70000},
        {"host": "mail.example", "timeout_seconds": 0},
        {"host": "mail.example", "username": ""},
        {"host": "mail.example", "username": "a\r\nb"},
        {"host": "mail.example", "proxy": "socks5://proxy.example:1080"},
        {"host": "mail.example", "proxy": "http://user:secret@proxy.example:3128"},
        {"host": "mail.example", "proxy": "http://proxy.example"},
        {"host": "mail.example", "ca_file": Path("/nowhere/ca.pem")},
        {"host": "mail.example", "client_cert": Path("/nowhere/me.pem")},
    ],
)
def test_options_that_cannot_work_are_refused_at_once(options: dict[str, object]) -> None:
    given: dict[str, object] = {"username": "alice", **options}
    with pytest.raises(Misconfigured) as caught:
        ImapConnector(ImapSettings(**given), Secret("x"))  # type: ignore[arg-type]  # one keyword or another
    assert caught.value.problem
    assert caught.value.step
    assert "user:secret" not in caught.value.problem


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1"])
def test_plain_text_is_for_this_machine_alone(host: str) -> None:
    ImapConnector(ImapSettings(host=host, username="alice", security="none"), Secret("x"))
