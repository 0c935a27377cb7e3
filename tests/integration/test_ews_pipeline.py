"""A company on an Exchange that fails again and again while mail comes and goes: its store shows nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.company import Company, Raw, differences
from tests.integration.exchange import ExchangeMailbox, exchange
from tests.integration.mailboxes import letter, received
from tests.servers.ews import cut, edited, http_status, login_page, no_xml, soap_fault
from tests.servers.faultproxy import FaultProxy
from tests.unit.daemon.company_mail import KEY

# a server works in the same process
pytestmark = pytest.mark.slow
ANN = "ann@client.example"


def company_of(folder: Path, mailbox: ExchangeMailbox, url: str, port: int) -> Company:
    company = Company(folder, domains=("exchange.example",), create="all", key=KEY, url=url)
    where = f"http://127.0.0.1:{port}/EWS/Exchange.asmx"
    mailbox.account(company, "rep", url=where, timeout_seconds=1, since=Raw("2000-01-01"))
    return company


def troubles(mailbox: ExchangeMailbox, proxy: FaultProxy) -> list[Callable[[], None]]:
    """What goes wrong in a run, each once."""
    server, down = mailbox.server, proxy.down

    def fail(fault: object, operation: str | None = None, skip: int = 0) -> Callable[[], None]:
        return lambda: server.fail(fault, operation=operation, skip=skip)  # type: ignore[arg-type]  # each is one

    def spoil(name: str, value: object) -> Callable[[], None]:
        return lambda: setattr(down, name, value)

    return [
        fail(soap_fault("ErrorServerBusy")),
        fail(soap_fault("ErrorInternalServerTransientError"), "SyncFolderItems"),
        fail(soap_fault("ErrorMailboxMoveInProgress"), "GetItem"),
        fail(soap_fault("ErrorMailboxStoreUnavailable"), "SyncFolderItems", 1),
        fail(soap_fault("ErrorInvalidSyncStateData"), "SyncFolderItems"),
        fail(http_status(503), "GetItem"),
        fail(http_status(401, WWW_Authenticate='Basic realm="x"'), skip=2),
        fail(http_status(500, b"Server Error in '/EWS' Application"), skip=2),
        fail(cut(700), "GetItem"),
        fail(cut(is_done=False), skip=1),
        fail(login_page(), "GetItem"),
        fail(no_xml(), "SyncFolderItems", 2),
        fail(edited(rb"<m:SyncState>[^<]*</m:SyncState>"), "SyncFolderItems", 1),
        fail(edited(rb"<m:ResponseMessages>.*</m:ResponseMessages>", b"<m:ResponseMessages/>"), "GetItem"),
        spoil("cut_on", b"GetItemResponseMessage"),
        spoil("cut_on", b"</m:SyncFolderItemsResponse>"),
        spoil("cut_after", 5_000),
        spoil("cut_after", 12_000),
        spoil("garbage", 0.0005),
        spoil("hole", True),
        mailbox.mailbox.invalidate_sync,
        mailbox.mailbox.restore,
    ]


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_whatever_goes_wrong_the_store_is_the_same_in_the_end(
    tmp_path: Path, new_url: Callable[[str], str], every: int
) -> None:
    with exchange() as mailbox, FaultProxy(("127.0.0.1", mailbox.server.port)) as proxy:
        box, address = mailbox.mailbox, mailbox.mailbox.address
        box.make_folder("Clients/Атлас")
        disturbed = company_of(tmp_path / "disturbed", mailbox, new_url("disturbed"), proxy.port)
        chosen = troubles(mailbox, proxy)[::every]
        for number, trouble in enumerate(chosen):
            mailbox.deliver("INBOX", received(letter(ANN, address, mid=f"{number}@client", minute=number)))
            mailbox.deliver("Sent", letter(address, ANN, mid=f"{number}@own", minute=number))
            if number % 3 == 2:
                box.move(box.find("inbox", f"{number - 2}@client"), "Clients/Атлас")
                box.mark_answered(box.find("inbox", f"{number - 1}@client"))
            trouble()
            answer = disturbed.run("sync", "--json")
            assert answer.code in (0, 1), answer
            mailbox.server.heal()
            proxy.heal()
        disturbed.sync()
        disturbed.sync()
        disturbed.check_integrity()
        quiet = company_of(tmp_path / "quiet", mailbox, new_url("quiet"), mailbox.server.port)
        quiet.sync()
        found = differences(disturbed.contract(), quiet.contract())
        assert found.keys() <= {"v1_store"}, found
        assert disturbed.rows("SELECT count(*) FROM v1_interaction") == [(2 * len(chosen),)]
        assert disturbed.rows("SELECT count(*) FROM placement WHERE verdict = 'quarantined'") == [(0,)]
