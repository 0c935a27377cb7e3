"""What happens to mails that were read: new flags, expunges and moves, on servers that tell of them and on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.api import Change, Cursor, CursorExpired, Deleted, Flagged, Message, Page
from connectors.conformance import ids, last_cursor, mail, message_id, read, stream_named
from tests.conftest import Login
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.mailboxes import opened
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot, Options

#: How the servers differ: (name, advertised capabilities; None: all that Dovecot has).
QRESYNC, CONDSTORE, PLAIN = None, "IMAP4rev1 UIDPLUS CONDSTORE MOVE", "IMAP4rev1 UIDPLUS"


def server_with(capability: str | None) -> Callable[[Dovecot], Iterator[ImapMailbox]]:
    def start(dovecot: Dovecot) -> Iterator[ImapMailbox]:
        with Dovecot({"bob": "b"}, Options(capability=capability, tls=False)) as server:
            yield ImapMailbox(server, Login("bob", "b", server.maildir("bob")))

    return start


# each asks for `dovecot`, so that it is skipped where no Dovecot can be started
quick = pytest.fixture(server_with(QRESYNC), name="quick")
middling = pytest.fixture(server_with(CONDSTORE), name="middling")
plain = pytest.fixture(server_with(PLAIN), name="plain")


def act(mailbox: ImapMailbox, folder: str, *commands: tuple[str, ...]) -> None:
    """UID commands of the person's own mail program."""
    with opened(mailbox.server, mailbox.login) as client:
        client.select(folder)
        for command in commands:
            status, text = client.uid(*command)
            assert status == "OK", text
        client.expunge()


def fill(mailbox: ImapMailbox, amount: int = 6) -> None:
    for n in range(1, amount + 1):
        mailbox.deliver("INBOX", mail(n))


def first(mailbox: ImapMailbox, folder: str = "INBOX") -> Cursor | None:
    with mailbox.connector() as connector:
        return last_cursor(connector.pages(stream_named(connector, folder), None))


def following(mailbox: ImapMailbox, cursor: Cursor | None, folder: str = "INBOX") -> list[Page]:
    with mailbox.connector() as connector:
        return list(connector.pages(stream_named(connector, folder), cursor))


def uids(changes: list[Change], kind: type[Change]) -> list[int]:
    return sorted(int(change.ref.partition(":")[2]) for change in changes if isinstance(change, kind))


def test_expunges_and_new_flags_come_as_changes(quick: ImapMailbox) -> None:
    fill(quick)
    cursor = first(quick)
    act(quick, "INBOX", ("STORE", "2,3", "+FLAGS", "(\\Deleted)"))
    act(quick, "INBOX", ("STORE", "5", "+FLAGS", "(\\Answered $Forwarded)"))
    pages = following(quick, cursor)
    changes = read(pages)
    assert uids(changes, Deleted) == [2, 3]
    (flagged,) = (change for change in changes if isinstance(change, Flagged) and change.ref.endswith(":5"))
    assert flagged.flags >= {"\\Answered", "$Forwarded"}
    assert not any(page.asks_comparison for page in pages)
    assert following(quick, last_cursor(pages, cursor)) == []


