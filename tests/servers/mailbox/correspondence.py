"""The state of a correspondence, and the parts that every kind of mail is built from."""

from __future__ import annotations

import calendar
import math
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate

from tests.servers.mailbox.encoding import phrase, transfer
from tests.servers.mailbox.material import Material, Pick, Prose, Subject, prose
from tests.servers.mailbox.words import DOMAINS, GREETINGS, LANGUAGE_WEIGHTS, LISTS, PEOPLE, PROJECTS, ROBOTS

#: The truth about one mail; None where it does not apply.
Meta = dict[str, str | int | None]
#: Berlin, Tehran, Ulaanbaatar, New York, in seconds east of Greenwich.
ZONES = (3600, 12600, 28800, -18000)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the mailbox."""

    #: Lines end in LF, as Dovecot stores them.
    data: bytes
    folder: str
    #: Maildir letters: D draft, F flagged, R answered, S seen, T deleted.
    flags: str
    #: INTERNALDATE, seconds since 1970.
    when: int
    meta: Meta
    #: What there is to read in it, but for white space, and the names of its attachments; None: nobody knows.
    text: str | None = None
    attachments: tuple[str, ...] | None = None

    def crlf(self) -> bytes:
        """The mail as SMTP and IMAP carry it."""
        return self.data.replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Who writes and is written to."""

    name: str
    address: str
    language: str
    #: Name and address as they stand in a header.
    header: bytes


def person(name: str, address: str, language: str, rng: random.Random) -> Person:
    """A person, whose name is encoded in one of the usual ways."""
    return Person(name, address, language, phrase(name, rng) + b" <" + address.encode() + b">")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Letter:
    """What an answer needs to know about a mail."""

    mid: bytes
    references: tuple[bytes, ...]
    subject: Subject
    prefix: str
    language: str
    sender: Person
    recipient: Person | None
    when: int
    #: Message-ID of the thread's first mail.
    root: bytes


@dataclass(slots=True)
class Appointment:
    """A meeting that may still be changed."""

    uid: bytes
    organizer: Person
    attendee: Person
    title: Subject
    day: str
    hour: int
    rule: bytes
    language: str
    sequence: int = 0


@dataclass(slots=True)
class Head:
    """A mail under construction: its header lines, and what they say."""

    lines: list[bytes]
    letter: Letter


@dataclass(slots=True)
class Memory:
    """What a later mail may refer to."""

    recent: list[Letter] = field(default_factory=list)
    mine: list[Letter] = field(default_factory=list)
    #: Incoming mail marked as answered, whose answer is still to be written.
    unanswered: list[Letter] = field(default_factory=list)
    meetings: list[Appointment] = field(default_factory=list)


