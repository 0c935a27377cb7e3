"""The mailbox in memory keeps the promises of every connector, and fails to order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.api import AuthFailed, Connector, Message, Misconfigured, Secret, Stream, Unavailable, Unreadable
from connectors.conformance import (
    ConnectorConformance,
    Deliver,
    Expire,
    ExpiryConformance,
    InspectionConformance,
    RemovalConformance,
    Remove,
    Snapshot,
    mail,
    message_id,
    read,
)
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register

INBOX = Stream(name="INBOX")


@pytest.fixture
def box() -> Mailbox:
    return register("test", Mailbox(page_size=5))


def connect(secret: str | None = None) -> MemoryConnector:
    return MemoryConnector(MemorySettings(mailbox="test"), Secret(secret) if secret else None)


class TestMemoryConnector(ConnectorConformance, RemovalConformance, ExpiryConformance, InspectionConformance):
    @pytest.fixture
    def connector_factory(self, box: Mailbox) -> Callable[[], Connector]:
        return connect

    @pytest.fixture
    def deliver(self, box: Mailbox) -> Deliver:
        return box.deliver

    @pytest.fixture
    def snapshot(self, box: Mailbox) -> Snapshot:
        return box.contents

    @pytest.fixture
    def remove(self, box: Mailbox) -> Remove:
        def remove(stream: str, wanted: str) -> None:
            found = [
                ref
                for ref, item in box.contents()[stream].items()
                if isinstance(item, bytes) and f"<{wanted}>".encode() in item
            ]
            box.expunge(stream, found[0])

        return remove

    @pytest.fixture
    def expire(self, box: Mailbox) -> Expire:
        return box.renumber


@pytest.mark.parametrize("step", ["connect", "login"])
def test_a_failure_on_the_way_in(box: Mailbox, step: str) -> None:
    box.fail(Unavailable("the line is down", step=step), step=step)
    with pytest.raises(Unavailable, match="the line is down"), connect():
        pass
    with connect():
        pass


def test_a_failure_after_some_pages_loses_nothing(box: Mailbox) -> None:
    for n in range(20):
        box.deliver("INBOX", mail(n))
    box.fail(Unavailable("cut", step="fetch"), step="fetch", after=2, times=1)
    with connect() as connector:
        pages = connector.pages(INBOX, None)
        first, second = next(pages), next(pages)
        with pytest.raises(Unavailable):
            next(pages)
        seen = read([first, second, *connector.pages(INBOX, second.cursor)])
    assert len(first.changes) == len(second.changes) == 5
    assert sorted(c.message_id or "" for c in seen if isinstance(c, Message)) == sorted(map(message_id, range(20)))


def test_a_wrong_password_is_told(box: Mailbox) -> None:
    box.password = "right"
    with pytest.raises(AuthFailed), connect("wrong"):
        pass
    with connect("right"):
        pass


def test_an_unknown_mailbox_is_a_mistake_of_the_options() -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        MemoryConnector(MemorySettings(mailbox="nowhere"), None)


def test_records_and_reasons_are_handed_over_as_they_were_put_in(box: Mailbox) -> None:
    ref = box.deliver("INBOX", Message(ref="", subject="ready made"))
    bad = box.deliver("INBOX", Unreadable("", "spoiled on purpose"))
    with connect() as connector:
        changes = {change.ref: change for change in read(connector.pages(INBOX, None))}
    assert changes == {ref: Message(ref=ref, subject="ready made"), bad: Unreadable(bad, "spoiled on purpose")}


def test_handed_over_contents_are_counted(box: Mailbox) -> None:
    ref = box.deliver("INBOX", mail(1))
    with connect() as connector:
        page = list(connector.pages(INBOX, None))[-1]
        assert box.fetched == 1
        assert list(connector.pages(INBOX, page.cursor)) == []
        assert box.fetched == 1
        list(connector.fetch(INBOX, [ref]))
        assert box.fetched == 2


def test_a_renamed_folder_is_another_stream(box: Mailbox) -> None:
    box.deliver("Old", mail(1))
    box.rename("Old", "New")
    with connect() as connector:
        assert [stream.name for stream in connector.streams()] == ["New"]
        with pytest.raises(Unavailable):
            list(connector.pages(Stream(name="Old"), None))
