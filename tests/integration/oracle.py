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

#: Folder -> why nothing in it becomes history.
UNLOGGED = {"Trash": "trash", "Junk": "junk", "Drafts": "draft"}
#: What goes to many at once.
BULK = {"news", "notify"}
_ADDRESS = re.compile(rb"<([^<>@\s]+@[^<>\s]+)>")
_HEADERS = {b"from", b"to", b"cc"}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of the manifest, with its people."""

    folder: str
    uid: int
    kind: str
    mid: str
    sender: str
    #: To and Cc.
    recipients: tuple[str, ...]
    #: Whom a bounce or receipt speaks of.
    reported: tuple[str, ...]

    def is_own(self, address: str, domain: str) -> bool:
        """Is it an address of the company?"""
        return address.partition("@")[2] == domain or address.endswith(f".{domain}")


def read(manifest: Path, maildir: Path) -> list[Mail]:
    """The mails of a Maildir that `write_maildir` wrote, in the order of the manifest."""
    files = {int(match[1]): path for path in maildir.glob("**/cur/*") if (match := re.search(r"\.M(\d+)P", path.name))}
    return [_mail(json.loads(line), files) for line in manifest.read_text("utf-8").splitlines()]


def verdicts(mails: list[Mail], domain: str) -> dict[tuple[str, int], tuple[str, str]]:
    """(folder, UID) -> (verdict, reason) under `contacts.create = "corresponded"`."""
    contacts = contacts_of(mails, domain)
    return {(mail.folder, mail.uid): _verdict(mail, contacts, domain) for mail in mails}


def contacts_of(mails: list[Mail], domain: str) -> set[str]:
    """Whom a mail of ours makes contacts."""
    return {
        address
        for mail in mails
        if mail.is_own(mail.sender, domain) and mail.folder not in UNLOGGED and mail.kind not in BULK
        for address in mail.recipients
        if not mail.is_own(address, domain)
    }


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


def _mail(said: dict[str, str | int], files: dict[int, Path]) -> Mail:
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
        recipients=(*people[b"to"], *people.get(b"cc", ())),
        reported=reported,
    )


def _people(path: Path) -> Iterator[tuple[bytes, list[str]]]:
    """(header, its addresses) of From, To and Cc, each of which comes once."""
    head = path.read_bytes().partition(b"\n\n")[0]
    for line in re.sub(rb"\n[ \t]+", b" ", head).splitlines():
        name, _, value = line.partition(b":")
        if name.lower() in _HEADERS:
            yield name.lower(), [address.decode("ascii").lower() for address in _ADDRESS.findall(value)]
