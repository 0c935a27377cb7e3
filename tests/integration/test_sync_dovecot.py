"""A whole mailbox of a real server becomes history, and the server cannot tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import Login
from tests.integration import oracle
from tests.integration.company import Answer, Company
from tests.integration.mailboxes import counts, mail_files
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir

pytestmark = pytest.mark.slow
DOMAIN = "example.org"


@dataclass(frozen=True, slots=True)
class Imported:
    """A mailbox after its first sync."""

    dovecot: Dovecot
    login: Login
    company: Company
    proxy: RecordingProxy
    #: The truth about it.
    mails: list[oracle.Mail]
    #: Its files before.
    files: dict[str, str]
    #: What the first sync said and sent.
    answer: Answer
    commands: list[bytes]
    harmful: list[bytes]

    @property
    def by_folder(self) -> Counter[str]:
        return Counter(mail.folder for mail in self.mails)


@pytest.fixture(scope="module", params=[2000, pytest.param(10_000, marks=pytest.mark.soak)])
def imported(
    request: pytest.FixtureRequest,
    dovecot: Dovecot,
    dovecot_user: Callable[[], Login],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Imported]:
    """A generated mailbox in 19 folders, read once."""
    folder = tmp_path_factory.mktemp("import")
    login = dovecot_user()
    write_maildir(login.maildir, n=request.param, seed=3, me=f"alice@{DOMAIN}", manifest=folder / "truth.jsonl")
    mails = oracle.read(folder / "truth.jsonl", login.maildir)
    files = mail_files(login.maildir)
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company = Company(folder / "company", domains=(DOMAIN,))
        company.add("alice", login, proxy.port)
        answer = company.sync()
        yield Imported(dovecot, login, company, proxy, mails, files, answer, proxy.commands, proxy.harmful)


def test_every_mail_of_every_folder_is_counted_once(imported: Imported) -> None:
    account = imported.answer.account("alice")
    seen = {stream["stream"]: stream["seen"] for stream in account["streams"]}
    assert len(imported.by_folder) == 19
    assert {name: count for name, count in seen.items() if count} == imported.by_folder
    assert seen == counts(imported.dovecot, imported.login)
    for tally in (account, *account["streams"]):
        assert tally["seen"] == sum(tally[word] for word in ("stored", "known", "skipped", "quarantined"))
    for word in ("seen", "stored", "known", "skipped", "quarantined"):
        assert account[word] == sum(stream[word] for stream in account["streams"])


def test_every_verdict_and_its_reason_follow_from_the_truth_about_the_mail(imported: Imported) -> None:
    found = {
        (folder, int(ref.rpartition(":")[2])): verdict
        for (_account, folder, ref), verdict in imported.company.placements().items()
    }
    expected = oracle.verdicts(imported.mails, DOMAIN)
    kinds = {(mail.folder, mail.uid): mail.kind for mail in imported.mails}
    wrong = {
        (*place, kinds[place]): (found.get(place), said) for place, said in expected.items() if found.get(place) != said
    }
    assert not wrong
    assert found.keys() == expected.keys()
    assert {reason for _verdict, reason in expected.values()} >= {"contact", "no_contact", "bulk", "trash", "junk"}


def test_readers_find_exactly_the_stored_mails_and_the_people_written_to(imported: Imported) -> None:
    expected = oracle.verdicts(imported.mails, DOMAIN)
    stored = [mail for mail in imported.mails if expected[mail.folder, mail.uid][0] == "stored"]
    rows = imported.company.rows("SELECT coalesce(message_id, '') FROM v1_interaction")
    assert Counter(mid for (mid,) in rows) == Counter(mail.mid for mail in stored)
    addresses = {address for (address,) in imported.company.rows("SELECT address FROM v1_contact_address")}
    assert addresses == oracle.contacts_of(imported.mails, DOMAIN)
    unlinked = (
        "SELECT i.message_id FROM v1_interaction i LEFT JOIN v1_interaction_contact l ON l.interaction_id = i.id"
        " WHERE l.interaction_id IS NULL"
    )
    contacts = oracle.contacts_of(imported.mails, DOMAIN)
    # whom no mail of ours reached is no contact, and what concerns nobody else has no link
    alone = Counter(mail.mid for mail in stored if not oracle.links(mail, contacts))
    assert Counter(mid for (mid,) in imported.company.rows(unlinked)) == alone


def test_why_tells_of_any_place(imported: Imported) -> None:
    expected = oracle.verdicts(imported.mails, DOMAIN)
    by_reason = {verdict: place for place, verdict in expected.items()}
    contacts = oracle.contacts_of(imported.mails, DOMAIN)
    alone = {(mail.folder, mail.uid) for mail in imported.mails if not oracle.links(mail, contacts)}
    for (verdict, reason), (folder, uid) in by_reason.items():
        [item] = imported.company.run("why", "--json", f"alice/{folder}/{uid}").document["items"]
        assert (item["verdict"], item["reason"]) == (verdict, reason)
        assert bool(item["links"]) is (verdict == "stored" and (folder, uid) not in alone)


def test_nothing_was_sent_that_could_change_the_server(imported: Imported) -> None:
    assert imported.harmful == []
    verbs = Counter(
        b" ".join(command.split()[: 2 if command.startswith(b"UID") else 1]) for command in imported.commands
    )
    assert verbs.keys() == {
        b"CAPABILITY",
        b"AUTHENTICATE",
        b"ENABLE",
        b"LIST",
        b"EXAMINE",
        b"UID SEARCH",
        b"UID FETCH",
        b"LOGOUT",
    }


def test_a_second_sync_stores_nothing_and_fetches_no_body(imported: Imported) -> None:
    before = imported.company.contract()
    imported.proxy.forget()
    account = imported.company.sync().account("alice")
    assert imported.proxy.bodies_asked == []
    assert not [command for command in imported.proxy.commands if b"FETCH" in command]
    assert imported.proxy.harmful == []
    assert account["ok"]
    assert {tally["seen"] for tally in (account, *account["streams"])} == {0}
    assert imported.company.contract() == before


def test_message_files_and_flags_are_as_they_were(imported: Imported) -> None:
    imported.company.sync()
    assert imported.company.run("check").code == 0
    assert imported.company.run("accounts", "folders").code == 0
    assert mail_files(imported.login.maildir) == imported.files
    assert len(imported.files) == len(imported.mails)
