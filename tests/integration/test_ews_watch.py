"""Mailboxes on the double of Exchange that are watched by a stream of notifications: hints alone, and every loss."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import connectors.ews.watch
from connectors.api import Bearer, Secret, Stream, Unavailable, Watch
from connectors.conformance import last_cursor, mail, read, stream_named
from connectors.ews import EwsConnector, quiet
from connectors.ews.watch import SILENCE, Events
from daemon.cli.opening import session_of
from daemon.config import load
from daemon.pool import Priority
from daemon.retry import Backoff
from daemon.service import Service
from tests.integration.company import Company
from tests.integration.exchange import PASSWORD, ExchangeMailbox, add, exchange
from tests.integration.test_watch_faults import raw, wait
from tests.servers.certificates import CertificateAuthority
from tests.servers.ews import EwsServer, Fault, cut, http_status, server_busy, soap_fault
from tests.servers.faultproxy import FaultProxy
from tests.traffic_counts import asked_of

# a server works in the same process
pytestmark = pytest.mark.slow
QUICK = Backoff(first=0.05, longest=0.2)


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        mailbox.mailbox.make_folder("Clients")
        yield mailbox


def streams(of: ExchangeMailbox) -> tuple[Stream, ...]:
    with of.connector() as connector:
        connector.streams()
        return connector.watched()


@contextmanager
def watching(of: ExchangeMailbox, connector: EwsConnector | None = None) -> Iterator[Watch]:
    watch = (connector or of.connector()).watch(streams(of))
    assert watch is not None
    try:
        watch.tick(time.monotonic())
        assert told(watch, 0.3) == frozenset()
        yield watch
    finally:
        watch.close()


def told(watch: Watch, seconds: float = 5.0) -> frozenset[str]:
    """The streams of the next hint; empty where none comes in time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([watch], [], [], left)[0] and (hints := watch.read(time.monotonic())):
            return hints
    return frozenset()


def hears(watch: Watch, now: float) -> frozenset[str]:
    """Read what comes until nothing does for a moment; all at this time, for all that the watch knows."""
    hinted: frozenset[str] = frozenset()
    while select.select([watch], [], [], 0.5)[0]:
        hinted |= watch.read(now)
    return hinted


def lost(watch: Watch) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        told(watch)
    return caught.value


def test_whatever_happens_to_a_mailbox_is_a_hint_on_its_folders(mailbox: ExchangeMailbox) -> None:
    box = mailbox.mailbox
    with watching(mailbox) as watch:
        assert {"INBOX", "Sent", "Clients", "Calendar"} <= set(watch.streams)
        item = box.deliver("inbox", mail(1))
        assert told(watch) == {"INBOX"}
        told(watch, 0.2)
        moved = box.move(item, "Clients")
        assert told(watch) == {"INBOX", "Clients"}
        box.mark_answered(moved)
        assert told(watch) == {"Clients"}
        box.remove(moved)
        assert told(watch) == {"Clients"}
        box.put_event("calendar", "uid-1", datetime(2026, 3, 2, 9, tzinfo=UTC))
        assert told(watch) == {"Calendar"}
        assert mailbox.server.count("Subscribe") == mailbox.server.count("GetStreamingEvents") == 1
    assert quiet.watched(mailbox.options()).names == {}


def test_a_stream_that_the_server_ends_goes_on_over_the_same_connection(mailbox: ExchangeMailbox) -> None:
    with watching(mailbox) as watch:
        with asked_of("ews") as counted:
            mailbox.server.streams.close()
            wait(lambda: mailbox.server.streams.open == 0)
            # half an hour later, for all that the watch knows
            assert hears(watch, time.monotonic() + 1800) == frozenset()
        assert counted.requests == {"200": 1}
        assert counted.octets["sent"] > 500
        assert counted.octets["received"] > 500
        wait(lambda: mailbox.server.streams.open == 1)
        mailbox.deliver("INBOX", mail(1))
        assert told(watch) == {"INBOX"}
        assert mailbox.server.count("GetStreamingEvents") == 2
        assert mailbox.server.count("Subscribe") == 1
        mailbox.server.streams.close()
        assert "at once" in lost(watch).problem


def test_a_stream_that_ends_while_the_server_wants_its_rest_is_asked_for_afterwards(mailbox: ExchangeMailbox) -> None:
    with watching(mailbox) as watch, mailbox.connector() as connector:
        mailbox.server.fail(server_busy(297_000), operation="SyncFolderItems")
        with pytest.raises(Unavailable):
            read(connector.pages(stream_named(connector, "INBOX"), None))
        mailbox.server.streams.close()
        now = time.monotonic() + 1800
        assert hears(watch, now) == frozenset()
        assert now + 290 < watch.due <= now + 297
        mailbox.deliver("INBOX", mail(1))
        watch.tick(now + 289)
        assert mailbox.server.count("GetStreamingEvents") == 1
        watch.tick(watch.due)
        assert told(watch) == {"INBOX"}
        assert mailbox.server.count("GetStreamingEvents") == 2


