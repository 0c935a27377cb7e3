"""The double of Exchange Web Services, as exchangelib sees it: whom it lets in where, and what it tells unasked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import exchangelib
import pytest
from exchangelib import errors
from exchangelib.folders import BaseFolder
from exchangelib.properties import StatusEvent

from tests.servers.certificates import CertificateAuthority
from tests.servers.ews import EwsServer, Mailbox
from tests.servers.ews_client import Client
from tests.servers.test_ews import ALICE, raw

# a server works in the same process
pytestmark = pytest.mark.slow

BOB = "bob@example.test"


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with EwsServer(schemes=("Bearer", "Basic")) as running:
        running.streams.minute = 1.0
        yield running


@pytest.fixture
def alice(server: EwsServer) -> Mailbox:
    return server.add_mailbox(ALICE, "secret", name="Alice Test")


@pytest.fixture
def bob(server: EwsServer) -> Mailbox:
    return server.add_mailbox(BOB, "secret", name="Bob Test")


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def test_a_service_account_acts_for_those_it_may(
    server: EwsServer, alice: Mailbox, bob: Mailbox, client: Client
) -> None:
    server.add_account("svc", "secret", impersonates=[ALICE, "gone@example.test"])
    alice.deliver("inbox", raw(1))

    def inbox(address: str) -> Any:
        return client.account(server, address, username="svc", access=exchangelib.IMPERSONATION).inbox

    assert inbox(ALICE).total_count == 1
    assert {(one.user, one.mailbox) for one in server.requests} == {("svc", ALICE)}
    with pytest.raises(errors.ErrorImpersonateUserDenied):
        inbox(BOB)
    with pytest.raises(errors.ErrorNonExistentMailbox):
        inbox("gone@example.test")


def test_a_delegate_reads_what_was_granted(server: EwsServer, alice: Mailbox, bob: Mailbox, client: Client) -> None:
    item = bob.deliver("inbox", raw(1))
    hidden = bob.deliver("Private", raw(2))
    account = client.account(server, BOB, username=ALICE)
    with pytest.raises(errors.ErrorAccessDenied):
        _ = account.inbox
    bob.grant(ALICE, "inbox")
    (got,) = account.inbox.all().only("message_id")
    assert (got.id, got.message_id) == (item, "<1@example.org>")
    with pytest.raises(errors.ErrorAccessDenied):
        list(account.fetch([(hidden, None)], only_fields=["subject"]))
    bob.grant(ALICE)
    (allowed,) = account.fetch([(hidden, None)], only_fields=["message_id"])
    assert allowed.message_id == "<2@example.org>"


def test_a_mailbox_that_is_not_there_is_told(server: EwsServer, alice: Mailbox, client: Client) -> None:
    with pytest.raises(errors.ErrorNonExistentMailbox):
        _ = client.account(server, "nobody@example.test", username=ALICE).inbox


def test_a_bearer_token_lets_in_until_it_is_worthless(client: Client, tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    token = {"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}
    credentials = exchangelib.OAuth2AuthorizationCodeCredentials(access_token=token)
    with EwsServer(certificate=authority.issue(), schemes=("Bearer",)) as server, client.trusting(authority):
        server.add_mailbox(ALICE, "secret")
        server.doorkeeper.tokens["abc"] = ALICE
        account = client.account(server, ALICE, auth="OAuth 2.0", credentials=credentials)
        assert account.inbox.name == "Inbox"
        server.doorkeeper.tokens.clear()
        with pytest.raises(errors.UnauthorizedError):
            account.inbox.refresh()


def test_an_account_that_is_locked_in_mid_session_is_refused(server: EwsServer, alice: Mailbox, client: Client) -> None:
    account = client.account(server, ALICE)
    inbox = account.inbox
    server.doorkeeper.accounts[ALICE].is_locked = True
    with pytest.raises(errors.UnauthorizedError):
        inbox.refresh()


def test_more_requests_at_once_than_a_user_may_are_refused(server: EwsServer, alice: Mailbox, client: Client) -> None:
    account = client.account(server, ALICE)
    inbox = account.inbox
    server.max_concurrency = 0
    with pytest.raises(errors.ErrorExceededConnectionCount):
        inbox.refresh()
    assert server.most_at_once == 1


class Listener:
    """Reads a stream in a thread."""

    def __init__(self, server: EwsServer, folder: BaseFolder, subscription: str, minutes: int = 30) -> None:
        self.events: list[Any] = []
        self.error: BaseException | None = None
        self._arguments = (folder, subscription, minutes)
        self._server = server
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Listener:
        self._thread.start()
        self.until(lambda: self._server.streams.open > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.streams.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        folder, subscription, minutes = self._arguments
        try:
            for notification in folder.get_streaming_events(subscription, connection_timeout=minutes):
                self.events += notification.events
        except Exception as error:
            self.error = error

    def until(self, condition: Any) -> None:
        """Wait for it."""
        ends = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < ends, self.events
            time.sleep(0.01)

    def kinds(self) -> list[str]:
        """Names of the events that are no signs of life."""
        return [one.ELEMENT_NAME for one in self.events if not isinstance(one, StatusEvent)]


def test_a_stream_tells_what_happens_and_that_it_lives(server: EwsServer, alice: Mailbox, client: Client) -> None:
    server.streams.heartbeat = 0.05
    inbox = client.account(server, ALICE).inbox
    with inbox.streaming_subscription() as subscription, Listener(server, inbox, subscription) as listener:
        first = alice.deliver("inbox", raw(1))
        listener.until(lambda: len(listener.kinds()) == 2)
        alice.deliver("Archive", raw(2))
        alice.mark_read(first)
        moved = alice.move(first, "Archive")
        listener.until(lambda: len(listener.kinds()) == 4)
        listener.until(lambda: any(isinstance(one, StatusEvent) for one in listener.events))
    assert listener.error is None
    assert listener.kinds() == ["CreatedEvent", "NewMailEvent", "ModifiedEvent", "MovedEvent"]
    last = [one for one in listener.events if not isinstance(one, StatusEvent)][-1]
    assert (last.item_id.id, last.old_item_id.id) == (moved, first)


def test_a_stream_ends_when_its_time_is_over(server: EwsServer, alice: Mailbox, client: Client) -> None:
    server.streams.minute = 0.1
    inbox = client.account(server, ALICE).inbox
    with inbox.streaming_subscription() as subscription:
        assert list(inbox.get_streaming_events(subscription, connection_timeout=1)) == []


def test_a_restart_breaks_streams_and_loses_subscriptions(server: EwsServer, alice: Mailbox, client: Client) -> None:
    inbox = client.account(server, ALICE).inbox
    subscription = inbox.subscribe_to_streaming()
    with Listener(server, inbox, subscription) as listener:
        server.restart()
        listener.until(lambda: listener.error is not None)
    with pytest.raises(errors.ErrorSubscriptionNotFound):
        list(inbox.get_streaming_events(subscription, connection_timeout=1))
    with pytest.raises(errors.ErrorSubscriptionNotFound):
        inbox.unsubscribe(subscription)


def test_who_asks_for_events_is_told_those_since_a_mark(server: EwsServer, alice: Mailbox, client: Client) -> None:
    account = client.account(server, ALICE)
    pull, mark = account.inbox.subscribe_to_pull()
    assert next(iter(account.inbox.get_events(pull, mark))).events[0].ELEMENT_NAME == "StatusEvent"
    alice.deliver("inbox", raw(1))
    (told,) = account.inbox.get_events(pull, mark)
    assert [one.ELEMENT_NAME for one in told.events] == ["CreatedEvent", "NewMailEvent"]
    (rest,) = account.inbox.get_events(pull, told.events[0].watermark)
    assert [one.ELEMENT_NAME for one in rest.events] == ["NewMailEvent"]


def test_zones_and_names_are_told(server: EwsServer, alice: Mailbox, bob: Mailbox, client: Client) -> None:
    account = client.account(server, ALICE)
    zones = {found.id for found in account.protocol.get_timezones(return_full_timezone_data=True)}
    assert {"UTC", "W. Europe Standard Time", "Iran Standard Time"} <= zones
    assert [one.email_address for one in account.protocol.resolve_names(["bob"])] == [BOB]
