"""What no server knows goes from one store to another that is built anew: the two then show the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.api import Message, Purpose
from daemon import decisions
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.decisions import BadFile, Imported, export, import_decisions
from daemon.entered import apply_entered
from daemon.reprocess import reprocess
from matching.consent import Consent, Statement
from store.contacts import consents, merging, moving
from store.contacts.records import EntryAddress
from store.contacts.search import find_contacts
from store.engine import Store
from store.errors import StoreError
from store.keeping.invariants import RULES
from tests.unit.daemon.company_mail import NOON, House, company, mail

pytestmark = pytest.mark.later

ALICE, ANN, WORK, HOME, BEN, CEM, DORA = (
    "alice@acme.example",
    "ann@client.example",
    "ann@work.example",
    "ann@home.example",
    "ben@client.example",
    "cem@other.example",
    "dora@third.example",
)
Server = dict[tuple[str, str], tuple[Purpose, list[Message]]]


def server() -> Server:
    """Mail with all of them; Alice wrote to Ann, to her other addresses, and to Ben."""
    return {
        ("alice", "Sent"): (
            Purpose.SENT,
            [
                mail(ALICE, ANN, mid="a@x"),
                mail(ALICE, HOME, mid="b@x", minute=1),
                mail(ALICE, "ben+x@client.example", mid="c@x", minute=2),
                mail(ALICE, DORA, mid="d@x", minute=3),
                mail(ALICE, WORK, mid="h@x", minute=4),
            ],
        ),
        ("alice", "INBOX"): (
            Purpose.INBOX,
            [
                mail(ANN, ALICE, mid="e@x", minute=10, name="Ann Lee"),
                mail(CEM, ALICE, mid="f@x", minute=11, name="Cem Kaya"),
                mail(BEN, ALICE, mid="g@x", minute=12, name="Ben Ray"),
            ],
        ),
    }


def read_all(house: House) -> None:
    """A sync: everything, and what became wanted."""
    for (account, folder), (purpose, mails) in server().items():
        house.read(account, folder, mails, purpose)
    while house.fetch_wanted(server()):
        pass


def enter(house: House, *rows: tuple[str, str, str, bool]) -> None:
    """(id, name, address, is deleted) by another program."""
    contact = text(
        "INSERT INTO w1_contact (external_source, external_id, display_name, is_deleted)"
        " VALUES ('crm', :number, :name, :is_deleted) ON CONFLICT (external_source, external_id)"
        " DO UPDATE SET display_name = excluded.display_name, is_deleted = excluded.is_deleted"
    )
    address = text(
        "INSERT INTO w1_contact_address (external_source, external_id, address)"
        " VALUES ('crm', :number, :address) ON CONFLICT DO NOTHING"
    )
    with house.store.write() as transaction:
        for number, name, where, is_deleted in rows:
            transaction.execute(contact, {"number": number, "name": name, "is_deleted": is_deleted})
            transaction.execute(address, {"number": number, "address": where})
    apply_entered(house.store, house.company, lambda: NOON)
    house.derive()


def put_in(house: House, path: Path) -> Imported:
    """The command, without its words."""
    done = import_decisions(house.store, house.company, lambda: NOON, path)
    house.derive()
    return done


def shown(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All that other tools read, and what they wrote."""
    return {
        **house.contract(),
        "contact": house.rows(
            "SELECT id, display_name, external_source, external_id, tracking_consent, tracking_consent_at,"
            " tracking_consent_source, organization_id FROM v1_contact"
        ),
        "held": house.rows(
            "SELECT contact_id, address, is_primary, valid_from_at, valid_to_at FROM v1_contact_address"
        ),
        "gone": house.rows("SELECT id, deleted_at FROM contact WHERE deleted_at IS NOT NULL"),
        "w1": house.rows("SELECT external_id, display_name, is_deleted, applied_at, error FROM w1_contact"),
        "w1a": house.rows("SELECT external_id, address, is_deleted, applied_at, error FROM w1_contact_address"),
    }


