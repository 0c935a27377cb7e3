"""Other users of the machine read a SQLite store while the service runs, after it stopped, and after it was killed."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.engine import Store
from store.errors import StoreError
from store.published.file_modes import grant
from store.published.grants import Access, Granted
from tests import forked
from tests.unit.daemon.company_mail import KEY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the service and its readers"),
]
SERVICE, READER = "daemon", "nobody"
#: The service's own group, and one of the readers alone.
OWN, READERS = "daemon", "games"


@dataclass(frozen=True, slots=True)
class Place:
    """A store of the service in a folder where its users may go."""

    folder: Path
    service: int

    @property
    def store(self) -> Path:
        return self.folder / "store.db"

    def opened(self) -> Store:
        """As the service opens it."""
        before = os.umask(0o077)
        try:
            return Store.open(f"sqlite:///{self.store}", key_text=KEY, key_file=self.folder / "unused")
        finally:
            os.umask(before)

    def write(self) -> None:
        """One start, one transaction, one stop."""
        with self.opened() as store, store.write() as connection:
            connection.exec_driver_sql("INSERT INTO redirect VALUES (hex(randomblob(8)), 'old', 'new', '2026')")

    def serve(self, work: Callable[[], object]) -> int:
        """As the service's user."""
        return forked.run(work, user=self.service, group=pwd.getpwuid(self.service).pw_gid)

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        """The service at work, and killed in the end."""
        ready, tell = os.pipe()
        held, hold = os.pipe()

        def work() -> None:
            os.close(hold)
            with self.opened() as store:
                with store.write() as connection:
                    connection.exec_driver_sql("INSERT INTO redirect VALUES ('x', hex(randomblob(8)), 'new', '2026')")
                os.write(tell, b"!")
                os.read(held, 1)  # until it is killed, or the tests have ended

        child = forked.begin(work, user=self.service, group=pwd.getpwuid(self.service).pw_gid)
        os.close(tell)
        try:
            assert os.read(ready, 1) == b"!"
            yield child
        finally:
            os.kill(child, signal.SIGKILL)
            assert forked.end(child) == -signal.SIGKILL
            for end in (ready, held, hold):
                os.close(end)


