"""A message that does not come: is it the message, its folder, or the server? Only the first is given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.api import Change, Deleted, Stream, Unavailable, Unreadable
from connectors.conformance import ids, last_cursor, mail, message_id, read
from connectors.imap import fetch
from tests.unit.connectors.bounds import bounded
from tests.unit.connectors.scripted_imap import CUT, TAG, ScriptedImap, uids
from tests.unit.connectors.test_imap_hostile import INBOX, connect

__all__ = ["bounded"]
pytestmark = pytest.mark.usefixtures("bounded")
DONE = TAG + b" OK done\r\n"
#: How a server does not give a message.
WAYS = {
    "cut": CUT,
    "cut within": b"* 1 FETCH (UID 1 BODY[] {30}\r\nonly a part" + CUT,
    "bye": b"* BYE FETCH failed\r\n" + CUT,
    "no": TAG + b" NO storage is gone\r\n",
    "bad": TAG + b" BAD what?\r\n",
    "nonsense": b"nonsense\r\n",
    "silent": DONE,
}
ways = pytest.mark.parametrize("said", WAYS.values(), ids=WAYS)


def refs(changes: list[Change]) -> list[str]:
    """Of what is unreadable."""
    return sorted(change.ref for change in changes if isinstance(change, Unreadable))


class Folders:
    """A server with these folders; `bad` are the UIDs it does not give, by folder, None all."""

    def __init__(self, folders: dict[str, list[int]], bad: dict[str, set[int] | None], said: bytes) -> None:
        self._folders = {name: {n: mail(n) for n in numbers} for name, numbers in folders.items()}
        self._bad = bad
        self._said = said
        self._examined = next(iter(folders))
        self.server = ScriptedImap(self._folders[self._examined], self._answer)

    def _answer(self, command: str) -> bytes | None:
        if command.startswith("LIST"):
            return b"".join(b'* LIST () "/" %s\r\n' % name.encode() for name in self._folders) + DONE
        if command.startswith("EXAMINE"):
            self._examined = command.split()[1].strip('"')
            self.server.mails = self._folders[self._examined]
            self.server.uidnext = max(self.server.mails, default=0) + 1
        if "BODY.PEEK" in command:
            bad = self._bad.get(self._examined, set())
            if bad is None or bad & set(uids(command)):
                return self._said
        return None


@ways
@pytest.mark.parametrize("amount", [1, 2, 5, 7, 40])
def test_a_server_that_gives_no_message_at_all_is_unavailable_and_none_is_given_up(said: bytes, amount: int) -> None:
    mails = {n: mail(n) for n in range(1, amount + 1)}
    with ScriptedImap(mails, lambda c: said if "BODY.PEEK" in c else None) as server:
        with connect(server) as connector, pytest.raises(Unavailable) as caught:
            read(connector.pages(INBOX, None))
        assert caught.value.step != "select"
        # each at most twice and a few more, whatever the amount
        assert server.connections <= 25


@ways
def test_a_server_that_breaks_after_some_messages_gives_up_none_of_the_rest(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAGE_MESSAGES", 2)
    mails = {n: mail(n) for n in range(1, 9)}
    broken: list[str] = []

    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" in command and (broken or min(uids(command)) <= 4):
            broken.append(command)
            return said
        return None

    with ScriptedImap(mails, answer) as server:
        with connect(server) as connector:
            pages = connector.pages(INBOX, None)
            known = [next(pages), next(pages)]
            with pytest.raises(Unavailable):
                next(pages)
        assert ids(read(known)) == [message_id(n) for n in (5, 6, 7, 8)]
        server.answer = lambda command: None
        with connect(server) as connector:
            assert ids(read([*known, *connector.pages(INBOX, known[-1].cursor)])) == sorted(map(message_id, mails))


@ways
def test_one_new_message_that_does_not_come_is_given_up_where_an_old_one_does(said: bytes) -> None:
    mails = {n: mail(n) for n in range(1, 5)}
    with ScriptedImap(mails) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.mails, server.uidnext = mails | {5: mail(5)}, 6
        server.answer = lambda c: said if "BODY.PEEK" in c and 5 in uids(c) else None
        changes = read(connector.pages(INBOX, cursor))
        assert (ids(changes), refs(changes)) == ([], ["7:5"])
        # the last one that came before is asked for: one more question
        assert [uids(c) for c in server.commands if "BODY.PEEK" in c][-1] == [4]


@ways
def test_one_new_message_that_does_not_come_waits_where_an_old_one_does_not_either(said: bytes) -> None:
    mails = {n: mail(n) for n in range(1, 5)}
    with ScriptedImap(mails) as server:
        with connect(server) as connector:
            cursor = last_cursor(connector.pages(INBOX, None))
            server.mails, server.uidnext = mails | {5: mail(5)}, 6
            server.answer = lambda c: said if "BODY.PEEK" in c else None
            with pytest.raises(Unavailable):
                read(connector.pages(INBOX, cursor))
        server.answer = lambda c: None
        with connect(server) as connector:
            assert ids(read(connector.pages(INBOX, cursor))) == [message_id(5)]


@ways
def test_the_only_message_of_a_folder_is_given_up_where_another_folder_gives_one(said: bytes) -> None:
    folders = Folders({"Empty": [], "INBOX": [1, 2], "Notes": [9]}, {"Notes": {9}}, said)
    with folders.server as server, connect(server) as connector:
        changes = read(connector.pages(Stream(name="Notes"), None))
        assert refs(changes) == ["7:9"]
        assert len(read(connector.pages(INBOX, None))) == 2


@ways
def test_a_folder_that_gives_no_message_is_refused_and_the_others_are_read(said: bytes) -> None:
    folders = Folders({"Old": list(range(1, 30)), "INBOX": [1, 2]}, {"Old": None}, said)
    with folders.server as server, connect(server) as connector:
        with pytest.raises(Unavailable, match="no message of this folder") as caught:
            read(connector.pages(Stream(name="Old"), None))
        assert caught.value.step == "select"
        assert len(read(connector.pages(INBOX, None))) == 2


@ways
def test_any_number_of_bad_messages_is_given_up_while_others_come(said: bytes) -> None:
    bad = set(range(3, 30))
    folders = Folders({"INBOX": list(range(1, 32))}, {"INBOX": bad}, said)
    with folders.server as server, connect(server) as connector:
        changes = read(connector.pages(INBOX, None))
    assert refs(changes) == sorted(f"7:{n}" for n in bad)
    assert ids(changes) == sorted(message_id(n) for n in (1, 2, 30, 31))


@ways
def test_messages_asked_for_by_reference_are_judged_alike(said: bytes) -> None:
    folders = Folders({"INBOX": [1, 2, 3]}, {"INBOX": {2}}, said)
    with folders.server as server, connect(server) as connector:
        (batch,) = connector.fetch(INBOX, ["7:2", "7:8"])
        assert sorted(change.ref for change in batch.changes if isinstance(change, Deleted)) == ["7:8"]
        assert refs(list(batch.changes)) == ["7:2"]
        folders._bad["INBOX"] = None
        with pytest.raises(Unavailable):
            list(connector.fetch(INBOX, ["7:2"]))


def test_silence_is_never_a_message_that_is_to_blame() -> None:
    silence: Callable[[str], bytes | None] = lambda c: b"" if "BODY.PEEK" in c else None  # noqa: E731 - a script
    with ScriptedImap({1: mail(1), 2: mail(2)}, silence) as server:
        with connect(server, timeout_seconds=0.3) as connector, pytest.raises(Unavailable, match="did not answer"):
            read(connector.pages(INBOX, None))
        assert server.connections == 1
