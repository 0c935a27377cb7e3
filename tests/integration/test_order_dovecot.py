"""The order of a first import on a real server: recent mail of all folders first, for two commands a folder more."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.api import Cursor, Stream
from connectors.choices import Choice
from connectors.conformance import ids, last_cursor, mail, message_id, read
from connectors.imap import ImapConnector
from daemon.drafts import Drafting
from daemon.order import RECENT, AllRecent, Found, Reading, Standing
from daemon.report import Report
from daemon.slices import Slice
from daemon.source import Source
from daemon.worker import Worker
from store.keys import parse_key
from store.mails.facts import Draft
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.integration.recording import RecordingProxy
from tests.unit.daemon.company_mail import KEY, NOON, House, company

INBOX = Stream(name="INBOX")
HORIZON = NOON - RECENT
#: A migrated mailbox: its UIDs are in no order of time.
AGES = (400, 3, 100, 29, 31, 1, 200, 30)


@pytest.fixture
def proxy(mailbox: ImapMailbox) -> Iterator[RecordingProxy]:
    with RecordingProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy:
        yield proxy


def fill(mailbox: ImapMailbox, folder: str) -> None:
    for n, days in enumerate(AGES):
        file = mailbox.deliver(folder, mail(n, folder=folder))
        when = (NOON - timedelta(days=days)).timestamp()
        os.utime(file, (when, when))
        # one index of the server's at a time: it numbers in the order in which it finds them
        with mailbox.connector() as connector:
            assert len(list(connector.refs(Stream(name=folder)))) == n + 1


def reading(connector: ImapConnector) -> Reading:
    source = Source(connector, Drafting(company(), parse_key(KEY)), None)
    streams = connector.streams()
    return Reading(source, streams, {s.name: Standing(None, None) for s in streams}, HORIZON, Slice())


def test_recent_mail_of_all_folders_comes_before_any_older(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.fetch.PAGE_MESSAGES", 3)
    for folder in ("INBOX", "Sent"):
        fill(mailbox, folder)
    with mailbox.connector(folders=Choice(include=("INBOX", "Sent"))) as connector:
        steps = list(reading(connector).steps())
    border = next(at for at, step in enumerate(steps) if isinstance(step, AllRecent))
    before, after = (
        [step for step in part if isinstance(step, Found)] for part in (steps[:border], steps[border + 1 :])
    )
    assert [step.stream.name for step in before] == ["Sent", "Sent", "INBOX", "INBOX"]
    assert [step.stream.name for step in after] == ["Sent", "INBOX"]
    # one day more than the horizon, because the server's days may not be ours
    for folder in ("INBOX", "Sent"):
        old = [n for n, days in enumerate(AGES) if days > 31]
        found = [c for step in after if step.stream.name == folder for c in step.prepared.changes]
        assert {c.mid for c in found if isinstance(c, Draft)} == {message_id(n, folder) for n in old}
    assert [step.prepared.page.backlog for step in before] == [5, 3, 5, 3]
    assert all(
        s.prepared.page.complete_since is not None and s.prepared.page.complete_since <= HORIZON
        for s in (before[1], *after)
    )
    assert [step.prepared.page.backlog for step in after] == [0, 0]


def test_leaving_a_folder_at_the_horizon_and_coming_back_costs_two_commands(
    mailbox: ImapMailbox, proxy: RecordingProxy
) -> None:
    fill(mailbox, "INBOX")
    with mailbox.connector(port=proxy.port) as connector:
        connector.streams()
        pages = list(connector.pages(INBOX, None, HORIZON))
        rest = list(connector.pages(INBOX, last_cursor(pages)))
    # the farewell comes last, so that all before it has been recorded
    asked = [b" ".join(c.split()[:2]) for c in proxy.commands]
    searches = [command for command in asked if command in (b'EXAMINE "INBOX"', b"UID SEARCH")]
    assert searches == [b'EXAMINE "INBOX"', b"UID SEARCH", b"UID SEARCH", b'EXAMINE "INBOX"', b"UID SEARCH"]
    assert ids([*read(pages), *read(rest)]) == sorted(message_id(n) for n in range(len(AGES)))


def test_an_option_since_within_the_horizon_needs_no_second_search(mailbox: ImapMailbox, proxy: RecordingProxy) -> None:
    fill(mailbox, "INBOX")
    day = (NOON - timedelta(days=5)).date()
    with mailbox.connector(port=proxy.port, since=day) as connector:
        pages = list(connector.pages(INBOX, None, HORIZON))
    assert ids(read(pages)) == [message_id(1), message_id(5)]
    assert sum(c.startswith(b"UID SEARCH") for c in proxy.commands) == 1
    assert pages[-1].backlog == 0


def test_an_import_stopped_at_any_page_goes_on_and_the_account_knows_how_far_it_is(
    mailbox: ImapMailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.fetch.PAGE_MESSAGES", 2)
    for folder in ("INBOX", "Sent"):
        fill(mailbox, folder)
    status = "SELECT complete_since_at, backlog FROM v1_account_status WHERE name = 'alice'"
    seen: list[tuple[str | None, int]] = []
    with House(tmp_path) as house:
        for _turn in range(20):
            report, stop = Report("alice"), threading.Event()
            worker = Worker(
                house.ingest(), house.accounts["alice"], stop=stop, progress=lambda *_, stop=stop: stop.set()
            )
            worker.turn(mailbox.connector(), report)
            assert report.error is None
            seen += house.rows(status)
        assert house.rows("SELECT count(*) FROM placement") == [(16,)]
        assert house.rows("SELECT count(*) FROM account WHERE horizon_reached_at IS NOT NULL") == [(1,)]
    known = [complete for complete, _left in seen if complete is not None]
    assert known == sorted(known, reverse=True)
    assert datetime.fromisoformat(known[0]) == datetime(2026, 1, 30, 12, tzinfo=UTC)
    assert seen[-1] == ("1970-01-01T00:00:00.000000Z", 0)
    assert [left for _complete, left in seen][-1] == 0


def test_a_cursor_from_before_the_horizon_was_asked_for_is_read_to_its_end(
    mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.fetch.PAGE_MESSAGES", 3)
    fill(mailbox, "INBOX")
    with mailbox.connector() as connector:
        first = next(iter(connector.pages(INBOX, None)))
        cursor: Cursor | None = first.cursor
        rest = list(connector.pages(INBOX, cursor, HORIZON))
    assert ids([*first.changes, *read(rest)]) == sorted(message_id(n) for n in range(len(AGES)))
    assert rest[-1].backlog == 0
