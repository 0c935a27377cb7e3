"""Who logs in at an Exchange, by what, and what the refusals say to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from exchangelib.transport import AUTH_TYPE_MAP, GSSAPI

from connectors.api import (
    AuthFailed,
    Bearer,
    ConnectorError,
    Misconfigured,
    NotPermitted,
    Secret,
    Unavailable,
)
from connectors.conformance import ids, mail, message_id, read, stream_named
from connectors.ews import EwsConnector
from tests.integration.exchange import PASSWORD, ExchangeMailbox, add, error_of, exchange, whole
from tests.servers.ews import (
    EwsServer,
    http_status,
    soap_fault,
)

# a server works in the same process
pytestmark = pytest.mark.slow

AMOUNT = 12
ALL = sorted(message_id(n) for n in range(AMOUNT))


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        for n in range(AMOUNT):
            mailbox.deliver("INBOX", mail(n))
        yield mailbox


def test_a_wrong_password_is_told_at_once(mailbox: ExchangeMailbox) -> None:
    with pytest.raises(AuthFailed, match="refused the login"), mailbox.connector("wrong"):
        pass
    assert mailbox.server.count() == 1


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_way_to_log_in_that_the_server_does_not_know_is_no_wrong_password(scheme: str) -> None:
    with exchange(schemes=(scheme,)) as mailbox:
        error = error_of(mailbox)
        assert isinstance(error, Misconfigured)
        assert scheme in error.problem


def test_ntlm_proves_a_password_once_a_connection() -> None:
    with EwsServer(schemes=("NTLM",)) as server:
        box = ExchangeMailbox(server, server.add_mailbox("dora@acme.example", PASSWORD, username="ACME\\dora"))
        for n in range(3):
            box.deliver("INBOX", mail(n))
        options = {"username": "ACME\\dora", "mailbox": "dora@acme.example", "auth": "ntlm"}
        assert whole(box, **options) == [message_id(n) for n in range(3)]
        assert sum(asked.status == 401 for asked in server.requests) == 2
        with pytest.raises(AuthFailed), box.connector("wrong", **options):
            pass


def test_a_server_that_forgets_whom_it_knows_is_told_again(mailbox: ExchangeMailbox) -> None:
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        mailbox.server.fail(http_status(401, WWW_Authenticate='Basic realm="x"'))
        assert ids(read(connector.pages(stream, None))) == ALL
        mailbox.server.fail(http_status(401, WWW_Authenticate='Basic realm="x"'), times=None)
        with pytest.raises(AuthFailed):
            read(connector.pages(stream, None))


def test_a_token_that_expired_is_exchanged_once() -> None:
    with exchange(schemes=("Bearer",)) as mailbox:
        address = mailbox.mailbox.address
        mailbox.deliver("INBOX", mail(0))
        tokens = ["old-token", "new-token"]
        mailbox.server.doorkeeper.tokens["new-token"] = address

        def supply(refused: str) -> str:
            return tokens[1] if refused == tokens[0] else tokens[0]

        with EwsConnector(mailbox.options(), Bearer(supply)) as connector:
            assert ids(read(connector.pages(stream_named(connector, "INBOX"), None))) == ALL[:1]
        mailbox.server.doorkeeper.tokens.clear()
        with pytest.raises(AuthFailed, match="token"), EwsConnector(mailbox.options(), Bearer(supply)):
            pass


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ErrorImpersonateUserDenied", NotPermitted, "New-ManagementRoleAssignment"),
        ("ErrorAccessDenied", NotPermitted, "New-ManagementRoleAssignment"),
        ("ErrorNonExistentMailbox", Misconfigured, "primary address"),
        ("ErrorPasswordExpired", AuthFailed, "password"),
        ("ErrorAccountDisabled", NotPermitted, "enabled"),
        ("ErrorInvalidServerVersion", Unavailable, "2010"),
        ("ErrorSomethingNew", Unavailable, "log"),
    ],
)
def test_each_refusal_says_what_to_do(
    mailbox: ExchangeMailbox, code: str, kind: type[ConnectorError], words: str
) -> None:
    mailbox.server.fail(soap_fault(code), times=None)
    error = error_of(mailbox, mailbox=mailbox.mailbox.address, impersonate=True)
    assert type(error) is kind
    assert words in error.hint
    assert code in error.problem


def test_a_folder_that_may_not_be_read_is_one_folder(mailbox: ExchangeMailbox) -> None:
    other = add(mailbox.server, None)
    other.deliver("INBOX", mail(0))
    with pytest.raises(NotPermitted) as caught, mailbox.connector(mailbox=other.mailbox.address):
        pass
    assert "Add-MailboxPermission" in caught.value.hint
    assert caught.value.step == "list"
    other.mailbox.grant(mailbox.mailbox.address)
    assert whole(mailbox, mailbox=other.mailbox.address) == ALL[:1]
    mailbox.server.fail(soap_fault("ErrorAccessDenied"), operation="SyncFolderItems", times=None)
    error = error_of(mailbox, mailbox=other.mailbox.address)
    assert isinstance(error, NotPermitted)
    assert error.step == "select"


@pytest.mark.parametrize("status", [403, 404])
def test_a_service_that_is_not_there_or_not_allowed_is_told(mailbox: ExchangeMailbox, status: int) -> None:
    mailbox.server.fail(http_status(status), times=None)
    error = error_of(mailbox)
    assert isinstance(error, NotPermitted) is (status == 403)
    assert "Set-CASMailbox" in error.hint or "Exchange.asmx" in error.hint


def test_kerberos_needs_no_password_and_says_what_is_missing(
    mailbox: ExchangeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it brings can't be had in a test: a ticket."""
    options = mailbox.options(auth="kerberos")
    monkeypatch.delitem(AUTH_TYPE_MAP, GSSAPI, raising=False)
    with pytest.raises(Misconfigured, match="not installed") as caught, EwsConnector(options, None):
        pass
    assert "keeptouch[kerberos]" in caught.value.hint
    # as where there is no ticket: nothing is put into the request
    monkeypatch.setitem(AUTH_TYPE_MAP, GSSAPI, requests.auth.AuthBase)
    monkeypatch.setattr(requests.auth.AuthBase, "__call__", lambda _self, request: request)
    with pytest.raises(Misconfigured, match="only by Basic"), EwsConnector(options, None):
        pass
    mailbox.server.doorkeeper.schemes = ("Negotiate",)
    with pytest.raises(Unavailable, match="ticket") as refused, EwsConnector(options, None):
        pass
    assert "klist" in refused.value.hint
    assert EwsConnector(options, None).watch([]) is None


