"""A long reading goes on in a process of its own, and nothing is lost or doubled whatever becomes of the process."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from connectors.api import AuthFailed, Bearer, Misconfigured, Secret, Unavailable
from connectors.imap import ImapSettings
from connectors.local import LocalConnector
from connectors.local.connector import LocalSettings
from daemon import source as source_module
from daemon.apart import Apart, Broken, Opening
from daemon.drafts import Drafting
from daemon.plugins import installed
from daemon.report import Report
from daemon.source import Source
from daemon.worker import Worker
from store.keys import parse_key
from tests.traffic_counts import asked_of
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap
from tests.unit.daemon.company_mail import KEY, House, company

pytestmark = pytest.mark.slow
#: Three pages of the local connector.
MAILS = 450
DRAFTING = Drafting(company(), parse_key(KEY))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of mails, of which ours are half."""
    folder = tmp_path / "mails"
    folder.mkdir()
    for n in range(MAILS):
        sender, to = ("alice@acme.example", "ann@client.example")[:: 1 if n % 2 else -1]
        date = f"Mon, 2 Mar 2026 {n // 60:02}:{n % 60:02}:00 +0000"
        text = f"From: {sender}\nTo: {to}\nMessage-ID: <{n}@x>\nDate: {date}\n\nسلام {n}\n"
        (folder / f"{n:03}.eml").write_text(text, encoding="utf-8")
    return folder


def opening(folder: Path) -> Opening:
    return Opening(installed().get("local"), LocalSettings(path=folder, format="eml"), None)


def turn(house: House, opening: Opening) -> Report:
    report = Report("alice")
    worker = Worker(house.ingest(), house.accounts["alice"], stop=threading.Event(), opening=opening)
    worker.turn(opening.open(), report)
    return report


def children() -> set[int]:
    """Processes of ours that run the reading program (Linux)."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes()
            parent = int((status.parent / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):  # it ended meanwhile
            continue
        if parent == os.getpid() and b"daemon.apart" in words:
            found.add(int(status.parent.name))
    return found


def test_the_process_hands_over_the_same_pages(folder: Path) -> None:
    with LocalConnector(LocalSettings(path=folder, format="eml")) as connector:
        (stream,) = connector.streams()
        here = [DRAFTING.prepared(page, stream.purpose) for page in connector.pages(stream, None)]
    apart = Apart(opening(folder), DRAFTING)
    apart.start()
    apart.wait()
    try:
        there = list(apart.pages(stream, None, None))
        again = list(apart.pages(stream, there[0].page.cursor, None))
    finally:
        apart.close()
    assert there == here
    assert again == here[1:]
    assert not children()


def test_pages_that_nobody_takes_do_not_come_with_the_next_request(folder: Path) -> None:
    with LocalConnector(LocalSettings(path=folder, format="eml")) as connector:
        (stream,) = connector.streams()
    apart = Apart(opening(folder), DRAFTING)
    apart.start()
    apart.wait()
    try:
        pages = apart.pages(stream, None, None)
        first = next(pages)
        pages.close()
        assert next(apart.pages(stream, None, None)) == first
    finally:
        apart.close()


def test_what_the_connector_refuses_is_raised_here(tmp_path: Path) -> None:
    apart = Apart(opening(tmp_path / "nothing"), DRAFTING)
    apart.start()
    with pytest.raises(Misconfigured, match="does not exist") as error:
        apart.wait()
    apart.close()
    assert error.value.step == "connect"
    assert error.value.hint


@pytest.mark.parametrize(("secret", "kind"), [(Secret("x"), AuthFailed), (Bearer(lambda _refused: "x"), Broken)])
def test_a_token_that_ends_there_is_no_refused_login(secret: Secret, kind: type[Exception]) -> None:
    """Only our own process can have another token."""

    def answer(command: str) -> bytes | None:
        return TAG + b" NO [AUTHENTICATIONFAILED] no\r\n" if command.startswith("AUTHENTICATE") else None

    with ScriptedImap({}, answer) as server:
        server.capabilities = "IMAP4rev1 AUTH=XOAUTH2 AUTH=PLAIN SASL-IR"
        settings = ImapSettings(host="127.0.0.1", port=server.port, security="none", username="alice")
        process = closing(Apart(Opening(installed().get("imap"), settings, secret), DRAFTING))
        with asked_of("imap") as counted, process as apart:
            apart.start()
            with pytest.raises(kind):
                apart.wait()
    # what it asked of the server is counted as ours
    assert counted.requests.get("NO", 0) >= 1
    assert counted.octets["sent"] > 50


def test_a_token_that_cannot_be_had_starts_no_process() -> None:
    def supply(_refused: str) -> str:
        raise Unavailable("the provider is away", step="token")

    settings = ImapSettings(host="127.0.0.1", security="none", username="alice")
    apart = Apart(Opening(installed().get("imap"), settings, Bearer(supply)), DRAFTING)
    with closing(apart), pytest.raises(Broken, match="the provider is away"):
        apart.start()


def test_a_killed_process_is_broken_and_not_an_end(folder: Path) -> None:
    apart = Apart(opening(folder), DRAFTING)
    apart.start()
    apart.wait()
    for process in children():
        os.kill(process, signal.SIGKILL)
    with LocalConnector(LocalSettings(path=folder, format="eml")) as connector:
        (stream,) = connector.streams()
    with pytest.raises(Broken):
        list(apart.pages(stream, None, None))
    apart.close()


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_turn_goes_over_to_the_process_and_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    monkeypatch.setattr(source_module, "WORTHWHILE", 1)
    monkeypatch.setattr("connectors.local.listing.PAGE_MAILS", 50)
    monkeypatch.setattr("daemon.streams.DERIVE_EVERY", 10)
    used: list[int] = []

    class Watched(Apart):
        @property
        def is_started(self) -> bool:
            # as if the first page had taken as long as a process takes to start
            deadline = time.monotonic() + 20
            while not super().is_started and time.monotonic() < deadline:
                time.sleep(0.01)
            return super().is_started

        def pages(self, *request: object) -> object:  # type: ignore[override]  # passes on what it is given
            used.extend(children())
            pages = super().pages(*request)  # type: ignore[arg-type]  # as above
            for count, page in enumerate(pages):
                yield page
                if is_killed and count == 0:
                    os.kill(used[-1], signal.SIGKILL)

    monkeypatch.setattr(source_module, "Apart", Watched)
    with House(tmp_path) as house:
        report = turn(house, opening(folder))
        assert report.error is None
        assert used
        assert report.total.seen == report.total.stored == MAILS
        again = turn(house, opening(folder))
        assert again.total.seen == 0
    assert not children()


def test_a_connector_that_does_not_say_so_is_never_opened_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalConnector, "opens_apart", False)
    with opening(folder).open() as connector, Source(connector, DRAFTING, opening(folder)) as source:
        (stream,) = connector.streams()
        pages = [page for _ in range(5) for page in source.pages(stream, None, None)]
    assert sum(len(page.changes) for page in pages) == 5 * MAILS
    assert not children()


def test_errors_keep_their_parts_on_the_way() -> None:
    error = Unavailable("no", step="login", hint="look", retry_after=7.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.step, copy.hint, copy.retry_after) == (Unavailable, "no", "login", "look", 7.0)


def test_the_process_has_no_database() -> None:
    """It reads and drafts; half of its memory and most of its start would be SQLAlchemy."""
    loaded = "import sys, daemon.apart; print({each.partition('.')[0] for each in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert "'store'" in done.stdout
    assert not [name for name in ("sqlalchemy", "alembic", "dateparser", "lxml") if f"'{name}'" in done.stdout]
