"""Gmail: All Mail instead of the folders that show labels, and what a mail is for from its labels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.api import Message, Purpose
from connectors.conformance import ids, mail, message_id, read, stream_named
from connectors.imap.responses import parse_labels
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap, uids
from tests.unit.connectors.test_imap_hostile import connect

DONE = TAG + b" OK done\r\n"
FOLDERS = (
    rb'* LIST () "/" "INBOX"',
    rb'* LIST () "/" "Customers"',
    rb'* LIST (\Noselect) "/" "[Gmail]"',
    rb'* LIST (\All) "/" "[Gmail]/&BkYGMgYn-"',
    rb'* LIST (\Drafts) "/" "[Gmail]/Drafts"',
    rb'* LIST (\Sent) "/" "[Gmail]/Sent Mail"',
    rb'* LIST (\Junk) "/" "[Gmail]/Spam"',
    rb'* LIST (\Trash) "/" "[Gmail]/Trash"',
)
#: UID -> labels as Gmail writes them, and what follows.
LABELS = {
    1: (rb'"\\Inbox" "\\Important"', Purpose.INBOX),
    2: (rb'"\\Sent"', Purpose.SENT),
    3: (rb'"\\Inbox" "\\Sent" Customers', Purpose.SENT),
    4: (rb"\Draft", Purpose.DRAFTS),
    5: (b"", None),
    6: (rb'Sent "two words" "\\Starred"', None),
}


class Gmail(ScriptedImap):
    def __init__(self) -> None:
        super().__init__({n: mail(n) for n in LABELS}, self.say)
        self.capabilities = "IMAP4rev1 X-GM-EXT-1 UIDPLUS"
        self.folders: tuple[bytes, ...] = FOLDERS

    def say(self, command: str) -> bytes | None:
        if command.startswith("LIST"):
            return b"".join(line + b"\r\n" for line in self.folders) + DONE
        if "X-GM-LABELS" in command:
            asked = [uid for uid in uids(command) if uid in LABELS]
            lines = [b"* %d FETCH (X-GM-LABELS (%s) UID %d)\r\n" % (uid, LABELS[uid][0], uid) for uid in asked]
            return b"".join(lines) + DONE
        return None


@pytest.fixture
def server() -> Iterator[Gmail]:
    with Gmail() as server:
        yield server


def test_all_mail_is_read_instead_of_the_labels(server: Gmail) -> None:
    with connect(server) as connector:
        streams = connector.streams()
        assert [(s.name, s.purpose) for s in streams] == [
            ("[Gmail]/Spam", Purpose.JUNK),
            ("[Gmail]/Trash", Purpose.TRASH),
            ("[Gmail]/نزا", Purpose.ALL),
        ]
        assert [stream.name for stream in connector.watched()] == ["[Gmail]/نزا"]
        assert set(connector.left_out) == {"INBOX", "Customers", "[Gmail]/Drafts", "[Gmail]/Sent Mail"}


def test_each_mail_has_the_purpose_that_its_labels_tell(server: Gmail) -> None:
    with connect(server) as connector:
        stream = next(s for s in connector.streams() if s.purpose is Purpose.ALL)
        mails = {m.message_id: m for m in read(connector.pages(stream, None)) if isinstance(m, Message)}
        fetched = [c for batch in connector.fetch(stream, ["7:2", "7:6"]) for c in batch.changes]
    assert {mid: m.purpose for mid, m in mails.items()} == {
        message_id(n): purpose for n, (_, purpose) in LABELS.items()
    }
    assert [m.purpose for m in fetched if isinstance(m, Message)] == [Purpose.SENT, None]


def test_labels_are_not_asked_for_where_the_folder_tells_enough(server: Gmail) -> None:
    with connect(server) as connector:
        assert len(ids(read(connector.pages(stream_named(connector, "[Gmail]/Spam"), None)))) == len(LABELS)
    assert not any("X-GM" in command for command in server.commands)


def test_all_folders_are_read_where_all_mail_is_hidden_and_those_that_are_named(server: Gmail) -> None:
    server.folders = tuple(line for line in FOLDERS if b"\\All" not in line)
    with connect(server) as connector:
        assert len(connector.streams()) == 6
        assert [stream.name for stream in connector.watched()] == ["[Gmail]/Sent Mail", "INBOX"]


def test_a_server_that_refuses_the_labels_is_tried_again_later(server: Gmail) -> None:
    usual = server.answer
    server.answer = lambda command: TAG + b" NO not now\r\n" if "X-GM" in command else usual(command)
    with connect(server) as connector, pytest.raises(Exception, match="does not tell the labels"):
        list(connector.pages(next(s for s in connector.streams() if s.purpose is Purpose.ALL), None))


def test_labels_are_read_as_far_as_they_make_sense() -> None:
    lines = [b"1 (UID 5 X-GM-LABELS NIL)", b"2 (UID 6)", b"nonsense", b"3 ((", b"4 (UID 7 X-GM-LABELS (NIL \\Sent))"]
    assert parse_labels([*lines, (b"5 (UID 8 X-GM-LABELS ({2}", b"a)"), b"))"]) == {
        7: frozenset({b"\\sent"}),
        8: frozenset({b"a)"}),
    }
