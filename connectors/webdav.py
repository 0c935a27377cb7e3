"""The XML of WebDAV: what is asked (RFC 4918, 4791, 6352, 6578) and the multistatus that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from connectors import bounded_xml
from connectors.bounded_xml import Bounded
from connectors.http import TooLarge

DAV, CALENDARSERVER = "DAV:", "http://calendarserver.org/ns/"
CARD, CAL = "urn:ietf:params:xml:ns:carddav", "urn:ietf:params:xml:ns:caldav"
_PREFIXES = {"d": DAV, "c": CARD, "cal": CAL, "cs": CALENDARSERVER}
_ROOT = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _PREFIXES.items())
#: Responses of an answer that is read as it comes, and elements and characters of each.
MAX_RESPONSES = 300_000
_MAX_EACH = 10_000
_MAX_TEXT = 1024 * 1024


class NoMultistatus(Exception):
    """The body is no multistatus that can be read."""


@dataclass(slots=True)
class Response:
    """What is said of one resource."""

    href: str
    #: Of the resource as a whole; None: its properties have their own.
    status: int | None = None
    #: "{namespace}name" -> the element, of properties that are there.
    properties: dict[str, ET.Element] = field(default_factory=dict)

    def text(self, namespace: str, name: str) -> str | None:
        """The text of a property; None: it has none."""
        element = self.properties.get(f"{{{namespace}}}{name}")
        return element.text if element is not None else None

    def hrefs(self, namespace: str, name: str) -> Iterator[str]:
        """The hrefs of a property."""
        element = self.properties.get(f"{{{namespace}}}{name}")
        for href in element.iter(f"{{{DAV}}}href") if element is not None else ():
            yield href.text or ""

    def is_kind(self, namespace: str, name: str) -> bool:
        """Is the resource of this type?"""
        kinds = self.properties.get(f"{{{DAV}}}resourcetype")
        return kinds is not None and kinds.find(f"{{{namespace}}}{name}") is not None


@dataclass(frozen=True, slots=True)
class Multistatus:
    """An answer: what it says of each resource, and the token of a sync-collection report."""

    responses: tuple[Response, ...]
    sync_token: str | None


def propfind(*names: str) -> str:
    """A PROPFIND of properties, named like "d:getetag"."""
    return _written("d:propfind", _prop(names))


def sync_collection(token: str, *names: str) -> str:
    """What changed since the token (RFC 6578 section 3.2), with these properties."""
    level = "<d:sync-level>1</d:sync-level>"
    return _written("d:sync-collection", f"<d:sync-token>{escape(token)}</d:sync-token>{level}{_prop(names)}")


def card_multiget(paths: Iterable[str]) -> str:
    """These cards (RFC 6352 section 8.7)."""
    return _written("c:addressbook-multiget", _prop(("d:getetag", "c:address-data")) + _hrefs(paths))


def calendar_multiget(paths: Iterable[str]) -> str:
    """These calendar objects (RFC 4791 section 7.9)."""
    return _written("cal:calendar-multiget", _prop(("d:getetag", "cal:calendar-data")) + _hrefs(paths))


def event_query(*names: str) -> str:
    """All calendar objects that hold events (RFC 4791 section 7.8), with these properties."""
    within = '<cal:comp-filter name="VCALENDAR"><cal:comp-filter name="VEVENT"/></cal:comp-filter>'
    return _written("cal:calendar-query", f"{_prop(names)}<cal:filter>{within}</cal:filter>")


def task_query(uid: str, *names: str) -> str:
    """All calendar objects that hold a task of this UID (RFC 4791 section 7.8.6), with these properties."""
    match = f'<cal:text-match collation="i;octet">{escape(uid)}</cal:text-match>'
    todo = f'<cal:comp-filter name="VTODO"><cal:prop-filter name="UID">{match}</cal:prop-filter></cal:comp-filter>'
    within = f'<cal:comp-filter name="VCALENDAR">{todo}</cal:comp-filter>'
    return _written("cal:calendar-query", f"{_prop(names)}<cal:filter>{within}</cal:filter>")


def _written(root: str, content: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><{root} {_ROOT}>{content}</{root}>'


def _hrefs(paths: Iterable[str]) -> str:
    return "".join(f"<d:href>{escape(path)}</d:href>" for path in paths)


def _prop(names: Iterable[str]) -> str:
    return f"<d:prop>{''.join(f'<{name}/>' for name in names)}</d:prop>"


class _Builder(Bounded):
    deepest = 50
    #: 20 MiB of the shortest would take a gigabyte of memory.
    most = 500_000
    error = NoMultistatus


def read(body: bytes) -> Multistatus:
    """The multistatus; raises NoMultistatus."""
    root = bounded_xml.read(body, _Builder())
    if root.tag != f"{{{DAV}}}multistatus":
        raise NoMultistatus("it is no multistatus")
    responses = tuple(_response(each) for each in root.findall(f"{{{DAV}}}response"))
    token = root.find(f"{{{DAV}}}sync-token")
    return Multistatus(responses, token.text if token is not None else None)


def together(refs: Sequence[str], ask: Callable[[Sequence[str]], Multistatus | None]) -> Iterator[Response]:
    """What a server answers about all of these; `ask` asks for some, None: it refuses. Raises what else `ask` raises.

    Where one of them makes an answer too large, or none that can be read, the halves are asked until it stands alone;
    that one is left out.
    """
    try:
        found = ask(refs)
    except (TooLarge, NoMultistatus):
        if len(refs) > 1:
            half = len(refs) // 2
            yield from together(refs[:half], ask)
            yield from together(refs[half:], ask)
        return
    yield from found.responses if found else ()


class _Sieve(_Builder):
    """Keeps of an answer what is not yet whole."""

    most = _MAX_EACH

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Response] = []
        self.token: str | None = None
        #: So much of the document was understood.
        self.events = 0
        self._root: ET.Element | None = None
        self._count = self._characters = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._weigh(len(tag) + sum(len(name) + len(value) for name, value in attrs.items()))
        element = super().start(tag, attrs)
        if self._root is None:
            if tag != f"{{{DAV}}}multistatus":
                raise NoMultistatus("it is no multistatus")
            self._root = element
        return element

    def data(self, data: str) -> None:
        self._weigh(len(data))
        super().data(data)

    def end(self, tag: str) -> ET.Element:
        element = super().end(tag)
        if self.depth == 1 and self._root is not None:
            self._count += 1
            if self._count > MAX_RESPONSES:
                raise NoMultistatus(f"it lists more than {MAX_RESPONSES:,} resources")
            if tag == f"{{{DAV}}}response":
                self.found.append(_response(element))
            elif tag == f"{{{DAV}}}sync-token":
                self.token = element.text
            del self._root[:]
            self.elements = self._characters = 0
        return element

    def _weigh(self, characters: int) -> None:
        self.events += 1
        self._characters += characters
        if self._characters > _MAX_TEXT:
            raise NoMultistatus("it has too much text in one place")


class Stream:
    """A multistatus that is read as it comes: what it says of each resource, one after another.

    So an answer may be far larger than what is kept of it. `sync_token` is known at the end.
    """

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self.sync_token: str | None = None

    def __iter__(self) -> Iterator[Response]:
        """Once; raises NoMultistatus, and what the parts raise."""
        sieve = _Sieve()
        parser = ET.XMLParser(target=sieve)
        events = idle = 0
        try:
            for part in self._parts:
                parser.feed(part)
                # what has no end, a comment or an attribute, is searched for its end again and again
                idle = idle + len(part) if sieve.events == events else 0
                events = sieve.events
                if idle > _MAX_TEXT:
                    raise NoMultistatus("it says nothing for too long")
                yield from sieve.found
                sieve.found.clear()
            parser.close()
        except (ET.ParseError, ValueError, LookupError) as error:
            raise NoMultistatus(f"it is no XML: {error}") from None
        self.sync_token = sieve.token


def _response(element: ET.Element) -> Response:
    href = element.find(f"{{{DAV}}}href")
    found = Response((href.text or "") if href is not None else "", _status(element.find(f"{{{DAV}}}status")))
    for part in element.findall(f"{{{DAV}}}propstat"):
        properties = part.find(f"{{{DAV}}}prop")
        if _status(part.find(f"{{{DAV}}}status")) == 200 and properties is not None:
            found.properties.update({each.tag: each for each in properties})
    return found


def _status(element: ET.Element | None) -> int | None:
    """The code of "HTTP/1.1 404 Not Found"."""
    words = (element.text or "").split() if element is not None else []
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() and len(words[1]) == 3 else None
