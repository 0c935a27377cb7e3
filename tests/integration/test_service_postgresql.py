"""The service on PostgreSQL: hints of many accounts at once, each followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.daemon.company_mail import mail
from tests.unit.daemon.pushing_connector import PushingConnector
from tests.unit.daemon.test_service import at_work, wait

pytestmark = pytest.mark.slow


def test_hints_of_many_accounts_at_once_are_all_followed(tmp_path: Path, postgres_url: str) -> None:
    boxes = {name: PushingConnector.mailbox(name) for name in ("alice", "bob", "cara", "dan", "eve", "finn")}
    with at_work(tmp_path, *boxes, url=postgres_url) as office:
        wait(lambda: all(office.service.watching.watched(name) == {"INBOX", "Sent"} for name in boxes), 60)
        sent = set()
        for number in range(5):
            for name, box in boxes.items():
                message_id = f"{name}{number}@x"
                box.deliver("INBOX", mail("ann@client.example", f"{name}@acme.example", mid=message_id))
                box.push("INBOX")
                sent.add(message_id)
        wait(lambda: office.stored() == sent, 60)
        assert set(office.states().values()) == {"ok"}
