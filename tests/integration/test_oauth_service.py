"""The service of an account that a person signed in, from the first token to the next sign-in."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.conformance import mail
from tests import warm_start
from tests.conftest import require
from tests.integration.company import Company
from tests.integration.test_oauth_sign_in import signed_in, texts
from tests.integration.test_watch_faults import wait
from tests.servers.dovecot import Dovecot, Options
from tests.servers.oauth_provider import OAuthProvider
from tests.servers.process import ServerError
from tests.unit.daemon.oauth_company import company_at

pytestmark = pytest.mark.server


@pytest.fixture
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider() as made:
        yield made


@pytest.fixture
def server(provider: OAuthProvider) -> Iterator[Dovecot]:
    yield from require(Dovecot({"alice": "x"}, Options(tls=False, oauth_url=provider.url)))


def state(company: Company) -> str:
    return str(company.rows("SELECT state FROM v1_account_status")[0][0])


def kicked(server: Dovecot) -> bool:
    """All connections of Alice are cut; False: she has none."""
    try:
        server.kick("alice")
    except ServerError:
        return False
    return True


def test_the_service_reads_on_while_tokens_end_and_tells_when_the_sign_in_does(
    tmp_path: Path, provider: OAuthProvider, server: Dovecot
) -> None:
    company = company_at(tmp_path / "company", provider, port=server.imap_port)
    company.create = "all"
    provider.rotates = True
    company.write()
    signed_in(company)
    with warm_start.Popen[bytes](company.command("run", "--interval", "1")) as service:
        try:
            server.deliver("alice", [mail(1)])
            wait(lambda: texts(company) == 1)
            # the mail server does not take the token any more, and every connection must log in anew
            provider.access.clear()
            wait(lambda: kicked(server))
            server.deliver("alice", [mail(2)])
            wait(lambda: texts(company) == 2)
            provider.revoke("alice")
            # connections that stand are cut; where none stood, no other comes
            wait(lambda: kicked(server) or state(company) != "ok")
            wait(lambda: state(company) in ("backoff", "auth_failed"))
            assert "keeptouch accounts login alice" in company.run("check").err
            server.deliver("alice", [mail(3)])
            signed_in(company)
            # who signed in anew does not have to wait for the next try
            wait(lambda: texts(company) == 3)
            wait(lambda: state(company) == "ok")
            service.send_signal(signal.SIGTERM)
            assert service.wait(45) == 0
        finally:
            service.kill()
