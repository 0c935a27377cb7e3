"""An Exchange that fails: nothing is lost, doubled, or asked for too early, and the error says what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from connectors.api import (
    CursorExpired,
    Deleted,
    Flagged,
    Message,
    NotPermitted,
    Unavailable,
    Unreadable,
)
from connectors.conformance import ids, last_cursor, mail, message_id, read, stream_named
from connectors.ews import questions
from tests.integration.exchange import ExchangeMailbox, add, error_of, exchange, whole
from tests.servers.ews import (
    EwsServer,
    Fault,
    cut,
    edited,
    endless,
    http_status,
    login_page,
    no_xml,
    server_busy,
    silent,
    slow,
    soap_fault,
)

# a server works in the same process
pytestmark = pytest.mark.slow

AMOUNT = 12
ALL = sorted(message_id(n) for n in range(AMOUNT))
OPERATIONS = ("GetFolder", "FindFolder", "SyncFolderItems", "FindItem", "GetItem")


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        for n in range(AMOUNT):
            mailbox.deliver("INBOX", mail(n))
        yield mailbox


@pytest.fixture
def fifths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers hold a fifth of what they do otherwise, so that fewer mails are more than one of them has."""
    monkeypatch.setattr(questions, "MAX_FOUND", questions.MAX_FOUND // 5)
    monkeypatch.setattr(questions, "MAX_CHANGES", questions.MAX_CHANGES // 5)


def transient(server: EwsServer) -> dict[str, tuple[Fault, float | None]]:
    """Faults that pass, and the rest that the server asks for."""
    return {
        "busy": (server_busy(297_000), 297.0),
        "busy, for nobody knows how long": (server_busy(), None),
        "503": (http_status(503, Retry_After="120"), 120.0),
        "503 at once": (http_status(503), None),
        "429": (http_status(429, Retry_After="30"), 30.0),
        "500": (http_status(500, b"Server Error in '/EWS' Application"), None),
        "502": (http_status(502), None),
        "store": (soap_fault("ErrorMailboxStoreUnavailable"), None),
        "move": (soap_fault("ErrorMailboxMoveInProgress"), None),
        "internal": (soap_fault("ErrorInternalServerTransientError"), None),
        "too many": (soap_fault("ErrorExceededConnectionCount"), None),
        "login page": (login_page(), None),
        "no XML": (no_xml(), None),
        "cut": (cut(), None),
        "cut in the head": (cut(20), None),
        "cut in the body": (cut(700), None),
        "endless": (endless(server.ended), None),
        "silent": (silent(server.ended), None),
    }


NAMES = tuple(transient(EwsServer(validates=False)))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_what_passes_is_unavailable_and_loses_nothing(mailbox: ExchangeMailbox, name: str, operation: str) -> None:
    fault, rest = transient(mailbox.server)[name]
    mailbox.server.fail(fault, operation=operation, times=None)
    error = error_of(mailbox, timeout_seconds=0.3 if name == "silent" else 10.0)
    assert isinstance(error, Unavailable)
    assert not isinstance(error, NotPermitted)
    assert error.retry_after == rest
    mailbox.server.heal()
    assert whole(mailbox) == ALL


@pytest.mark.parametrize("name", [name for name in NAMES if name != "silent"])
@pytest.mark.parametrize("skip", [0, 1, 2, 3, 4, 5])
def test_reading_goes_on_where_it_broke(mailbox: ExchangeMailbox, name: str, skip: int) -> None:
    """Whichever request it is that fails, once, in a first reading, and in the one after it."""
    fault, _rest = transient(mailbox.server)[name]
    cursor = None
    seen = []
    mailbox.server.fail(fault, skip=skip)
    for _attempt in range(4):
        try:
            with mailbox.connector() as connector:
                for page in connector.pages(stream_named(connector, "INBOX"), cursor):
                    cursor = page.cursor or cursor
                    seen += list(page.changes)
        except Unavailable:
            mailbox.deliver("INBOX", mail(100 + skip))
    assert set(ids(seen)) >= set(ALL)
    assert not [each for each in seen if isinstance(each, Unreadable)]
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        assert {each.ref for each in seen} == set(connector.refs(stream))
        assert read(connector.pages(stream, cursor)) == []


def test_a_connection_that_ended_while_it_rested_is_made_anew(mailbox: ExchangeMailbox) -> None:
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        mailbox.server.fail(cut(is_done=False))
        assert ids(read(connector.pages(stream, None))) == ALL


def test_a_state_that_the_server_forgot_is_told(mailbox: ExchangeMailbox) -> None:
    mailbox.server.oddities.errors_without_sync_state = True
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        cursor = last_cursor(connector.pages(stream, None))
        mailbox.expire("INBOX")
        with pytest.raises(CursorExpired):
            read(connector.pages(stream, cursor))
        assert ids(read(connector.pages(stream, None))) == ALL


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("SyncFolderItems", edited(rb"<m:SyncState>[^<]*</m:SyncState>")),
        ("SyncFolderItems", edited(rb"<m:SyncState>[^<]*</m:SyncState>", b"<m:SyncState/>")),
        ("SyncFolderItems", edited(rb"<m:ResponseMessages>.*</m:ResponseMessages>", b"<m:ResponseMessages/>")),
        ("FindItem", edited(rb"<m:RootFolder.*</m:RootFolder>")),
        ("GetItem", edited(rb"<m:ResponseMessages>.*</m:ResponseMessages>", b"<m:ResponseMessages/>")),
        ("GetItem", edited(rb"GetItemResponse(?!Message)", b"FindItemResponse")),
        ("GetFolder", edited(rb"<m:GetFolderResponseMessage.*?</m:GetFolderResponseMessage>")),
        ("FindFolder", edited(rb"TotalItemsInView=\"\d+\"", b'TotalItemsInView="99"')),
    ],
)
def test_half_an_answer_is_none_and_loses_nothing(mailbox: ExchangeMailbox, operation: str, fault: Fault) -> None:
    """Whether it is always so, or was so once."""
    mailbox.server.fail(fault, operation=operation, times=None)
    assert isinstance(error_of(mailbox), Unavailable)
    mailbox.server.heal()
    mailbox.server.fail(fault, operation=operation)
    with contextlib.suppress(Unavailable):
        assert whole(mailbox) == ALL
    assert whole(mailbox) == ALL


