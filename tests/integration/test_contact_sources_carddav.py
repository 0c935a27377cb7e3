"""Address books on Radicale: what is read, what goes, what fails, and that the next reading heals it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.api import AddressBooksType, Secret
from connectors.carddav import CardDav
from connectors.carddav.reader import CardDavSettings
from daemon.config.records import ContactSource
from daemon.contacts.following import Following, SourceReport
from daemon.contacts.syncing import follow_source
from daemon.credentials import SecretSource, SourceKind
from store.contacts.contact_sources import cursors, states
from tests.conftest import require
from tests.servers.certificates import CertificateAuthority
from tests.servers.faultproxy import FaultProxy
from tests.servers.process import HOST
from tests.servers.radicale import Radicale
from tests.unit.daemon.company_mail import NOON, House

CONTACTS = "SELECT external_id, display_name FROM v1_contact"
_USERS = count()


class Person:
    """A user of the server with address books."""

    def __init__(self, server: Radicale) -> None:
        self.server = server
        self.name = f"u{next(_USERS)}"

    def put(self, ref: str, uid: str, name: str, *addresses: str, book: str = "book", more: str = "") -> None:
        emails = "".join(f"EMAIL:{each}\r\n" for each in addresses)
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n{emails}{more}END:VCARD\r\n"
        path = self.server.book(self.name, book) / ref
        path.write_bytes(card.encode())
        self.server.give(path)

    def remove(self, ref: str, book: str = "book") -> None:
        (self.server.book(self.name, book) / ref).unlink()


@pytest.fixture
def person(radicale: Radicale) -> Person:
    return Person(radicale)


@pytest.fixture
def secret(tmp_path: Path) -> SecretSource:
    (tmp_path / "secret").write_text("secret")
    return SecretSource(SourceKind.FILE, str(tmp_path / "secret"))


def source(person: Person, secret: SecretSource | None, url: str = "", **more: Any) -> ContactSource:
    settings = CardDavSettings(url=url or person.server.url, username=person.name, timeout_seconds=5, **more)
    return ContactSource("book", "carddav", 60, settings, secret, cast(AddressBooksType, CardDav))


def follow(house: House, what: ContactSource, now: datetime = NOON, **options: bool) -> SourceReport:
    following = Following(
        store=house.store, company=house.company, clock=lambda: now, environ={}, folder=Path("/"), **options
    )
    report = follow_source(following, what)
    house.derive()
    return report


def counts(report: SourceReport) -> tuple[int, int, int]:
    assert report.error is None, report.error
    assert report.imported is not None
    return report.imported.created, report.imported.updated, report.imported.removed


def reason(house: House) -> str | None:
    with house.store.read() as transaction:
        return states(transaction, ["book"])["book"].reason


def test_cards_become_contacts_and_follow_what_the_book_does(
    house: House, person: Person, secret: SecretSource
) -> None:
    person.put("a.vcf", "1", "Ann Lee", "ann@client.example", "ann@home.example")
    person.put("b.vcf", "2", "مریم حسینی", "maryam@pars.example")
    person.put("c.vcf", "3", "Other book", "c@client.example", book="work")
    assert counts(follow(house, source(person, secret))) == (3, 0, 0)
    assert counts(follow(house, source(person, secret))) == (0, 0, 0)
    person.put("a.vcf", "1", "Ann Li", "ann@client.example")
    person.put("d.vcf", "4", "Di", "ann@home.example")
    person.remove("b.vcf")
    assert counts(follow(house, source(person, secret))) == (1, 1, 1)
    assert house.rows(CONTACTS) == [("1", "Ann Li"), ("3", "Other book"), ("4", "Di")]
    assert reason(house) is None


def test_a_card_may_move_to_another_book(house: House, person: Person, secret: SecretSource) -> None:
    person.put("a.vcf", "1", "Ann", "ann@client.example")
    person.put("b.vcf", "2", "Bo", "bo@client.example")
    follow(house, source(person, secret))
    person.remove("a.vcf")
    person.put("a.vcf", "1", "Ann", "ann@client.example", book="work")
    assert counts(follow(house, source(person, secret))) == (0, 0, 0)
    assert house.rows(CONTACTS) == [("1", "Ann"), ("2", "Bo")]


def test_only_the_books_that_are_chosen_are_read(house: House, person: Person, secret: SecretSource) -> None:
    person.put("a.vcf", "1", "Ann", "ann@client.example")
    person.put("b.vcf", "2", "Bo", "bo@client.example", book="work")
    assert counts(follow(house, source(person, secret, books=("work",)))) == (1, 0, 0)
    url = f"{person.server.url}{person.name}/book/"
    with CardDav(CardDavSettings(url=url, username=person.name), Secret("secret")) as books:
        assert [book.name for book in books.books()] == ["book"]


def test_a_card_that_cannot_be_taken_is_told_and_the_others_come(
    house: House, person: Person, secret: SecretSource
) -> None:
    person.put("a.vcf", "1", "Ann", "ann@client.example")
    person.put("b.vcf", "2", "All of them", more="X-ADDRESSBOOKSERVER-KIND:group\r\n")
    person.put("c.vcf", "3", "No address", "nonsense")
    person.put("d.vcf", "4", "Same address", "ann@client.example")
    report = follow(house, source(person, secret))
    assert counts(report) == (1, 0, 0)
    assert report.imported is not None
    told = sorted(each.reason.rpartition("/")[2] for each in report.imported.rejected)
    assert told == [
        "b.vcf: a group of contacts, not a contact",
        'c.vcf: "nonsense" is no e-mail address',
        "d.vcf: ann@client.example already belongs to Ann (from book, id 1)",
    ] or told[2].startswith("d.vcf: ann@client.example stands in line"), told
    assert (reason(house) or "").startswith("3 not taken: ")
    person.put("c.vcf", "3", "Address", "c@client.example")
    person.put("a.vcf", "1", "Ann", "a@client.example")
    assert counts(follow(house, source(person, secret))) == (2, 1, 0), "what was refused is tried again"
    person.remove("b.vcf")
    follow(house, source(person, secret))
    assert reason(house) is None


def test_two_cards_of_one_uid_are_one_contact(house: House, person: Person, secret: SecretSource) -> None:
    person.put("a.vcf", "1", "Ann", "ann@client.example")
    follow(house, source(person, secret))
    person.put("b.vcf", "1", "Another", "another@client.example", book="work")
    report = follow(house, source(person, secret))
    assert counts(report) == (0, 0, 0)
    assert (reason(house) or "").endswith("a.vcf has the same UID")
    person.remove("a.vcf")
    assert counts(follow(house, source(person, secret))) == (0, 1, 0)
    assert house.rows(CONTACTS) == [("1", "Another")]
    assert reason(house) is None


def test_a_book_that_is_empty_at_once_removes_nobody(house: House, person: Person, secret: SecretSource) -> None:
    for number in range(3):
        person.put(f"{number}.vcf", str(number), f"Name {number}", f"p{number}@client.example")
    follow(house, source(person, secret))
    for number in range(3):
        person.remove(f"{number}.vcf")
    for _again in range(2):
        report = follow(house, source(person, secret))
        assert counts(report) == (0, 0, 0)
        assert "3 contacts are gone at once" in (reason(house) or "")
    assert counts(follow(house, source(person, secret), accept_removals=True)) == (0, 0, 3)
    assert house.rows(CONTACTS) == []
    assert reason(house) is None


def test_a_wrong_password_is_told_and_the_contacts_stay(house: House, person: Person, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    right = SecretSource(SourceKind.FILE, str(tmp_path / "secret"))
    person.put("a.vcf", "1", "Ann", "ann@client.example")
    follow(house, source(person, right))
    (tmp_path / "wrong").write_text("hunter2")
    report = follow(house, source(person, SecretSource(SourceKind.FILE, str(tmp_path / "wrong"))))
    assert report.error is not None
    assert (report.error.step, report.error.problem) == ("login", f"{HOST} refused the login")
    assert "hunter2" not in str(report)
    assert house.rows(CONTACTS) == [("1", "Ann")]
    assert reason(house) == f"login: {HOST} refused the login"


def test_a_connection_that_is_cut_is_told_and_the_next_reading_heals_it(
    house: House, person: Person, secret: SecretSource
) -> None:
    for number in range(120):
        person.put(f"{number}.vcf", str(number), f"Name {number}", f"p{number}@client.example")
    with FaultProxy((HOST, person.server.port)) as proxy:
        cut = source(person, secret, f"http://{HOST}:{proxy.port}/")
        for passed in (200, 2_000, 6_000, 12_000):
            proxy.down.cut_after = passed
            report = follow(house, cut)
            assert report.error is not None
            assert "the connection to" in report.error.problem or "no answer of HTTP" in report.error.problem
            proxy.heal()
        assert counts(follow(house, cut)) == (120, 0, 0)
        proxy.refuse = True
        assert follow(house, cut).error is not None
    assert len(house.rows(CONTACTS)) == 120


@pytest.mark.parametrize("seed", range(3))
def test_the_store_has_what_the_books_have_after_any_changes(
    house: House, person: Person, secret: SecretSource, seed: int
) -> None:
    chance = random.Random(seed)
    held: dict[str, tuple[str, str]] = {}
    now = NOON
    for _round in range(8):
        for _change in range(chance.randrange(6)):
            ref = f"{chance.randrange(12)}.vcf"
            if ref in held and chance.random() < 0.4:
                person.remove(ref)
                del held[ref]
            else:
                name = f"Name {chance.randrange(100)}"
                person.put(ref, ref, name, f"p{ref}@client.example")
                held[ref] = (ref, name)
        if chance.random() < 0.3:
            # the server forgets its tokens, as after a restore
            cache = person.server.book(person.name, "book") / ".Radicale.cache"
            shutil.rmtree(cache / "sync-token", ignore_errors=True)
        now += timedelta(hours=chance.choice([1, 30]))
        follow(house, source(person, secret), now, accept_removals=True)
        assert house.rows(CONTACTS) == sorted(held.values(), key=repr)


def test_a_large_book_is_compared_as_a_whole_once_a_day(house: House, person: Person, secret: SecretSource) -> None:
    for number in range(100):
        person.put(f"{number}.vcf", str(number), f"Name {number}", f"p{number}@client.example")
    with FaultProxy((HOST, person.server.port)) as proxy:
        through = source(person, secret, f"http://{HOST}:{proxy.port}/")

        def cost(now: datetime) -> int:
            before = proxy.down.passed
            follow(house, through, now)
            return proxy.down.passed - before

        first, same = cost(NOON), cost(NOON)
        with house.store.read() as transaction:
            assert len(cursors(transaction, "book")) == 2
        person.put("7.vcf", "7", "Other name", "p7@client.example")
        changed, whole = cost(NOON + timedelta(hours=1)), cost(NOON + timedelta(days=2))
    assert same < changed < whole < first
    assert changed < whole / 2, "what changed is asked for, not everything"


# -- TLS ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def in_tls(authority: CertificateAuthority) -> Iterator[Radicale]:
    yield from require(Radicale({"alice": "secret"}, authority=authority))


@pytest.mark.server
def test_certificates_are_checked(in_tls: Radicale, authority: CertificateAuthority) -> None:
    in_tls.book("alice", "book")
    trusted = CardDavSettings(url=in_tls.url, username="alice", ca_file=authority.file)
    with CardDav(trusted, Secret("secret")) as books:
        assert [book.name for book in books.books()] == ["book"]
    with (
        CardDav(CardDavSettings(url=in_tls.url, username="alice"), Secret("secret")) as books,
        pytest.raises(Exception, match="signed by an authority that is not trusted"),
    ):
        books.books()
