"""The answers of Exchange as XML (SOAP 1.1; [MS-OXWSCDATA] 2.2): read strictly, within bounds, refusals told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from connectors import bounded_xml
from connectors.bounded_xml import Bounded

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
_E = "{http://schemas.microsoft.com/exchange/services/2006/errors}"
#: Exchange writes what a sender wrote, also what XML can't hold (XML 1.0, section 2.2).
_UNWRITABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")
#: 2026-11-22T15:39:11Z, 2026-11-22T15:39:11.1234567+01:00
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d*)?(Z|[+-]\d\d:\d\d)?")


class NoAnswer(Exception):
    """The body is no answer of Exchange, or not all of one; says why in words for people."""


@dataclass(slots=True, eq=False)
class Refusal(Exception):
    """Exchange does not do what was asked, of a request or of one thing in it."""

    #: A ResponseCode, such as "ErrorItemNotFound".
    code: str
    text: str = ""
    #: Seconds for which the server wants to be left alone.
    back_off: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one of the things that a request asked for."""

    element: ET.Element
    refusal: Refusal | None

    def text(self, name: str) -> str:
        """The text of an element of the message; "" where there is none."""
        return text_of(self.element, M + name)


class _Builder(Bounded):
    deepest = 100
    #: 20 MiB of the shortest would take a gigabyte of memory. Questions about items are asked again by halves where the
    #: answer is more.
    most = 300_000
    error = NoAnswer


def read(body: bytes) -> ET.Element:
    """The envelope; raises NoAnswer, also where the answer was cut."""
    root = bounded_xml.read(_writable(body), _Builder())
    if root.tag != f"{_SOAP}Envelope":
        raise NoAnswer("it is no SOAP")
    return root


def replies(envelope: ET.Element, operation: str) -> list[Reply]:
    """The answers to what the request asked for, in its order; raises Refusal of all, NoAnswer."""
    fault = envelope.find(f"{_SOAP}Body/{_SOAP}Fault")
    if fault is not None:
        raise _fault(fault)
    messages = envelope.find(f"{_SOAP}Body/{M}{operation}Response/{M}ResponseMessages")
    if messages is None:
        raise NoAnswer(f"it has no answer to {operation}")
    return [Reply(each, _refusal(each)) for each in messages]


def text_of(element: ET.Element, path: str) -> str:
    """The text of an element below, "" where there is none."""
    return element.findtext(path) or ""


def instant(text: str) -> datetime | None:
    """A time of Exchange in whole seconds, UTC; without an offset it is UTC. None where it is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        time = datetime.fromisoformat(match[1] + (match[2] or "Z"))
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _writable(body: bytes) -> bytes:
    """Without characters that XML can't hold."""
    if _UNWRITABLE.search(body):
        body = _UNWRITABLE.sub(b"", body)
    return _REFERENCE.sub(_kept, body) if b"&#" in body else body


def _kept(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_character = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or number >= 0x10000
    return reference[0] if is_character and number <= 0x10FFFF else b""


def _refusal(message: ET.Element) -> Refusal | None:
    code = text_of(message, f"{M}ResponseCode")
    if message.get("ResponseClass") == "Success" and code in ("NoError", ""):
        return None
    if code == "NoError":
        return None
    back_off = _back_off(message.find(f"{M}MessageXml"))
    return Refusal(code or "no code", text_of(message, f"{M}MessageText"), back_off)


def _fault(fault: ET.Element) -> Refusal:
    detail = fault.find("detail")
    code = text = ""
    back_off = None
    if detail is not None:
        code, text = text_of(detail, f"{_E}ResponseCode"), text_of(detail, f"{_E}Message")
        back_off = _back_off(detail.find(f"{T}MessageXml"))
    # "a:ErrorImpersonateUserDenied"
    code = code.strip() or text_of(fault, "faultcode").rpartition(":")[2].strip()
    return Refusal(code or "no code", text.strip() or text_of(fault, "faultstring"), back_off)


def _back_off(xml: ET.Element | None) -> float | None:
    """Seconds in a MessageXml."""
    for value in xml.iter(f"{T}Value") if xml is not None else ():
        text = (value.text or "").strip()
        if value.get("Name") == "BackOffMilliseconds" and text.isdecimal() and len(text) < 12:
            return int(text) / 1000
    return None