@pytest.mark.parametrize("kept", [0, 1, 5, 11])
def test_answers_for_a_part_of_a_batch_are_taken_for_no_others(mailbox: ExchangeMailbox, kept: int) -> None:
    one = rb"<m:GetItemResponseMessage.*?</m:GetItemResponseMessage>"
    rest = rb"(?:" + one + rb"){%d}" % (AMOUNT - kept)
    mailbox.server.fail(edited(rb"(<m:ResponseMessages>)" + rest, rb"\1"), operation="GetItem")
    with mailbox.connector() as connector:
        changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    assert ids(changes) == ALL
    assert {each.ref for each in changes} == set(mailbox.mailbox.ids("inbox"))


@pytest.mark.usefixtures("fifths")
def test_an_end_that_is_told_too_early_is_none(mailbox: ExchangeMailbox) -> None:
    mailbox.server.oddities.early_last_page = True
    for n in range(AMOUNT, 220):
        mailbox.deliver("INBOX", mail(n))
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        pages = list(connector.pages(stream, None))
        assert len(ids(read(pages))) == 220
        assert len(set(connector.refs(stream))) == 220
        assert pages[-1].complete_since is not None
        for n in range(220, 330):
            mailbox.deliver("INBOX", mail(n))
        seen, cursor = [], last_cursor(pages)
        while page := list(connector.pages(stream, cursor)):
            seen += ids(read(page))
            cursor = last_cursor(page, cursor)
        assert sorted(seen) == sorted(message_id(n) for n in range(220, 330))


