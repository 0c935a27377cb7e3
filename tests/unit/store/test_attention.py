"""How accounts fare for those who look after them, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from store.accounts import attention
from store.keeping import caring
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.test_pipeline import ALICE, ANN


def test_an_import_stands_still_from_when_it_last_came_on(house: House) -> None:
    def look() -> attention.Fares:
        with house.store.read() as transaction:
            [found] = [each for each in attention.fares(transaction) if each.id == house.accounts["alice"]]
        return found

    def note(hours: int) -> bool:
        with house.store.write() as transaction:
            found = attention.fares(transaction)
            has_moved = attention.has_moved(transaction, found)
            attention.note_progress(transaction, found, NOON + timedelta(hours=hours))
        return has_moved

    def run(statement: str) -> None:
        with house.store.write() as transaction:
            transaction.execute(text(statement))

    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="1@x")])
    assert (look().backlog, look().still_since_at, note(0)) == (0, None, False)
    run("UPDATE stream SET backlog = 500")
    assert look().still_since_at is None
    assert note(1)
    assert look().still_since_at == NOON + timedelta(hours=1)
    assert not note(2)
    assert look().still_since_at == NOON + timedelta(hours=1)
    # a page that found nothing it did not know leaves the backlog as it was
    run("UPDATE stream SET version = version + 1")
    assert look().still_since_at is None
    assert note(3)
    assert look().still_since_at == NOON + timedelta(hours=3)
    run("UPDATE stream SET backlog = 0")
    assert note(4)
    assert (look().backlog, look().still_since_at, note(5)) == (0, None, False)
    with house.store.read() as transaction:
        assert caring.damages(transaction) == []