@pytest.fixture
def old(new_house: Callable[..., House], tmp_path: Path) -> Iterator[House]:
    """A store in which much was decided."""
    with new_house() as house:
        read_all(house)
        # three contacts of the policy become one, with a name
        columns = "id,name,email,email 2,email 3"
        (tmp_path / "a.csv").write_text(f"{columns}\n1,Ann the Great,{ANN},{WORK},{HOME}\n2,,{CEM},,\n", "utf-8")
        import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
        house.derive()
        # Ann gives an address up, and another takes it
        (tmp_path / "a.csv").write_text(f"{columns}\n1,Ann the Great,{ANN},{WORK},\n", "utf-8")
        import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
        enter(house, ("7", "Zoë", HOME, False), ("8", "Refused", ANN, False))
        # nobody wants Dora
        enter(house, ("9", "Dora", DORA, False))
        enter(house, ("9", "Dora", DORA, True))
        with house.store.write() as transaction:
            (ben,) = find_contacts(transaction, "Ben Ray")
            consents.state(transaction, {ben.id: Statement(Consent.GRANTED, NOON, "a talk")}, NOON)
        house.fetch_wanted(server())
        reprocess(house.store, house.company, lambda: NOON)
        yield house


@pytest.fixture
def path(old: House, tmp_path: Path) -> Path:
    """Its decisions."""
    export(old.store, tmp_path / "decisions.jsonl", NOON, "0.1.0")
    return tmp_path / "decisions.jsonl"


def test_a_store_built_anew_with_them_shows_the_same(new_house: Callable[..., House], old: House, path: Path) -> None:
    with new_house() as new:
        done = put_in(new, path)
        assert (done.refused, done.waiting) == ([], 1)
        read_all(new)
        assert put_in(new, path).waiting == 0
        assert shown(new) == shown(old)
        redirects = "SELECT entity, old_id, new_id FROM v1_redirect"
        assert set(old.rows(redirects)) <= set(new.rows(redirects))
        assert old.rows(f"{redirects} WHERE entity = 'contact'")


def test_they_can_come_after_the_mail(new_house: Callable[..., House], old: House, path: Path) -> None:
    with new_house() as new:
        read_all(new)
        assert shown(new) != shown(old)
        assert put_in(new, path).refused == []
        new.fetch_wanted(server())
        # mail of who was deleted stays until then, as it does where it was decided
        reprocess(new.store, new.company, lambda: NOON)
        assert shown(new) == shown(old)


def test_taking_them_in_again_changes_nothing(
    new_house: Callable[..., House], old: House, path: Path, tmp_path: Path
) -> None:
    with new_house() as new:
        put_in(new, path)
        read_all(new)
        put_in(new, path)
        before = shown(new)
        again = put_in(new, path)
        assert again.refused == []
        assert shown(new) == before
        # and it is what would be exported from there
        export(new.store, tmp_path / "again.jsonl", NOON, "0.1.0")
        contacts = [lines(p, "contact") for p in (path, tmp_path / "again.jsonl")]
        assert contacts[0] == contacts[1]
    put_in(old, path)
    assert [line for line in lines(path, "contact") if line["external_id"] == "7"]


