"""Servers as the mailboxes of the state machine; the program runs in forks of the warm process."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

from tests.conftest import Login
from tests.crash.machine import ACCOUNTS, CHOSEN, DOMAIN, FOLDERS, Server
from tests.crash.scenarios import SYNC
from tests.crash.warm import Warm
from tests.integration.company import Company, Raw
from tests.integration.exchange import DISTINGUISHED, PASSWORD, ExchangeMailbox
from tests.integration.mailboxes import listing, opened, put, quoted
from tests.servers.dovecot import Dovecot
from tests.servers.ews import EwsServer
from tests.servers.ews.items import identifier
from tests.servers.ews.mailbox import LAST_VERB


class WarmServer(Server):
    """The program in forks of the warm process; `url` is the store's, "" a file of its own."""

    def __init__(self, warm: Warm, folder: Path, url: str = "") -> None:
        self._warm = warm
        self.company = Company(folder, domains=(DOMAIN,), url=url)

    def sync(self) -> None:
        self._warm.finish(self.company, *SYNC)

    def kill_at(self, point: str, nth: int) -> None:
        killed = self._warm.start(self.company, *SYNC, point=point, nth=nth, signal=signal.SIGKILL)
        assert killed.wait() in (0, -signal.SIGKILL)

    def kill_after(self, seconds: float) -> None:
        run = self._warm.start(self.company, *SYNC)
        if run.wait(seconds / 2) is None:
            run.send(signal.SIGKILL)
            run.wait()


class DovecotServer(WarmServer):
    """A user of Dovecot each."""

    def __init__(self, dovecot: Dovecot, logins: dict[str, Login], warm: Warm, folder: Path) -> None:
        super().__init__(warm, folder)
        self._dovecot, self._logins = dovecot, logins
        self._validity = count(1_900_000_000)
        for name, login in logins.items():
            self.company.add(name, login, dovecot.imap_port, folders=CHOSEN)
        self.company.write()

    def close(self) -> None:
        """The server serves other tests."""

    def deliver(self, account: str, folder: str, mid: str, raw: bytes) -> None:
        put(self._dovecot, self._logins[account], folder, raw)

    def copy(self, account: str, mid: str, source: str, target: str) -> None:
        self._with(account, source, mid, lambda client, uid: client.uid("COPY", uid, quoted(target)))

    def move(self, account: str, mid: str, source: str, target: str) -> None:
        self._with(account, source, mid, lambda client, uid: client.uid("MOVE", uid, quoted(target)))

    def delete(self, account: str, mid: str, folder: str) -> None:
        self._with(account, folder, mid, lambda client, uid: client.uid("STORE", uid, "+FLAGS", r"(\Deleted)"))

    def flag(self, account: str, mid: str, folder: str) -> None:
        self._with(account, folder, mid, lambda client, uid: client.uid("STORE", uid, "+FLAGS", r"(\Answered)"))

    def renumber(self, account: str, folder: str) -> None:
        number = str(next(self._validity))
        login = self._logins[account].name
        self._dovecot.doveadm("mailbox", "update", "-u", login, "--uid-validity", number, folder)

    def listing(self, account: str) -> set[tuple[str, str]]:
        return {place for place in listing(self._dovecot, self._logins[account]) if place[0] in FOLDERS}

    def answered(self, account: str) -> set[tuple[str, str]]:
        return listing(self._dovecot, self._logins[account], "ANSWERED")

    def _with(self, account: str, folder: str, mid: str, do: Callable[..., object]) -> None:
        with opened(self._dovecot, self._logins[account]) as client:
            client.select(quoted(folder))
            uids = client.uid("SEARCH", "HEADER", "Message-ID", f"<{mid}>")[1][0].split()
            do(client, uids[0].decode())
            client.expunge()


class ExchangeServer(WarmServer):
    """A mailbox each on a double of Exchange of its own, which has all its oddities or none."""

    def __init__(self, warm: Warm, folder: Path, url: str = "", *, is_odd: bool = False) -> None:
        super().__init__(warm, folder, url)
        self._server = server = EwsServer()
        server.__enter__()
        odd = server.oddities
        odd.early_last_page = odd.fractional_seconds = odd.errors_without_sync_state = is_odd
        odd.read_flags_as_updates = is_odd
        names = {"sentitems": "Sent", "deleteditems": "Trash"}
        self._boxes = {
            name: ExchangeMailbox(server, server.add_mailbox(f"{name}@{DOMAIN}", PASSWORD, names=names))
            for name in ACCOUNTS
        }
        for name, box in self._boxes.items():
            for each in FOLDERS:
                box.mailbox.make_folder(_path(each))
            box.account(self.company, name, since=Raw("2000-01-01"), folders=CHOSEN, calendars={"exclude": ["*"]})
        self.company.write()

    def close(self) -> None:
        """Raises AssertionError where a question or an answer did not keep to the schema."""
        self._server.__exit__(None, None, None)

    def deliver(self, account: str, folder: str, mid: str, raw: bytes) -> None:
        date = re.search(rb"^Date: (.*)\r$", raw, re.MULTILINE)
        assert date is not None
        came = datetime.strptime(date[1].decode(), "%a, %d %b %Y %H:%M:%S %z")
        self._boxes[account].mailbox.deliver(_path(folder), raw, received=came)

    def copy(self, account: str, mid: str, source: str, target: str) -> None:
        self._boxes[account].mailbox.copy(self._find(account, source, mid), _path(target))

    def move(self, account: str, mid: str, source: str, target: str) -> None:
        self._boxes[account].mailbox.move(self._find(account, source, mid), _path(target))

    def delete(self, account: str, mid: str, folder: str) -> None:
        self._boxes[account].mailbox.remove(self._find(account, folder, mid))

    def flag(self, account: str, mid: str, folder: str) -> None:
        self._boxes[account].mailbox.mark_answered(self._find(account, folder, mid))

    def renumber(self, account: str, folder: str) -> None:
        """A folder's state is worthless; or the mailbox comes from a backup, and all ids are others."""
        if folder == "Archive":
            self._boxes[account].mailbox.restore()
        else:
            self._boxes[account].expire(_path(folder))

    def listing(self, account: str) -> set[tuple[str, str]]:
        box = self._boxes[account].mailbox
        return {(folder, ref) for folder in FOLDERS for ref in box.ids(_path(folder))}

    def answered(self, account: str) -> set[tuple[str, str]]:
        box = self._boxes[account].mailbox
        return {
            (folder, identifier(box, item))
            for folder in FOLDERS
            for item in box.in_folder(_path(folder))
            if LAST_VERB in item.extended
        }

    def _find(self, account: str, folder: str, mid: str) -> str:
        return self._boxes[account].mailbox.find(_path(folder), mid)


def _path(folder: str) -> str:
    return {**DISTINGUISHED, "Trash": "deleteditems"}.get(folder, folder)
