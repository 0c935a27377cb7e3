"""What the mails of a mailbox are put together from, encoded once so that ten thousand a second can be written."""

from __future__ import annotations

import binascii
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from tests.servers.mailbox.encoding import base64_lines, encode, encoded_words, transfer, wrapped
from tests.servers.mailbox.words import ENCODINGS, PEOPLE, PROJECTS, SENTENCES, SUBJECTS

T = TypeVar("T")
#: Texts, subjects and the like are drawn from this many of a language.
PARAGRAPHS = 40
SUBJECTS_EACH = 60
RIGHT_TO_LEFT = ("fa", "ar")


class Pick(Generic[T]):
    """Draws by weight, with one random number."""

    def __init__(self, pairs: Iterable[tuple[T, int]]) -> None:
        self._all = [value for value, weight in pairs for _ in range(weight)]

    def __call__(self, rng: random.Random) -> T:
        """One of the values."""
        return self._all[int(rng.random() * len(self._all))]


class Prose(NamedTuple):
    """Some text of a mail."""

    #: In its charset and transfer encoding.
    data: bytes
    #: As it reads once decoded.
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject, as it reads, and its header by prefix."""

    text: str
    forms: dict[str, bytes]

    def header(self, prefix: str) -> bytes:
        """The header's value with a prefix before it."""
        return self.forms[prefix] if prefix in self.forms else prefix.encode() + self.forms[""]


def subject_of(text: str, charset: str = "utf-8", how: str = "B") -> Subject:
    """A subject in a charset, with the usual prefixes."""
    return Subject(text, {p: encoded_words(p + text, charset, how) for p in ("", "Re: ", "Fwd: ", "AW: ")})


def prose(text: str, charset: str, cte: str) -> Prose:
    """Text in a charset and a transfer encoding."""
    raw = encode(text, charset)
    return Prose(transfer(raw, cte), raw.decode(charset))


class Material:
    """Paragraphs, HTML, style sheets, attachments' bytes and subjects; made from a seeded generator."""

    def __init__(self, rng: random.Random) -> None:
        #: Language -> paragraphs.
        self.texts: dict[str, list[str]] = {}
        #: (language, charset, transfer encoding) -> the same paragraphs, encoded.
        self.paragraphs: dict[tuple[str, str, str], list[Prose]] = {}
        self.html: dict[tuple[str, str, str], list[bytes]] = {}
        self.encodings = {
            language: Pick(((charset, cte), weight) for charset, cte, weight in all_)
            for language, all_ in ENCODINGS.items()
        }
        for language in ENCODINGS:
            self._write_paragraphs(language, rng)
        self._write_markup()
        self._write_bytes(rng)
        self.subjects = {language: self._subjects(language, rng) for language in SUBJECTS}

    def _write_paragraphs(self, language: str, rng: random.Random) -> None:
        def sentence() -> str:
            project, name = rng.choice(PROJECTS), rng.choice(PEOPLE[language])[0]
            return rng.choice(SENTENCES[language]).format(p=project, n=rng.randrange(2, 99999), w=name)

        texts = [" ".join(sentence() for _ in range(rng.randint(2, 6))) for _ in range(PARAGRAPHS)]
        self.texts[language] = texts
        direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        style = "margin:0 0 12px;font-family:Calibri,Arial,sans-serif;font-size:11pt"
        for charset, cte, _ in ENCODINGS[language]:
            html = [f'<p style="{style}" dir="{direction}">{text}</p>' for text in texts]
            plain = [wrapped(text) for text in texts] if cte == "7bit" else texts
            html = [wrapped(text) for text in html] if cte == "7bit" else html
            self.paragraphs[language, charset, cte] = [prose(text + "\n", charset, cte) for text in plain]
            self.html[language, charset, cte] = [transfer(encode(t, charset), cte) for t in html]

    def _write_markup(self) -> None:
        rules = [
            f".c{i}{{padding:{i % 9}px {i % 7}px;color:#{i * 7919 % 0xFFFFFF:06x};"
            "mso-line-height-rule:exactly;border-collapse:collapse}"
            for i in range(220)
        ]
        rows = [
            f'<tr><td class="c{i}" width="600" align="left" style="padding:4px 12px">'
            f'<a href="https://click.shop.example/t/{i:06d}">Offer {i}</a></td></tr>'
            for i in range(200)
        ]
        #: Transfer encoding -> lines of a style sheet, and rows of a table.
        self.css: dict[str, list[bytes]] = {}
        self.rows: dict[str, list[bytes]] = {}
        for cte in ("7bit", "8bit", "quoted-printable", "base64"):
            self.css[cte] = [transfer(rule.encode(), cte) for rule in rules]
            self.rows[cte] = [transfer(row.encode(), cte) for row in rows] * 4

    def _write_bytes(self, rng: random.Random) -> None:
        noise = binascii.b2a_base64(rng.randbytes(57 * 4096) * 14, newline=False)
        lines = [noise[i : i + 76] for i in range(0, len(noise), 76)]
        self._noise = b"\n".join(lines) + b"\n"
        self._noise_lines = len(lines)
        #: The one attachment that comes again and again.
        self.logo = base64_lines(rng.randbytes(57 * 160))

    def _subjects(self, language: str, rng: random.Random) -> list[Subject]:
        charsets = [charset for charset, _, _ in ENCODINGS[language] if charset != "us-ascii"] + ["utf-8"] * 3
        found = []
        for number in range(SUBJECTS_EACH):
            template = SUBJECTS[language][number % len(SUBJECTS[language])]
            text = template.format(p=rng.choice(PROJECTS), n=rng.randrange(1000, 99999))
            charset, how = rng.choice(charsets), rng.choice("BQ")
            # as it reads once decoded
            found.append(subject_of(encode(text, charset).decode(charset), charset, how))
        return found

    def filler(self, size: int, rng: random.Random) -> bytes:
        """About `size` bytes of base64 lines."""
        count = min(self._noise_lines, max(1, size // 77))
        start = int(rng.random() * (self._noise_lines - count + 1)) * 77
        return self._noise[start : start + count * 77]