@pytest.mark.parametrize(
    ("fault", "words", "rest"),
    [
        (soap_fault("ErrorSubscriptionNotFound"), "forgotten", None),
        (soap_fault("ErrorInvalidSubscription"), "forgotten", None),
        (soap_fault("ErrorExpiredSubscription"), "forgotten", None),
        (server_busy(297_000), "takes no request", 297.0),
        (http_status(503, Retry_After="120"), "takes no request", 120.0),
        (http_status(401, WWW_Authenticate="Bearer"), "knows who asks", None),
        (http_status(404), "no EWS", None),
        (http_status(200, b"<html>Sign in"), "at once", None),
        (http_status(200, b"many\r\n", Transfer_Encoding="chunked"), "lengths", None),
        (lambda _: [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000], "head", None),
        (lambda _: [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], "HTTP", None),
        (cut(), "ended|failed", None),
        (cut(300), "ended|failed", None),
    ],
)
def test_every_loss_is_told_in_words(mailbox: ExchangeMailbox, fault: Fault, words: str, rest: float | None) -> None:
    mailbox.server.fail(fault, operation="GetStreamingEvents")
    watch = mailbox.connector().watch(streams(mailbox))
    assert watch is not None
    with contextlib.closing(watch):
        watch.tick(time.monotonic())
        with pytest.raises(Unavailable, match=words) as caught:
            told(watch)
        assert caught.value.retry_after == rest


def test_a_subscription_that_a_restart_lost_and_a_stream_that_was_cut_are_noticed(mailbox: ExchangeMailbox) -> None:
    with watching(mailbox) as watch:
        mailbox.server.restart()
        assert lost(watch).problem
    with watching(mailbox) as watch:
        mailbox.server.streams.cut()
        assert lost(watch).problem


def test_a_silent_connection_is_noticed_and_signs_of_life_are_heard(mailbox: ExchangeMailbox) -> None:
    mailbox.server.streams.heartbeat = 0.1
    with watching(mailbox) as watch:
        now = time.monotonic() + 1000
        assert select.select([watch], [], [], 5)[0]
        assert watch.read(now) == frozenset()
        assert watch.due == now + SILENCE
        watch.tick(now + SILENCE - 1)
        with pytest.raises(Unavailable, match="no sign of life"):
            watch.tick(now + SILENCE)
    mute = mailbox.connector().watch(streams(mailbox))
    assert mute is not None
    with contextlib.closing(mute):
        mute.tick(5.0)
        with pytest.raises(Unavailable, match="in time"):
            mute.tick(5.0 + 10)


def test_a_stream_over_tls_by_ntlm_and_by_a_token(tmp_path: Path) -> None:
    certificate_authority = CertificateAuthority(tmp_path / "ca")
    options = {"ca_file": certificate_authority.file}
    for schemes, more in {("NTLM",): {"auth": "ntlm"}, ("Bearer",): {}, ("Basic",): {}}.items():
        with EwsServer(certificate=certificate_authority.issue(), schemes=schemes) as server:
            box = ExchangeMailbox(server, server.add_mailbox("dora@acme.example", PASSWORD))
            server.doorkeeper.tokens["token"] = "dora@acme.example"
            settings = box.options(url=server.url.replace("127.0.0.1", "localhost"), **options, **more)
            secret = Bearer(lambda _: "token") if schemes == ("Bearer",) else Secret(PASSWORD)
            with EwsConnector(settings, secret) as connector:
                connector.streams()
                wanted = connector.watched()
            watch = EwsConnector(settings, secret).watch(wanted)
            assert watch is not None
            with contextlib.closing(watch):
                watch.tick(time.monotonic())
                box.deliver("INBOX", mail(1))
                assert told(watch) == {"INBOX"}
    with EwsServer(certificate=certificate_authority.issue()) as server:
        stranger = add(server).connector(url=server.url.replace("127.0.0.1", "localhost"))
        with pytest.raises(Unavailable, match="not trusted"):
            stranger.watch(wanted)


def test_one_login_has_a_few_streams_alone_and_each_mailbox_one(mailbox: ExchangeMailbox) -> None:
    """By its own rights; read as their owners, each mailbox has its own limit."""
    server = mailbox.server
    server.add_account("svc@acme.example", PASSWORD, address="svc@acme.example", impersonates=["*"])
    boxes = [add(server, None) for _ in range(5)]
    for box in boxes:
        box.mailbox.grant("svc@acme.example")
    for impersonate, amount in ((False, 2), (True, 5)):
        begun: list[Events] = []
        for box in boxes:
            options: dict[str, Any] = {
                "username": "svc@acme.example",
                "mailbox": box.mailbox.address,
                "impersonate": impersonate,
            }
            with box.connector(**options) as connector:
                connector.streams()
                wanted = connector.watched()
            watch = box.connector(**options).watch(wanted)
            begun += [watch] if watch else []
        for each in begun:
            each.tick(time.monotonic())
            assert told(each, 0.2) == frozenset()
        assert len(begun) == amount == server.streams.open
        for each in begun:
            each.close()
        server.streams.cut()
        wait(lambda: server.streams.open == 0)


