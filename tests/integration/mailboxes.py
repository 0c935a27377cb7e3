"""Mailboxes on a real server as mail programs fill and change them, and what lies on the server's disk."""

from __future__ import annotations

import contextlib
import hashlib
import imaplib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from tests.conftest import Login
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox.encoding import utf7

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def letter(
    sender: str,
    *to: str,
    mid: str | None = None,
    minute: int = 0,
    subject: str = "",
    cc: Sequence[str] = (),
    headers: Sequence[str] = (),
    text: str = "Hello.\n",
) -> bytes:
    """A mail as a client sends it, `minute` minutes after noon; `headers` are further lines."""
    when = NOON + timedelta(minutes=minute)
    lines = [
        *headers,
        f"Date: {format_datetime(when)}",
        f"From: {sender}",
        f"To: {', '.join(to)}",
        *([f"Cc: {', '.join(cc)}"] if cc else []),
        f"Subject: {subject or f'Matter {minute}'}",
        *([f"Message-ID: <{mid}>"] if mid else []),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*lines, "", *text.splitlines(), ""]).encode()


def received(mail: bytes, by: str = "mx.acme.example") -> bytes:
    """The same as it arrives: the servers on the way wrote their lines above it."""
    trace = (
        f"Return-Path: <bounce@{by}>\r\nDelivered-To: someone\r\nReceived: from mx.client.example by {by} with ESMTP;"
    )
    return f"{trace}\r\n\tMon, 2 Mar 2026 12:00:09 +0000\r\n".encode() + mail


@contextlib.contextmanager
def opened(dovecot: Dovecot, login: Login) -> Iterator[imaplib.IMAP4]:
    """The mailbox as the person's own mail program opens it, for writing."""
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as client:
        client.login(login.name, login.password)
        yield client


def put(dovecot: Dovecot, login: Login, folder: str, *mails: bytes, when: datetime | None = None) -> None:
    """File mails in a folder, which is made if need be, with this INTERNALDATE (default: their Date)."""
    with opened(dovecot, login) as client:
        client.create(quoted(folder))
        for mail in mails:
            date = re.search(rb"^Date: (.*)\r$", mail, re.MULTILINE)
            assert date is not None
            at = when or datetime.strptime(date[1].decode(), "%a, %d %b %Y %H:%M:%S %z")
            status, text = client.append(quoted(folder), "", imaplib.Time2Internaldate(at), mail)
            assert status == "OK", text


def quoted(folder: str) -> str:
    """A folder's name as it goes over the wire."""
    return f'"{utf7(folder)}"'


def counts(dovecot: Dovecot, login: Login) -> dict[str, int]:
    """Folder -> messages, as the server tells."""
    found = {}
    for line in dovecot.doveadm("-f", "tab", "mailbox", "status", "-u", login.name, "messages", "*").splitlines()[1:]:
        name, _, messages = line.decode().rpartition("\t")
        found[name] = int(messages)
    return found


def listing(dovecot: Dovecot, login: Login, *query: str) -> set[tuple[str, str]]:
    """(folder, "UIDVALIDITY:UID") of every message that fits the query, as the server tells."""
    words = ("fetch", "-u", login.name, "mailbox uid", *(query or ("ALL",)))
    rows = [line.decode().split("\t") for line in dovecot.doveadm("-f", "tab", *words).splitlines()[1:]]
    status = dovecot.doveadm("-f", "tab", "mailbox", "status", "-u", login.name, "uidvalidity", "*").splitlines()[1:]
    validity = dict(line.decode().rsplit("\t", 1) for line in status)
    return {(folder, f"{validity[folder]}:{uid}") for folder, uid in rows}


def mail_files(maildir: Path) -> dict[str, str]:
    """The name of every message's file, which tells its flags, -> the hash of its bytes."""
    return {
        str(path.relative_to(maildir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("cur", "new", "tmp")
        for path in sorted(maildir.glob(f"**/{folder}/*"))
    }