@pytest.fixture(params=["root", SERVICE])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A store that only the service may use so far, and its key."""
    folder = Path(tempfile.mkdtemp(prefix="keeptouch-"))  # not in pytest's own, where nobody else may go
    user = pwd.getpwnam(request.param)
    made = Place(folder / "state", user.pw_uid)
    try:
        folder.chmod(0o755)
        made.folder.mkdir(0o700)
        os.chown(made.folder, user.pw_uid, user.pw_gid)
        for _start in range(2):  # as root: other users may not be able to import what Python still lacks
            made.write()
        for path in made.folder.iterdir():
            os.chown(path, user.pw_uid, user.pw_gid)
        key = made.folder / "identity.key"
        key.write_text(KEY)
        key.chmod(0o600)
        os.chown(key, user.pw_uid, user.pw_gid)
        assert made.store.stat().st_mode & 0o777 == 0o600
        yield made
    finally:
        shutil.rmtree(folder)


def rows(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM v1_redirect").fetchone()[0])


def reads(place: Place, group: str, expected: int) -> bool:
    """Does a user of this group find so many rows, as a tool that opens the file read-only?"""

    def work() -> None:
        assert rows(place.store) == expected

    return forked.run(work, user=pwd.getpwnam(READER).pw_uid, group=grp.getgrnam(group).gr_gid) == 0


def harms(place: Place, group: str) -> bool:
    """Can such a user change the store, or read the key?"""

    def change() -> None:
        with contextlib.closing(sqlite3.connect(place.store)) as connection, connection:
            connection.execute("DELETE FROM redirect")

    works = (change, (place.folder / "identity.key").read_text, place.store.unlink)
    who = {"user": pwd.getpwnam(READER).pw_uid, "group": grp.getgrnam(group).gr_gid}
    return any(forked.run(work, **who) == 0 for work in works)


def give(place: Place, group: str, access: Access = Access.READ) -> Granted:
    return grant(place.store, group, access)


@pytest.mark.parametrize("group", [OWN, READERS])
def test_readers_read_in_every_state_and_change_nothing(place: Place, group: str) -> None:
    assert not reads(place, group, 2)
    granted = give(place, group)
    assert granted.missing == []
    assert any(str(place.store) in line and group in line for line in granted.done)
    assert reads(place, group, 2)
    for count in (3, 4):
        with place.running():  # the second start finds what a kill has left
            assert place.store.with_name("store.db-wal").stat().st_size > 0
            assert reads(place, group, count)
            assert not harms(place, group)
        assert place.store.with_name("store.db-wal").exists()
        assert reads(place, group, count)
        assert not harms(place, group)
    assert place.serve(place.write) == 0
    assert not place.store.with_name("store.db-wal").exists()
    assert reads(place, group, 5)
    assert not harms(place, group)
    assert not reads(place, "mail", 5)


@pytest.mark.parametrize("group", [OWN, READERS])
def test_it_can_be_given_while_the_service_runs(place: Place, group: str) -> None:
    with place.running():
        assert not reads(place, group, 3)
        give(place, group)
        assert reads(place, group, 3)
    assert reads(place, group, 3)


@pytest.mark.parametrize("group", [OWN, READERS])
def test_writers_write_in_every_state_and_the_service_goes_on(place: Place, group: str) -> None:
    granted = give(place, group, Access.WRITE)
    assert granted.missing == []
    assert any("every table" in line for line in granted.notes)

    def write() -> None:
        with contextlib.closing(sqlite3.connect(place.store)) as connection, connection:
            connection.execute(
                "INSERT INTO w1_contact (external_source, external_id) VALUES ('crm', hex(randomblob(4)))"
            )

    def spoil() -> None:
        (place.folder / "identity.key").unlink()

    who = {"user": pwd.getpwnam(READER).pw_uid, "group": grp.getgrnam(group).gr_gid}
    assert forked.run(write, **who) == 0
    with place.running():
        assert forked.run(write, **who) == 0
        assert forked.run(spoil, **who) == 1
    assert forked.run(write, **who) == 0
    assert place.serve(place.write) == 0
    with place.running():
        assert forked.run(write, **who) == 0
    assert place.serve(place.write) == 0
    assert reads(place, group, 6)
    assert forked.run(spoil, **who) == 1


def test_it_says_what_it_did_and_repeating_it_changes_nothing(place: Place) -> None:
    first = give(place, READERS)
    modes = [path.stat().st_mode for path in (place.folder, place.store)]
    assert first.done == [
        f"{place.store}: group {READERS}, mode 0640",
        f"{place.folder}: group {READERS}, mode 2710",
    ]
    assert give(place, READERS).done == first.done
    assert [path.stat().st_mode for path in (place.folder, place.store)] == modes
    give(place, READERS, Access.WRITE)
    assert give(place, READERS).done == [
        f"{place.store}: group {READERS}, mode 0660",
        f"{place.folder}: group {READERS}, mode 3770",
    ]


def test_no_group_loses_what_it_has(place: Place) -> None:
    give(place, READERS)
    with pytest.raises(StoreError, match=f"can be read by the group {READERS}, which would lose it") as error:
        give(place, "mail")
    assert "setfacl" in error.value.hint
    assert reads(place, READERS, 2)


def test_what_is_in_the_way_is_named(place: Place) -> None:
    place.folder.parent.chmod(0o700)
    [(what, remedy)] = give(place, READERS).missing
    assert str(place.folder.parent) in what
    assert remedy == f"chmod o+x {place.folder.parent}"
    place.folder.parent.chmod(0o755)
    place.store.chmod(0o644)
    assert any("every user of this machine can read" in line for line in give(place, READERS).notes)


def test_a_group_that_is_missing_and_a_user_who_may_not_are_refused(place: Place) -> None:
    with pytest.raises(StoreError, match="no group unicorns"):
        give(place, "unicorns")

    def refused() -> None:
        with pytest.raises(StoreError, match="can't be changed"):
            give(place, READERS)

    if place.service:
        assert place.serve(refused) == 0
