"""The tests of kills find what they are there to find: each of three bugs is planted, and must be noticed."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterable

import pytest

from tests.crash.bugs import drop_key
from tests.crash.scenarios import SYNC, LostOrDoubledError, Scenario, World
from tests.integration.company import Company
from tests.integration.mailboxes import letter, listing, put

pytestmark = pytest.mark.slow
#: Where a page is written.
_PAGE = {"call store.mails.write:write_stored", "return store.mails.write:write_stored", "return Connection.commit"}


def test_a_cursor_that_is_committed_before_its_rows_is_noticed(scenario: Callable[[str], Scenario]) -> None:
    subject = scenario("first import")
    killed = subject.killed(random.Random(1), 10, _PAGE, every=1, bug="cursor before rows")
    with pytest.raises(LostOrDoubledError, match="placement"):
        _check_all(subject, killed, bug="cursor before rows")


def test_rows_without_a_unique_key_are_noticed(scenario: Callable[[str], Scenario]) -> None:
    subject = scenario("news")
    company = subject.company()
    drop_key(company.store)
    with pytest.raises(LostOrDoubledError, match="message"):
        subject.check(company, bug="no unique key")


@pytest.mark.parametrize("bug", [None, "no compare-and-swap"])
def test_a_page_that_was_overtaken_is_given_up_and_a_missing_compare_and_swap_is_noticed(
    world: Callable[[], World], bug: str | None
) -> None:
    """One process stands still with the new mail in hand; the folder is made anew, and another process reads it.

    The first one goes on then. Should it write the mail it dies at once, before it could heal what it has done.
    """
    place = world()
    company = place.company(place.read())
    alice = place.logins["alice"]
    put(place.dovecot, alice, "INBOX", letter("ann@client.example", "alice@example.org", mid="new@client.example"))
    command = (*SYNC, "--account", "alice")
    slow = place.warm.start(company, *command, bug=bug, holding="new@client.example")
    assert slow.stopped()
    place.dovecot.doveadm("mailbox", "update", "-u", alice.name, "--uid-validity", "1900000000", "INBOX")
    place.warm.finish(company, *command, bug=bug)
    slow.send(signal.SIGCONT)
    # the server may end its connection over what happened
    assert slow.wait() in ((-signal.SIGKILL,) if bug else (0, 1)), slow.said()
    inbox = {ref for folder, ref in listing(place.dovecot, alice) if folder == "INBOX"}
    placed = {ref for account, folder, ref in company.placements() if (account, folder) == ("alice", "INBOX")}
    assert (placed == inbox) is (bug is None)


def _check_all(subject: Scenario, companies: Iterable[Company], **job: object) -> None:
    for company in companies:
        subject.check(company, **job)
