"""What a CRM writes into w1_contact has its history after the next sync, from mail that had been skipped."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.integration.company import Answer, Company

pytestmark = pytest.mark.slow

MAIL = (
    "From: {}\nTo: alice@acme.example\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <{}@x>\nSubject: Hello\n\nHi\n"
)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    mail = tmp_path / "mail"
    mail.mkdir()
    for number, sender in enumerate(("ann@client.example", "ann+news@client.example", "bob@else.example")):
        (mail / f"{number}.eml").write_text(MAIL.format(sender, number))
    company = Company(tmp_path / "company")
    company.extra = f"""
[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "{mail}"
format = "eml"
"""
    return company


def sync(company: Company) -> Answer:
    answer = company.run("sync", "--json")
    assert answer.code == 0, answer.err
    return answer


def test_a_contact_that_another_program_enters_has_its_earlier_mail_after_one_poll(company: Company) -> None:
    assert sync(company).account("alice")["skipped"] == 3
    with sqlite3.connect(company.store) as crm:
        crm.execute(
            "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '7', 'Ann Lee')"
        )
        crm.execute(
            "INSERT INTO w1_contact_address (external_source, external_id, address)"
            " VALUES ('crm', '7', 'Ann@Client.example')"
        )
    crm.close()
    assert sync(company).account("alice")["stored"] == 2
    with sqlite3.connect(company.store) as reader:
        assert reader.execute(
            "SELECT c.display_name, ic.reason FROM v1_interaction_contact ic"
            " JOIN v1_contact c ON c.id = ic.contact_id ORDER BY ic.reason"
        ).fetchall() == [("Ann Lee", "address"), ("Ann Lee", "base_address")]
        assert reader.execute(
            "SELECT count(*) FROM w1_contact WHERE applied_at IS NULL OR error IS NOT NULL"
        ).fetchone() == (0,)
    reader.close()
    assert sync(company).account("alice")["seen"] == 0
