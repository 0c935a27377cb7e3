"""The ways into Dovecot, and clear words where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Unavailable
from connectors.conformance import ids, mail, message_id, read, stream_named
from tests.conftest import Login
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot import Dovecot, Options


def failure(mailbox: ImapMailbox, **options: object) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught, mailbox.connector(**options):
        pass
    return caught.value


@pytest.fixture
def server(dovecot: Dovecot) -> Iterator[Callable[..., ImapMailbox]]:
    """Starts further servers, where the first could be started, for one user."""
    with ExitStack() as stack:

        def start(**options: object) -> ImapMailbox:
            given = Options(**options)  # type: ignore[arg-type]  # one keyword or another
            other = stack.enter_context(Dovecot({"bob": "گذرواژه ü"}, given))
            return ImapMailbox(other, Login("bob", "گذرواژه ü", other.maildir("bob")))

        yield start


@pytest.fixture
def authority(tmp_path: Path, dovecot: Dovecot) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "authority")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_from_the_start_or_later(mailbox: ImapMailbox, security: str) -> None:
    mailbox.deliver("INBOX", mail(1))
    server = mailbox.server
    port = server.imaps_port if security == "tls" else server.imap_port
    with mailbox.connector(host="localhost", port=port, security=security, ca_file=server.ca_file) as connector:
        assert ids(read(connector.pages(stream_named(connector, "INBOX"), None))) == [message_id(1)]


@pytest.mark.parametrize("capability", [None, "IMAP4rev1 UIDPLUS"])
def test_a_password_in_any_script(server: Callable[..., ImapMailbox], capability: str | None) -> None:
    mailbox = server(tls=False, capability=capability)
    mailbox.deliver("INBOX", mail(1))
    with mailbox.connector() as connector:
        assert ids(read(connector.pages(stream_named(connector, "INBOX"), None))) == [message_id(1)]


def test_a_wrong_password_is_told_and_never_shown(mailbox: ImapMailbox) -> None:
    mailbox.login.maildir.parent.mkdir(parents=True, exist_ok=True)
    other = ImapMailbox(mailbox.server, Login(mailbox.login.name, "kanarienvogel", mailbox.login.maildir))
    error = failure(other)
    assert (type(error), error.step) == (AuthFailed, "login")
    assert "refused the login" in error.problem
    assert "kanarienvogel" not in repr(error) + error.problem + error.hint


def test_too_many_connections_are_no_wrong_password(server: Callable[..., ImapMailbox]) -> None:
    mailbox = server(tls=False, max_connections=1)
    with mailbox.connector():
        error = failure(mailbox)
    assert type(error) is Unavailable
    assert "Maximum number of connections" in error.problem
    with mailbox.connector():
        pass


def test_an_unknown_authority_is_told(mailbox: ImapMailbox) -> None:
    error = failure(mailbox, host="localhost", port=mailbox.server.imaps_port, security="tls")
    assert (type(error), error.step) == (Unavailable, "tls")
    assert "an authority that is not trusted" in error.problem
    assert "ca_file" in error.hint


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_expired_certificate_is_told(
    server: Callable[..., ImapMailbox], authority: CertificateAuthority, security: str
) -> None:
    mailbox = server(certificate=authority.issue(expired=True))
    port = mailbox.server.imaps_port if security == "tls" else mailbox.server.imap_port
    error = failure(mailbox, host="localhost", port=port, security=security, ca_file=authority.file)
    assert (type(error), error.step) == (Unavailable, "tls")
    assert "has expired" in error.problem


def test_a_certificate_for_another_host_is_told(
    server: Callable[..., ImapMailbox], authority: CertificateAuthority
) -> None:
    certificate: Certificate = authority.issue(names=("wrong.example",), ips=())
    mailbox = server(certificate=certificate)
    port = mailbox.server.imaps_port
    for host in ("localhost", "127.0.0.1"):
        error = failure(mailbox, host=host, port=port, security="tls", ca_file=authority.file)
        assert (type(error), error.step) == (Unavailable, "tls")
        assert f"not for {host}" in error.problem


def test_a_port_without_tls_is_told(mailbox: ImapMailbox) -> None:
    error = failure(mailbox, host="localhost", security="tls", ca_file=mailbox.server.ca_file)
    assert "does not speak TLS on this port" in error.problem


def test_without_starttls_nothing_is_sent(server: Callable[..., ImapMailbox]) -> None:
    error = failure(server(tls=False), security="starttls")
    assert (type(error), error.step) == (Misconfigured, "tls")


def test_the_mailbox_of_somebody_else_is_refused_in_words(mailbox: ImapMailbox) -> None:
    error = failure(mailbox, authorize_as="somebody")
    assert (type(error), error.step) == (AuthFailed, "login")
