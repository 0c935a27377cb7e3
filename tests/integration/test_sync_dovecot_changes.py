"""What happens to a mailbox between two syncs: nothing is lost and nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.integration.company import Company, Raw, Rows
from tests.integration.mailboxes import NOON, counts, letter, mail_files, opened, put, quoted, received
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
ALICE, ANN, BEN = "alice@acme.example", "Ann Lee <ann@client.example>", "ben@else.example"
HISTORY = "SELECT message_id FROM v1_interaction ORDER BY occurred_at"


@pytest.fixture
def login(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> Login:
    """Alice's mailbox: what she wrote to Ann, Ann's answer, and a stranger's mail."""
    login = dovecot_user()
    put(dovecot, login, "Sent", letter(ALICE, ANN, mid="offer@acme"))
    put(dovecot, login, "INBOX", received(letter(ANN, ALICE, mid="answer@client", minute=5)))
    put(dovecot, login, "INBOX", received(letter(BEN, ALICE, mid="stranger@else", minute=6)))
    return login


@pytest.fixture
def company(dovecot: Dovecot, login: Login, tmp_path: Path) -> Company:
    company = Company(tmp_path / "company")
    company.add("alice", login, dovecot.imap_port)
    return company


def tallies(company: Company, *argv: str) -> dict[str, tuple[int, int, int]]:
    """Sync: folder -> (stored, known, skipped) of folders where something was seen."""
    streams = company.sync(*argv).account("alice")["streams"]
    return {s["stream"]: (s["stored"], s["known"], s["skipped"]) for s in streams if s["seen"]}


def test_only_new_mail_is_fetched(dovecot: Dovecot, login: Login, company: Company) -> None:
    assert tallies(company) == {"Sent": (1, 0, 0), "INBOX": (1, 0, 1)}
    dovecot.deliver(login.name, [letter(ANN, ALICE, mid="more@client", minute=9), letter(BEN, ALICE, mid="again@else")])
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        assert tallies(company) == {"INBOX": (1, 0, 1)}
        assert [b" ".join(command.split()[:3]) for command in proxy.bodies_asked] == [b"UID FETCH 3:4"]
        assert proxy.harmful == []
    assert company.rows(HISTORY) == [("offer@acme",), ("answer@client",), ("more@client",)]


