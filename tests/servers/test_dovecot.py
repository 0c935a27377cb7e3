"""The IMAP server of the tests does what the tests rely on."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.servers.certificates import CertificateAuthority
from tests.servers.dovecot import Dovecot, Options
from tests.servers.faultproxy import FaultProxy

MAIL = b"From: a@example.com\r\nTo: b@example.org\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nHi\r\n"


def inbox_count(host: str, port: int, login: Login) -> int:
    client = imaplib.IMAP4(host, port, timeout=5)
    try:
        client.login(login.name, login.password)
        return int(client.select("INBOX", readonly=True)[1][0] or 0)
    finally:
        # not by `with`, whose LOGOUT leaves the socket open where the connection is gone
        client.shutdown()


def greeting(proxy: FaultProxy) -> bytes:
    with socket.create_connection((proxy.host, proxy.port), 0.3) as client:
        return client.recv(4)


def test_each_fresh_user_can_log_in_at_once_and_gets_mail(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> None:
    logins = [dovecot_user() for _ in range(3)]
    for number, login in enumerate(logins):
        dovecot.deliver(login.name, [MAIL] * number)
    assert [inbox_count(dovecot.host, dovecot.imap_port, login) for login in logins] == [0, 1, 2]


@pytest.mark.parametrize("name", ["rep1", "nobody-here"])
def test_a_wrong_password_and_an_unknown_user_are_refused_alike(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], name: str
) -> None:
    dovecot_user()
    with (
        imaplib.IMAP4(dovecot.host, dovecot.imap_port) as client,
        pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"),
    ):
        client.login(name, "wrong")


def test_tls_is_trusted_by_the_authority_alone(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> None:
    login = dovecot_user()
    trusting = ssl.create_default_context(cafile=str(dovecot.ca_file))
    with imaplib.IMAP4_SSL("localhost", dovecot.imaps_port, ssl_context=trusting) as client:
        client.login(login.name, login.password)
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("localhost", dovecot.imaps_port, ssl_context=ssl.create_default_context())


@pytest.mark.server
@pytest.mark.parametrize(("names", "expired"), [(("localhost",), True), (("wrong.example",), False)])
def test_a_bad_certificate_is_refused(dovecot: Dovecot, tmp_path: Path, names: tuple[str, ...], expired: bool) -> None:
    authority = CertificateAuthority(tmp_path / "authority")
    certificate = authority.issue(names, (), expired=expired)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    with (
        Dovecot({}, Options(certificate=certificate)) as server,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        imaplib.IMAP4_SSL("localhost", server.imaps_port, ssl_context=trusting)


def test_options_make_a_poor_and_narrow_server(dovecot: Dovecot) -> None:
    options = Options(capability="IMAP4rev1 UIDPLUS", quota="20K", max_connections=1, tls=False)
    login = Login("alice", "secret", Path())
    with (
        Dovecot({"alice": "secret"}, options) as server,
        imaplib.IMAP4(server.host, server.imap_port) as client,
    ):
        client.login("alice", "secret")
        assert client.capability()[1][-1] == b"IMAP4rev1 UIDPLUS"
        assert client.append("INBOX", "", "", b"Subject: big\r\n\r\n" + b"x" * 30_000)[0] == "NO"
        with pytest.raises(imaplib.IMAP4.error):
            inbox_count(server.host, server.imap_port, login)


def test_a_cut_connection_ends_the_client_and_healing_lets_it_in_again(
    dovecot: Dovecot, dovecot_user: Callable[[], Login]
) -> None:
    login = dovecot_user()
    dovecot.deliver(login.name, [MAIL])
    with FaultProxy((dovecot.host, dovecot.imap_port)) as proxy:
        assert inbox_count(proxy.host, proxy.port, login) == 1
        proxy.down.cut_on = b"EXISTS"
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            inbox_count(proxy.host, proxy.port, login)
        proxy.refuse = True
        with pytest.raises(ConnectionResetError):
            greeting(proxy)
        proxy.heal()
        proxy.down.hole = True
        with pytest.raises(TimeoutError):
            greeting(proxy)
        proxy.heal()
        seen: list[str] = []
        proxy.up.on(b"LOGIN", lambda: seen.append("LOGIN"))
        assert inbox_count(proxy.host, proxy.port, login) == 1
        assert seen == ["LOGIN"]
        assert proxy.accepted == 5
