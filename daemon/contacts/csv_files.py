"""CSV files of contacts, as spreadsheets, Google, Outlook and address books write them (RFC 4180 and its dialects).

The first line names the columns. A record that can't be read is told with its line; an unclosed quotation mark costs
that one line, not the rest of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from daemon.contacts.columns import Columns
from daemon.contacts.files import FileAddress, FileContact, Rejected, UnknownFile, instant_of

#: A record of more lines has an unclosed quotation mark.
MAX_RECORD_LINES = 500
_DELIMITERS = (",", ";", "\t", "|")
#: What spreadsheets write into the first line to tell the delimiter.
_DECLARED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_UNDECODED = re.compile("[\udc80-\udcff]")
_IN_BRACKETS = re.compile(r"<([^<>]+)>")
_BETWEEN = re.compile(r"\s*(?::::|[;,\n])\s*")
_NO_TIME = '"{}" is no day or instant, such as 2026-03-01 or 2026-03-01T08:00:00Z'
_HINT = "name the columns in the first line, for example: id,name,email"


def read_csv(file: BinaryIO) -> Iterator[FileContact | Rejected]:
    """The contacts of a file in UTF-8, in its order; raises UnknownFile where no column is one of addresses."""
    text = io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
    lines = list(text)
    text.detach()
    at, delimiter, columns = _header(lines)
    while at < len(lines):
        record, count = _record(lines, at, delimiter)
        if isinstance(record, str):
            yield Rejected(at + 1, record)
        elif any(not each.isspace() for each in record if each):
            yield _contact(record, columns, at + 1)
        at += count


def _header(lines: Sequence[str]) -> tuple[int, str, Columns]:
    """(number of lines it takes, delimiter, columns)"""
    at = 0
    delimiters: tuple[str, ...] = _DELIMITERS
    if lines and (declared := _DECLARED.fullmatch(lines[0])):
        at, delimiters = 1, (declared[1],)
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at == len(lines):
        raise UnknownFile("the file is empty", _HINT)
    best = Columns()
    found = (at, delimiters[0])
    for delimiter in delimiters:
        record, count = _record(lines, at, delimiter)
        columns = Columns() if isinstance(record, str) else Columns.of(record)
        if columns.known > best.known:
            best, found = columns, (at + count, delimiter)
    if not best.emails:
        raise UnknownFile(f"line {at + 1} names no column of e-mail addresses", _HINT)
    return *found, best


def _record(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str] | str, int]:
    """(fields or what is wrong, number of lines it takes)"""
    line = lines[at]
    try:
        if '"' not in line:
            return next(csv.reader((line,), delimiter=delimiter), []), 1
        following = map(lines.__getitem__, range(at, min(at + MAX_RECORD_LINES, len(lines))))
        reader = csv.reader(following, delimiter=delimiter, strict=True)
        return next(reader), reader.line_num
    except csv.Error as error:
        if "expected after" in str(error):  # quotation marks within a field that nobody doubled
            return next(csv.reader((line,), delimiter=delimiter)), 1
        if "field limit" in str(error):
            return f"a field is longer than {csv.field_size_limit()} characters", 1
        return "a quotation mark is opened and never closed", 1


def _contact(record: list[str], columns: Columns, line: int) -> FileContact | Rejected:
    if any(each.strip() for each in record[columns.width :]):
        return Rejected(line, f"{len(record)} fields, but the first line names {columns.width}")
    record += [""] * (columns.width - len(record))
    if any(_UNDECODED.search(record[position]) for position in columns.used()):
        return Rejected(line, 'this is not text in UTF-8; save the file as "CSV UTF-8"')

    def field(position: int | None) -> str:
        return "" if position is None else record[position].strip()

    parts = (columns.first, columns.middle, columns.last)
    name = field(columns.full) or " ".join(filter(None, map(field, parts)))
    starred = [each for each in columns.emails if field(columns.labels.get(each)).startswith("*")]
    addresses: list[FileAddress] = []
    for position in dict.fromkeys((*starred, *columns.emails)):
        found, spoken = _addresses(field(position))
        since, until = field(columns.since.get(position)), field(columns.until.get(position))
        for text in (since, until):
            if text and instant_of(text) is None:
                return Rejected(line, _NO_TIME.format(text))
        addresses += [FileAddress(line, each, instant_of(since), instant_of(until)) for each in found]
        name = name or spoken
    consent_at = field(columns.consent_at)
    if consent_at and instant_of(consent_at) is None:
        return Rejected(line, _NO_TIME.format(consent_at))
    return FileContact(
        line=line,
        external_id=field(columns.id) or None,
        name=name,
        addresses=tuple(addresses),
        organization=field(columns.organization),
        source=field(columns.source),
        consent=field(columns.consent),
        consent_at=instant_of(consent_at),
        consent_source=field(columns.consent_source),
    )


def _addresses(text: str) -> tuple[list[str], str]:
    """(the addresses of a cell, the name that stands with them)"""
    if "<" in text:
        return _IN_BRACKETS.findall(text) or [text], text.partition("<")[0].strip(' "')
    return [each for each in _BETWEEN.split(text) if each], ""