def test_earlier_mail_of_a_new_contact_is_linked_within_one_poll(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    company.sync()
    assert company.run("timeline", "ben@else.example").code == 1
    [before] = company.run("why", "--json", "<stranger@else>").document["items"]
    assert (before["verdict"], before["reason"]) == ("skipped", "no_contact")
    put(dovecot, login, "Sent", letter(ALICE, BEN, mid="hello@acme", minute=30))
    # the mail that was skipped counts as stored in the sync that fetches it
    assert tallies(company) == {"Sent": (1, 0, 0), "INBOX": (1, 0, 0)}
    timeline = company.run("timeline", "--json", "ben@else.example").document
    assert [item["direction"] for item in timeline["items"]] == ["outbound", "inbound"]
    [after] = company.run("why", "--json", "stranger@else").document["items"]
    assert after["verdict"] == "stored"
    assert after["links"][0]["address"] == "ben@else.example"


@pytest.mark.parametrize("uidvalidity", [7, 2_000_000_000])
def test_a_new_uidvalidity_doubles_and_loses_nothing(
    dovecot: Dovecot, login: Login, company: Company, uidvalidity: int
) -> None:
    company.sync()
    before = company.contract()
    dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", str(uidvalidity), "INBOX")
    put(dovecot, login, "INBOX", letter(ANN, ALICE, mid="more@client", minute=50))
    assert company.sync().account("alice")["ok"]
    after = company.contract()
    assert len(after["v1_interaction"]) == len(before["v1_interaction"]) + 1
    assert set(before["v1_interaction"]) < set(after["v1_interaction"])
    inbox = {ref for _account, folder, ref in company.placements() if folder == "INBOX"}
    assert inbox == {f"{uidvalidity}:{uid}" for uid in (1, 2, 3)}
    assert tallies(company) == {}


def test_a_renamed_folder_is_the_same_stream(dovecot: Dovecot, login: Login, company: Company) -> None:
    put(dovecot, login, "پروژه", letter(ANN, ALICE, mid="p1@client", minute=20), letter(ALICE, ANN, mid="p2@acme"))
    company.sync()
    before = company.contract()
    with opened(dovecot, login) as client:
        assert client.rename(quoted("پروژه"), quoted("Төсөл/2026"))[0] == "OK"
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        assert tallies(company) == {}
        assert proxy.bodies_asked == []
        assert proxy.harmful == []
    company.accounts["alice"].options["port"] = dovecot.imap_port
    assert _without_status(company) == {view: rows for view, rows in before.items() if view != "v1_account_status"}
    assert tallies(company) == {}
    assert company.run("status", "--json").document["accounts"][0]["missing_streams"] == 0
    assert [folder for _account, folder, _ref in company.placements()].count("Төсөл/2026") == 2


def test_what_was_in_a_deleted_folder_stays_history(dovecot: Dovecot, login: Login, company: Company) -> None:
    put(dovecot, login, "Old", letter(ANN, ALICE, mid="old@client", minute=20))
    company.sync()
    before = company.contract()
    with opened(dovecot, login) as client:
        assert client.delete(quoted("Old"))[0] == "OK"
    company.sync()
    assert company.contract() == before


def test_mail_that_is_wanted_from_a_folder_that_is_gone_costs_no_further_login(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    put(dovecot, login, "Old", letter(BEN, ALICE, mid="old@else"))
    company.sync()
    with opened(dovecot, login) as client:
        assert client.delete(quoted("Old"))[0] == "OK"
    put(dovecot, login, "Sent", letter(ALICE, BEN, mid="hello@acme", minute=30))
    company.sync()
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        company.sync()
        assert proxy.accepted == 1
    put(dovecot, login, "Old", letter(BEN, ALICE, mid="old@else"))
    company.accounts["alice"].options["port"] = dovecot.imap_port
    company.sync()
    assert ("old@else",) in company.rows(HISTORY)


def test_a_folder_made_anew_under_its_old_name_is_read_anew(dovecot: Dovecot, login: Login, company: Company) -> None:
    put(dovecot, login, "Old", *(letter(ANN, ALICE, mid=f"old{n}@client", minute=20 + n) for n in range(3)))
    company.sync()
    with opened(dovecot, login) as client:
        client.delete(quoted("Old"))
    put(dovecot, login, "Old", *(letter(ANN, ALICE, mid=f"new{n}@client", minute=30 + n) for n in range(3)))
    company.sync()
    mids = {mid for (mid,) in company.rows(HISTORY)}
    assert mids >= {f"{age}{n}@client" for age in ("old", "new") for n in range(3)}
    assert len([place for place in company.placements() if place[1] == "Old"]) == 3


def test_moved_and_copied_mail_is_one_interaction(dovecot: Dovecot, login: Login, company: Company) -> None:
    company.sync()
    before = company.rows("SELECT id, thread_id, occurred_at FROM v1_interaction ORDER BY id")
    with opened(dovecot, login) as client:
        client.select("INBOX")
        client.create("Kept")
        assert client.uid("COPY", "1", "Kept")[0] == "OK"
        assert client.uid("MOVE", "1", "Archive")[0] == "OK"
        assert client.uid("MOVE", "2", "Archive")[0] == "OK"
    assert tallies(company) == {"Kept": (0, 1, 0), "Archive": (0, 1, 1)}
    assert company.rows("SELECT id, thread_id, occurred_at FROM v1_interaction ORDER BY id") == before


def test_an_earlier_since_reads_the_older_mail_and_nothing_twice(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    old = NOON.replace(year=2024)
    put(dovecot, login, "INBOX", received(letter(ANN, ALICE, mid="y2024@client")), when=old)
    company.accounts["alice"].options["since"] = Raw("2026-01-01")
    assert tallies(company) == {"Sent": (1, 0, 0), "INBOX": (1, 0, 1)}
    company.accounts["alice"].options["since"] = Raw("2023-01-01")
    assert tallies(company) == {"INBOX": (1, 0, 0)}
    assert {mid for (mid,) in company.rows(HISTORY)} == {"offer@acme", "answer@client", "y2024@client"}
    assert sum(counts(dovecot, login).values()) == len(company.placements())


def _without_status(company: Company) -> dict[str, Rows]:
    return {view: rows for view, rows in company.contract().items() if view != "v1_account_status"}


def test_mail_that_no_program_has_seen_stays_new(dovecot: Dovecot, login: Login, company: Company) -> None:
    dovecot.deliver(login.name, [letter(ANN, ALICE, mid="fresh@client", minute=9)])
    before = mail_files(login.maildir)
    assert [name for name in before if name.startswith("new/")]
    assert company.sync().account("alice")["seen"] == 4
    assert mail_files(login.maildir) == before


def test_two_servers_behind_one_host_and_user_are_two_mailboxes(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    with Dovecot({login.name: login.password}) as other:
        twin = Login(login.name, login.password, other.maildir(login.name))
        put(other, twin, "INBOX", received(letter(ANN, ALICE, mid="twin@client", minute=9)))
        company.add("twin", twin, other.imap_port)
        company.add("again", login, dovecot.imap_port)
        accounts = {each["account"]: each for each in company.sync().document["accounts"]}
        assert {name: each["seen"] for name, each in accounts.items()} == {"alice": 3, "twin": 1, "again": 3}
        assert {mid for (mid,) in company.rows(HISTORY)} == {"offer@acme", "answer@client", "twin@client"}
        assert {each["seen"] for each in company.sync().document["accounts"]} == {0}