def test_a_server_without_streams_is_polled(mailbox: ExchangeMailbox) -> None:
    mailbox.server.fail(soap_fault("ErrorInvalidRequest"), operation="Subscribe", times=None)
    assert mailbox.connector().watch(streams(mailbox)) is None


def test_while_a_stream_tells_a_folder_without_news_is_not_asked_for(mailbox: ExchangeMailbox) -> None:
    mailbox.deliver("INBOX", mail(1))
    with watching(mailbox) as watch, mailbox.connector() as connector:
        inbox = stream_named(connector, "INBOX")
        cursor = last_cursor(connector.pages(inbox, None))

        def asks() -> int:
            began = time.monotonic()
            read(connector.pages(inbox, cursor))
            return mailbox.server.count("SyncFolderItems", since=began)

        # the first reading has asked already
        assert (asks(), asks()) == (0, 0)
        mailbox.deliver("INBOX", mail(2))
        assert told(watch) == {"INBOX"}
        assert asks() > 0
        cursor = last_cursor(connector.pages(inbox, cursor))
        # also a state that the stream knows nothing of, and a hint of whatever origin
        assert (asks(), asks()) == (1, 0)
        connector.hinted([inbox])
        assert (asks(), asks()) == (1, 0)
    with mailbox.connector() as connector:
        assert (asks(), asks()) == (1, 1)


class Office:
    """A service that polls every hour alone."""

    def __init__(self, company: Company, service: Service) -> None:
        self.company, self.service = company, service

    def watched(self) -> frozenset[str]:
        return self.service.watching.watched("rep")

    def holds(self, number: int) -> bool:
        query = "SELECT 1 FROM v1_interaction WHERE message_id = ?"
        return bool(self.company.rows(query, f"{number}@client.example"))


@contextmanager
def at_work(folder: Path, mailbox: ExchangeMailbox, **options: object) -> Iterator[Office]:
    company = Company(folder / "company", create="all")
    mailbox.account(company, "rep", timeout_seconds=1, **options)
    company.write()
    with (
        session_of(load(company.config, environ=os.environ, today=datetime.now(UTC).date())) as session,
        Service(session, 3600.0, threading.Event(), backoff=QUICK) as service,
    ):
        office = Office(company, service)
        wait(lambda: {"INBOX", "Clients"} <= office.watched())
        yield office


def test_no_mail_waits_for_a_poll_whatever_becomes_of_the_stream(
    tmp_path: Path, mailbox: ExchangeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered while the stream is cut, forgotten, refused for a while, or half-open."""
    server = mailbox.server
    server.streams.heartbeat = 0.1
    monkeypatch.setattr(connectors.ews.watch, "SILENCE", 1.0)

    def refuse(fault: Fault, operation: str) -> None:
        server.fail(fault, operation=operation, times=2)
        server.streams.cut()

    def nothing() -> None:
        """As it should be."""

    with (
        FaultProxy(("127.0.0.1", server.port)) as proxy,
        at_work(tmp_path, mailbox, url=f"http://127.0.0.1:{proxy.port}/EWS/Exchange.asmx") as office,
    ):
        losses: list[Callable[[], None]] = [
            nothing,
            server.streams.cut,
            server.restart,
            proxy.cut,
            partial(refuse, soap_fault("ErrorServerBusy"), "Subscribe"),
            partial(refuse, cut(), "GetStreamingEvents"),
        ]
        for number, lose in enumerate(losses):
            lose()
            mailbox.deliver("INBOX", raw(number))
            wait(partial(office.holds, number))
            wait(lambda: "INBOX" in office.watched())
        proxy.down.hole = True
        mailbox.deliver("Clients", raw(90))
        wait(lambda: not office.watched())
        assert not office.holds(90)
        proxy.heal()
        wait(partial(office.holds, 90))


def test_a_folder_that_comes_is_told_of_by_the_mailboxs_one_stream(tmp_path: Path, mailbox: ExchangeMailbox) -> None:
    with at_work(tmp_path, mailbox) as office:
        wait(lambda: mailbox.server.streams.open == 1)
        mailbox.mailbox.remove_folder("Clients")
        mailbox.mailbox.make_folder("Later")
        office.service.engine.request("rep", Priority.USER)
        wait(lambda: "Later" in office.watched())
        # a stream ends on the server when it has something to say to nobody
        mailbox.deliver("Later", raw(1))
        wait(lambda: office.holds(1))
        mailbox.deliver("INBOX", raw(2))
        wait(lambda: office.holds(2))
        assert mailbox.server.count("Subscribe") == 2
        assert "INBOX" in office.watched()

        def polled() -> int:
            """How many questions a poll asks."""
            began = time.monotonic()
            office.service.engine.request("rep", Priority.USER)
            wait(lambda: mailbox.server.count("FindFolder", since=began))
            time.sleep(0.3)
            return mailbox.server.count(since=began)

        polled()
        # the list of folders alone; each of the seven would be asked for without the stream
        assert polled() == 1
