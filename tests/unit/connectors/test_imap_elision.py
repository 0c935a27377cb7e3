"""What servers tell wrongly about long mails costs no record and no memory."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable

import pytest

from connectors.api import Message, Secret, Stream, parse_message
from connectors.conformance import read
from connectors.imap import ImapConnector, ImapSettings
from connectors.imap.elision import Elision, GivenUp, part_sizes
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap

INBOX = Stream(name="INBOX")
SIZE = 900_000
PDF = base64.encodebytes(random.Random(1).randbytes(SIZE)).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
NOTE = b"behind it"
LONG = (
    b'From: a@b.example\r\nSubject: long\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nbefore\r\n"
    b"--x\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + PDF + b"\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\n" + NOTE + b"\r\n--x--\r\n"
)


def structure(text: int = 6, pdf: int = len(PDF), note: int = len(NOTE)) -> bytes:
    return (
        b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" %d 1)("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" %d)'
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" %d 1) "MIXED")' % (text, pdf, note)
    )


def serving(told: bytes | None) -> Callable[[str], bytes | None]:
    """A server that says this of the structure of mail 1."""

    def answer(command: str) -> bytes | None:
        if "BODYSTRUCTURE" not in command:
            return None
        said = b"" if told is None else b"* 1 FETCH (UID 1 BODYSTRUCTURE %s)\r\n" % told
        return said + TAG + b" OK done\r\n"

    return answer


def fetched(told: bytes | None, mail: bytes = LONG) -> tuple[Message, int]:
    """The record, and how many bytes of the mail were asked for."""
    with ScriptedImap({1: mail}, serving(told)) as server:
        settings = ImapSettings(host="127.0.0.1", port=server.port, security="none", username="alice")
        with ImapConnector(settings, Secret("secret")) as connector:
            (record,) = read(connector.pages(INBOX, None))
        ranges = [re.search(r"BODY\.PEEK\[\](?:<\d+\.(\d+)>)?", command) for command in server.commands]
    asked = sum(int(found[1] or len(mail)) for found in ranges if found)
    assert isinstance(record, Message)
    return record, asked


def test_a_true_structure_spares_the_attachment() -> None:
    record, asked = fetched(structure())
    assert [(each.name, each.size) for each in record.attachments] == [("a.pdf", SIZE)]
    assert record.text.split() == ["before", "behind", "it"]
    assert record.size == len(LONG)
    assert asked < 400_000


def test_a_report_behind_an_attachment_is_read() -> None:
    status = b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed"
    report = LONG.replace(
        b"--x\r\nContent-Type: text/plain\r\n\r\n" + NOTE,
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\n" + status,
    )
    told = structure(note=len(status)).replace(
        b'NIL NIL NIL "7BIT" %d 1) "MIXED"' % len(status), b'NIL NIL NIL "7BIT" %d) "MIXED"' % len(status)
    )
    record, asked = fetched(told, report)
    whole = parse_message(report, ref=record.ref)
    assert isinstance(whole, Message)
    assert record.reports == whole.reports
    assert [each.type for each in record.reports] == ["message/delivery-status"]
    assert asked < 400_000


@pytest.mark.parametrize(
    "told",
    [
        None,
        b"NIL",
        b"()",
        b"(((((((((((",
        b'"TEXT"',
        structure(text=7),
        structure(pdf=len(PDF) - 78),
        structure(pdf=len(PDF) + 78),
        structure(pdf=10**11),
        structure(pdf=0),
        structure(note=10**11),
        structure()[:-8] + b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1) "MIXED")',
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 999999 1)',
        b"(" * 5000 + b")" * 5000,
    ],
)
def test_a_wrong_structure_costs_bytes_but_no_record(told: bytes | None) -> None:
    right, _asked = fetched(structure())
    record, asked = fetched(told)
    assert record == right
    assert asked < 3 * len(LONG)


@pytest.mark.parametrize("told", [None, b"x", [], [[]], [b"a"] * 6, [b"a"] * 6 + [b"-1"], [[b"a"] * 7, [b"b"] * 3]])
def test_what_is_no_structure_is_given_up(told: object) -> None:
    with pytest.raises(GivenUp):
        part_sizes(told)  # type: ignore[arg-type]  # whatever a server may say


def test_a_mail_without_end_is_given_up() -> None:
    elision = Elision(b"Subject: x\r\n\r\n" + b"x" * 65_522, [b"TEXT", b"PLAIN", None, None, None, b"7BIT", b"70000"])

    def read_on() -> None:
        while (wanted := elision.wanted()) is not None:
            elision.take(b"x" * wanted.length)

    with pytest.raises(GivenUp):
        read_on()
    assert len(elision.raw) < 10_000_000
