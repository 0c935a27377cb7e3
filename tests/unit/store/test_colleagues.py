"""Who of ours goes on, and what it costs to ask."""

from __future__ import annotations

from store.followups.task_turns import colleagues
from store.schema.core import account, person
from tests.unit.daemon.company_mail import NOON, House


def test_who_has_accounts_is_there_while_one_goes_on_and_accounts_are_gone_through_once(sqlite_house: House) -> None:
    def steps() -> int:
        """Of SQLite's machine, in hundreds."""
        found = 0

        def count() -> int:
            nonlocal found
            found += 1
            return 0

        with sqlite_house.store.read() as transaction:
            driver = transaction.connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(count, 100)
            try:
                colleagues(transaction)
            finally:
                driver.set_progress_handler(None, 0)
        return found

    def hire(first: int, last: int, **more: object) -> None:
        numbers = [f"{number:04}" for number in range(first, last)]
        people = [
            {"id": f"p{each}", "email": f"{each}@acme.example", "display_name": "", "is_active": True}
            for each in numbers
        ]
        common = {"kind": "x", "login": "x", "is_shared": False, "visibility": "full", "state": "ok"}
        common |= {"state_since_at": NOON, **more}
        accounts = [{"id": f"a{each}", "name": each, "person_id": f"p{each}", **common} for each in numbers]
        with sqlite_house.store.write() as transaction:
            transaction.execute(person.insert(), people)
            transaction.execute(account.insert(), accounts)

    hire(0, 100)
    few = steps()
    hire(100, 400)
    assert steps() < 6 * few
    hire(400, 401, ended_at=NOON)
    with sqlite_house.store.write() as transaction:
        transaction.execute(
            person.insert(), [{"id": "alone", "email": "b@acme.example", "display_name": "", "is_active": True}]
        )
        found = colleagues(transaction)
    assert {each: found[each].is_active for each in ("p0000", "p0400", "alone")} == {
        "p0000": True,
        "p0400": False,
        "alone": True,
    }
