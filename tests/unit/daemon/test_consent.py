"""Consent comes by rows of other programs, files and a command, and is shown, exported, merged and forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from daemon.cli.main import main
from daemon.contacts.csv_files import read_csv
from daemon.contacts.exporting import exported, write_csv, write_vcards
from daemon.contacts.files import FileContact
from daemon.contacts.importing import import_contacts
from daemon.contacts.rows import COLUMNS, places_of, read_rows
from daemon.contacts.vcards import read_vcards
from matching.consent import Consent, Statement
from store.contacts import consents, merging
from store.privacy import erasure, suppression
from store.privacy.export import records
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.test_w1 import ANN, apply, contact

BEA = "bea@client.example"
SHOWN = (
    "SELECT display_name, tracking_consent, tracking_consent_at, tracking_consent_source FROM v1_contact"
    " ORDER BY display_name"
)
GRANTED = Statement(Consent.GRANTED, NOON - timedelta(days=1), "a form")
DAY_BEFORE = "2026-03-01T12:00:00.000000Z"


def imported(house: House, text: str) -> tuple[int, int, int, list[str]]:
    found = list(read_csv(BytesIO(text.encode())))
    done = import_contacts(house.store, house.company, lambda: NOON, found, "list")
    house.derive()
    return done.created, done.updated, done.unchanged, [each.reason for each in done.rejected]


def ids(house: House) -> Mapping[str, str]:
    return {str(name): str(each) for name, each in house.rows("SELECT display_name, id FROM contact")}


def test_rows_of_other_programs_tell_it(house: House) -> None:
    contact(house, "1", "Ann")
    apply(house)
    assert house.rows(SHOWN) == [("Ann", "unknown", None, None)]
    update = "UPDATE w1_contact SET tracking_consent = ?, tracking_consent_source = ?"
    house.execute(update, "granted", "a form")
    assert house.rows("SELECT applied_at FROM w1_contact") == [(None,)], "it waits again"
    apply(house)
    assert house.rows(SHOWN) == [("Ann", "granted", "2026-03-02T12:00:00.000000Z", "a form")]
    house.execute(update, "refused", "a call")
    apply(house)
    house.execute(update, "granted", "a stale list")
    apply(house)
    assert [row[1:2] for row in house.rows(SHOWN)] == [("refused",)]
    house.execute(update, "yes", "")
    apply(house)
    assert house.rows("SELECT error FROM w1_contact") == [
        ('the consent "yes" is none of unknown, granted, refused',),
    ]


def test_files_tell_it_and_are_written_with_it(house: House) -> None:
    header = "id,name,email,tracking consent,tracking consent at,tracking consent source\n"
    line = f"1,Ann,{ANN},granted,2026-03-01T12:00:00Z,a form\n"
    assert imported(house, header + line) == (1, 0, 0, [])
    assert imported(house, header + line) == (0, 0, 1, [])
    assert house.rows(SHOWN) == [("Ann", "granted", DAY_BEFORE, "a form")]
    assert imported(house, header + f"1,Ann,{ANN},refused,,\n") == (0, 1, 0, [])
    assert imported(house, header + f"2,Bea,{BEA},granted,soon,\n")[3] == [
        '"soon" is no day or instant, such as 2026-03-01 or 2026-03-01T08:00:00Z'
    ]
    with house.store.read() as transaction:
        known = list(exported(transaction, None, with_policy=True))
    table, cards = StringIO(newline=""), StringIO(newline="")
    write_csv(known, table)
    write_vcards(known, cards)
    for found in (read_csv(BytesIO(table.getvalue().encode())), read_vcards(BytesIO(cards.getvalue().encode()))):
        read = [each for each in found if isinstance(each, FileContact)]
        assert [(each.consent, each.consent_at, each.consent_source) for each in read] == [("refused", NOON, "")]


def test_queries_tell_it() -> None:
    row = {"external_id": "1", "address": ANN, "tracking_consent": "granted", "tracking_consent_at": "2026-03-01"}
    (found,) = read_rows(places_of(COLUMNS), [tuple(row.get(name) for name in COLUMNS)])
    assert (getattr(found, "consent", ""), str(getattr(found, "consent_at", ""))) == (
        "granted",
        "2026-03-01 00:00:00+00:00",
    )


def test_of_contacts_that_are_one_the_strictest_word_counts(house: House) -> None:
    imported(house, f"id,name,email\n1,Ann,{ANN}\n2,Bea,{BEA}\n")
    ann, bea = ids(house)["Ann"], ids(house)["Bea"]
    with house.store.write() as transaction:
        consents.state(transaction, {ann: GRANTED}, NOON)
        merging.merge(transaction, bea, ann, NOON)
    assert [row[1] for row in house.rows(SHOWN)] == ["unknown", "unknown"]
    with house.store.write() as transaction:
        assert consents.group(transaction, bea) == consents.group(transaction, ann) == sorted((ann, bea))
        if is_postgresql := transaction.dialect.name == "postgresql":
            transaction.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a small table is read whole, if it may be
        question = consents.one_with(ann).compile(transaction, compile_kwargs={"literal_binds": True})
        word = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
        plan = [str(row[-1]) for row in transaction.exec_driver_sql(f"{word} {question}")]
        assert any("ix_contact_merged_into_id" in step for step in plan), plan
        assert not [step for step in plan if "Seq Scan" in step or step.startswith("SCAN")], plan
        consents.state(transaction, {bea: GRANTED}, NOON)
    assert [row[1] for row in house.rows(SHOWN)] == ["granted", "granted"]
    (before,) = house.rows("SELECT max(seq) FROM v1_change")[0]
    with house.store.write() as transaction:
        consents.state(transaction, {bea: Statement(Consent.REFUSED, NOON, "a call")}, NOON)
    noted = house.execute("SELECT entity, entity_id FROM v1_change WHERE seq > ?", before)
    assert {tuple(each) for each in noted} == {("contact", ann), ("contact", bea)}
    assert [row[1] for row in house.rows(SHOWN)] == ["refused", "refused"]
    with house.store.write() as transaction:
        merging.unmerge(transaction, bea, NOON)
    assert [row[1] for row in house.rows(SHOWN)] == ["granted", "refused"]


def test_it_is_told_to_the_person_and_forgotten_with_it(house: House) -> None:
    imported(house, f"id,name,email\n1,Ann,{ANN}\n")
    rules = house.company.rules
    with house.store.write() as transaction:
        consents.state(transaction, {ids(house)["Ann"]: GRANTED}, NOON)
        person = erasure.find(transaction, rules, ANN)
        told = [each for each in records(transaction, house.store.key, person, rules) if each["record"] == "contact"]
        assert [(each["tracking_consent"], each["tracking_consent_source"]) for each in told] == [("granted", "a form")]
        erased = suppression.Erased(person.keys(house.store.key), house.store.key, rules)
        erasure.forget_contacts(transaction, person, erased)
    assert house.rows("SELECT * FROM contact_consent") == []


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[company]\ndomains = ["acme.example"]\n', "utf-8")
    (tmp_path / "a.csv").write_text(f"name,email\nAnn,{ANN}\n", "utf-8")
    assert main(["contacts", "import", "a.csv"]) == 0
    capsys.readouterr()
    assert main(["contacts", "consent", ANN, "granted", "--on", "2026-03-01", "--source", "a form", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["consent"] == {
        "state": "granted",
        "at": "2026-03-01T00:00:00Z",
        "source": "a form",
    }
    assert main(["contacts", "consent", ANN, "refused"]) == 0
    assert "Ann: refused" in capsys.readouterr().out
    assert main(["contacts", "consent", ANN, "granted", "--on", "2999-01-01"]) == 1
    assert main(["contacts", "consent", "nobody@x.example", "granted"]) == 1
