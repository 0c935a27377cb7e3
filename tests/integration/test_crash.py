"""Lines that break, disks that refuse, processes that meet: nothing is lost, doubled or half-written."""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    """Alice's 660 mails, of which her inbox holds more than a page, and Bob's 100."""
    logins = {"alice": dovecot_user(), "bob": dovecot_user()}
    for seed, (name, login) in enumerate(logins.items()):
        write_maildir(login.maildir, n=(660, 100)[seed], seed=seed, me=f"{name}@{DOMAIN}", people=60, median=2500)
    company = Undisturbed(dovecot, logins, {}, {}).company(tmp_path_factory.mktemp("undisturbed"))
    with company.spawn("sync", "--json") as process:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    return Undisturbed(dovecot, logins, company.contract(), company.placements())


def test_the_undisturbed_sync_is_worth_disturbing(undisturbed: Undisturbed) -> None:
    verdicts = [verdict for verdict, _reason in undisturbed.placements.values()]
    assert len(verdicts) == 760
    assert verdicts.count("stored") > 420
    assert verdicts.count("skipped") > 120
    assert len(undisturbed.contract["v1_thread"]) > 100


class Fragile(Direction):
    """Breaks the connection again and again, but never twice over one mail: that would be the mail's fault."""

    #: No mail of the fixture is longer.
    LONGEST = 2_500_000

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


@pytest.mark.parametrize("cuts", [3, pytest.param(50, marks=pytest.mark.soak)])
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
