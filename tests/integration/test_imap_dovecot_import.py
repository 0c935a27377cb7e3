"""A mailbox is read in whole, once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Change, Cursor, CursorExpired, Message, Page, Phase, Stream, Unavailable, Unreadable
from connectors.conformance import ids, last_cursor, mail, message_id, read, stream_named
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.servers.faultproxy import FaultProxy
from tests.servers.mailbox.maildir import write_maildir

INBOX = Stream(name="INBOX")


@dataclass(frozen=True, slots=True)
class Truth:
    """What was put into a mailbox: one object a mail."""

    mails: list[dict[str, object]]

    def refs(self, folder: str, since: date | None = None) -> set[str]:
        """The refs in a folder; the server's zone is UTC."""
        return {
            f"1700000000:{m['uid']}"
            for m in self.mails
            if m["folder"] == folder
            and (since is None or datetime.fromtimestamp(int(str(m["when"])), UTC).date() >= since)
        }


def fill(mailbox: ImapMailbox, amount: int, path: Path, **corpus: Any) -> Truth:
    """Write a generated mailbox."""
    write_maildir(mailbox.login.maildir, amount, manifest=path / "truth.jsonl", **corpus)
    mailbox.server.adopt(mailbox.login.name)
    return Truth([json.loads(line) for line in (path / "truth.jsonl").read_text("utf-8").splitlines()])


@pytest.mark.slow
def test_every_mail_of_every_folder_comes_once_and_a_second_reading_costs_nothing(
    mailbox: ImapMailbox, tmp_path: Path
) -> None:
    truth = fill(mailbox, 600, tmp_path, oddities=0.05)
    before = mailbox.contents()
    with mailbox.connector() as connector:
        cursors = {}
        for stream in connector.streams():
            pages = list(connector.pages(stream, None))
            changes = read(pages)
            assert Counter(change.ref for change in changes) == Counter(truth.refs(stream.name))
            assert all(isinstance(change, Message | Unreadable) for change in changes)
            cursors[stream] = last_cursor(pages)
        assert {stream.name for stream in cursors} >= {str(m["folder"]) for m in truth.mails}
        assert [page for stream, cursor in cursors.items() for page in connector.pages(stream, cursor)] == []
    assert mailbox.contents() == before


def test_facts_about_mails_are_the_servers(mailbox: ImapMailbox, tmp_path: Path) -> None:
    truth = fill(mailbox, 60, tmp_path, folders=False)
    flags = {"S": "\\Seen", "F": "\\Flagged", "R": "\\Answered"}
    with mailbox.connector() as connector:
        found = {change.ref: change for change in read(connector.pages(INBOX, None))}
    wanted = [m for m in truth.mails if m["folder"] == "INBOX"]
    assert wanted
    for told in wanted:
        message = found[f"1700000000:{told['uid']}"]
        assert isinstance(message, Message)
        assert message.size == told["size"]
        assert message.received_at == datetime.fromtimestamp(int(str(told["when"])), UTC)
        assert message.flags == {flags[letter] for letter in str(told["flags"])}


def test_every_odd_mail_is_a_record_or_has_a_reason(mailbox: ImapMailbox, tmp_path: Path) -> None:
    truth = fill(mailbox, 28, tmp_path, folders=False, oddities=1.0)
    assert len({m["odd"] for m in truth.mails}) == 14
    with mailbox.connector() as connector:
        changes = read(connector.pages(INBOX, None))
    assert {change.ref for change in changes} == truth.refs("INBOX")
    assert all(change.reason for change in changes if isinstance(change, Unreadable))


def test_the_newest_mail_comes_first_and_the_last_page_says_since_when(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 4)
    for n in range(10):
        mailbox.deliver("INBOX", mail(n))
    with mailbox.connector(since=date(2020, 1, 1)) as connector:
        pages = list(connector.pages(INBOX, None))
        mailbox.deliver("INBOX", mail(10))
        page = next(connector.pages(INBOX, pages[-1].cursor))
    order = [change.message_id for change in read(pages) if isinstance(change, Message)]
    assert order == [message_id(n) for n in range(9, -1, -1)]
    assert [(p.phase, p.complete_since) for p in pages] == [
        (Phase.BACKFILL, None),
        (Phase.BACKFILL, None),
        (Phase.BACKFILL, datetime(2020, 1, 1, 12, tzinfo=UTC)),
    ]
    assert (page.phase, page.complete_since) == (Phase.NEW, datetime(2020, 1, 1, 12, tzinfo=UTC))
    assert ids(page.changes) == [message_id(10)]