def test_what_goes_away_while_a_folder_is_listed_hides_nothing(mailbox: ExchangeMailbox) -> None:
    for n in range(AMOUNT, 1100):
        mailbox.deliver("INBOX", mail(n))
    newest_first = mailbox.mailbox.ids("inbox")
    with mailbox.connector() as connector:
        listed = connector.refs(stream_named(connector, "INBOX"))
        seen = [next(listed)]
        for item in newest_first[:20]:
            mailbox.mailbox.remove(item)
        seen += listed
    assert len(seen) == len(set(seen))
    assert set(seen) >= set(newest_first[20:])


def test_fractions_of_seconds_are_survived(mailbox: ExchangeMailbox) -> None:
    mailbox.server.oddities.fractional_seconds = True
    assert whole(mailbox) == ALL


@pytest.mark.usefixtures("fifths")
def test_many_mails_of_one_second_come_once(mailbox: ExchangeMailbox) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    for n in range(100, 360):
        mailbox.mailbox.deliver("inbox", mail(n), received=at)
    for n in range(360, 370):
        mailbox.mailbox.deliver("inbox", mail(n), received=at - timedelta(days=1))
    expected = sorted(ALL + [message_id(n) for n in range(100, 370)])
    assert whole(mailbox) == expected
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        first = next(iter(page for page in connector.pages(stream, None) if page.changes))
        rest = read(connector.pages(stream, first.cursor))
    assert sorted(ids([*first.changes, *rest])) == expected


def test_mail_without_a_time_is_read_too(mailbox: ExchangeMailbox) -> None:
    for n in (3, 4):
        mailbox.mailbox.withhold(mailbox.mailbox.find("inbox", message_id(n)), "DateTimeReceived")
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        changes = read(connector.pages(stream, None))
        assert ids(changes) == ALL
        assert sum(isinstance(each, Message) and each.received_at is None for each in changes) == 2
        assert set(connector.refs(stream, in_scope=True)) == {each.ref for each in changes}


def test_only_what_came_since_the_day_is_in_scope(mailbox: ExchangeMailbox) -> None:
    old = datetime(2020, 5, 31, 23, 59, 59, tzinfo=UTC)
    mailbox.mailbox.deliver("inbox", mail(50), received=old)
    mailbox.mailbox.deliver("inbox", mail(51), received=old + timedelta(seconds=1))
    day = (old + timedelta(seconds=1)).date()
    assert whole(mailbox, since=day) == sorted([*ALL, message_id(51)])
    with mailbox.connector(since=day) as connector:
        stream = stream_named(connector, "INBOX")
        pages = list(connector.pages(stream, None))
        assert len(set(connector.refs(stream))) == AMOUNT + 2
        assert len(set(connector.refs(stream, in_scope=True))) == AMOUNT + 1
        moved = mailbox.mailbox.deliver("inbox", mail(52), received=old)
        assert ids(read(connector.pages(stream, last_cursor(pages)))) == []
    with mailbox.connector() as connector:
        # an earlier day brings what was left out, and nothing twice
        more = list(connector.pages(stream, last_cursor(pages)))
        assert ids(read(more)) == [message_id(50), message_id(52)]
        assert more[-1].backlog == 0
        assert moved in {each.ref for each in read(more)}


@pytest.mark.parametrize(
    "code",
    [
        "ErrorItemCorrupt",
        "ErrorInternalServerError",
    ],
)
def test_a_spoilt_item_is_unreadable_and_the_others_come(mailbox: ExchangeMailbox, code: str) -> None:
    spoilt = mailbox.mailbox.find("inbox", message_id(5))
    mailbox.mailbox.break_item(spoilt, code)
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        changes = read(connector.pages(stream, None))
        (unreadable,) = [each for each in changes if isinstance(each, Unreadable)]
        assert unreadable.ref == spoilt
        assert code in unreadable.reason
        assert ids(changes) == [each for each in ALL if each != message_id(5)]
        mailbox.mailbox.mend_item(spoilt)
        (batch,) = connector.fetch(stream, [spoilt])
        assert ids(batch.changes) == [message_id(5)]


