"""keeptouch store and keeptouch decisions as an operator types them."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sqlite3
from pathlib import Path

import pytest

from store import migrate
from tests.integration.company import KEY, Account, Company
from tests.integration.mailboxes import letter
from tests.unit.store import later_release

pytestmark = pytest.mark.slow
ANN = "Ann Lee <ann@client.example>"

#: Of this program, before a later release is made up.
NEWEST = migrate.revisions()[-1]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company that has read a mail to Ann."""
    made = Company(tmp_path / "company")
    (made.folder / "mail").mkdir()
    (made.folder / "mail" / "1.eml").write_bytes(letter("alice@acme.example", ANN, mid="1@acme"))
    options = {"path": "mail", "format": "eml"}
    made.accounts["alice"] = Account("alice", "alice@acme.example", options, "local")
    made.sync()
    return made


def epoch(company: Company) -> object:
    return company.rows("SELECT feed_epoch FROM v1_store")[0][0]


def write(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_a_backup_is_made_proved_put_back_and_noticed(company: Company, tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    made = company.run("store", "backup", "--json", str(file)).document
    assert made["bytes"] == file.stat().st_size
    assert made["identity_key"] == str(company.folder / "identity.key")
    proved = company.run("store", "verify", "--json", str(file))
    assert (proved.code, proved.document["ok"]) == (0, True)
    assert proved.document["copy"].startswith("backup of 20")
    assert proved.document["store_id"] == made["store_id"]
    assert proved.document["rows"]["v1_interaction"] == 1
    before = epoch(company)
    shutil.copy(file, company.store)
    answer = company.run("sync")
    assert "store put back" in answer.err
    assert epoch(company) != before
    assert company.run("store", "verify").code == 0


def test_a_backup_tells_of_the_key_that_it_does_not_hold(company: Company, tmp_path: Path) -> None:
    answer = company.run("store", "backup", str(tmp_path / "b.db"))
    assert f"The identity key belongs to it and is not in it: {company.folder / 'identity.key'}" in answer.out
    content = (tmp_path / "b.db").read_bytes()
    assert KEY.encode() not in content
    assert bytes.fromhex(KEY) not in content
    assert KEY not in answer.out


def test_a_backup_overwrites_nothing(company: Company, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("precious")
    answer = company.run("store", "backup", "--json", str(tmp_path / "b.db"))
    assert answer.code == 2
    assert "is there already" in answer.document["problems"][0]["problem"]
    assert (tmp_path / "b.db").read_text() == "precious"


def test_the_key_is_named_wherever_it_is_kept(company: Company, tmp_path: Path) -> None:
    company.extra = ""
    text = company.config.read_text()
    for line, named in (
        ('key_file = "identity.key"', str(company.folder / "identity.key")),
        (f'key_command = ["echo", "{KEY}"]', "what store.key_command prints"),
    ):
        company.config.write_text(text.replace("[store]", f"[store]\n{line}"))
        answer = company.run_as_is("store", "backup", "--json", str(tmp_path / named.replace("/", "_")))
        assert answer.document["identity_key"] == named


def test_verify_names_each_problem_and_what_mends_it(company: Company) -> None:
    write(company.store, "DELETE FROM thread")
    write(company.store, "UPDATE link SET contact_id = 'x'")
    answer = company.run("store", "verify")
    assert answer.code == 1
    assert "interaction_without_thread: 1 rows of the history whose thread is not there: " in answer.err
    assert (
        'link_without_contact: 1 links to contacts that are not there, or deleted: "ann@client.example"' in answer.err
    )
    assert "keeptouch reprocess derives them anew" in answer.err
    assert answer.out.endswith("2 problems\n")
    document = company.run("store", "verify", "--json").document
    assert [(each["step"], each["count"]) for each in document["problems"]] == [
        ("interaction_without_thread", 1),
        ("link_without_contact", 1),
    ]


def test_verify_needs_a_store_and_says_so_of_the_key(company: Company, tmp_path: Path) -> None:
    assert company.run("store", "verify", str(tmp_path / "nowhere")).code == 2
    (company.folder / "identity.key").unlink()
    answer = company.run("store", "verify", "--json")
    assert answer.code == 1
    assert [each["step"] for each in answer.document["problems"]] == ["identity_key"]


def test_upgrade_says_what_it_did(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing to do" in company.run("store", "upgrade").out
    later_release.install(monkeypatch, tmp_path)
    refused = company.run("status", "--json")
    assert refused.code == 2
    assert "keeptouch store upgrade" in refused.document["problems"][0]["hint"]
    copy = f"{company.store}.before-{later_release.REVISION}"
    assert company.run("store", "upgrade", "--json").document == {
        "format": 1,
        "upgraded": True,
        "before": NEWEST,
        "after": later_release.REVISION,
        "copy": copy,
        "oldest_program": migrate.OLDEST_PROGRAM,
    }
    monkeypatch.undo()
    refused = company.run("sync")
    assert refused.code == 2
    assert copy in refused.err


def test_older_programs_are_shut_out(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert company.run("store", "upgrade", "--oldest-program", "99.0").code == 2
    with monkeypatch.context() as later:
        later.setattr(migrate, "program", lambda: "99.1.0")
        answer = company.run("store", "upgrade", "--oldest-program", "99.0")
        assert "keeptouch 99.0 and newer may work with it" in answer.out
    answer = company.run("sync")
    assert answer.code == 2
    assert "allows keeptouch 99.0 and newer" in answer.err


def test_restored_begins_a_new_epoch(company: Company) -> None:
    before = epoch(company)
    after = company.run("store", "restored", "--json").document["feed_epoch"]
    assert after == epoch(company) != before
    assert company.rows("SELECT DISTINCT compared_at FROM stream") == [(None,)]


# -- copy-to ------------------------------------------------------------------------------------------------------


def test_copy_to_makes_a_store_to_go_on_with(company: Company, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    answer = company.run("store", "copy-to", "--json", f"sqlite:///{target}")
    assert answer.code == 0
    tables = {each["table"]: each for each in answer.document["tables"]}
    assert tables["message"]["rows"] == 1
    assert answer.document["rows"] == sum(each["rows"] for each in tables.values())
    before, first = company.contract(), epoch(company)
    company.url = f"sqlite:///{target}"
    company.sync()
    shutil.copy(target, company.store)
    assert company.contract() == before
    assert epoch(company) != first
    assert "is there already" in company.run("store", "copy-to", f"sqlite:///{target}").err


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://x/y", "URL: is for mysql"),
        ("postgresql://me:secret@db/x", "URL: has a password in it"),
        ("sqlite:////nowhere/at/all.db", "the folder /nowhere/at does not exist"),
    ],
)
def test_copy_to_refuses_what_is_no_target(company: Company, url: str, problem: str) -> None:
    answer = company.run("store", "copy-to", url)
    assert answer.code == 2
    assert problem in answer.err
    assert "secret" not in answer.err


def test_copy_to_waits_for_no_service(company: Company, tmp_path: Path) -> None:
    with Path(f"{company.store}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = company.run("store", "copy-to", f"sqlite:///{tmp_path / 'copy.db'}")
    assert answer.code == 2
    assert "another `keeptouch run` works on this store" in answer.err


# -- grant --------------------------------------------------------------------------------------------------------


def test_grant_on_a_file_says_what_it_did(company: Company) -> None:
    # the group that the file has already: nobody has to be root for it
    group = company.store.group()
    company.folder.chmod(0o700)
    answer = company.run("store", "grant", "--role", group, "--access", "read", "--json")
    assert answer.document["done"] == [
        f"{company.store}: group {group}, mode {company.store.stat().st_mode & 0o7777:04o}",
        f"{company.folder}: group {group}, mode 0710",
    ]
    assert any("SQLite knows no rights inside a file" in line for line in answer.document["notes"])
    # pytest's own folders are its user's alone
    assert answer.code == (1 if answer.document["missing"] else 0)
    assert all("can't pass through" in each["what"] for each in answer.document["missing"])
    assert company.run("store", "grant", "--role", "no such group", "--access", "read").code == 2


# -- decisions ----------------------------------------------------------------------------------------------------


def test_decisions_go_to_a_store_that_is_built_anew(company: Company, tmp_path: Path) -> None:
    write(
        company.store, "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '1', 'Ann')"
    )
    columns = "external_source, external_id, address"
    write(company.store, f"INSERT INTO w1_contact_address ({columns}) VALUES ('crm', '1', 'ann@client.example')")  # noqa: S608 - words of this test
    company.sync()
    file = tmp_path / "d.jsonl"
    assert company.run("decisions", "export", "--json", str(file)).document["records"] == 3
    assert company.run("decisions", "export", str(file)).code == 2
    before = company.contract()
    company.store.unlink()
    answer = company.run("decisions", "import", "--json", str(file))
    assert answer.document == {"format": 1, "restored": 3, "unchanged": 0, "waiting": 0, "refused": []}
    company.sync()
    assert company.contract() == before


@pytest.mark.parametrize("content", [None, "not a file of ours\n"])
def test_a_file_of_decisions_that_is_none_is_refused(company: Company, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "d.jsonl"
    if content is not None:
        file.write_text(content)
    answer = company.run("decisions", "import", "--json", str(file))
    assert answer.code == 2
    assert answer.document["problems"][0]["step"] == "file"


def test_decisions_of_another_key_are_refused(company: Company, tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    company.run("decisions", "export", str(file))
    other = Company(tmp_path / "other", key="6b" * 32)
    answer = other.run("decisions", "import", str(file))
    assert answer.code == 2
    assert "another identity key" in answer.err
