"""Dovecot takes tokens of a provider by XOAUTH2 and OAUTHBEARER, and refuses what is expired, revoked or another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.api import AuthFailed, Bearer, ConnectorError
from connectors.conformance import ids, mail, message_id, read, stream_named
from connectors.imap import ImapConnector, ImapSettings
from tests.conftest import require
from tests.servers.dovecot import Dovecot, Options
from tests.servers.oauth_provider import OAuthProvider

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider() as made:
        yield made


@pytest.fixture(scope="module", params=["xoauth2 oauthbearer", "xoauth2"])
def server(request: pytest.FixtureRequest, provider: OAuthProvider) -> Iterator[Dovecot]:
    options = Options(tls=False, oauth_url=provider.url, oauth_mechanisms=request.param)
    for made in require(Dovecot({"alice": "x", "bob": "y"}, options)):
        made.deliver("alice", [mail(1)])
        yield made


def connector(server: Dovecot, token: str, username: str = "alice") -> ImapConnector:
    settings = ImapSettings(host=server.host, port=server.imap_port, security="none", username=username)
    return ImapConnector(settings, Bearer(lambda _refused: token))


def refused(server: Dovecot, token: str) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught, connector(server, token):
        pass
    return caught.value


def test_a_good_token_reads_the_mailbox(server: Dovecot, provider: OAuthProvider) -> None:
    with connector(server, provider.mint("alice")) as entered:
        assert ids(read(entered.pages(stream_named(entered, "INBOX"), None))) == [message_id(1)]


@pytest.mark.parametrize("why", ["expired", "revoked", "another's"])
def test_a_token_that_is_not_good_is_refused_and_said_so(server: Dovecot, provider: OAuthProvider, why: str) -> None:
    token = provider.mint("bob" if why == "another's" else "alice", -1 if why == "expired" else None)
    if why == "revoked":
        provider.revoke("alice")
    error = refused(server, token)
    assert type(error) is AuthFailed
    assert "has expired, was revoked, or belongs to somebody else than alice" in error.problem
    assert token not in f"{error.problem}{error.hint}"


def test_a_connection_goes_on_after_a_token_was_replaced(server: Dovecot, provider: OAuthProvider) -> None:
    good = provider.mint("alice")
    settings = ImapSettings(host=server.host, port=server.imap_port, security="none", username="alice")
    old = provider.mint("alice", -1)
    with ImapConnector(settings, Bearer(lambda refused: good if refused else old)) as entered:
        assert "INBOX" in [stream.name for stream in entered.streams()]
