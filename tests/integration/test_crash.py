"""Whatever ends a sync in its middle, the next one goes on: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.conftest import Login
from tests.integration.company import Company, Rows, differences
from tests.servers.dovecot import Dovecot
from tests.servers.faultproxy import Direction, FaultProxy
from tests.servers.mailbox import write_maildir

pytestmark = pytest.mark.slow
DOMAIN = "example.org"


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """Two mailboxes, and what a sync that nothing disturbs makes of them."""

    dovecot: Dovecot
    logins: dict[str, Login]
    contract: dict[str, Rows]
    placements: dict[tuple[str, str, str], tuple[str, str]]
    #: Of the command, from its start to its end.
    seconds: float
    #: What the server sent.
    bytes: int

    def company(self, folder: Path, port: int | None = None) -> Company:
        """A company with an empty store."""
        company = Company(folder, domains=(DOMAIN,))
        for name, login in self.logins.items():
            company.add(name, login, port or self.dovecot.imap_port)
        company.write()
        return company

    def check(self, company: Company) -> None:
        """The store holds what it holds when nothing went wrong."""
        company.check_integrity()
        found = company.placements()
        assert {place: verdict for place, verdict in found.items() if verdict != self.placements.get(place)} == {}
        assert found.keys() == self.placements.keys()
        assert differences(company.contract(), self.contract) == {}


@pytest.fixture(scope="module")
def undisturbed(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Alice's 750 mails and Bob's 250."""
    logins = {"alice": dovecot_user(), "bob": dovecot_user()}
    for seed, (name, login) in enumerate(logins.items()):
        write_maildir(login.maildir, n=(750, 250)[seed], seed=seed, me=f"{name}@{DOMAIN}", people=60, median=2500)
    first = Undisturbed(dovecot, logins, {}, {}, 0.0, 0)
    with FaultProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company = first.company(tmp_path_factory.mktemp("undisturbed"), proxy.port)
        start = time.monotonic()
        with company.spawn("sync", "--json") as process:
            assert (process.communicate()[1], process.returncode) == ("", 0)
        seconds = time.monotonic() - start
        return Undisturbed(dovecot, logins, company.contract(), company.placements(), seconds, proxy.down.passed)


def test_the_undisturbed_sync_is_worth_disturbing(undisturbed: Undisturbed) -> None:
    verdicts = [verdict for verdict, _reason in undisturbed.placements.values()]
    assert len(verdicts) == 1000
    assert verdicts.count("stored") > 550
    assert verdicts.count("skipped") > 150
    assert len(undisturbed.contract["v1_thread"]) > 100


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.soak)])
def test_a_sync_that_is_killed_at_any_moment_goes_on(undisturbed: Undisturbed, tmp_path: Path, kills: int) -> None:
    rng = random.Random(kills)
    killed = stores = 0
    company = undisturbed.company(tmp_path / "0")
    while killed < kills:
        if killed_within(company, rng.uniform(0.15, 0.9) * undisturbed.seconds):
            killed += 1
            if company.store.exists():
                company.check_integrity()
        else:
            undisturbed.check(company)
            stores += 1
            company = undisturbed.company(tmp_path / str(stores))
    company.sync()
    undisturbed.check(company)


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_a_change_of_policy_that_is_killed_at_any_moment_goes_on(
    undisturbed: Undisturbed, tmp_path: Path, kills: int
) -> None:
    before = undisturbed.company(tmp_path / "before")
    before.create = "off"
    before.sync()
    rng = random.Random(kills)
    killed = stores = 0
    company = copy_of(before, undisturbed.company(tmp_path / "0"))
    while killed < kills:
        if killed_within(company, rng.uniform(0.15, 0.9) * undisturbed.seconds):
            killed += 1
            company.check_integrity()
        else:
            undisturbed.check(company)
            stores += 1
            company = copy_of(before, undisturbed.company(tmp_path / str(stores)))
    company.sync()
    undisturbed.check(company)


def copy_of(before: Company, company: Company) -> Company:
    """The company with the other's store."""
    shutil.copy(before.store, company.store)
    return company


