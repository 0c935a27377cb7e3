"""What the policy must make of a generated mailbox, told from its manifest and its headers by other means than ours.

Who takes part is read from the files by patterns that hold for this generator alone; what kind of mail it is, the
manifest says. Nothing here imports the program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Folder -> why nothing in it becomes history.
UNLOGGED = {"Trash": "trash", "Junk": "junk", "Drafts": "draft"}
#: What goes to many at once.
BULK = {"news", "notify"}
#: Statuses of bounces that no second attempt mends.
FATAL = {"5.1.1"}
_ADDRESS = re.compile(rb"<([^<>@\s]+@[^<>\s]+)>")
#: No header section of this generator is longer, bytes.
_MAX_HEAD = 64 * 1024
_HEADERS = {b"from", b"to", b"cc"}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of the manifest, with its people."""

    folder: str
    uid: int
    kind: str
    mid: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    #: Whom a bounce or receipt speaks of.
    reported: tuple[str, ...]
    #: Message-ID of the mail that could not be delivered, for good; "" for all but bounces.
    undelivered: str
    #: Seconds since 1970.
    when: int
    #: The digest of its text and the names of its attachments; None where the manifest knows nothing of them.
    text: str | None
    attachments: tuple[str, ...] | None

    @property
    def recipients(self) -> tuple[str, ...]:
        return (*self.to, *self.cc)

    def is_own(self, address: str, domain: str) -> bool:
        """Is it an address of the company?"""
        return address.partition("@")[2] == domain or address.endswith(f".{domain}")


def read(manifest: Path, maildir: Path) -> list[Mail]:
    """The mails of a Maildir that `write_maildir` wrote, in the order of the manifest."""
    files = {int(match[1]): path for path in maildir.glob("**/cur/*") if (match := re.search(r"\.M(\d+)P", path.name))}
    return [_mail(json.loads(line), files) for line in manifest.read_text("utf-8").splitlines()]


def verdicts(mails: list[Mail], domain: str) -> dict[tuple[str, int], tuple[str, str]]:
    """(folder, UID) -> (verdict, reason) under `contacts.create = "corresponded"`."""
    contacts = _written_to(mails, domain)
    return {(mail.folder, mail.uid): _verdict(mail, contacts, domain) for mail in mails}


def contacts_of(mails: list[Mail], domain: str) -> set[str]:
    """Whom a mail of ours makes contacts: not those whom none reached, and who did not write after it came back."""
    return {address for address in _written_to(mails, domain) if _is_reached(address, mails, domain)}


def _written_to(mails: list[Mail], domain: str) -> set[str]:
    return {address for mail in mails for address in _made_by(mail, domain)}


def _made_by(mail: Mail, domain: str) -> set[str]:
    is_ours = mail.is_own(mail.sender, domain) and mail.folder not in UNLOGGED and mail.kind not in BULK
    return {address for address in mail.recipients if not mail.is_own(address, domain)} if is_ours else set()


def _is_reached(address: str, mails: list[Mail], domain: str) -> bool:
    failures = [mail for mail in mails if mail.undelivered and address in mail.reported]
    if not failures:
        return True
    failed, last = {mail.undelivered for mail in failures}, max(mail.when for mail in failures)
    if any(address in _made_by(mail, domain) and mail.mid not in failed for mail in mails):
        return True
    return any(mail.sender == address and mail.when > last and mail.folder not in UNLOGGED for mail in mails)


def links(mail: Mail, contacts: set[str]) -> set[tuple[str, str]]:
    """(role, address) of every contact that a stored mail concerns."""
    roles = {"from": (mail.sender,), "to": mail.to, "cc": mail.cc, "reported": mail.reported}
    return {(role, address) for role, addresses in roles.items() for address in addresses if address in contacts}


def _verdict(mail: Mail, contacts: set[str], domain: str) -> tuple[str, str]:
    if mail.folder in UNLOGGED:
        return "skipped", UNLOGGED[mail.folder]
    people = {mail.sender, *mail.recipients, *mail.reported}
    outside = {address for address in people if not mail.is_own(address, domain)}
    if not outside:
        return "skipped", "internal"
    if mail.kind in BULK:
        return "skipped", "bulk"
    return ("stored", "contact") if outside & contacts else ("skipped", "no_contact")


def _mail(said: dict[str, Any], files: dict[int, Path]) -> Mail:
    people = {name: tuple(addresses) for name, addresses in _people(files[int(said["i"])])}
    [sender] = people[b"from"]
    kind = str(said["kind"])
    reported = {"dsn": (str(said.get("rcpt")),), "mdn": (sender,)}.get(kind, ())
    return Mail(
        folder=str(said["folder"]),
        uid=int(said["uid"]),
        kind=kind,
        mid=str(said["mid"]).strip("<>"),
        sender=sender,
        to=people[b"to"],
        cc=people.get(b"cc", ()),
        reported=reported,
        undelivered=str(said["about"]).strip("<>") if kind == "dsn" and str(said["status"]) in FATAL else "",
        when=int(said["when"]),
        text=said["text"],
        attachments=None if said["attachments"] is None else tuple(said["attachments"]),
    )


def _people(path: Path) -> Iterator[tuple[bytes, list[str]]]:
    """(header, its addresses) of From, To and Cc, each of which comes once."""
    with path.open("rb") as file:
        head = file.read(_MAX_HEAD).partition(b"\n\n")[0]
    for line in re.sub(rb"\n[ \t]+", b" ", head).splitlines():
        name, _, value = line.partition(b":")
        if name.lower() in _HEADERS:
            yield name.lower(), [address.decode("ascii").lower() for address in _ADDRESS.findall(value)]