def test_a_cut_in_the_middle_of_the_changes_goes_on_behind_the_last_page(
    quick: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.sync.PAGE_MARKS", 3)
    fill(quick, 12)
    cursor = first(quick)
    act(quick, "INBOX", ("STORE", "1:4", "+FLAGS", "(\\Deleted)"))
    for uid in range(5, 13):
        act(quick, "INBOX", ("STORE", str(uid), "+FLAGS", "(\\Answered)"))
    whole = following(quick, cursor)
    assert len(whole) >= 5
    for at in range(len(whole)):
        rest = following(quick, last_cursor(whole[: at + 1], cursor))
        changes = [*read(whole[: at + 1]), *read(rest)]
        assert set(uids(changes, Deleted)) == {1, 2, 3, 4}
        assert set(uids(changes, Flagged)) == set(range(5, 13))
        # what was handed over and committed does not come again
        assert len(uids(read(rest), Flagged)) <= 12 - 4 - len(uids(read(whole[: at + 1]), Flagged)) + 1


def test_new_mail_comes_before_the_flags_of_the_old(quick: ImapMailbox) -> None:
    fill(quick)
    cursor = first(quick)
    act(quick, "INBOX", ("STORE", "1:6", "+FLAGS", "(\\Seen)"))
    quick.deliver("INBOX", mail(7))
    kinds = [type(change) for change in read(following(quick, cursor))]
    assert kinds == [Message, *[Flagged] * 6]


@pytest.mark.parametrize("kind", ["quick", "middling", "plain"])
def test_new_mail_alone_is_one_page(kind: str, request: pytest.FixtureRequest) -> None:
    mailbox: ImapMailbox = request.getfixturevalue(kind)
    fill(mailbox)
    cursor = first(mailbox)
    for n in (7, 8):
        mailbox.deliver("INBOX", mail(n))
        [page] = following(mailbox, cursor)
        assert ids(page.changes) == [message_id(n)]
        cursor = page.cursor
        assert following(mailbox, cursor) == []


def test_a_move_takes_the_mail_from_one_folder_and_brings_it_to_the_other(quick: ImapMailbox) -> None:
    fill(quick)
    cursors = {name: first(quick, name) for name in ("INBOX", "Archive")}
    act(quick, "INBOX", ("MOVE", "4", "Archive"))
    assert uids(read(following(quick, cursors["INBOX"])), Deleted) == [4]
    assert ids(read(following(quick, cursors["Archive"], "Archive"))) == [message_id(4)]


def test_without_qresync_a_vanished_mail_asks_for_a_comparison_and_flags_still_come(middling: ImapMailbox) -> None:
    fill(middling)
    cursor = first(middling)
    act(middling, "INBOX", ("STORE", "5", "+FLAGS", "(\\Answered)"))
    pages = following(middling, cursor)
    assert uids(read(pages), Flagged) == [5]
    assert not any(page.asks_comparison for page in pages)
    cursor = last_cursor(pages, cursor)
    act(middling, "INBOX", ("STORE", "2", "+FLAGS", "(\\Deleted)"))
    pages = following(middling, cursor)
    assert any(page.asks_comparison for page in pages)
    assert following(middling, last_cursor(pages, cursor)) == []


@pytest.mark.parametrize("arriving", [0, 1, 3])
def test_a_plain_server_whose_count_is_short_asks_for_a_comparison(plain: ImapMailbox, arriving: int) -> None:
    fill(plain)
    cursor = first(plain)
    act(plain, "INBOX", ("STORE", "2", "+FLAGS", "(\\Deleted)"))
    for n in range(arriving):
        plain.deliver("INBOX", mail(10 + n))
    pages = following(plain, cursor)
    assert ids(read(pages)) == sorted(message_id(10 + n) for n in range(arriving))
    assert any(page.asks_comparison for page in pages)
    assert following(plain, last_cursor(pages, cursor)) == []


def test_a_plain_server_with_news_alone_asks_for_nothing_more(plain: ImapMailbox) -> None:
    fill(plain)
    cursor = first(plain)
    plain.deliver("INBOX", mail(7))
    pages = following(plain, cursor)
    assert ids(read(pages)) == [message_id(7)]
    assert not any(page.asks_comparison for page in pages)


def test_streams_say_whether_removals_come_by_themselves(quick: ImapMailbox, plain: ImapMailbox) -> None:
    for mailbox, told in ((quick, True), (plain, False)):
        fill(mailbox, 1)
        first(mailbox)
        with mailbox.connector() as connector:
            assert stream_named(connector, "INBOX").tells_removals is told


def test_answered_and_forwarded_mails_are_found_by_search(plain: ImapMailbox) -> None:
    fill(plain)
    act(plain, "INBOX", ("STORE", "2,4", "+FLAGS", "(\\Answered)"), ("STORE", "4,5", "+FLAGS", "($Forwarded)"))
    with plain.connector() as connector:
        marked = connector.marked(stream_named(connector, "INBOX"))
    assert {flag: sorted(ref.partition(":")[2] for ref in refs) for flag, refs in marked.items()} == {
        "\\Answered": ["2", "4"],
        "$Forwarded": ["4", "5"],
    }


def test_outlines_are_those_of_the_mails_as_they_were_read(plain: ImapMailbox) -> None:
    fill(plain, 3)
    with plain.connector() as connector:
        inbox = stream_named(connector, "INBOX")
        mails = {m.ref: m for m in read(connector.pages(inbox, None)) if isinstance(m, Message)}
        outlines = connector.outlines(inbox, [*mails, "5:1", "nonsense", f"{next(iter(mails))}0"])
    assert {ref: (o.size, o.received_at) for ref, o in outlines.items()} == {
        ref: (m.size, m.received_at) for ref, m in mails.items()
    }


@pytest.mark.usefixtures("dovecot")
@pytest.mark.parametrize("name", ["quick", "middling", "plain"])
def test_a_poll_without_news_is_one_round_trip_and_one_of_a_folder_alone_another(
    request: pytest.FixtureRequest, name: str
) -> None:
    mailbox: ImapMailbox = request.getfixturevalue(name)
    fill(mailbox)
    first(mailbox)
    with mailbox.connector() as connector:
        # the first SELECT has Dovecot write its indexes, and may move HIGHESTMODSEQ once
        cursors = {s: last_cursor(connector.pages(s, None)) for s in connector.streams()}
    target = (mailbox.server.host, mailbox.server.imap_port)
    with RecordingProxy(target) as proxy, mailbox.connector(port=proxy.port) as connector:
        proxy.forget()
        for stream in connector.streams():
            assert list(connector.pages(stream, cursors[stream])) == []
        verbs = [command.split()[0] for command in proxy.commands if command != b"CAPABILITY"]
        assert verbs == [b"LIST"] + [b"EXAMINE"] * (0 if name == "quick" else len(cursors))
        proxy.forget()
        inbox = stream_named(connector, "INBOX")
        proxy.forget()
        list(connector.pages(inbox, cursors[inbox]))
        assert list(connector.pages(inbox, cursors[inbox])) == []
        assert [c.split()[0] for c in proxy.commands if not c.startswith(b"ENABLE")].count(b"EXAMINE") >= 1
        assert proxy.harmful == []


@pytest.mark.parametrize("arriving", [0, 1, 3, 5])
def test_a_server_restored_from_a_backup_is_noticed_however_much_arrived_since(
    plain: ImapMailbox, arriving: int
) -> None:
    fill(plain)
    plain.renumber("INBOX", 77)
    cursor = first(plain)
    folder = plain.folder("INBOX")
    for n in (5, 6):
        plain.remove("INBOX", message_id(n))
    for file in folder.glob("dovecot*"):
        if "index" in file.name or file.name == "dovecot-uidlist":
            file.unlink()
    for n in range(arriving):
        plain.deliver("INBOX", mail(20 + n) + b"longer" * 9)
    plain.renumber("INBOX", 77)
    with pytest.raises(CursorExpired, match="restored"):
        following(plain, cursor)
    assert ids(read(following(plain, None))) == sorted(message_id(n) for n in (1, 2, 3, 4, *range(20, 20 + arriving)))
