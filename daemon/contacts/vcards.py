"""vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as far as contacts need them: names, addresses, ids.

Read here and not by a library of whole objects, for three reasons: long lines are folded by octets, often within a
letter, so that they can only be joined before they are decoded; each property of 2.1 may have a charset of its own;
and one broken card is told with its line while the rest go on.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from daemon.contacts.files import FileAddress, FileContact, Rejected, instant_of

_PROPERTY = re.compile(rb'(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.DOTALL)
_NAME = re.compile(rb"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)[;:]")
_PARAMETER = re.compile(r'(?:[^";]|"[^"]*")+')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMPONENT = re.compile(r"((?:[^;\\]|\\.)*)(?:;|$)", re.DOTALL)
_COMMA = re.compile(r"(?<!\\),")
#: The properties that are read; the rest (photos above all) is passed over.
_READ = frozenset(
    (
        *(b"VERSION", b"FN", b"N", b"ORG", b"EMAIL", b"UID", b"KIND", b"X-ADDRESSBOOKSERVER-KIND"),
        *(b"X-KEEPTOUCH-SOURCE", b"X-KEEPTOUCH-CONSENT", b"X-KEEPTOUCH-CONSENT-AT", b"X-KEEPTOUCH-CONSENT-SOURCE"),
    )
)
_ENCODINGS = frozenset(("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"))
#: Our own parameters of EMAIL: since when an address is the contact's, and until when.
_TIMES = ("X-VALID-FROM", "X-VALID-TO")
#: Says nothing of preference, where 1 is the most preferred (RFC 6350 section 5.3).
_NO_PREFERENCE = 101


class _Broken(Exception):
    """The card can't be read; the text says why."""


@dataclass(slots=True)
class _Line:
    """A line with the folded ones that belong to it."""

    number: int
    octets: bytearray
    is_read: bool
    is_quoted_printable: bool


@dataclass(slots=True)
class _Card:
    """A card while its lines come in."""

    line: int
    lines: list[_Line] = field(default_factory=list)
    last: _Line | None = None
    is_21: bool = False
    #: Cards within the card that have begun (AGENT, RFC 2426 section 3.5.4).
    depth: int = 0
    broken: str = ""

    def add(self, number: int, octets: bytes) -> None:
        """The next line of the file."""
        last = self.last
        if last is not None and last.is_quoted_printable and last.octets.endswith(b"="):
            del last.octets[-1]
            _extend(last, octets)
        elif last is not None and octets[:1] in (b" ", b"\t"):
            # in 2.1 a line is folded where a space stands anyway
            _extend(last, octets if self.is_21 else octets[1:])
        elif octets.strip():
            self._begin(number, octets)

    def _begin(self, number: int, octets: bytes) -> None:
        match = _NAME.match(octets)
        if match is None:
            if self.last is None or self.last.is_read:
                self.broken = self.broken or f"line {number} is no property of a vCard"
            return
        name = match[1].upper()
        is_read = name in _READ and not self.depth
        is_quoted_printable = b"QUOTED-PRINTABLE" in octets.partition(b":")[0].upper()
        self.last = _Line(number, bytearray(), is_read, is_quoted_printable)
        _extend(self.last, octets)
        if is_read:
            self.lines.append(self.last)
            self.is_21 = self.is_21 or (name == b"VERSION" and octets.strip().endswith(b":2.1"))

    @property
    def expects_card(self) -> bool:
        """Was the last line an AGENT, whose value is a card?"""
        return self.last is not None and self.last.octets.rstrip().upper().endswith(b"AGENT:")


def _extend(line: _Line, octets: bytes) -> None:
    # of what is passed over only the end is needed, to know what belongs to it
    line.octets += octets if line.is_read else octets[-16:]


@dataclass(frozen=True, slots=True)
class _Property:
    line: int
    value: str
    preference: int
    valid_from_at: datetime | None
    valid_to_at: datetime | None


def read_vcards(file: BinaryIO) -> Iterator[FileContact | Rejected]:
    """The contacts of a file of cards, in its order; a card that can't be taken is told with its first line."""
    card: _Card | None = None
    stray = False
    for number, raw in enumerate(file, 1):
        octets = raw.rstrip(b"\r\n")
        mark = octets.strip().upper().replace(b" ", b"") if len(octets) < 80 else b""
        if mark == b"BEGIN:VCARD":
            if card is not None and (card.depth or card.expects_card):
                card.depth += 1
                continue
            if card is not None:
                yield Rejected(card.line, "the card has no END:VCARD")
            card, stray = _Card(number), False
        elif card is None:
            if mark or octets.strip():
                if not stray:
                    yield Rejected(number, "text that belongs to no card")
                stray = True
        elif mark != b"END:VCARD":
            card.add(number, octets)
        elif card.depth:
            card.depth -= 1
        else:
            yield _read(card)
            card = None
    if card is not None:
        yield Rejected(card.line, "the card has no END:VCARD")


