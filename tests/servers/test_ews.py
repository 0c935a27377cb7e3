"""The double of Exchange Web Services, as exchangelib sees it: folders, mail, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import exchangelib
import pytest
from exchangelib import errors

from tests.servers import ews
from tests.servers.certificates import CertificateAuthority
from tests.servers.ews import EwsServer, Mailbox
from tests.servers.ews.ntlm import md4
from tests.servers.ews_client import Client

# a server works in the same process
pytestmark = pytest.mark.slow

ALICE = "alice@example.test"
RAW = (
    "From: =?utf-8?b?2K3Ys9mG?= <hasan@example.org>\r\nTo: Alice <alice@example.test>\r\nCc: c@example.org\r\n"
    "Subject: =?utf-8?b?0KLTqdGB06nQuw==?=\r\nDate: Mon, 06 Jan 2025 10:00:01 +0330\r\nMessage-ID: <{}@example.org>\r\n"
    "In-Reply-To: <root@example.org>\r\nReferences: <root@example.org>\r\n\r\nHello <there>\r\n"
)


def raw(number: int) -> bytes:
    """A mail whose Message-ID is <number@example.org>."""
    return RAW.format(number).encode()


@pytest.fixture
def server() -> Iterator[EwsServer]:
    """A server without mailboxes; at its end nothing may have broken the schema."""
    with EwsServer() as running:
        yield running


@pytest.fixture
def alice(server: EwsServer) -> Mailbox:
    return server.add_mailbox(ALICE, "secret", name="Alice Test")


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def account(server: EwsServer, alice: Mailbox, client: Client) -> Any:
    return client.account(server, ALICE)


def told(folder: Any, fields: tuple[str, ...] = ("subject", "message_id")) -> list[tuple[str, Any]]:
    """Changes of a folder since the last call."""
    return list(folder.sync_items(only_fields=list(fields)))


def test_a_client_finds_out_the_login_and_the_version(server: EwsServer, alice: Mailbox, client: Client) -> None:
    account = client.account(server, ALICE, is_guessing=True)
    assert str(account.version.build) == "15.1.2507.27"
    assert account.protocol.auth_type == "basic"
    assert [(one.operation, one.status) for one in server.requests] == [("ConvertId", 401), ("ConvertId", 200)]


def test_folders_are_those_of_a_new_mailbox_and_those_made(account: Any, alice: Mailbox) -> None:
    alice.make_folder("Архив/پروژه‌ها")
    names = {folder.name for folder in account.root.walk()}
    assert {"Inbox", "Sent Items", "Архив", "پروژه‌ها"} <= names
    assert account.inbox.name == "Inbox"
    assert (account.msg_folder_root / "Архив" / "پروژه‌ها").folder_class == "IPF.Note"
    with pytest.raises(errors.ErrorFolderNotFound):
        _ = account.msg_folder_root // "no such folder"


def test_the_hierarchy_is_told_once_and_then_what_changes(account: Any, alice: Mailbox) -> None:
    alice.make_folder("Work")
    alice.make_folder("Old")
    assert {kind for kind, _ in account.root.sync_hierarchy()} == {"create"}
    assert list(account.root.sync_hierarchy()) == []
    alice.rename_folder("Work", "Labour")
    alice.remove_folder("Old")
    alice.make_folder("New")
    kinds = sorted((kind, getattr(what, "name", None)) for kind, what in account.root.sync_hierarchy())
    assert kinds == [("create", "New"), ("delete", None), ("update", "Labour")]
    alice.invalidate_sync()
    with pytest.raises(errors.ErrorInvalidSyncStateData):
        list(account.root.sync_hierarchy())


def test_items_come_newest_first_in_pages_and_then_what_changes(
    account: Any, alice: Mailbox, server: EwsServer
) -> None:
    ids = [alice.deliver("inbox", raw(number)) for number in range(7)]
    inbox = account.inbox
    first = list(inbox.sync_items(only_fields=["message_id"], max_changes_returned=3))
    assert [item.message_id for _, item in first] == [f"<{number}@example.org>" for number in range(6, -1, -1)]
    assert server.count("SyncFolderItems") == 3
    alice.mark_read(ids[0])
    alice.trash(ids[1])
    alice.set(ids[2], "Sensitivity", "Private")
    alice.remove(ids[3])
    alice.mark_answered(ids[4], "forward")
    alice.deliver("inbox", raw(8))
    kinds = [kind for kind, _ in told(inbox)]
    assert kinds == ["create", "update", "update", "delete", "delete", "read_flag_change"]
    assert told(inbox) == []
    assert [item.message_id for _, item in told(account.trash)] == ["<1@example.org>"]


def test_what_comes_between_pages_is_told_once(account: Any, alice: Mailbox) -> None:
    ids = [alice.deliver("inbox", raw(number)) for number in range(4)]
    pages = account.inbox.sync_items(only_fields=["message_id"], max_changes_returned=2)
    seen = [next(pages), next(pages)]
    alice.remove(ids[0])
    alice.deliver("inbox", raw(9))
    seen += list(pages)
    assert sorted(item.message_id for _, item in seen) == [f"<{number}@example.org>" for number in (1, 2, 3, 9)]


def test_an_item_has_what_exchange_makes_of_a_mail(account: Any, alice: Mailbox) -> None:
    item = alice.deliver("inbox", raw(1))
    (message,) = account.fetch([(item, None)])
    assert message.subject == "Төсөл"
    assert (message.author.name, message.author.email_address) == ("حسن", "hasan@example.org")
    assert [one.email_address for one in message.to_recipients] == [ALICE]
    assert [one.email_address for one in message.cc_recipients] == ["c@example.org"]
    assert (message.message_id, message.in_reply_to) == ("<1@example.org>", "<root@example.org>")
    assert message.references == "<root@example.org>"
    assert message.text_body == "Hello <there>\r\n"
    assert message.mime_content == raw(1)
    assert message.datetime_sent.isoformat() == "2025-01-06T06:30:01+00:00"
    assert message.item_class == "IPM.Note"
    assert {header.name: header.value for header in message.headers}["Subject"] == "Төсөл"
    assert not message.is_read


def test_views_leave_out_what_only_get_item_reads(account: Any, alice: Mailbox) -> None:
    alice.deliver("inbox", raw(1))
    ((_, item),) = told(account.inbox, ("author", "to_recipients", "body", "headers", "subject"))
    assert item.subject == "Төсөл"
    assert (item.author.name, item.author.email_address) == ("حسن", None)
    assert (item.to_recipients, item.body, item.headers) == (None, None, None)


def test_our_own_mail_has_no_headers_of_the_way_it_took(account: Any, alice: Mailbox) -> None:
    item = alice.deliver("sentitems", raw(1))
    (message,) = account.fetch([(item, None)], only_fields=["headers", "message_id", "is_read", "is_from_me"])
    assert (message.headers, message.message_id) == (None, "<1@example.org>")
    assert message.is_read
    assert message.is_from_me


def test_long_lists_come_in_pages(account: Any, alice: Mailbox, server: EwsServer) -> None:
    for number in range(130):
        alice.make_folder(f"Projects/{number}")
        alice.deliver("inbox", raw(number))
    assert len(list((account.msg_folder_root / "Projects").children)) == 130
    assert server.count("FindFolder") == 2
    assert len({item.id for item in account.inbox.all().only("subject")}) == 130
    assert server.count("FindItem") == 2


def test_people_of_the_organization_have_names_of_the_directory(
    account: Any, alice: Mailbox, server: EwsServer
) -> None:
    name = "/O=EXAMPLE/OU=GROUP/CN=RECIPIENTS/CN=HASAN"
    server.legacy["hasan@example.org"] = name
    item = alice.deliver("inbox", raw(1))
    (got,) = account.fetch([(item, None)], only_fields=["author"])
    assert (got.author.email_address, got.author.routing_type) == (name, "EX")


def test_hundreds_of_mailboxes_are_served(server: EwsServer, client: Client) -> None:
    server.add_account("svc", "secret", impersonates=["*"])
    boxes = [server.add_mailbox(f"rep{number}@example.test") for number in range(200)]
    ids = [box.deliver("inbox", raw(number)) for number, box in enumerate(boxes)]
    for number in (0, 199):
        made = client.account(server, boxes[number].address, username="svc", access=exchangelib.IMPERSONATION)
        assert [item.id for _, item in told(made.inbox)] == [ids[number]]
    assert len(set(ids)) == 200


def test_errors_of_items_come_one_by_one(account: Any, alice: Mailbox) -> None:
    ids = [alice.deliver("inbox", raw(number)) for number in range(4)]
    alice.break_item(ids[0], "ErrorItemCorrupt", times=1)
    alice.break_item(ids[1], "ErrorMimeContentConversionFailed")
    alice.trash(ids[2])
    got = list(account.fetch([(one, None) for one in (*ids, "AAMk")], only_fields=["subject"]))
    assert [type(one).__name__ for one in got] == [
        "ErrorItemCorrupt",
        "ErrorMimeContentConversionFailed",
        "ErrorItemNotFound",
        "Message",
        "ErrorInvalidIdMalformed",
    ]
    (again,) = account.fetch([(ids[0], None)], only_fields=["subject"])
    assert again.subject == "Төсөл"


def test_a_server_that_is_busy_tells_how_long(account: Any, server: EwsServer) -> None:
    server.fail(ews.server_busy(297_000), operation="SyncFolderItems")
    inbox = account.inbox
    with pytest.raises(errors.ErrorServerBusy) as caught:
        told(inbox)
    assert caught.value.back_off == 297
    assert told(inbox) == []


def test_a_wrong_password_is_refused(server: EwsServer, alice: Mailbox, client: Client) -> None:
    with pytest.raises(errors.UnauthorizedError):
        _ = client.account(server, ALICE, password="wrong").inbox
    assert {one.status for one in server.requests} == {401}


def test_ntlm_is_a_challenge_that_only_the_password_answers(client: Client) -> None:
    assert md4(b"abc").hex() == "a448017aaf21d8525fc10ae87aa6729d"
    with EwsServer(schemes=("NTLM",)) as server:
        server.add_mailbox(ALICE, "secret", username="EXAMPLE\\alice")
        assert client.account(server, ALICE, auth="NTLM", username="EXAMPLE\\alice").inbox.name == "Inbox"
        with pytest.raises(errors.UnauthorizedError):
            _ = client.account(server, ALICE, auth="NTLM", username="EXAMPLE\\alice", password="wrong").inbox


def test_it_speaks_tls(client: Client, tmp_path: Any) -> None:
    authority = CertificateAuthority(tmp_path)
    with EwsServer(certificate=authority.issue()) as server:
        server.add_mailbox(ALICE, "secret")
        assert server.url.startswith("https://")
        with client.trusting(authority):
            assert client.account(server, ALICE).inbox.name == "Inbox"


def test_what_breaks_the_schema_is_a_problem(server: EwsServer, alice: Mailbox, client: Client) -> None:
    if server._schema is None or not server._schema.is_there:
        pytest.skip("the schema of Exchange is not beside the repository")
    account = client.account(server, ALICE)
    with pytest.raises(errors.ErrorSchemaValidation):
        list(account.inbox.sync_items(only_fields=["subject"], max_changes_returned=513))
    assert "513" in server.problems.pop()
    assert server.problems == []