def small_pages(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("connectors.imap.fetch.PAGE_MESSAGES", size)


def aged(mailbox: ImapMailbox, number: int, day: date) -> None:
    """A mail that the server received on a day."""
    file = mailbox.deliver("INBOX", mail(number))
    when = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(file, (when, when))


def test_a_day_moved_earlier_brings_the_older_part_alone(mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch, 2)
    for n, year in enumerate((2025, 2023, 2024, 2022, 2024, 2023, 2025)):
        aged(mailbox, n, date(year, 6, 1))
    with mailbox.connector(since=date(2025, 1, 1)) as connector:
        pages = list(connector.pages(INBOX, None))
    assert ids(read(pages)) == [message_id(0), message_id(6)]
    with mailbox.connector(since=date(2024, 1, 1)) as connector:
        older = list(connector.pages(INBOX, pages[-1].cursor))
        assert ids(read(older)) == [message_id(2), message_id(4)]
        assert older[-1].complete_since == datetime(2024, 1, 1, 12, tzinfo=UTC)
        assert list(connector.pages(INBOX, older[-1].cursor)) == []
    with mailbox.connector() as connector:
        first, *_ = connector.pages(INBOX, older[-1].cursor)
        # in the middle of it new mail arrives, and the day moves later again
        aged(mailbox, 7, date(2026, 6, 1))
    with mailbox.connector(since=date(2026, 1, 1)) as connector:
        rest = list(connector.pages(INBOX, first.cursor))
    assert len(first.changes) == 2
    assert ids(read(rest)) == [message_id(7)]


def test_old_mail_moved_in_above_the_last_uid_is_found_when_the_day_moves(mailbox: ImapMailbox) -> None:
    aged(mailbox, 1, date(2025, 6, 1))
    with mailbox.connector(since=date(2025, 1, 1)) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        aged(mailbox, 2, date(2020, 6, 1))
        pages = list(connector.pages(INBOX, cursor))
        assert read(pages) == []
        cursor = last_cursor(pages, cursor)
        assert list(connector.pages(INBOX, cursor)) == []
    with mailbox.connector(since=date(2020, 1, 1)) as connector:
        assert ids(read(connector.pages(INBOX, cursor))) == [message_id(2)]


def test_new_mail_comes_before_the_import_goes_on(mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch, 3)
    for n in range(9):
        mailbox.deliver("INBOX", mail(n))
    with mailbox.connector() as connector:
        first = next(iter(connector.pages(INBOX, None)))
        mailbox.deliver("INBOX", mail(9))
        second, third, fourth = connector.pages(INBOX, first.cursor)
    assert [page.phase for page in (first, second, third, fourth)] == [
        Phase.BACKFILL,
        Phase.NEW,
        Phase.BACKFILL,
        Phase.BACKFILL,
    ]
    assert ids(second.changes) == [message_id(9)]
    assert len(ids(read([first, second, third, fourth]))) == 10


def resume(mailbox: ImapMailbox, cursor: Cursor | None, seen: list[Change], **options: object) -> Cursor | None:
    """Read on as far as it goes; gives where the reader stands then."""
    pages: list[Page] = []
    try:
        with mailbox.connector(**options) as connector:
            for page in connector.pages(INBOX, cursor):
                seen += page.changes
                pages.append(page)
    except Unavailable:
        pass
    return last_cursor(pages, cursor)


@pytest.mark.slow
def test_connections_cut_at_any_byte_lose_and_double_nothing(
    mailbox: ImapMailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = fill(mailbox, 150, tmp_path, folders=False, median=3000)
    small_pages(monkeypatch, 10)
    rng = random.Random(5)
    with FaultProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy:
        for _ in range(4):
            seen: list[Change] = []
            cursor = None
            for _ in range(12):
                proxy.heal()
                proxy.down.cut_after = rng.randrange(0, 60_000)
                cursor = resume(mailbox, cursor, seen, port=proxy.port)
            proxy.heal()
            resume(mailbox, cursor, seen, port=proxy.port)
            assert Counter(change.ref for change in seen) == Counter(truth.refs("INBOX"))
            assert not [change for change in seen if isinstance(change, Unreadable)]


def test_a_reader_thrown_out_between_two_pages_comes_back_by_itself(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 5)
    for n in range(30):
        mailbox.deliver("INBOX", mail(n))
    with mailbox.connector() as connector:
        pages = connector.pages(INBOX, None)
        seen = [*next(pages).changes, *next(pages).changes]
        mailbox.server.kick(mailbox.login.name)
        seen += read(pages)
    assert ids(seen) == sorted(message_id(n) for n in range(30))


def test_a_reader_thrown_out_for_good_goes_on_later_where_it_was(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 5)
    for n in range(30):
        mailbox.deliver("INBOX", mail(n))
    proxied = FaultProxy((mailbox.server.host, mailbox.server.imap_port))
    with proxied as proxy, mailbox.connector(port=proxy.port) as connector:
        pages = connector.pages(INBOX, None)
        got = [next(pages), next(pages)]
        proxy.refuse = True
        mailbox.server.kick(mailbox.login.name)
        with pytest.raises(Unavailable):
            # a page that was on its way may still come
            got.extend(pages)
        with pytest.raises(Unavailable, match="no connection"):
            list(connector.pages(INBOX, got[-1].cursor))
    seen = read(got)
    resume(mailbox, got[-1].cursor, seen)
    assert ids(seen) == sorted(message_id(n) for n in range(30))


def test_a_line_gone_dead_is_given_up_in_time(mailbox: ImapMailbox) -> None:
    mailbox.deliver("INBOX", mail(1))
    with FaultProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy:
        with mailbox.connector(port=proxy.port, timeout_seconds=0.5) as connector:
            proxy.down.on(b"EXISTS", lambda: setattr(proxy.down, "hole", True))
            with pytest.raises(Unavailable, match="did not answer in time"):
                list(connector.pages(INBOX, None))
        assert proxy.accepted == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_after_any_life_of_a_folder_what_was_read_is_what_is_there(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    small_pages(monkeypatch, 3)
    rng = random.Random(seed)
    there: dict[int, Path] = {}
    numbers = iter(range(10_000))
    read_ids: set[str] = set()
    cursor: Cursor | None = None
    proxied = FaultProxy((mailbox.server.host, mailbox.server.imap_port))
    with proxied as proxy:
        for _ in range(40):
            event = rng.choices(["deliver", "remove", "renumber", "read", "cut"], [5, 2, 1, 4, 2])[0]
            if event == "deliver":
                for n in [next(numbers) for _ in range(rng.randrange(1, 8))]:
                    there[n] = mailbox.deliver("INBOX", mail(n))
            elif event == "remove" and there:
                n = rng.choice(sorted(there))
                del there[n]
                mailbox.remove("INBOX", message_id(n))
            elif event == "renumber" and there:
                mailbox.renumber("INBOX", rng.randrange(1, 2**31))
            elif event in ("read", "cut"):
                proxy.heal()
                proxy.down.cut_after = rng.randrange(500, 6000) if event == "cut" else None
                seen: list[Change] = []
                try:
                    cursor = resume(mailbox, cursor, seen, port=proxy.port)
                except CursorExpired:
                    cursor = None
                read_ids |= set(ids(seen))
        proxy.heal()
        seen = []
        try:
            resume(mailbox, cursor, seen)
        except CursorExpired:
            resume(mailbox, None, seen)
        read_ids |= set(ids(seen))
    assert {message_id(n) for n in there} <= read_ids
    with mailbox.connector() as connector:
        fetched = connector.fetch(INBOX, list(connector.refs(stream_named(connector, "INBOX"))))
        assert ids(c for batch in fetched for c in batch.changes) == sorted(message_id(n) for n in there)