def _read(card: _Card) -> FileContact | Rejected:
    try:
        return _contact(card)
    except _Broken as broken:
        return Rejected(card.line, str(broken))


def _contact(card: _Card) -> FileContact:
    if card.broken:
        raise _Broken(card.broken)
    found: dict[bytes, list[_Property]] = {}
    for line in card.lines:
        name, parsed = _parse(line)
        if parsed.value.strip():
            found.setdefault(name, []).append(parsed)
    for values in found.values():
        values.sort(key=lambda each: each.preference)
    kinds = [*found.get(b"KIND", ()), *found.get(b"X-ADDRESSBOOKSERVER-KIND", ())]
    if any(kind.value.strip().lower() == "group" for kind in kinds):
        raise _Broken("a group of contacts, not a contact")
    uids = found.get(b"UID")
    return FileContact(
        line=card.line,
        external_id=uids[0].value.strip() if uids else None,
        name=_name(found),
        addresses=tuple(
            FileAddress(each.line, _unescaped(each.value).strip(), each.valid_from_at, each.valid_to_at)
            for each in found.get(b"EMAIL", ())
        ),
        source=_first(found, b"X-KEEPTOUCH-SOURCE"),
        consent=_first(found, b"X-KEEPTOUCH-CONSENT"),
        consent_at=instant_of(_first(found, b"X-KEEPTOUCH-CONSENT-AT")),
        consent_source=_first(found, b"X-KEEPTOUCH-CONSENT-SOURCE"),
        organization=next((_components(each.value)[0] for each in found.get(b"ORG", ())), ""),
    )


def _first(found: dict[bytes, list[_Property]], name: bytes) -> str:
    return next((_unescaped(each.value).strip() for each in found.get(name, ())), "")


def _name(found: dict[bytes, list[_Property]]) -> str:
    """FN, else N put together, else the first part of ORG."""
    for each in found.get(b"FN", ()):
        return _unescaped(each.value)
    for each in found.get(b"N", ()):
        family, given, more, *_titles = [*_components(each.value), "", "", ""]
        name = " ".join(filter(None, (given, more, family)))
        if name:
            return name
    return next((_components(each.value)[0] for each in found.get(b"ORG", ())), "")


def _components(value: str) -> list[str]:
    parts = [match[1] for match in _COMPONENT.finditer(value)]
    return [_unescaped(_COMMA.sub(" ", part)).strip() for part in parts]


def _unescaped(value: str) -> str:
    """RFC 6350 section 3.4."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _parse(line: _Line) -> tuple[bytes, _Property]:
    match = _PROPERTY.fullmatch(bytes(line.octets))
    if match is None:
        raise _Broken(f"line {line.number} is no property of a vCard")
    parameters = _parameters(match[2].decode("ascii", "replace")) if match[2] else {}
    octets = match[3]
    encoding = next(iter(parameters.get("ENCODING", ())), "")
    if encoding == "QUOTED-PRINTABLE":
        octets = quopri.decodestring(octets)
    elif encoding in ("B", "BASE64"):
        octets = _from_base64(octets, line.number)
    charset = next(iter(parameters.get("CHARSET", ())), "UTF-8")
    try:
        value = octets.decode(charset)
    except (ValueError, LookupError):  # of many kinds, for charsets that are none too
        raise _Broken(f"line {line.number} is not text in {charset}") from None
    times = (instant_of(each) for name in _TIMES for each in parameters.get(name, ("",))[:1])
    return match[1].upper(), _Property(line.number, value, _preference(parameters), *times)


def _parameters(text: str) -> dict[str, list[str]]:
    """Upper-case names and values; in 2.1 values stand without a name."""
    found: dict[str, list[str]] = {}
    for each in _PARAMETER.findall(text):
        name, equals, value = each.upper().partition("=")
        if not equals:
            name, value = ("ENCODING" if name in _ENCODINGS else "TYPE"), name
        found.setdefault(name.strip(), []).extend(part.strip() for part in value.replace('"', "").split(","))
    return found


def _preference(parameters: dict[str, list[str]]) -> int:
    if "PREF" in parameters.get("TYPE", ()):
        return 1
    numbers = [int(each) for each in parameters.get("PREF", ()) if re.fullmatch("[0-9]{1,3}", each)]
    return min(numbers, default=_NO_PREFERENCE)


def _from_base64(octets: bytes, number: int) -> bytes:
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        raise _Broken(f"line {number} is broken base64") from None