def test_a_server_that_gives_no_item_at_all_is_to_blame_itself(mailbox: ExchangeMailbox) -> None:
    for item in mailbox.mailbox.ids("inbox"):
        mailbox.mailbox.break_item(item, "ErrorInternalServerError")
    assert isinstance(error_of(mailbox), Unavailable)


def test_a_question_that_fails_over_one_item_is_asked_by_halves(mailbox: ExchangeMailbox) -> None:
    mailbox.server.fail(soap_fault("ErrorInternalServerError"), operation="GetItem", times=3)
    assert whole(mailbox) == ALL


def test_what_goes_away_while_it_is_read_is_no_error(mailbox: ExchangeMailbox) -> None:
    for n in (1, 2):
        mailbox.mailbox.break_item(mailbox.mailbox.find("inbox", message_id(n)), "ErrorItemNotFound")
    assert whole(mailbox) == [each for each in ALL if each not in (message_id(1), message_id(2))]


def test_removals_moves_and_answers_are_told_and_read_flags_are_not(mailbox: ExchangeMailbox) -> None:
    box = mailbox.mailbox
    box.make_folder("Archive/2025")
    with mailbox.connector() as connector:
        stream = stream_named(connector, "INBOX")
        cursor = last_cursor(connector.pages(stream, None))
        first, second, third, fourth = (box.find("inbox", message_id(n)) for n in range(4))
        box.remove(first)
        moved = box.move(second, "Archive/2025")
        box.mark_answered(third, "replyall")
        box.mark_answered(fourth, "forward")
        box.mark_read(box.find("inbox", message_id(5)))
        changes = read(connector.pages(stream, cursor))
        assert {each.ref for each in changes if isinstance(each, Deleted)} == {first, second}
        assert {each for each in changes if isinstance(each, Flagged)} == {
            Flagged(third, frozenset({"\\Answered"})),
            Flagged(fourth, frozenset({"$Forwarded"})),
        }
        assert len(changes) == 4
        assert connector.marked(stream) == {"\\Answered": frozenset({third}), "$Forwarded": frozenset({fourth})}
        archive = stream_named(connector, "Archive/2025")
        (message,) = read(connector.pages(archive, None))
        assert message.ref == moved
        (batch,) = connector.fetch(stream, [second, third])
        assert Deleted(second) in batch.changes
        assert connector.outlines(stream, [moved, third]).keys() == {third}


def test_a_drop_now_and_then_is_given_up(mailbox: ExchangeMailbox) -> None:
    mailbox.server.fail(slow(100, chunk=10), operation="FindFolder")
    assert isinstance(error_of(mailbox, timeout_seconds=0.3), Unavailable)


def test_a_renamed_folder_keeps_its_id(mailbox: ExchangeMailbox) -> None:
    mailbox.deliver("Projects/Atlas", mail(1))
    with mailbox.connector() as connector:
        before = stream_named(connector, "Projects/Atlas")
    mailbox.mailbox.rename_folder("Projects", "پروژه‌ها")
    with mailbox.connector() as connector:
        assert stream_named(connector, "پروژه‌ها/Atlas").server_id == before.server_id


def test_accounts_of_one_server_share_no_connection(mailbox: ExchangeMailbox) -> None:
    boxes = [add(mailbox.server) for _ in range(4)]
    for n, box in enumerate(boxes):
        box.deliver("INBOX", mail(n))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(whole, boxes)) == [[message_id(n)] for n in range(4)]


def test_a_mailbox_that_was_restored_is_read_anew_under_the_same_names(mailbox: ExchangeMailbox) -> None:
    with mailbox.connector() as connector:
        before = connector.streams()
        cursor = last_cursor(connector.pages(stream_named(connector, "INBOX"), None))
    mailbox.mailbox.restore()
    with mailbox.connector() as connector:
        after = connector.streams()
        assert [(each.name, each.purpose) for each in after] == [(each.name, each.purpose) for each in before]
        inbox = stream_named(connector, "INBOX")
        with pytest.raises(CursorExpired):
            read(connector.pages(inbox, cursor))
        assert ids(read(connector.pages(inbox, None))) == ALL
