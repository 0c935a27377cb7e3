"""Who works next: priorities, shares of hosts, and one slice an account at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator

import pytest
from structlog.testing import capture_logs

from daemon.pool import LANES, Place, Pool, Priority
from tests.unit.daemon.test_service import wait

Work = tuple[Hashable, Priority]


class Worked:
    """A pool whose slices last until the test lets them end."""

    def __init__(self) -> None:
        self.begun: list[Work] = []
        self.gates: dict[Work, threading.Event] = {}
        self.pool = Pool(self._take)

    def _take(self, key: Hashable, priority: Priority) -> None:
        gate = self.gates.setdefault((key, priority), threading.Event())
        self.begun.append((key, priority))
        gate.wait()

    def end(self, key: Hashable, priority: Priority) -> None:
        self.gates.pop((key, priority)).set()

    def has_begun(self, *expected: Work) -> None:
        """Exactly these have begun, and nothing else follows."""
        wait(lambda: len(self.begun) >= len(expected))
        time.sleep(0.05)
        assert self.begun == list(expected)


@pytest.fixture
def worked() -> Iterator[Worked]:
    made = Worked()
    made.pool.run()
    yield made
    made.pool.close()
    for gate in made.gates.values():
        gate.set()
    assert made.pool.join(time.monotonic() + 5)


def place(worked: Worked, limit: int = 16, **hosts: int) -> None:
    """Accounts "a0", "a1" … of the host "a", and so on; all of them answer."""
    worked.pool.arrange({f"{host}{n}": Place(host, limit) for host, count in hosts.items() for n in range(count)})
    for host in hosts:
        worked.pool.trust(host, is_trusted=True)


USER, PUSH, POLL, RETRY, BACKFILL = Priority


def test_the_better_priority_has_the_next_connection(worked: Worked) -> None:
    place(worked, limit=1, a=5)
    worked.pool.request("a0", BACKFILL)
    worked.has_begun(("a0", BACKFILL))
    for key, priority in (("a1", BACKFILL), ("a2", POLL), ("a3", PUSH), ("a4", USER)):
        worked.pool.request(key, priority)
    wait(lambda: worked.pool.is_crowded("a0"))
    order = [("a0", BACKFILL), ("a4", USER), ("a3", PUSH), ("a2", POLL), ("a1", BACKFILL)]
    for number, each in enumerate(order, 1):
        worked.has_begun(*order[:number])
        worked.end(*each)


def test_an_account_has_one_slice_at_a_time_and_what_is_asked_meanwhile_follows(worked: Worked) -> None:
    place(worked, a=1)
    worked.pool.request("a0", BACKFILL)
    worked.has_begun(("a0", BACKFILL))
    for _ in range(3):
        worked.pool.request("a0", PUSH)
        worked.pool.request("a0", POLL, time.monotonic())
    assert not worked.pool.is_crowded("a0")
    worked.has_begun(("a0", BACKFILL))
    worked.end("a0", BACKFILL)
    worked.has_begun(("a0", BACKFILL), ("a0", PUSH))
    worked.end("a0", PUSH)
    worked.has_begun(("a0", BACKFILL), ("a0", PUSH), ("a0", POLL))


def test_some_connections_of_a_host_are_left_to_hints(worked: Worked) -> None:
    place(worked, limit=4, a=20)
    for number in range(10):
        worked.pool.request(f"a{number}", POLL)
        worked.pool.request(f"a{number + 10}", BACKFILL)
    worked.has_begun(("a0", POLL), ("a1", POLL))
    worked.pool.request("a15", PUSH)
    worked.has_begun(("a0", POLL), ("a1", POLL), ("a15", PUSH))


def test_whoever_borrows_a_connection_counts_as_a_turn_does(worked: Worked) -> None:
    """Logins for watching, lists of contacts and of tasks: a host is never asked by more at once than it allows."""
    place(worked, limit=2, a=4)
    with worked.pool.borrowed("a") as first, worked.pool.borrowed("a") as second, worked.pool.borrowed("a", 0) as third:
        assert (first, second, third) == (True, True, False)
        worked.pool.request("a0", USER)
        worked.has_begun()
        with worked.pool.borrowed("b", 0) as elsewhere, worked.pool.borrowed(None, 0) as nowhere:
            assert elsewhere
            assert nowhere
    worked.has_begun(("a0", USER))
    worked.pool.request("a1", PUSH)
    worked.has_begun(("a0", USER), ("a1", PUSH))
    released = threading.Timer(0.05, worked.end, ("a0", USER))
    released.start()
    with worked.pool.borrowed("a", 5) as waited:
        assert waited
    worked.pool.request("a2", PUSH)
    worked.has_begun(("a0", USER), ("a1", PUSH), ("a2", PUSH))


def test_a_host_has_its_share_and_who_holds_fewest_threads_is_next(worked: Worked) -> None:
    place(worked, limit=100, a=50, b=2, c=2)
    for number in range(50):
        worked.pool.request(f"a{number}", BACKFILL)
    share = LANES[BACKFILL].share
    first = [(f"a{number}", BACKFILL) for number in range(share)]
    worked.has_begun(*first)
    worked.pool.request("b0", BACKFILL)
    worked.pool.request("b1", BACKFILL)
    begun = [*first, ("b0", BACKFILL), ("b1", BACKFILL)]
    worked.has_begun(*begun)
    worked.pool.request("c0", BACKFILL)
    worked.has_begun(*begun)
    # a thread that becomes free goes to the host that has none
    worked.end("a0", BACKFILL)
    worked.has_begun(*begun, ("c0", BACKFILL))


def test_a_host_that_does_not_answer_yet_has_a_small_share(worked: Worked) -> None:
    place(worked, a=20)
    worked.pool.trust("a", is_trusted=False)
    for number in range(20):
        worked.pool.request(f"a{number}", POLL)
    wait(lambda: len(worked.begun) == 4)
    time.sleep(0.05)
    assert len(worked.begun) == 4
    worked.pool.trust("a", is_trusted=True)
    wait(lambda: len(worked.begun) == LANES[POLL].share)


def test_accounts_of_a_host_take_turns(worked: Worked) -> None:
    place(worked, limit=1, a=2)
    worked.pool.request("a0", BACKFILL)
    worked.has_begun(("a0", BACKFILL))
    worked.pool.request("a1", BACKFILL)
    worked.pool.request("a0", BACKFILL)
    worked.end("a0", BACKFILL)
    worked.has_begun(("a0", BACKFILL), ("a1", BACKFILL))
    worked.end("a1", BACKFILL)
    worked.has_begun(("a0", BACKFILL), ("a1", BACKFILL), ("a0", BACKFILL))


def test_what_is_asked_for_accounts_that_are_gone_is_dropped(worked: Worked) -> None:
    place(worked, limit=1, a=3)
    worked.pool.request("a0", POLL)
    worked.has_begun(("a0", POLL))
    worked.pool.request("a1", POLL)
    worked.pool.request("a2", POLL)
    worked.pool.request("a1", PUSH, time.monotonic() + 0.02)
    worked.pool.arrange({"a0": Place("a", 1), "a2": Place("b", 1)})
    # it lies on another host now, which has room
    worked.has_begun(("a0", POLL), ("a2", POLL))
    worked.pool.request("a1", POLL)
    worked.end("a0", POLL)
    worked.has_begun(("a0", POLL), ("a2", POLL))


def test_an_earlier_time_replaces_a_later_one(worked: Worked) -> None:
    place(worked, a=1)
    worked.pool.request("a0", POLL, time.monotonic() + 3600)
    worked.has_begun()
    worked.pool.request("a0", POLL, time.monotonic() + 0.05)
    worked.has_begun(("a0", POLL))


def test_a_bug_in_a_slice_is_logged_and_ends_no_thread() -> None:
    done: list[Hashable] = []

    def take(key: Hashable, _priority: Priority) -> None:
        done.append(key)
        raise ZeroDivisionError

    pool = Pool(take)
    pool.arrange({"a": Place("a", 1)})
    with capture_logs() as logged:
        pool.run()
        for number in range(1, 31):
            pool.request("a", POLL)
            wait(_counts(done, number))
    assert [each["event"] for each in logged] == ["slice failed"] * 30
    pool.close()
    assert pool.join(time.monotonic() + 5)


def _counts(done: list[Hashable], number: int) -> Callable[[], bool]:
    return lambda: len(done) == number
