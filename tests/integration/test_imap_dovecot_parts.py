"""A record is the same however it was fetched: by its beginning, in parts, or whole; attachments stay on the server."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.api import Message, Stream
from connectors.conformance import read
from connectors.imap import elision, fetch
from tests.conftest import Login
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.integration.recording import RecordingProxy
from tests.servers.mailbox import write_maildir

INBOX = Stream(name="INBOX")
SHARED = Path(os.environ.get("KEEPTOUCH_SHARED") or Path(__file__).parents[3] / "shared")
CORPORA = SHARED / "corpora" / "dev"
MANY = 40 * 1024 * 1024


def records(mailbox: ImapMailbox, stream: Stream = INBOX, port: int | None = None) -> dict[str, object]:
    options = {} if port is None else {"port": port}
    with mailbox.connector(**options) as connector:
        return {change.ref: change for change in read(connector.pages(stream, None))}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Sets how much is read of each mail at first, and where it goes on."""

    def set_sizes(prefix: int, window: int) -> None:
        monkeypatch.setattr(fetch, "PREFIX", prefix)
        monkeypatch.setattr(elision, "WINDOW", window)

    return set_sizes


def attached(number: int, size: int, *more: bytes, line: int = 76, encoding: str = "base64") -> bytes:
    """A mail with a text, an attachment of `size` bytes, and further parts."""
    content = random.Random(number).randbytes(size)
    if encoding == "base64":
        text = base64.b64encode(content)
        body = b"\n".join(text[at : at + line] for at in range(0, len(text), line))
    else:
        body = (b"Zeile mit Umlaut =C3=BC und Ende=\n" if encoding == "quoted-printable" else b"a plain line\n") * (
            size // 30
        )
    parts = (
        f"Content-Type: text/plain; charset=utf-8\n\nسلام {number}\n".encode(),
        b"Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n"
        b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n" + body,
        *more,
    )
    boundary = b"--=_b%d" % number
    return (
        (
            f"From: Ann <ann@client.example>\nTo: alice@acme.example\nSubject: No {number}\nMessage-ID: <{number}@x>\n"
            "Date: Mon, 2 Mar 2026 10:00:00 +0000\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="=_b{number}"\n\npreamble\n'
        ).encode()
        + b"".join(boundary + b"\n" + part + b"\n" for part in parts)
        + boundary
        + b"--\n"
    )


HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>" + b"word " * 40_000 + b"</p>"
CSV = b"Content-Type: text/csv\nContent-Disposition: attachment; filename=b.csv\n\n" + b"1;2;3\n" * 30_000
FORWARDED = b"Content-Type: message/rfc822\n\n" + attached(77, 90_000)
SECOND = b"Content-Type: image/png; name=c.png\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
    random.Random(5).randbytes(300_000)
)
NOTE = b"Content-Type: text/plain\n\nbehind it all"
_REQUEST = (
    b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u\nDTSTART:20260328T100000Z\nDESCRIPTION:%s\nEND:VEVENT\n"
)
INVITATION = b"Content-Type: text/calendar; charset=utf-8\n\n" + _REQUEST % (b"word " * 30_000)
INVITATION_FILE = (
    b"Content-Type: application/ics; name=i.ics\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(_REQUEST.replace(b"UID:u", b"UID:v") % (b"word " * 10_000))
)
TOO_LONG_INVITATION = b"Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
    _REQUEST % (b"word " * 300_000)
)
MAILS = {
    "one attachment": attached(1, 500_000),
    "its size is no multiple of three": attached(2, 500_001),
    "two attachments and a note behind": attached(3, 200_000, SECOND, NOTE),
    "a long text behind": attached(4, 200_000, HTML),
    "plain attachment": attached(5, 200_000, CSV, encoding="7bit"),
    "quoted-printable": attached(6, 200_000, NOTE, encoding="quoted-printable"),
    "a mail inside": attached(7, 200_000, FORWARDED, NOTE),
    "invitations behind": attached(13, 200_000, INVITATION, INVITATION_FILE),
    "too long an invitation": attached(14, 200_000, INVITATION_FILE, TOO_LONG_INVITATION, NOTE),
    "short lines": attached(8, 200_000, line=64),
    "odd lines": attached(9, 200_000, line=75),
    "one line alone": attached(10, 200_000, line=10_000_000),
    "never closed": attached(11, 200_000)[:-200],
    "just as long as the beginning": attached(12, 10)[:-1] + b"x" * fetch.PREFIX,
    "a long text alone": b"From: a@b.example\nSubject: long\n\n" + b"word after word\n" * 50_000,
    "an attachment alone": b"From: a@b.example\nSubject: alone\nContent-Type: application/zip\n"
    b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(random.Random(6).randbytes(400_000)),
}


def test_records_of_long_mails_are_the_same_in_parts_and_whole(
    mailbox: ImapMailbox, small: Callable[[int, int], None]
) -> None:
    for raw in MAILS.values():
        mailbox.deliver("INBOX", raw)
    found = records(mailbox)
    small(2000, 700)
    pieces = records(mailbox)
    small(MANY, 700)
    whole = records(mailbox)
    assert len(whole) == len(MAILS)
    assert pieces == whole
    assert found == whole
    invitations = [len(each.invitations) for each in whole.values() if isinstance(each, Message)]
    assert sorted(invitations)[-2:] == [1, 2]


def test_records_of_generated_mail_are_the_same_in_parts_and_whole(
    dovecot_user: Callable[[], Login], mailbox: ImapMailbox, small: Callable[[int, int], None]
) -> None:
    write_maildir(mailbox.login.maildir, n=300, seed=5, me="alice@example.org")
    with mailbox.connector() as connector:
        streams = connector.streams()
    for stream in streams:
        small(MANY, 700)
        whole = records(mailbox, stream)
        small(900, 300)
        assert records(mailbox, stream) == whole


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the labelled corpora are not beside this checkout")
def test_records_of_real_mail_are_the_same_in_parts_and_whole(
    mailbox: ImapMailbox, small: Callable[[int, int], None]
) -> None:
    mails = [path for path in sorted(CORPORA.rglob("*")) if path.suffix in (".eml", ".msg", ".mbox")]
    assert mails
    for path in mails:
        mailbox.deliver("INBOX", path.read_bytes())
    small(MANY, 700)
    whole = records(mailbox)
    for prefix, window in ((65_536, 65_536), (3000, 1000), (500, 200)):
        small(prefix, window)
        found = records(mailbox)
        assert {ref: record for ref, record in found.items() if record != whole.get(ref)} == {}
        assert found.keys() == whole.keys()


@pytest.fixture
def proxy(mailbox: ImapMailbox) -> Iterator[RecordingProxy]:
    with RecordingProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy:
        yield proxy


def test_attachments_are_not_downloaded(mailbox: ImapMailbox, proxy: RecordingProxy) -> None:
    for number in range(5):
        mailbox.deliver("INBOX", attached(number, 3_000_000, SECOND, NOTE))
    found = records(mailbox, port=proxy.port)
    sizes = [[each.size for each in record.attachments] for record in found.values() if isinstance(record, Message)]
    assert sizes == [[3_000_000, 300_000]] * 5
    assert all("behind it all" in record.text for record in found.values() if isinstance(record, Message))
    assert proxy.down.passed < 5 * 450_000
    assert proxy.harmful == []
