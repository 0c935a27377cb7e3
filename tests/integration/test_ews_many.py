"""Many mailboxes read by one service account: never more questions at once than the server may be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.endurance.running import Life, Running
from tests.integration.company import Company, Raw
from tests.integration.exchange import PASSWORD, ExchangeMailbox
from tests.integration.mailboxes import letter, received
from tests.integration.test_many_accounts import holds
from tests.integration.test_watch_faults import wait
from tests.servers.ews import EwsServer

pytestmark = pytest.mark.slow
SERVICE = "ACME\\svc-keeptouch"
ANN = "ann@client.example"
#: Questions at once; of them two are left to news.
LIMIT = 6


def follow(folder: Path, mailboxes: int, look: Callable[[Life], object] = Life.look) -> EwsServer:
    """Follow so many mailboxes with a few mails until all are watched and news comes; the server as it was asked."""
    with EwsServer() as server:
        server.latency = 0.01
        server.add_account(SERVICE, PASSWORD, impersonates=["*"])
        boxes = [ExchangeMailbox(server, server.add_mailbox(f"rep{n}@acme.example")) for n in range(mailboxes)]
        for n, box in enumerate(boxes):
            for m in range(3):
                box.deliver("INBOX", received(letter(ANN, box.mailbox.address, mid=f"{n}.{m}@client", minute=m)))
        company = Company(folder, create="all")
        (folder / "ews.secret").write_text(PASSWORD)
        (folder / "ews.secret").chmod(0o600)
        (folder / "mailboxes.txt").write_text("".join(f"{box.mailbox.address}\n" for box in boxes))
        company.extra = "\n".join(
            [
                "[servers.main]\nkind = 'ews'",
                f"max_connections = {LIMIT}\nurl = '{server.url}'",
                "[[accounts]]\nname = 'all'\nserver = 'main'\nowner = 'boss@acme.example'\n[accounts.options]",
                f"username = '{SERVICE}'\npassword_file = 'ews.secret'\nimpersonate = true",
                f"mailboxes_file = 'mailboxes.txt'\nsince = {Raw('2000-01-01')}",
            ]
        )
        company.write()
        with Running(company, 3600) as running:
            life = running.life
            wait(lambda: life.process.poll() is not None or holds(company, 3 * mailboxes), 60 + mailboxes)
            assert life.process.poll() is None, running.said()
            wait(lambda: server.streams.open == mailboxes, 60 + mailboxes)
            assert {each.user for each in server.requests} == {SERVICE}
            for n, box in enumerate(boxes):
                box.deliver("INBOX", received(letter(ANN, box.mailbox.address, mid=f"{n}.new@client", minute=9)))
            wait(lambda: holds(company, 4 * mailboxes), 60 + mailboxes)
            time.sleep(1)
            look(life)
            running.end()
        assert server.count("Subscribe") == server.count("GetStreamingEvents") == mailboxes
    return server


@pytest.mark.soak
@pytest.mark.parametrize("mailboxes", [6, 200])
def test_a_server_is_asked_as_much_at_once_as_it_may_be_and_each_mailbox_has_its_stream(
    tmp_path: Path, mailboxes: int
) -> None:
    server = follow(tmp_path / "company", mailboxes)
    # the beginnings of streams count as turns do
    assert 1 < server.most_at_once <= LIMIT
