"""The programs that read a mailbox, each run from an empty place, its work checked before its cost is told.

keeptouch's rows are compared with the manifest mail by mail; of the others the mails are counted. mbsync and
offlineimap pull every mail as it is and do nothing with it; with `FSync yes`, its default, mbsync waits for the disk
after each mail. The bare socket reads the first 64 KiB of each, and throws them away.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.bench import truth
from tests.bench.measure import BenchError, Cost, run
from tests.conftest import Login
from tests.integration import oracle
from tests.integration.company import Company
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox.encoding import utf7
from tests.servers.process import find

DOMAIN = "example.org"
_BARE_SOCKET = Path(__file__).with_name("bare_socket.py")
_MBSYNC = """
FSync {fsync}
IMAPStore server
Host {host}
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

MaildirStore files
Path {place}/mail/
Inbox {place}/mail/INBOX
SubFolders Verbatim

Channel all
Far :server:
Near :files:
Patterns *
Create Near
Sync Pull
SyncState *
"""
_OFFLINEIMAP = """
[general]
metadata = {place}/metadata
accounts = all
ui = quiet

[Account all]
localrepository = files
remoterepository = server

[Repository files]
type = Maildir
localfolders = {place}/mail

[Repository server]
type = IMAP
remotehost = {host}
remoteport = {port}
remoteuser = {user}
remotepass = {password}
auth_mechanisms = LOGIN
ssl = no
starttls = no
readonly = True
folderfilter = lambda name: name in {folders!r}
"""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A generated mailbox on a running server."""

    dovecot: Dovecot
    login: Login
    #: What is in it.
    truth: Sequence[oracle.Mail]
    #: Folder -> mails.
    folders: Mapping[str, int]
    bytes: int

    @property
    def mails(self) -> int:
        return len(self.truth)

    def within(self, limit: int) -> Mailbox:
        """The mailbox, or of a larger one some folders with at most `limit` mails in all, the smaller ones first."""
        if self.mails <= limit:
            return self
        chosen: dict[str, int] = {}
        for name, count in sorted(self.folders.items(), key=lambda each: each[1]):
            if sum(chosen.values()) + count <= limit:
                chosen[name] = count
        return replace(self, truth=[mail for mail in self.truth if mail.folder in chosen], folders=chosen)


#: Reads a mailbox into an empty folder. Raises BenchError where it did not do all of its work.
Program = Callable[[Mailbox, Path], Cost]


def import_by_keeptouch(box: Mailbox, place: Path) -> Cost:
    """`keeptouch sync` into a store that is not there yet; all of it is counted, also the program's start."""
    company = Company(place / "company", domains=(DOMAIN,), key=None)
    company.add("alice", box.login, box.dovecot.imap_port)
    company.write()
    cost, out = run(company.command("sync", "--json"))
    [account] = json.loads(out)["accounts"]
    if account["seen"] != box.mails:
        raise BenchError(f"keeptouch saw {account['seen']} of {box.mails} mails")
    truth.check(company, box.truth, DOMAIN)
    return cost


def pull_by_mbsync(box: Mailbox, place: Path, *, fsync: bool = True) -> Cost:
    """`mbsync` into empty Maildirs."""
    configuration = _configure(_MBSYNC, box, place, fsync="yes" if fsync else "no")
    cost, _out = run([find("mbsync"), "-c", str(configuration), "-a", "-q"])
    _count_files("mbsync", box, place)
    return cost


def pull_by_offlineimap(box: Mailbox, place: Path) -> Cost:
    """`offlineimap` into empty Maildirs, of the mailbox's folders alone. Raises MissingServer where it is not there."""
    configuration = _configure(_OFFLINEIMAP, box, place, folders=sorted(map(utf7, box.folders)))
    cost, _out = run([find("offlineimap"), "-c", str(configuration), "-o", "-u", "quiet"])
    _count_files("offlineimap", box, place)
    return cost


def read_by_socket(box: Mailbox, place: Path) -> Cost:
    """A socket, and a buffer that is overwritten: no program that reads as much of each mail can be faster."""
    login = place / "login"
    login.write_text(f"{box.dovecot.host}\n{box.dovecot.imap_port}\n{box.login.name}\n{box.login.password}\n", "utf-8")
    cost, out = run([sys.executable, "-I", "-S", str(_BARE_SOCKET), str(login)])
    read = json.loads(out)["mails"]
    if read != box.mails:
        raise BenchError(f"the bare socket read {read} of {box.mails} mails")
    return cost


#: By name, the one that the others are compared with first.
ALTERNATING: dict[str, Program] = {
    "keeptouch": import_by_keeptouch,
    "mbsync": pull_by_mbsync,
    "mbsync, FSync no": partial(pull_by_mbsync, fsync=False),
    "bare socket": read_by_socket,
}


def _configure(template: str, box: Mailbox, place: Path, **more: object) -> Path:
    (place / "mail").mkdir()
    server = {
        "host": box.dovecot.host,
        "port": box.dovecot.imap_port,
        "user": box.login.name,
        "password": box.login.password,
    }
    configuration = place / "configuration"
    configuration.write_text(template.format(place=place, **server, **more), "utf-8")
    return configuration


def _count_files(name: str, box: Mailbox, place: Path) -> None:
    files = sum(1 for sub in ("cur", "new") for _ in (place / "mail").glob(f"**/{sub}/*"))
    if files != box.mails:
        raise BenchError(f"{name} pulled {files} of {box.mails} mails")
