"""Mail as it should not be and is: every one of these was seen in real mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.servers.mailbox.correspondence import Correspondence, Letter, Mail
from tests.servers.mailbox.encoding import without_header

Odd = Callable[[Correspondence, bytes, Letter, int], bytes]
PLAIN = b"Content-Type: text/plain\n\n"
EIGHT_BIT = b"Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: 8bit\n\n"


def odd(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """One of the sorts of `SORTS`, in turn."""
    sort = tuple(SORTS)[number % len(SORTS)]
    sender = corpus.anyone()
    subject = corpus.rng.choice(corpus.material.subjects[sender.language])
    head = corpus.head(number, when, sender, corpus.me, subject=subject, language=sender.language)
    letter = head.letter
    if sort == "nomid":
        letter = replace(letter, mid=b"")
    elif sort == "dupmid" and corpus.memory.recent:
        letter = replace(letter, mid=corpus.memory.recent[-1].mid)
    written = b"".join(head.lines).replace(head.letter.mid, letter.mid or head.letter.mid)
    data = SORTS[sort](corpus, written, letter, number)
    return corpus.finish(data, letter, kind, number=number, answerable=False, folder="INBOX", odd=sort)


def _russian(corpus: Correspondence) -> str:
    return corpus.material.texts["ru"][0] + "\n"


def _raw_header(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    head = head.replace(b"Subject: ", b"Subject: " + "Счёт سلام ".encode())
    return head + EIGHT_BIT % b"utf-8" + _russian(corpus).encode()


def _no_message_id(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return without_header(head, b"Message-ID") + PLAIN + b"no id\n"


def _no_date(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return without_header(head, b"Date") + PLAIN + b"no date\n"


def _same_message_id(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return head + PLAIN + b"duplicate id %d\n" % number


def _unknown_charset(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return head + EIGHT_BIT % b"x-unknown-99" + _russian(corpus).encode("koi8-r", "replace")


def _broken_base64(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    declared = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    return head + declared + corpus.material.filler(400, corpus.rng)[:-7] + b"!!?\n"


def _cut_multipart(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    parts = (
        b'Content-Type: multipart/mixed; boundary="cut"\n\n--cut\nContent-Type: text/plain\n\nfirst part, no end\n'
        b"--cut\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
    )
    return head + parts + corpus.material.filler(2000, corpus.rng)


def _long_header(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    many = b",\n ".join(who.header for who in corpus.people[:200])
    return (
        head.replace(b"MIME-Version", b"X-Long: %s\nTo-Many: %s\nMIME-Version" % (b"x" * 9000, many))
        + PLAIN
        + b"long\n"
    )


def _empty(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return head + b"\n"


def _no_subject(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return without_header(head, b"Subject") + PLAIN + b"no subject\n"


def _wrong_charset(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return head + EIGHT_BIT % b"utf-8" + _russian(corpus).encode("cp1251", "replace")


def _no_such_date(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    head = without_header(head, b"Date")
    dated = head.replace(b"MIME-Version", b"Date: Thu, 32 Foo 20x6 99:99 +9999\nMIME-Version")
    return dated + PLAIN + b"bad date\n"


def _control_characters(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    text = b"before \x00 after \x1b[31m \xe2\x80\xae\xf0\x9f\x98\x80\n"
    return head + b"Content-Type: text/plain; charset=utf-8\n\n" + text


def _many_parts(corpus: Correspondence, head: bytes, letter: Letter, number: int) -> bytes:
    return head + corpus.multipart(number, b"mixed", [PLAIN + b"part %d\n" % n for n in range(300)])


SORTS: dict[str, Odd] = {
    "raw8bit": _raw_header,
    "nomid": _no_message_id,
    "nodate": _no_date,
    "dupmid": _same_message_id,
    "badcharset": _unknown_charset,
    "badb64": _broken_base64,
    "cutmulti": _cut_multipart,
    "longheader": _long_header,
    "empty": _empty,
    "nosubject": _no_subject,
    "wrongcharset": _wrong_charset,
    "baddate": _no_such_date,
    "nul": _control_characters,
    "manyparts": _many_parts,
}
