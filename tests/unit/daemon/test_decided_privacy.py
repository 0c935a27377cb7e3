"""Decisions about privacy outlive a store: what was erased or kept out stays so where it is built anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors.api import Message, Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.decisions import export, import_decisions
from daemon.erasing import erase
from daemon.reprocess import is_due, reprocess
from matching.blocking import BlockRule
from matching.visibility import Level
from store.derivation import thread_levels
from store.keeping.verify import verify
from store.privacy import blocks
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN, BEN, CARL = "alice@acme.example", "ann@client.example", "ben@law.example", "carl@other.example"
SENT: list[Message] = [mail(ALICE, each, mid=f"{n}@acme", minute=n) for n, each in enumerate((ANN, BEN, CARL))]


def read(house: House) -> None:
    house.read("alice", "Sent", SENT, Purpose.SENT)
    if is_due(house.store, house.company):
        reprocess(house.store, house.company, lambda: NOON)


def take(house: House, path: Path) -> list[tuple[int, str]]:
    return import_decisions(house.store, house.company, lambda: NOON, path).refused


def test_a_store_that_is_built_anew_shows_what_the_old_one_showed(
    new_house: Callable[..., House], tmp_path: Path
) -> None:
    with new_house() as old, new_house() as new:
        read(old)
        [(thread_id,)] = old.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '2@acme'")
        with old.store.write() as transaction:
            blocks.add(transaction, [""], BlockRule.parse("law.example"), blocks.COMMAND, NOON)
            thread_levels.decide(transaction, thread_id, Level.METADATA, NOON)
        reprocess(old.store, old.company, lambda: NOON)
        erase(old.ingest(), ANN)
        export(old.store, tmp_path / "decisions.jsonl", NOON, "test")
        assert ANN not in (tmp_path / "decisions.jsonl").read_text("utf-8")
        assert take(new, tmp_path / "decisions.jsonl") == []
        read(new)
        assert new.contract() == old.contract()
        assert new.rows("SELECT subject, visibility FROM v1_interaction") == [(None, "metadata")]
        kept = "SELECT ref, verdict, reason FROM placement"
        assert new.rows(kept) == old.rows(kept)


def test_an_older_file_does_not_bring_an_erased_contact_back(new_house: Callable[..., House], tmp_path: Path) -> None:
    with new_house() as house:
        (tmp_path / "a.csv").write_text(f"id,name,email\n1,Ann Lee,{ANN}\n", "utf-8")
        import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
        export(house.store, tmp_path / "decisions.jsonl", NOON, "test")
        erase(house.ingest(), ANN)
        [(_line, reason)] = take(house, tmp_path / "decisions.jsonl")
        assert "erased" in reason
        assert house.rows("SELECT * FROM contact") == []


def test_a_store_with_hidden_suppressed_and_erased_mail_is_whole(new_house: Callable[..., House]) -> None:
    with new_house() as house:
        read(house)
        [(thread_id,)] = house.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '2@acme'")
        with house.store.write() as transaction:
            blocks.add(transaction, [""], BlockRule.parse("law.example"), blocks.COMMAND, NOON)
            thread_levels.decide(transaction, thread_id, Level.NONE, NOON)
        reprocess(house.store, house.company, lambda: NOON)
        erase(house.ingest(), ANN)
        found = verify(house.store.engine, "store", house.store.key, lambda _step: None)
        assert found.findings == []
        assert house.rows("SELECT visibility FROM interaction") == [("none",)]
        assert house.rows("SELECT DISTINCT verdict FROM placement") == [("stored",), ("suppressed",)]
