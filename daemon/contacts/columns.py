"""The first line of a CSV file of contacts: which column holds what, under the names that programs give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

#: What a column holds: the names it goes by, folded.
_NAMES = """
full: name, full name, fullname, display name, displayname, contact name, contact, file as
full: نام و نام خانوادگی, نام کامل, الاسم, الاسم الکامل, нэр, овог нэр, бүтэн нэр, фио
first: first name, firstname, first, given name, givenname, vorname, prénom, نام, الاسم الاول, имя
middle: middle name, middlename, additional name, отчество
last: last name, lastname, last, family name, familyname, surname, nachname, nom
last: نام خانوادگی, اسم العائله, الاسم الاخیر, овог, фамилия
organization: organization, organisation, company, organization name, organisation name, company name, firma, société
organization: organization 1 name, سازمان, شرکت, الشرکه, المنظمه, компания, организация, байгууллага
source: external source
consent: tracking consent, consent
consent_at: tracking consent at, tracking consent date, tracking consent on, consent date
consent_source: tracking consent source, consent source
id: id, external id, externalid, uid, contact id, record id, شناسه
"""
#: Columns that hold the whole name, or the rest of it where another has a part.
_SHORT = frozenset(("name", "нэр", "الاسم"))
_WORDS = {
    name.strip(): word
    for word, _colon, names in (line.partition(":") for line in _NAMES.splitlines())
    for name in names.split(",")
}
#: "E-mail", "Email Address", "E-mail 2 Address", "E-mail 1 - Value", "Primary Email", "Email (work)", "ایمیل ۲"
_KIND = "primary|main|work|business|home|personal|private|secondary|other|alternate"
_EMAIL = re.compile(
    rf"(?:(?P<kind>{_KIND}) )?(?:e ?mail|mail)(?: adresse?| address)?(?: ?\d{{1,2}})?(?: address)?(?: value)?"
    rf"(?: (?:{_KIND}))?"
    r"|(?:ایمیل|ادرس ایمیل|پست الکترونیک|پست الکترونیکی|رایانامه|البرید الالکترونی|برید الکترونی|имэйл|и мэйл"
    r"|цахим шуудан|имейл|эл почта|электронная почта)(?: ?\d{1,2})?"
)
#: "email 2 valid from", behind the address's own column
_VALID = re.compile(r"(.+) valid (from|to)")
_WORD_BREAK = re.compile(r"[\W_]+")
#: Letters that keyboards of Persian and Arabic write differently.
_FOLDED = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "\u200c": " "})


@dataclass(slots=True)
class Columns:
    """Where what stands in a record, by position."""

    full: int | None = None
    first: int | None = None
    middle: int | None = None
    last: int | None = None
    id: int | None = None
    organization: int | None = None
    source: int | None = None
    consent: int | None = None
    consent_at: int | None = None
    consent_source: int | None = None
    #: Columns of addresses, the primary one first.
    emails: list[int] = field(default_factory=list)
    #: Column of an address -> the column that marks it as primary with a star (Google).
    labels: dict[int, int] = field(default_factory=dict)
    #: Column of an address -> the columns that tell since when it is valid, and until when.
    since: dict[int, int] = field(default_factory=dict)
    until: dict[int, int] = field(default_factory=dict)
    width: int = 0

    @classmethod
    def of(cls, header: Sequence[str]) -> Self:
        """The columns that this header names; others are passed over."""
        names = [_folded(name) for name in header]
        columns = cls(width=len(header))
        mains: list[int] = []
        for position, name in enumerate(names):
            email = _EMAIL.fullmatch(name)
            if email:
                (mains if email["kind"] in ("primary", "main") else columns.emails).append(position)
                before = names[position - 1] if position else ""
                if before in (name.replace("value", "type"), name.replace("value", "label")) and before != name:
                    columns.labels[position] = position - 1
            elif valid := _VALID.fullmatch(name):
                times = columns.since if valid[2] == "from" else columns.until
                times.update({at: position for at in (*mains, *columns.emails) if names[at] == valid[1]})
            word = _WORDS.get(name)
            if word and getattr(columns, word) is None:
                setattr(columns, word, position)
        columns.emails[:0] = mains
        if columns.full is not None and names[columns.full] in _SHORT:
            if columns.first is None and columns.last is not None:
                columns.first, columns.full = columns.full, None
            elif columns.last is None and columns.first is not None:
                columns.last, columns.full = columns.full, None
        return columns

    @property
    def known(self) -> int:
        """How many columns it could make out."""
        named = (self.full, self.first, self.middle, self.last, self.id)
        return sum(each is not None for each in named) + len(self.emails)

    def used(self) -> list[int]:
        """The positions that are read."""
        named = (self.full, self.first, self.middle, self.last, self.id, self.organization, self.source)
        consent = (self.consent, self.consent_at, self.consent_source)
        times = (*self.since.values(), *self.until.values())
        return [*(each for each in (*named, *consent) if each is not None), *self.emails, *times]


def _folded(name: str) -> str:
    """The words of a column's name without case, marks and punctuation."""
    text = unicodedata.normalize("NFKC", name).casefold().translate(_FOLDED)
    return _WORD_BREAK.sub(" ", text).strip()
