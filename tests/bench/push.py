"""How soon a new mail is a row: `keeptouch run` watches many folders of Dovecot through a proxy that notes the push."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import BenchError
from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.servers.dovecot import Dovecot, Options
from tests.servers.recordingproxy import RecordingProxy

_MAIL = (
    "From: Ann <ann{number}@client.example>\r\nTo: {to}@acme.example\r\nDate: {date}\r\n"
    "Message-ID: <push{number}@client.example>\r\nSubject: number {number}\r\n\r\nHello\r\n"
)
_WATCHED = '"event": "watched"'
#: A mail that took longer than this counts as lost.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Push:
    """What one delivery took, in seconds."""

    #: From the bytes that left the proxy to the row that readers see.
    pushed: float
    #: From the mail in its folder to that row.
    delivered: float


def measure(accounts: int, deliveries: int, tell: Callable[[str], None]) -> tuple[list[Push], int]:
    """(each delivery's times, the service's memory in bytes) with the inbox and Sent of each account watched."""
    names = [f"rep{number}" for number in range(accounts)]
    with (
        tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as folder,
        Dovecot(dict.fromkeys(names, "secret"), Options(max_connections=100)) as server,
        RecordingProxy((server.host, server.imap_port), b" EXISTS\r\n") as proxy,
    ):
        mailboxes = [ImapMailbox(server, Login(name, "secret", server.maildir(name))) for name in names]
        company = Company(Path(folder) / "company", create="all")
        for name, mailbox in zip(names, mailboxes, strict=True):
            company.add(name, mailbox.login, proxy.port)
        company.write()
        with _service(company, 2 * accounts) as process:
            tell(f"{2 * accounts} folders are watched")
            pushes = [_deliver(random.Random(n).choice(mailboxes), n, company, proxy) for n in range(deliveries)]
            memory = _memory(process)
    return pushes, memory


@contextlib.contextmanager
def _service(company: Company, folders: int) -> Iterator[subprocess.Popen[bytes]]:
    """`keeptouch run` from the moment at which all folders are watched and read."""
    log = company.folder / "log"
    command = [word if word != "error" else "info" for word in company.command("run", "--interval", "3600")]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            end = time.monotonic() + 60 + folders
            while log.read_text().count(_WATCHED) < folders:
                if process.poll() is not None or time.monotonic() > end:
                    raise BenchError(f"keeptouch run does not watch: {_end(company)}")
                time.sleep(0.2)
            time.sleep(2)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _deliver(mailbox: ImapMailbox, number: int, company: Company, proxy: RecordingProxy) -> Push:
    """Deliver a mail and wait for its row."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    raw = _MAIL.format(number=number, to=mailbox.login.name, date=date).encode()
    query = "SELECT 1 FROM v1_interaction WHERE message_id = ?"
    with contextlib.closing(sqlite3.connect(f"{company.store.as_uri()}?mode=ro", uri=True)) as reader:
        mailbox.folder(("INBOX", "Sent")[number % 2])
        started = time.monotonic()
        mailbox.deliver(("INBOX", "Sent")[number % 2], raw)
        while not reader.execute(query, (f"push{number}@client.example",)).fetchone():
            if time.monotonic() > started + _PATIENCE:
                raise BenchError(f"mail {number} to {mailbox.login.name} is lost: {_end(company)}")
            time.sleep(0.002)
        ended = time.monotonic()
    left = proxy.sent_after(started)
    if left is None:
        raise BenchError(f"mail {number} came without a push")
    # nothing else is under way when the next one comes
    time.sleep(0.3)
    return Push(ended - left, ended - started)


def _end(company: Company) -> str:
    return (company.folder / "log").read_text()[-2000:]


def _memory(process: subprocess.Popen[bytes]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def show(pushes: Sequence[Push], memory: int, accounts: int) -> None:
    """Two lines, in milliseconds."""
    print(f"{2 * accounts} watched folders of {accounts} accounts, {len(pushes)} mails, {memory / 2**20:.0f} MiB")
    for name, times in (
        ("from the push to the row", [push.pushed for push in pushes]),
        ("from delivery to the row", [push.delivered for push in pushes]),
    ):
        cuts = statistics.quantiles(times, n=20, method="inclusive")
        print(
            f"{name:<26} p50 {cuts[9] * 1000:4.0f} ms   p95 {cuts[18] * 1000:4.0f} ms   max {max(times) * 1000:4.0f} ms"
        )
