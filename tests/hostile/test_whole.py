"""All hostile mails and calendars at once, through the whole program: each is stored or told, and nothing stops."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import cast

import pytest

from tests.hostile import ics
from tests.hostile.mail import ALICE, ANN, EMPTY, mails
from tests.integration.company import Account, Company

pytestmark = pytest.mark.slow
#: What is to become of each file, and its bytes.
CALENDARS = [(run.func, run.args[0]) for run in (cast("partial[str]", case.run) for case in ics.CASES)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    company = Company(tmp_path / "company")
    if request.param == "postgresql":
        company.url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
    company.accounts["alice"] = Account("alice", ALICE.decode(), {"path": "mail", "format": "eml"}, "local")
    company.accounts["plans"] = Account("plans", ALICE.decode(), {"path": "plans", "format": "ics"}, "local")
    folder = company.folder / "mail" / "Sent"
    folder.mkdir(parents=True)
    for number, data in enumerate([*(raw for _name, raw in mails()), *EMPTY.values()]):
        (folder / f"{number}.eml").write_bytes(data)
    plans = company.folder / "plans"
    plans.mkdir()
    for number, (_told, raw) in enumerate(CALENDARS):
        # each a meeting of its own with somebody outside, so that it becomes history
        raw = raw.replace(b"UID:u@x.example", b"UID:%d@x.example" % number)
        (plans / f"{number}.ics").write_bytes(
            raw.replace(b"END:VEVENT", b"ATTENDEE:mailto:ann@client.example\r\nEND:VEVENT")
        )
    return company


def test_every_hostile_item_is_accounted_for_and_none_stops_the_others(company: Company) -> None:
    total = sum(1 for _ in mails()) + len(EMPTY)
    answer = company.sync()
    account, plans = answer.account("alice"), answer.account("plans")
    assert account["seen"] == total
    assert account["quarantined"] == len(EMPTY)
    assert account["stored"] > 0.6 * total
    told = sum(way is ics.told for way, _raw in CALENDARS)
    assert (plans["seen"], plans["quarantined"]) == (len(CALENDARS), told)
    again = company.sync()
    assert again.account("alice")["seen"] == again.account("plans")["seen"] == 0
    for verdict, reason in company.placements().values():
        assert reason or verdict == "stored"
    items = company.run("timeline", "--json", ANN.decode(), "--limit", "1000").document["items"]
    assert len(items) > 0.5 * total
    for item in items[::60]:
        assert company.run("why", "--json", item["id"]).code == 0
    for create in ("off", "corresponded"):
        company.create = create
        company.sync()
    after = company.run("timeline", "--json", ANN.decode(), "--limit", "1000").document["items"]
    assert after == items
