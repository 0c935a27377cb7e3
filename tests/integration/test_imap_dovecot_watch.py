"""Folders on Dovecot that are watched in IDLE."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.api import AuthFailed, Secret, Stream, Unavailable, Watch
from connectors.conformance import mail
from connectors.imap import ImapConnector, ImapSettings
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.servers.dovecot import Dovecot, Options

INBOX = Stream(name="INBOX")


@contextmanager
def watching(connector: ImapConnector, stream: Stream = INBOX) -> Iterator[Watch]:
    watch = connector.watch([stream])
    assert watch is not None
    try:
        watch.tick(time.monotonic())
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


def told_or_renewed(watch: Watch) -> None:
    """What is told at once, else at the next renewal: a Dovecot that got no inotify sees no folder go away."""
    told(watch, 3)
    watch.tick(watch.due)
    told(watch)


@pytest.mark.slow
@pytest.mark.parametrize("security", ["none", "tls", "starttls"])
def test_new_mail_is_told_in_every_kind_of_connection(mailbox: ImapMailbox, security: str) -> None:
    port = mailbox.server.imaps_port if security == "tls" else mailbox.server.imap_port
    options = {"security": security, "port": port, "ca_file": mailbox.server.ca_file, "host": "localhost"}
    mailbox.deliver("INBOX", mail(1))
    with watching(mailbox.connector(**options)) as watch:
        assert told(watch, 0.3) == frozenset()
        for number in range(3):
            mailbox.deliver("INBOX", mail(10 + number))
            assert told(watch) == {"INBOX"}


@pytest.mark.slow
def test_renewal_keeps_the_connection(mailbox: ImapMailbox) -> None:
    with watching(mailbox.connector()) as watch:
        for _ in range(3):
            assert told(watch, 0.3) == frozenset()
            watch.tick(watch.due)
            assert told(watch, 0.3) == frozenset()
        mailbox.deliver("INBOX", mail(2))
        assert told(watch) == {"INBOX"}


@pytest.mark.slow
def test_a_folder_that_is_deleted_ends_its_watch_and_is_refused_then(mailbox: ImapMailbox) -> None:
    mailbox.deliver("Clients/Ömer", mail(1))
    stream = Stream(name="Clients/Ömer")
    with watching(mailbox.connector(), stream) as watch:
        assert told(watch, 0.3) == frozenset()
        mailbox.server.doveadm("mailbox", "delete", "-u", mailbox.login.name, "Clients/Ömer")
        with pytest.raises(Unavailable):
            told_or_renewed(watch)
    with pytest.raises(Unavailable) as caught:
        mailbox.connector().watch([stream])
    assert caught.value.step == "select"


@pytest.mark.slow
def test_a_server_that_ends_the_connection_is_noticed(mailbox: ImapMailbox) -> None:
    with watching(mailbox.connector()) as watch:
        told(watch, 0.2)
        mailbox.server.kick(mailbox.login.name)
        with pytest.raises(Unavailable):
            told(watch)


def test_a_login_that_is_refused_is_told_as_such(mailbox: ImapMailbox) -> None:
    settings = ImapSettings(
        host=mailbox.server.host, port=mailbox.server.imap_port, security="none", username=mailbox.login.name
    )
    with pytest.raises(AuthFailed):
        ImapConnector(settings, Secret("wrong")).watch([INBOX])


def test_a_server_without_idle_is_not_watched() -> None:
    with Dovecot({"alice": "secret"}, Options(capability="IMAP4rev1 UIDPLUS")) as server:
        settings = ImapSettings(host=server.host, port=server.imap_port, security="none", username="alice")
        assert ImapConnector(settings, Secret("secret")).watch([INBOX]) is None


def test_a_hint_is_believed_more_than_what_the_list_told_before(mailbox: ImapMailbox) -> None:
    mailbox.deliver("INBOX", mail(1))
    with mailbox.connector() as connector:
        cursor = [page.cursor for page in connector.pages(INBOX, None)][-1]
    with mailbox.connector() as connector:
        [inbox] = [stream for stream in connector.streams() if stream.name == "INBOX"]
        mailbox.deliver("INBOX", mail(2))
        connector.hinted([inbox])
        found = [change for page in connector.pages(inbox, cursor) for change in page.changes]
    assert len(found) == 1
