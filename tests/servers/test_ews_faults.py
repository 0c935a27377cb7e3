"""The double of Exchange Web Services, as exchangelib sees it: what goes wrong, and servers with habits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import exchangelib
import pytest
import requests
from exchangelib import errors
from exchangelib.extended_properties import ExtendedProperty

from tests.servers import ews
from tests.servers.ews import EwsServer, Fault, Mailbox
from tests.servers.ews_client import Client
from tests.servers.test_ews import ALICE, raw

# a server works in the same process
pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with EwsServer() as running:
        yield running


@pytest.fixture
def alice(server: EwsServer) -> Mailbox:
    return server.add_mailbox(ALICE, "secret")


@pytest.fixture
def inbox(server: EwsServer, alice: Mailbox) -> Iterator[Any]:
    client = Client()
    yield client.account(server, ALICE).inbox
    client.close()


def ids(folder: Any, **options: Any) -> list[str]:
    """Message-IDs of the changes of a folder."""
    return [item.message_id for _, item in folder.sync_items(only_fields=["message_id"], **options)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ews.server_busy(), errors.ErrorServerBusy),
        (ews.soap_fault("ErrorMailboxStoreUnavailable"), errors.ErrorMailboxStoreUnavailable),
        (ews.http_status(503, Retry_After="120"), errors.EWSError),
        (ews.http_status(401, WWW_Authenticate='Basic realm="x"'), errors.UnauthorizedError),
        (ews.login_page(), errors.EWSError),
        (ews.no_xml(), errors.EWSError),
        (ews.cut(), errors.ErrorTimeoutExpired),
        (ews.cut(400), (requests.exceptions.RequestException, errors.EWSError)),
    ],
)
def test_a_fault_meets_the_operation_it_was_laid_over_once(
    server: EwsServer, alice: Mailbox, inbox: Any, fault: Fault, expected: Any
) -> None:
    alice.deliver("inbox", raw(1))
    server.fail(fault, operation="SyncFolderItems", mailbox=ALICE)
    inbox.refresh()
    with pytest.raises(expected):
        ids(inbox)
    assert ids(inbox) == ["<1@example.org>"]


def test_faults_can_begin_later_and_go_on(server: EwsServer, alice: Mailbox, inbox: Any) -> None:
    for number in range(3):
        alice.deliver("inbox", raw(number))
    server.fail(ews.server_busy(1000), operation="SyncFolderItems", skip=1, times=None)
    told = inbox.sync_items(only_fields=["message_id"], max_changes_returned=1)
    assert next(told)[1].message_id == "<2@example.org>"
    for _ in range(2):
        with pytest.raises(errors.ErrorServerBusy):
            ids(inbox, max_changes_returned=1, sync_state="")
        with pytest.raises((errors.ErrorServerBusy, StopIteration)):
            next(told)
    server.heal()
    assert len(ids(inbox)) == 3


def test_an_answer_can_be_late_or_slow(server: EwsServer, alice: Mailbox, inbox: Any) -> None:
    alice.deliver("inbox", raw(1))
    server.fail(ews.late(0.2))
    server.fail(ews.slow(20_000))
    for _ in range(2):
        began = time.monotonic()
        inbox.refresh()
        assert time.monotonic() - began > 0.05


def test_lost_states_are_told(alice: Mailbox, inbox: Any, server: EwsServer) -> None:
    alice.deliver("inbox", raw(1))
    assert ids(inbox) == ["<1@example.org>"]
    alice.invalidate_sync("inbox")
    with pytest.raises(errors.ErrorInvalidSyncStateData):
        ids(inbox)
    server.oddities.errors_without_sync_state = True
    with pytest.raises(AttributeError):
        ids(inbox)
    for spoiled in ("nonsense", "H4sIAAAA", "W10="):
        server.oddities.errors_without_sync_state = False
        with pytest.raises(errors.ErrorInvalidSyncStateData):
            ids(inbox, sync_state=spoiled)


def test_a_page_can_say_too_early_that_it_is_the_last(alice: Mailbox, inbox: Any, server: EwsServer) -> None:
    for number in range(5):
        alice.deliver("inbox", raw(number))
    server.oddities.early_last_page = True
    assert len(ids(inbox, max_changes_returned=2)) == 2
    assert len(ids(inbox, max_changes_returned=2)) == 2
    assert len(ids(inbox, max_changes_returned=2)) == 1


def test_read_flags_can_come_as_updates(alice: Mailbox, inbox: Any, server: EwsServer) -> None:
    item = alice.deliver("inbox", raw(1))
    ids(inbox)
    server.oddities.read_flags_as_updates = True
    alice.mark_read(item)
    ((kind, got),) = inbox.sync_items(only_fields=["is_read"])
    assert (kind, got.is_read) == ("update", True)


def test_what_is_withheld_is_missing(alice: Mailbox, inbox: Any, server: EwsServer) -> None:
    item = alice.deliver("inbox", raw(1))
    alice.withhold(item, "DateTimeReceived", "InternetMessageId")
    (got,) = inbox.account.fetch([(item, None)], only_fields=["datetime_received", "message_id", "subject"])
    assert (got.datetime_received, got.message_id, got.subject) == (None, None, "Төсөл")
    server.oddities.fractional_seconds = True
    (got,) = inbox.account.fetch([(item, None)], only_fields=["datetime_sent"])
    assert got.datetime_sent is None


def test_after_a_restore_all_ids_are_new(alice: Mailbox, inbox: Any) -> None:
    kept = alice.deliver("inbox", raw(1))
    alice.make_folder("Work")
    work = inbox.account.msg_folder_root / "Work"
    backup = alice.backup()
    alice.deliver("inbox", raw(2))
    alice.restore(backup)
    (missing,) = inbox.account.fetch([(kept, None)], only_fields=["subject"])
    assert isinstance(missing, errors.ErrorItemNotFound)
    with pytest.raises(errors.ErrorFolderNotFound):
        work.refresh()
    assert ids(inbox) == ["<1@example.org>"]
    assert alice.find("inbox", "1@example.org") != kept


def test_searches_find_what_they_ask_for(alice: Mailbox, inbox: Any) -> None:
    for number in range(6):
        item = alice.deliver("inbox", raw(number))
        if number % 2:
            alice.mark_read(item)
    found = inbox.filter(is_read=True, message_id__contains="@example").order_by("message_id").only("message_id")
    assert [one.message_id for one in found] == [f"<{number}@example.org>" for number in (1, 3, 5)]
    assert inbox.filter(subject="Төсөл").count() == 6
    day = exchangelib.EWSDateTime(2026, 1, 2, tzinfo=exchangelib.EWSTimeZone("UTC"))
    old = alice.deliver("Old", raw(7), received=datetime(2026, 1, 2, tzinfo=UTC))
    alice.deliver("Old", raw(8))
    in_time = (inbox.account.msg_folder_root / "Old").filter(datetime_received__range=(day, day + timedelta(days=1)))
    assert [one.id for one in in_time.only("subject")] == [old]
    assert inbox.exclude(is_read=True).count() == 3
    assert inbox.filter(subject__icontains="ТӨС").count() == 6
    assert inbox.filter(datetime_sent__gt=next(iter(inbox.all())).datetime_sent).count() == 0
    assert [one.message_id for one in inbox.all().only("message_id")[4:6]] == ["<1@example.org>", "<0@example.org>"]


class LastVerb(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """PidTagLastVerbExecuted."""

    property_tag = 0x1081
    property_type = "Integer"


class TransportHeaders(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """PidTagTransportMessageHeaders."""

    property_tag = 0x007D
    property_type = "String"


@pytest.fixture
def registered() -> Iterator[None]:
    """Both are fields of messages."""
    exchangelib.Message.register("last_verb", LastVerb)
    exchangelib.Message.register("transport_headers", TransportHeaders)
    yield
    exchangelib.Message.deregister("transport_headers")
    exchangelib.Message.deregister("last_verb")


@pytest.mark.usefixtures("registered")
def test_what_was_answered_is_told_and_found(alice: Mailbox, inbox: Any) -> None:
    answered, other = alice.deliver("inbox", raw(1)), alice.deliver("inbox", raw(2))
    before = alice.snapshot()
    alice.mark_answered(answered, "replyall")
    assert alice.snapshot() != before
    assert [(item.id, item.last_verb) for _, item in inbox.sync_items(only_fields=["last_verb"])] == [
        (other, None),
        (answered, 103),
    ]
    assert [one.id for one in inbox.filter(last_verb__in=(102, 103)).only("subject")] == [answered]
    (got,) = inbox.account.fetch([(answered, None)], only_fields=["transport_headers"])
    assert got.transport_headers.startswith("From: =?utf-8?b?")
    assert got.transport_headers.endswith("\r\n\r\n")
    sent = alice.deliver("sentitems", raw(3))
    (got,) = inbox.account.fetch([(sent, None)], only_fields=["transport_headers"])
    assert got.transport_headers is None


def test_something_can_happen_while_an_answer_is_made(alice: Mailbox, inbox: Any, server: EwsServer) -> None:
    item = alice.deliver("inbox", raw(1))
    server.fail(ews.meanwhile(lambda: alice.trash(item)), operation="GetItem")
    (got,) = inbox.account.fetch([(item, None)], only_fields=["subject"])
    assert isinstance(got, errors.ErrorItemNotFound)


def read_until(url: str, ends: float) -> None:
    """Read an answer; raises Timeout when it takes longer."""
    with requests.Session() as session, session.post(url, data=b"", timeout=0.3, stream=True) as answer:
        for _ in answer.iter_content(65_536):
            if time.monotonic() > ends:
                raise requests.exceptions.Timeout


@pytest.mark.parametrize("fault", [ews.endless, ews.silent])
def test_answers_without_end_end_with_the_server(fault: Callable[[threading.Event], Fault]) -> None:
    with EwsServer() as server:
        server.add_mailbox(ALICE, "secret")
        server.fail(fault(server.ended))
        began = time.monotonic()
        with pytest.raises(requests.exceptions.RequestException):
            read_until(server.url, began + 0.3)
    assert time.monotonic() - began < 5
    assert server.requests[0].operation == ""


def test_hidden_folders_are_told(alice: Mailbox, inbox: Any) -> None:
    alice.make_folder("Seen")
    alice.make_folder("Unseen")
    alice.hide_folder("Unseen")

    class Hidden(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
        property_tag = 0x10F4
        property_type = "Boolean"

    exchangelib.folders.Folder.register("is_hidden", Hidden)
    try:
        found = {
            one.name: one.is_hidden for one in inbox.account.msg_folder_root.walk() if type(one).__name__ == "Messages"
        }
    finally:
        exchangelib.folders.Folder.deregister("is_hidden")
    assert (found["Seen"], found["Unseen"]) == (False, True)


def test_requests_are_counted(server: EwsServer, alice: Mailbox, inbox: Any) -> None:
    items = [alice.deliver("inbox", raw(number)) for number in range(3)]
    since = time.monotonic()
    list(inbox.account.fetch([(item, None) for item in items], only_fields=["subject"]))
    assert server.count("GetItem", ALICE, since=since) == server.count(since=since) == 1
    asked = server.requests[-1]
    assert (asked.ids, asked.user, asked.status) == (3, ALICE, 200)
