"""Tasks of ours in folders of an Exchange mailbox: never doubled, and nothing of a person's is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connectors.api import NotPermitted, TaskList, TaskState, TaskWriter, Unavailable, WantedTask
from connectors.ews import EwsConnector
from tests.integration.exchange import ExchangeMailbox, add, exchange
from tests.servers.ews import cut, meanwhile, soap_fault
from tests.servers.ews.items import Item
from tests.servers.ews.wire import t, value

# a server works in the same process
pytestmark = pytest.mark.slow
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WANTED = WantedTask(
    uid="0190-abc",
    summary="پاسخ به علی – Гэрээ <№ 12>",
    description="No answer for 3 days\n✓ \x0b& more",
    due=NOON,
    priority=2,
    categories=("keeptouch",),
    created_at=NOON,
    changed_at=NOON,
)


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        yield mailbox


@pytest.fixture
def connector(mailbox: ExchangeMailbox) -> Iterator[EwsConnector]:
    with mailbox.connector() as connector:
        assert isinstance(connector, TaskWriter)
        yield connector


@pytest.fixture
def tasks(connector: EwsConnector) -> TaskList:
    (found,) = connector.task_lists()
    assert found.name == "Tasks"
    return found


def items(mailbox: ExchangeMailbox, folder: str = "tasks") -> list[Item]:
    return mailbox.mailbox.in_folder(folder)


def said(item: Item, name: str) -> str:
    element = item.changed.get(name)
    return "" if element is None else element.text or ""


def test_an_entry_is_made_once_and_changed_in_place(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList
) -> None:
    assert connector.held_tasks(tasks, {WANTED.uid: None}) == {}
    made = connector.write_task(tasks, WANTED, None)
    assert made is not None
    assert (made.uid, made.summary, made.description) == (WANTED.uid, WANTED.summary, "No answer for 3 days\n✓ & more")
    assert (made.due, made.state, made.priority) == (date(2026, 3, 2), TaskState.OPEN, 1)
    assert made.categories == ("keeptouch",)
    assert connector.write_task(tasks, WANTED, None) is None
    assert len(items(mailbox)) == 1
    # by where it was, and by its uid alone
    assert connector.held_tasks(tasks, {WANTED.uid: made.ref}) == connector.held_tasks(tasks, {WANTED.uid: None})
    # a person works on it
    for name, element in {
        "Status": value("Status", "InProgress"),
        "PercentComplete": value("PercentComplete", 40),
        "Categories": t("Categories", [value("String", "Blue"), value("String", "keeptouch")]),
        "Mileage": value("Mileage", "12 km"),
    }.items():
        mailbox.mailbox.set(made.ref, name, element)
    assert connector.write_task(tasks, replace(WANTED, summary="old news"), made) is None
    assert connector.remove_task(tasks, made) is False
    held = connector.held_tasks(tasks, {WANTED.uid: made.ref})[WANTED.uid]
    assert (held.state, held.percent, held.categories) == (TaskState.OPEN, 40, ("Blue", "keeptouch"))
    later = replace(WANTED, summary="later", due=date(2026, 3, 9), priority=0, url="https://crm.example/1")
    changed = connector.write_task(tasks, later, held)
    assert changed is not None
    assert (changed.summary, changed.due, changed.priority) == ("later", date(2026, 3, 9), 0)
    assert changed.description.endswith("\n\nhttps://crm.example/1")
    [item] = items(mailbox)
    assert (said(item, "Status"), said(item, "Mileage")) == ("InProgress", "12 km")
    assert [each.text for each in item.changed["Categories"] or ()] == ["Blue", "keeptouch"]
    done = connector.write_task(tasks, replace(later, due=None, state=TaskState.DONE, completed_at=NOON), changed)
    assert done is not None
    assert (done.state, done.percent, done.completed_at, done.due) == (TaskState.DONE, 100, NOON, None)
    reopened = connector.write_task(tasks, later, done)
    assert reopened is not None
    assert (reopened.state, reopened.percent, reopened.completed_at) == (TaskState.OPEN, 0, None)
    assert connector.remove_task(tasks, reopened) is True
    assert connector.remove_task(tasks, reopened) is True
    assert items(mailbox) == []
    assert len(items(mailbox, "deleteditems")) == 1
    assert connector.held_tasks(tasks, {WANTED.uid: reopened.ref}) == {}


@pytest.mark.parametrize("operation", ["FindItem", "CreateItem", "UpdateItem", "GetItem", "DeleteItem"])
@pytest.mark.parametrize("is_done", [True, False])
def test_an_answer_that_is_lost_doubles_nothing(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList, operation: str, is_done: bool
) -> None:
    """Written as the caller does: read by uid, then make or change on that condition, until it is as it should be."""
    mailbox.mailbox.put_task("not ours")

    def bring(wanted: WantedTask) -> None:
        held = connector.held_tasks(tasks, {wanted.uid: None}).get(wanted.uid)
        if held is None or held.summary != wanted.summary:
            connector.write_task(tasks, wanted, held)

    for number in range(4):
        wanted = replace(WANTED, summary=f"matter {number}")
        mailbox.server.fail(cut(is_done=is_done), operation=operation)
        for _attempt in range(3):
            with contextlib.suppress(Unavailable):
                bring(wanted)
        mailbox.server.heal()
        bring(wanted)
        assert sorted(said(each, "Subject") for each in items(mailbox)) == [wanted.summary, "not ours"]
    held = connector.held_tasks(tasks, {WANTED.uid: None})[WANTED.uid]
    mailbox.server.fail(cut(is_done=is_done), operation=operation)
    for _attempt in range(3):
        with contextlib.suppress(Unavailable):
            connector.remove_task(tasks, held)
    assert [said(each, "Subject") for each in items(mailbox)] == ["not ours"]


def test_what_changes_something_is_sent_once(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList
) -> None:
    mailbox.server.fail(cut(), operation="CreateItem")
    with pytest.raises(Unavailable):
        connector.write_task(tasks, WANTED, None)
    assert mailbox.server.count("CreateItem") == 1
    assert len(items(mailbox)) == 1


def test_copies_and_moves_of_a_person_are_the_persons(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList
) -> None:
    made = connector.write_task(tasks, WANTED, None)
    assert made is not None
    copy = mailbox.mailbox.copy(made.ref, "tasks")
    assert connector.held_tasks(tasks, {WANTED.uid: made.ref})[WANTED.uid].ref == made.ref
    assert connector.write_task(tasks, WANTED, None) is None
    mailbox.mailbox.remove(copy)
    mailbox.mailbox.make_folder("Private", folder_class="IPF.Task")
    mailbox.mailbox.move(made.ref, "Private")
    assert connector.held_tasks(tasks, {WANTED.uid: made.ref}) == {}
    assert [each.name for each in connector.task_lists()] == ["Private", "Tasks"]


def test_what_a_person_does_between_reading_and_writing_counts(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList
) -> None:
    made = connector.write_task(tasks, WANTED, None)
    assert made is not None

    def by_hand() -> None:
        mailbox.mailbox.set(made.ref, "Subject", "by hand")

    mailbox.server.fail(meanwhile(by_hand), operation="UpdateItem")
    assert connector.write_task(tasks, replace(WANTED, summary="ours"), made) is None
    assert said(items(mailbox)[0], "Subject") == "by hand"
    mailbox.mailbox.remove(made.ref)
    assert connector.write_task(tasks, WANTED, made) is None


def test_an_entry_that_cannot_be_read_is_not_gone_and_a_list_that_is_gone_is_told(
    mailbox: ExchangeMailbox, connector: EwsConnector, tasks: TaskList
) -> None:
    made = connector.write_task(tasks, WANTED, None)
    assert made is not None
    mailbox.mailbox.break_item(made.ref, "ErrorItemCorrupt")
    with pytest.raises(Unavailable) as caught:
        connector.held_tasks(tasks, {WANTED.uid: made.ref})
    assert caught.value.step == "fetch"
    mailbox.mailbox.mend_item(made.ref)
    mailbox.mailbox.remove_folder("Tasks")
    with pytest.raises(Unavailable) as caught:
        connector.held_tasks(tasks, {WANTED.uid: made.ref})
    assert caught.value.step == "select"


def test_a_mailbox_that_may_only_be_read_says_what_to_grant(mailbox: ExchangeMailbox) -> None:
    other = add(mailbox.server, None)
    other.mailbox.grant(mailbox.mailbox.address)
    for folder in ("inbox", "tasks"):
        other.mailbox.grant(mailbox.mailbox.address, folder)
    with mailbox.connector(mailbox=other.mailbox.address) as connector:
        (tasks,) = connector.task_lists()
        other.mailbox.full_access.clear()
        with pytest.raises(NotPermitted) as caught:
            connector.write_task(tasks, WANTED, None)
        assert caught.value.step == "write"
        assert "Add-MailboxPermission" in caught.value.hint
        mailbox.server.fail(soap_fault("ErrorServerBusy", values={"BackOffMilliseconds": "5000"}))
        with pytest.raises(Unavailable) as busy:
            connector.held_tasks(tasks, {WANTED.uid: None})
        assert busy.value.retry_after == 5


def test_nothing_is_written_by_itself(mailbox: ExchangeMailbox, connector: EwsConnector) -> None:
    before = mailbox.mailbox.snapshot()
    for stream in connector.streams():
        list(connector.pages(stream, None))
        list(connector.refs(stream))
    assert mailbox.mailbox.snapshot() == before
