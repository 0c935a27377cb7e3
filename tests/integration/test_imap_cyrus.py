"""The IMAP connector keeps its promises on Cyrus too, whose folders have ids that last (RFC 8474)."""

from __future__ import annotations

import contextlib
import imaplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from connectors.api import Change, Connector, Cursor, Deleted, Flagged, Page, Purpose, Secret
from connectors.conformance import (
    MONGOLIAN,
    ConnectorConformance,
    Deliver,
    InspectionConformance,
    RemovalConformance,
    Remove,
    ids,
    last_cursor,
    mail,
    message_id,
    read,
    stream_named,
)
from connectors.imap import ImapConnector, ImapSettings
from tests.integration.mailboxes import quoted
from tests.integration.recording import RecordingProxy
from tests.servers.cyrus import Cyrus

pytestmark = pytest.mark.slow
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class CyrusMailbox:
    """Of one user that no other test has."""

    server: Cyrus
    user: str

    def connector(self, port: int | None = None) -> ImapConnector:
        settings = ImapSettings(
            host=self.server.host, port=port or self.server.imap_port, security="none", username=self.user
        )
        return ImapConnector(settings, Secret(self.server.users[self.user]))

    @contextlib.contextmanager
    def opened(self, folder: str | None = None) -> Iterator[imaplib.IMAP4]:
        """The mailbox as the person's own mail program opens it."""
        with imaplib.IMAP4(self.server.host, self.server.imap_port) as client:
            client.login(self.user, self.server.users[self.user])
            if folder is not None:
                assert client.select(quoted(folder))[0] == "OK"
            yield client

    def deliver(self, folder: str, raw: bytes) -> None:
        """File a mail; Cyrus refuses some that are broken."""
        with self.opened() as client:
            for end in range(1, folder.count("/") + 2):
                client.create(quoted("/".join(folder.split("/")[:end])))
            with contextlib.suppress(imaplib.IMAP4.error):
                client.append(quoted(folder), "", "", raw)

    def remove(self, folder: str, mid: str) -> None:
        with self.opened(folder) as client:
            _status, [found] = client.uid("SEARCH", "HEADER", "Message-ID", f'"<{mid}>"')
            client.uid("STORE", found.decode(), "+FLAGS", "(\\Deleted)")
            client.expunge()


@pytest.fixture
def mailbox(cyrus: Cyrus) -> CyrusMailbox:
    user = f"rep{next(_numbers)}"
    cyrus.add_user(user, f"secret of {user}")
    return CyrusMailbox(cyrus, user)


class TestImapConnector(ConnectorConformance, RemovalConformance, InspectionConformance):
    @pytest.fixture
    def connector_factory(self, mailbox: CyrusMailbox) -> Callable[[], Connector]:
        return mailbox.connector

    @pytest.fixture
    def deliver(self, mailbox: CyrusMailbox) -> Deliver:
        return mailbox.deliver

    @pytest.fixture
    def remove(self, mailbox: CyrusMailbox) -> Remove:
        return mailbox.remove


def begin(mailbox: CyrusMailbox, folder: str = "INBOX", amount: int = 6) -> Cursor | None:
    for n in range(1, amount + 1):
        mailbox.deliver(folder, mail(n))
    with mailbox.connector() as connector:
        return last_cursor(connector.pages(stream_named(connector, folder), None))


def following(mailbox: CyrusMailbox, cursor: Cursor | None, folder: str = "INBOX") -> list[Page]:
    with mailbox.connector() as connector:
        return list(connector.pages(stream_named(connector, folder), cursor))


def uids(changes: list[Change], kind: type[Change]) -> list[int]:
    return sorted(int(change.ref.partition(":")[2]) for change in changes if isinstance(change, kind))


def test_expunges_flags_and_moves_come_as_changes(mailbox: CyrusMailbox) -> None:
    cursor = begin(mailbox)
    with mailbox.opened("INBOX") as client:
        assert client.uid("STORE", "5", "+FLAGS", "(\\Answered $Forwarded)")[0] == "OK"
        assert client.uid("MOVE", "2,3", "Archive")[0] == "OK"
    pages = following(mailbox, cursor)
    changes = read(pages)
    assert (uids(changes, Deleted), uids(changes, Flagged)) == ([2, 3], [5])
    assert not any(page.asks_comparison for page in pages)
    assert following(mailbox, last_cursor(pages, cursor)) == []
    assert ids(read(following(mailbox, None, "Archive"))) == [message_id(2), message_id(3)]


def test_a_poll_without_news_is_one_list(mailbox: CyrusMailbox) -> None:
    begin(mailbox)
    with mailbox.connector() as connector:
        cursors = {s: last_cursor(connector.pages(s, None)) for s in connector.streams()}
    target = (mailbox.server.host, mailbox.server.imap_port)
    with RecordingProxy(target) as proxy, mailbox.connector(proxy.port) as connector:
        proxy.forget()
        for stream in connector.streams():
            assert list(connector.pages(stream, cursors[stream])) == []
        assert [c.split()[0] for c in proxy.commands if c != b"CAPABILITY"] == [b"LIST"]
        assert proxy.harmful == []


def test_a_renamed_folder_has_the_same_id_and_its_cursor_goes_on(mailbox: CyrusMailbox) -> None:
    cursor = begin(mailbox, "Work")
    with mailbox.connector() as connector:
        [before] = connector.identified([stream_named(connector, "Work")])
    with mailbox.opened() as client:
        assert client.rename("Work", quoted(MONGOLIAN))[0] == "OK"
    with mailbox.connector() as connector:
        [after] = connector.identified([stream_named(connector, MONGOLIAN)])
        assert after.server_id == before.server_id is not None
        assert read(connector.pages(after, cursor)) == []
    mailbox.deliver(MONGOLIAN, mail(9))
    assert ids(read(following(mailbox, cursor, MONGOLIAN))) == [message_id(9)]


def test_special_folders_come_with_their_purpose(mailbox: CyrusMailbox) -> None:
    with mailbox.connector() as connector:
        assert {stream.name: stream.purpose for stream in connector.streams()} == {
            "Sent": Purpose.SENT,
            "INBOX": Purpose.INBOX,
            "Archive": Purpose.ARCHIVE,
            "Drafts": Purpose.DRAFTS,
            "Junk": Purpose.JUNK,
            "Trash": Purpose.TRASH,
        }
