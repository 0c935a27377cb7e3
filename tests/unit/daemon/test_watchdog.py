"""What systemd hears of the service: the right words, and signs of life only while turns are given out."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from daemon.agenda import Agenda
from daemon.notify import Notifier
from daemon.watchdog import HANGS_AFTER, Underway, Watchdog
from tests.unit.daemon.test_service import wait


class Manager:
    """The end of the socket that systemd has."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(5)

    def heard(self) -> str:
        return self._socket.recv(4096).decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify") if request.param == "file" else f"@keeptouch-{uuid4()}")
    yield made
    made.close()


def notifier(manager: Manager, **environ: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": manager.address, **environ})


def test_words_reach_the_manager(manager: Manager) -> None:
    told = notifier(manager)
    told.ready()
    assert manager.heard() == "READY=1"
    told.status("812 accounts,\n3 failing")
    assert manager.heard() == "STATUS=812 accounts, 3 failing"
    told.status("812 accounts,\n3 failing")
    told.reloading()
    state, moment = manager.heard().split("\n")
    assert state == "RELOADING=1"
    assert 0 <= time.monotonic() - int(moment.removeprefix("MONOTONIC_USEC=")) / 1e6 < 60
    told.stopping()
    assert manager.heard() == "STOPPING=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    Notifier(environ).ready()
    Notifier(environ).alive()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid() + 1)}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_whether_signs_of_life_are_wanted(manager: Manager, environ: dict[str, str], seconds: float | None) -> None:
    assert notifier(manager, **environ).watchdog_seconds == seconds


class Signs:
    """Stands at the manager's end and counts."""

    def __init__(self, manager: Manager) -> None:
        self.count = 0
        self.others: list[str] = []
        self._manager = manager
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                heard = self._manager.heard()
            except OSError:
                return
            if heard == "WATCHDOG=1":
                self.count += 1
            else:
                self.others.append(heard)

    def so_far(self) -> int:
        """How many were sent before this call."""
        notices = self.others.count("STATUS=so far")
        notifier(self._manager).status("so far")
        wait(lambda: self.others.count("STATUS=so far") > notices)
        return self.count

    def go_on(self, seconds: float = 10.0) -> bool:
        """Does a further sign come in this time?"""
        before, end = self.count, time.monotonic() + seconds
        while self.count == before and time.monotonic() < end:
            time.sleep(0.01)
        return self.count > before


def test_signs_end_where_a_turn_hangs_and_come_again_when_it_ends(manager: Manager) -> None:
    now = [0.0]
    looks = [0]
    underway = Underway(lambda: now[0])
    signs = Signs(manager)
    told = notifier(manager, WATCHDOG_USEC="60000")

    def tick() -> None:
        looks[0] += 1

    def looked(times: int) -> None:
        before = looks[0]
        wait(lambda: looks[0] >= before + times)

    with capture_logs() as logged, Watchdog(told, tick, underway, lambda: "1 account"):
        with underway.turn("alice") as came:
            assert signs.go_on()
            now[0] += HANGS_AFTER - 1
            came()
            now[0] += HANGS_AFTER - 1
            assert signs.go_on()
            now[0] += 2
            wait(lambda: any(each["event"] == "turn hangs" for each in logged))
            count = signs.so_far()
            looked(5)
            assert signs.so_far() == count
        assert signs.go_on()
    signs.others.remove("STATUS=so far")
    signs.others.remove("STATUS=so far")
    wait(lambda: signs.others == ["READY=1", "STATUS=1 account", "STOPPING=1"])
    assert [each["account"] for each in logged] == ["alice"]


def test_signs_end_where_no_turns_are_given_out(manager: Manager) -> None:
    lock = threading.Lock()
    stuck = threading.Event()
    signs = Signs(manager)

    def tick() -> None:
        if not lock.acquire(blocking=False):
            stuck.set()
            lock.acquire()
        lock.release()

    with Watchdog(notifier(manager, WATCHDOG_USEC="60000"), tick, Underway(), lambda: ""):
        assert signs.go_on()
        with lock:
            assert stuck.wait(5)
            count = signs.so_far()
            # ten times the pause between two signs
            assert not signs.go_on(0.2)
            assert signs.so_far() == count
        assert signs.go_on()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_agenda_whose_threads_are_busy_is_alive_and_one_without_threads_is_not() -> None:
    gate, begun = threading.Event(), threading.Event()
    agenda = Agenda("test", 1)

    def hang() -> None:
        begun.set()
        gate.wait()

    agenda.put(hang)
    assert begun.wait(5)
    agenda.tick()
    gate.set()

    def die() -> None:
        raise SystemExit

    agenda.put(die)
    assert _raises(agenda.tick)


def _raises(tick: Callable[[], None]) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            tick()
        except RuntimeError:
            return True
        time.sleep(0.01)
    return False