def test_the_cloud_takes_no_passwords() -> None:
    with exchange() as mailbox, pytest.raises(Misconfigured, match="takes no passwords") as caught:
        EwsConnector(mailbox.options(url="https://outlook.office365.com/EWS/Exchange.asmx"), Secret("x"))
    assert "Microsoft Graph" in caught.value.hint
    assert "1 April 2027" in caught.value.hint


def test_an_older_server_is_asked_in_its_version(mailbox: ExchangeMailbox) -> None:
    mailbox.server.fail(soap_fault("ErrorInvalidServerVersion"))
    assert whole(mailbox) == ALL
    assert mailbox.server.count("FindFolder") == 2
    assert mailbox.server.count("GetFolder") == 1


def test_a_server_that_does_not_know_a_name_is_asked_without_it(mailbox: ExchangeMailbox) -> None:
    # then without the newest name, and without the two newest
    mailbox.server.fail(soap_fault("ErrorSchemaValidation"), operation="GetFolder", times=2)
    assert whole(mailbox) == ALL
    assert mailbox.server.count("GetFolder") == 3


def test_a_page_that_tells_of_another_version_is_understood(mailbox: ExchangeMailbox) -> None:
    mailbox.server.fail(http_status(500, b"<html>The specified server version is invalid.</html>"))
    assert whole(mailbox) == ALL


def test_folders_of_somebody_else_that_are_not_there_may_not_be_seen(mailbox: ExchangeMailbox) -> None:
    other = add(mailbox.server, None)
    other.mailbox.grant(mailbox.mailbox.address)
    mailbox.server.fail(soap_fault("ErrorItemNotFound"), operation="FindFolder", times=None)
    error = error_of(mailbox, mailbox=other.mailbox.address)
    assert isinstance(error, NotPermitted)
    assert "Add-MailboxPermission" in error.hint
    assert not isinstance(error_of(mailbox), NotPermitted)