class Correspondence:
    """People, what they wrote so far, and how mail is written."""

    def __init__(
        self, seed: int, me: str, my_name: str, start: str, end: str, people: int, folders: bool, median: int
    ) -> None:
        self.rng = random.Random(f"mailbox {seed} {me}")
        self.me = person(my_name, me, "en", self.rng)
        self.start, self.end = (calendar.timegm(time.strptime(day, "%Y-%m-%d")) for day in (start, end))
        self.has_folders = folders
        self._mu = math.log(median)
        languages = Pick(LANGUAGE_WEIGHTS.items())
        self.people = []
        for number in range(people):
            language = languages(self.rng)
            name, local = self.rng.choice(PEOPLE[language])
            address = f"{local}{number}@{self.rng.choice(DOMAINS)}"
            self.people.append(person(name, address, language, self.rng))
        self.lists = [person(name, address, "en", self.rng) for name, address in LISTS]
        self.robots = [person(name, address, "en", self.rng) for name, address in ROBOTS]
        self.material = Material(self.rng)
        self.memory = Memory()

    def anyone(self, leaning: float = 1.0) -> Person:
        """Somebody; with a leaning above 1 rather one of the first."""
        return self.people[int(self.rng.random() ** leaning * len(self.people))]

    def recent_of(self, letters: list[Letter]) -> Letter:
        """A letter, rather a late one."""
        return letters[len(letters) - 1 - int(len(letters) * self.rng.random() ** 3)]

    def size(self) -> int:
        """How big a mail shall be, bytes."""
        if self.rng.random() < 0.006:
            return int(500_000 + self.rng.random() ** 2 * 2_500_000)
        return int(min(900_000, max(900, math.exp(self.rng.gauss(self._mu, 1.15)))))

    def head(
        self,
        number: int,
        when: int,
        sender: Person,
        to: Person,
        *,
        subject: Subject,
        prefix: str = "",
        parent: Letter | None = None,
        language: str = "en",
        extra: bytes = b"",
        cc: bytes = b"",
        return_path: bytes | None = None,
    ) -> Head:
        """The header of a mail, but for its Content-Type."""
        domain = sender.address.partition("@")[2].encode()
        mid = b"<%x.%08x.%d@%s>" % (self.start, self.rng.getrandbits(32), number, domain)
        path = sender.address.encode() if return_path is None else return_path
        lines = [
            b"Return-Path: <%s>\nReceived: from mx.%s by mail.example.org with ESMTPS id %08X;\n\t%s\n"
            % (path, domain, number * 2654435761 & 0xFFFFFFFF, formatdate(when + 2).encode()),
            b"Date: %s\nFrom: %s\nTo: %s\n" % (self._date(when), sender.header, to.header),
            b"Cc: %s\n" % cc if cc else b"",
            b"Subject: %s\nMessage-ID: %s\n" % (subject.header(prefix), mid),
        ]
        references: tuple[bytes, ...] = ()
        if parent:
            references = (*parent.references, parent.mid)[-20:]
            lines.append(b"In-Reply-To: %s\nReferences: %s\n" % (parent.mid, b"\n ".join(references)))
        lines += [extra, b"MIME-Version: 1.0\n"]
        letter = Letter(
            mid=mid,
            references=references,
            subject=subject,
            prefix=prefix,
            language=language,
            sender=sender,
            recipient=to,
            when=when,
            root=parent.root if parent else mid,
        )
        return Head(lines, letter)

    def _date(self, when: int) -> bytes:
        if self.rng.random() < 0.6:
            return formatdate(when).encode()
        offset = ZONES[int(self.rng.random() * len(ZONES))]
        sign, minutes = ("+" if offset > 0 else "-"), abs(offset) // 60
        return f"{formatdate(when + offset)[:-5]}{sign}{minutes // 60:02d}{minutes % 60:02d}".encode()

    def text(self, number: int, language: str, paragraphs: int, parent: Letter | None = None) -> tuple[str, str, Prose]:
        """(charset, transfer encoding, text); a parent is quoted at its end."""
        charset, cte = self.material.encodings[language](self.rng)
        pool = self.material.paragraphs[language, charset, cte]
        first = f"{GREETINGS[language]},\n\nref {number}-{self.rng.getrandbits(24):06x}\n"
        parts = [prose(first, charset, cte)]
        parts += [pool[int(self.rng.random() * len(pool))] for _ in range(paragraphs)]
        if parent is not None:
            can_hold = charset == "utf-8" or parent.language == language
            said = self.rng.choice(self.material.texts[parent.language]) if can_hold else "..."
            quote = f"\n{formatdate(parent.when)}, <{parent.sender.address}>:\n> {said}\n"
            parts.append(prose(quote, charset, cte))
        return charset, cte, joined(parts)

    def html(self, language: str, charset: str, cte: str, paragraphs: int, rules: int = 0, rows: int = 0) -> bytes:
        """A page of HTML, encoded."""
        material = self.material
        pool = material.html[language, charset, cte]
        declared = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        parts = [transfer(declared.encode(), cte)]
        if rules:
            parts += [transfer(b"<style>", cte), *material.css[cte][:rules], transfer(b"</style>", cte)]
        parts.append(transfer(b"</head><body>", cte))
        parts += [pool[int(self.rng.random() * len(pool))] for _ in range(paragraphs)]
        if rows:
            start = int(self.rng.random() * 200)
            lines = material.rows[cte][start : start + rows]
            parts += [transfer(b"<table>", cte), *lines, transfer(b"</table>", cte)]
        parts.append(transfer(b"</body></html>", cte))
        return b"".join(parts)

    def multipart(self, number: int, subtype: bytes, parts: list[bytes], parameters: bytes = b"") -> bytes:
        """A multipart body with its Content-Type."""
        boundary = b"=_%08x_%x" % (self.rng.getrandbits(32), number)
        lines = [b'Content-Type: multipart/%s; boundary="%s"%s\n\n' % (subtype, boundary, parameters)]
        lines += [b"--%s\n%s\n" % (boundary, part) for part in parts]
        return b"".join([*lines, b"--%s--\n" % boundary])

    def finish(
        self,
        data: bytes,
        letter: Letter,
        kind: str,
        *,
        number: int,
        parent: Letter | None = None,
        incoming: bool = True,
        folder: str | None = None,
        answerable: bool = True,
        text: str | None = None,
        attachments: Iterable[str] | None = None,
        **truth: str | int | None,
    ) -> Mail:
        """File a mail: its folder and flags, and what may be answered later."""
        flags = self._flags(incoming, letter.when)
        if incoming and answerable:
            if self.rng.random() < 0.16:
                flags = "".join(sorted({*flags, "R", "S"}))
                self.memory.unanswered.append(letter)
            self.memory.recent.append(letter)
            del self.memory.recent[:-4000]
        if folder is None:
            folder = self._folder(letter.when) if incoming else "Sent"
        meta: Meta = {
            "i": number,
            "kind": kind,
            "mid": letter.mid.decode(),
            "from": letter.sender.address,
            "lang": letter.language,
            "subject": letter.prefix + letter.subject.text,
            "root": letter.root.decode(),
            "parent": parent.mid.decode() if parent else None,
        }
        names = None if attachments is None else tuple(attachments)
        return Mail(data, folder, flags, letter.when, meta | truth, text, names)

    def _flags(self, incoming: bool, when: int) -> str:
        age = (when - self.start) / (self.end - self.start)
        flagged = "F" if self.rng.random() < 0.05 else ""
        seen = not incoming or self.rng.random() < (0.97 if age < 0.9 else 0.6)
        return flagged + ("S" if seen else "")

    def _folder(self, when: int) -> str:
        if not self.has_folders:
            return "INBOX"
        draw = self.rng.random()
        if draw < 0.55:
            return "INBOX"
        if draw < 0.80:
            return "Archive/" + time.strftime("%Y", time.gmtime(when))
        if draw < 0.88:
            return "Projects/" + PROJECTS[int(draw * 1000) % 4]
        return ("Projekte/Größe", "پروژه‌ها", "Төсөл", "Trash", "Junk")[int(draw * 1e5) % 5]


def joined(parts: Iterable[Prose]) -> Prose:
    """Several as one."""
    parts = tuple(parts)
    return Prose(b"".join([each.data for each in parts]), "".join([each.text for each in parts]))


def part(kind: bytes, charset: str, cte: str, data: bytes) -> bytes:
    """A text part with its headers."""
    return b"Content-Type: %s; charset=%s\nContent-Transfer-Encoding: %s\n\n%s" % (
        kind,
        charset.encode(),
        cte.encode(),
        data,
    )