def lines(path: Path, kind: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [each for each in found if each["kind"] == kind]


def test_what_was_entered_since_goes_before_them(new_house: Callable[..., House], path: Path) -> None:
    with new_house() as new:
        enter(new, ("1", "Somebody else", ANN, False), ("7", "Another", "another@client.example", False))
        done = put_in(new, path)
        reasons = {reason for _line, reason in done.refused}
        assert reasons == {
            "Ann the Great: it was entered here too, otherwise, and that stands",
            "Zoë: its external_id belongs to another contact here",
        }
        refused = [json.loads(path.read_text("utf-8").splitlines()[line - 1]) for line, _reason in done.refused]
        assert {each["display_name"] for each in refused} == {"Ann the Great", "Zoë"}
        names = {name for (name,) in new.rows("SELECT display_name FROM v1_contact")}
        assert {"Somebody else", "Another"} <= names


def test_an_address_of_another_entered_contact_stays_with_it(new_house: Callable[..., House], path: Path) -> None:
    with new_house() as new:
        enter(new, ("50", "Holder", "first@client.example", False))
        enter(new, ("50", "Holder", CEM, False))
        done = put_in(new, path)
        assert [reason for _line, reason in done.refused if "addresses belongs" in reason]
        held = "SELECT a.address, c.display_name FROM v1_contact c JOIN v1_contact_address a ON a.contact_id = c.id"
        assert dict(new.rows(held))[CEM] == "Holder"


def test_another_identity_key_is_refused(path: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'x.db'}", key_text="22" * 32, key_file=tmp_path / "unused") as other:
        with pytest.raises(StoreError, match="another identity key") as error:
            import_decisions(other, company(), lambda: NOON, path)
        assert "identity key" in error.value.hint


def test_the_file_is_for_us_alone_and_without_the_key(path: Path, old: House) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert old.store.key.reveal().hex() not in path.read_text("utf-8")
    header = json.loads(path.read_text("utf-8").splitlines()[0])
    assert (header["format"], header["kind"]) == (1, "decisions")


def cut(text: str) -> str:
    return "\n".join(text.splitlines()[:-1]) + "\n"


def doubled(text: str) -> str:
    first, second, *rest = text.splitlines()
    return "\n".join([first, second, second, *rest]) + "\n"


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (cut, "its end is missing"),
        (doubled, "its end is missing"),
        (lambda text: text + "{}\n", "is no record"),
        (lambda text: "", "no file of keeptouch decisions export"),
        (lambda text: "id,name\n", "no file of keeptouch decisions export"),
        (replaced('"format": 1', '"format": 2'), "its form is 2"),
        (replaced('{"kind": "contact"', '{"kind": "unicorn"'), "a kind that this keeptouch does not know: 'unicorn'"),
        (replaced('"origin"', '"orgin"'), "origin is missing"),
        (replaced('"is_primary": true', '"is_primary": 1'), "is_primary is 1"),
        (replaced('"created_at": "2026', '"created_at": "yesterday'), "line "),
        (
            lambda text: re.sub('"created_at": "[^"]*"', '"created_at": "9999-12-31T23:59:59-14:00"', text),
            "out of range",
        ),
        (lambda text: text.replace('"addresses": [', '"addresses": [' + "[" * 100_000, 1), "is no JSON"),
        (replaced('"normal": "a', '"normal": "A'), "normal form"),
        (replaced('{"kind": "contact"', '{"kind": "contact'), "is no JSON"),
        (replaced('"addresses": [', '"addresses": 7, "x": ['), "no object"),
    ],
)
def test_a_file_that_is_not_whole_or_none_of_ours_changes_nothing(
    new_house: Callable[..., House], path: Path, change: Callable[[str], str], problem: str
) -> None:
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    with new_house() as new:
        with pytest.raises(BadFile) as error:
            put_in(new, path)
        assert problem in error.value.problem
        assert new.rows("SELECT * FROM contact") == []


def test_many_are_taken_in_by_batches(
    new_house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_house() as old, new_house() as new:
        enter(old, *((str(n), f"N{n}", f"n{n}@client.example", False) for n in range(23)))
        export(old.store, tmp_path / "d.jsonl", NOON, "0.1.0")
        monkeypatch.setattr(decisions, "BATCH", 5)
        assert put_in(new, tmp_path / "d.jsonl").restored == 3 * 23
        assert shown(new) == shown(old)


(MISHELD,) = [rule.sql for rule in RULES if rule.name == "address_of_another_holder"]
MERGED = "SELECT id, merged_into_id FROM v1_contact WHERE merged_into_id IS NOT NULL"


@pytest.mark.parametrize("is_read_before", [False, True])
def test_contacts_that_are_one_are_so_again_and_can_be_parted(
    new_house: Callable[..., House], tmp_path: Path, is_read_before: bool
) -> None:
    with new_house() as old, new_house() as new:
        read_all(old)
        ids = {a.replace("+x", ""): c for a, c in old.rows("SELECT address, contact_id FROM v1_contact_address")}
        with old.store.write() as transaction:
            merging.merge(transaction, ids[HOME], ids[ANN], NOON)
            merging.merge(transaction, ids[ANN], ids[BEN], NOON)
            moved = EntryAddress(DORA, DORA, DORA)
            moving.move(transaction, old.store.key, moved, ids[BEN], NOON, NOON)
        old.derive()
        export(old.store, tmp_path / "d.jsonl", NOON, "0.1.0")
        if is_read_before:
            read_all(new)
        assert put_in(new, tmp_path / "d.jsonl").refused == []
        read_all(new)
        assert shown(new) == shown(old)
        assert new.rows(MERGED) == old.rows(MERGED) != []
        assert new.rows(MISHELD) == []
        redirects = "SELECT entity, old_id, new_id FROM v1_redirect"
        assert set(old.rows(redirects)) <= set(new.rows(redirects))
        assert put_in(new, tmp_path / "d.jsonl").refused == []
        for house in (old, new):
            with house.store.write() as transaction:
                assert merging.unmerge(transaction, ids[HOME], NOON)
            house.derive()
        assert new.rows(MERGED) == old.rows(MERGED) != []
        assert shown(new) == shown(old)