def killed_within(company: Company, seconds: float) -> bool:
    """Sync, and send SIGKILL after a while; False: it ended before, in good order."""
    with company.spawn("sync", "--json") as process:
        try:
            _out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
        assert process.returncode == 0, err
        return False


class Fragile(Direction):
    """Breaks the connection again and again, but never twice over one mail: that would be the mail's fault."""

    #: No mail of the fixture is longer.
    LONGEST = 5_000_000

    def __init__(self, proxy: FaultProxy, seed: int) -> None:
        super().__init__(proxy, is_down=True)
        self._distances = random.Random(seed)
        self.cuts = -1
        self._arm()

    def spoil(self, data: bytes, window: bytes) -> tuple[bytes, bool]:
        data, cut = super().spoil(data, window)
        if cut:
            self._arm()
        return data, cut

    def _arm(self) -> None:
        self.cuts += 1
        self.cut_after = self.LONGEST + int(self._distances.expovariate(2e-6))


@pytest.mark.parametrize("cuts", [6, pytest.param(200, marks=pytest.mark.soak)])
def test_connections_that_break_at_any_byte_cost_repeated_work_alone(
    undisturbed: Undisturbed, tmp_path: Path, cuts: int
) -> None:
    with FaultProxy((undisturbed.dovecot.host, undisturbed.dovecot.imap_port)) as proxy:
        proxy.down = fragile = Fragile(proxy, cuts)
        stores = 0
        company = undisturbed.company(tmp_path / "0")
        while fragile.cuts < cuts:
            company.accounts["alice"].options["port"] = proxy.port
            answer = company.run("sync", "--json")
            accounts = answer.document["accounts"]
            assert answer.code == (0 if all(account["ok"] for account in accounts) else 1)
            if answer.code == 0:
                undisturbed.check(company)
                stores += 1
                company = undisturbed.company(tmp_path / str(stores))
        proxy.heal()
        company.sync()
    undisturbed.check(company)


def test_two_syncs_of_one_store_at_once_lose_and_double_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    company = undisturbed.company(tmp_path / "both")
    with company.spawn("sync", "--json") as one, company.spawn("sync", "--json") as other:
        ends = [(process.communicate(), process.returncode) for process in (one, other)]
    assert [code for _texts, code in ends] == [0, 0], ends
    company.sync()
    undisturbed.check(company)


def test_first_starts_at_once_agree_on_one_key_and_one_store(undisturbed: Undisturbed, tmp_path: Path) -> None:
    company = undisturbed.company(tmp_path / "many")
    (company.folder / "identity.key").unlink()
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(company.spawn("sync", "--json", "--account", "bob")) for _ in range(3)]
        ends = [(process.communicate()[1], process.returncode) for process in started]
    assert ends == [("", 0)] * 3
    assert sorted(path.name for path in company.folder.glob("identity*")) == ["identity.key"]
    assert len(company.rows("SELECT id FROM v1_interaction")) == len(
        [place for place, (verdict, _why) in company.placements().items() if verdict == "stored"]
    )
    company.check_integrity()


@contextlib.contextmanager
def pages_at_most(count: int) -> Iterator[None]:
    """Every SQLite file is full at this many pages, as on a full disk."""

    def limit(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {count}")
        cursor.close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@pytest.mark.parametrize("pages", [60, 200, 500])
def test_a_full_disk_is_told_and_writes_nothing_by_half(undisturbed: Undisturbed, tmp_path: Path, pages: int) -> None:
    company = undisturbed.company(tmp_path / "full")
    with pages_at_most(pages):
        answer = company.run_as_is("sync", "--json")
    assert answer.code == 2
    [problem] = answer.document["problems"]
    assert problem["step"] == "store"
    assert "full" in problem["problem"]
    assert "make room on the disk" in problem["hint"]
    company.check_integrity()
    company.sync()
    undisturbed.check(company)


def test_a_disk_that_refuses_to_write_is_told_and_costs_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    company = undisturbed.company(tmp_path / "refused")
    done = subprocess.run(
        ["prlimit", f"--fsize={1024 * 1024}", "--", *company.command("sync", "--json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "store: " in done.stderr
    assert "Traceback" not in done.stderr
    company.check_integrity()
    company.sync()
    undisturbed.check(company)
