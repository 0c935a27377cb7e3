"""The parts of a mail (RFC 2046) by their places in its bytes, and which of them are its body (RFC 8621 4.1.4).

A multipart is cut by its own boundary before its parts are looked into, so that an outer boundary ends an inner
multipart that was never closed. Nothing is decoded here, and no part is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from connectors.headers import Head, read_head
from connectors.parameters import Parameters, file_name, read_disposition, read_type
from connectors.transfer import encoding_of

#: Most multiparts inside each other, parts of a mail, and bytes of header sections in it altogether.
MAX_DEPTH = 100
MAX_PARTS = 1_000
MAX_HEADERS = 256 * 1024

#: Reports about another mail (RFC 3464, 8098, 6533, 5965), and the forms in which a multipart/report returns that mail.
STATUS_KINDS = (
    "message/delivery-status",
    "message/disposition-notification",
    "message/global-delivery-status",
    "message/global-disposition-notification",
    "message/feedback-report",
)
RETURNED_KINDS = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)

#: Calendars (RFC 5545, section 8.1; RFC 6047), the second as a file by Google and others.
CALENDAR_KINDS = ("text/calendar", "application/ics")

_REST_OF_LINE = re.compile(rb"[ \t\r]*+(?:\n|\Z)")
#: A line that looks like a boundary: what follows is the header of a part, or none.
_LIKE_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*+\r*+\n(?=[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-|\r*+\n)")


@dataclass(slots=True)
class Part:
    """A part that holds no parts: where its body lies in the mail, and what its header says of it."""

    start: int
    end: int
    #: Media type, lower case.
    kind: str
    parameters: Parameters
    #: base64, quoted-printable, uuencode or "".
    encoding: str
    name: str | None
    is_attachment: bool


@dataclass(slots=True)
class Structure:
    """The parts of a mail by their use."""

    #: text/plain and text/html parts that make up the text, in order; html those of the HTML body.
    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)
    #: All parts that hold no parts, in order.
    leaves: list[Part] = field(default_factory=list)
    #: Calendars and files of them.
    calendars: list[Part] = field(default_factory=list)
    #: Parts of a multipart/report that speak about another mail, and all such parts elsewhere.
    reports: list[Part] = field(default_factory=list)
    report_type: str = ""
    #: Media types of the multiparts.
    multiparts: list[str] = field(default_factory=list)
    is_truncated: bool = False
    #: Was a multipart cut by a boundary that its header does not name, or not at all?
    is_guessed: bool = False


def read_structure(raw: bytes, head: Head) -> Structure:
    """The parts of the mail whose header section is `head`. Never raises."""
    walk = _Walk(raw, MAX_HEADERS - len(head.block))
    found = walk.found
    root = _Node(head, len(raw))
    walk.read([root], "mixed", 0, False, found.text, found.html)
    found.is_truncated |= head.is_truncated
    return found


class _Node:
    """A part before it is known whether it holds parts."""

    __slots__ = ("body", "end", "head", "kind", "parameters")

    def __init__(self, head: Head, end: int, default: str = "text/plain") -> None:
        self.head = head
        self.body = head.body
        self.end = end
        value = head.first(b"content-type")
        kind, self.parameters = read_type(value) if value else ("", _NONE)
        self.kind = kind or default


_NONE: Parameters = {}


class _Walk:
    """One walk through the parts of one mail, with what is left of its limits."""

    def __init__(self, raw: bytes, headers_left: int) -> None:
        self.raw = raw
        self.headers_left = headers_left
        self.parts_left = MAX_PARTS
        self.found = Structure()

    def read(
        self,
        nodes: Iterable[_Node],
        multipart: str,
        depth: int,
        in_alternative: bool,
        text: list[Part] | None,
        html: list[Part] | None,
    ) -> None:
        """RFC 8621 4.1.4, parseStructure; `text` and `html` are None where the other alternative was taken."""
        had = len(text or ()), len(html or ())
        for index, node in enumerate(nodes):
            spans = self._spans(node, depth) if node.kind.startswith("multipart/") else []
            if spans:
                inner = node.kind[10:]
                self.found.multiparts.append(node.kind)
                if inner == "report":
                    self.found.report_type = node.parameters.get("report-type", "").lower()
                children = self._children(spans, inner)
                self.read(children, inner, depth + 1, in_alternative or inner == "alternative", text, html)
                continue
            part = self._part(node)
            self.found.leaves.append(part)
            if not _is_body(part, index, multipart):
                self._attach(part, multipart)
                continue
            is_plain = part.kind == "text/plain"
            if in_alternative and multipart != "alternative":
                # What belongs to one alternative alone is no part of the other.
                text, html = (text, None) if is_plain else (None, html)
            if text is not None and (is_plain or multipart != "alternative"):
                text.append(part)
            if html is not None and not (is_plain and multipart == "alternative"):
                html.append(part)
        if multipart == "alternative" and text is not None and html is not None:
            if len(text) == had[0]:
                text += html[had[1] :]
            elif len(html) == had[1]:
                html += text[had[0] :]

    def _attach(self, part: Part, multipart: str) -> None:
        self.found.attachments.append(part)
        if part.kind in CALENDAR_KINDS:
            self.found.calendars.append(part)
        if part.kind in STATUS_KINDS or (multipart == "report" and part.kind in RETURNED_KINDS):
            self.found.reports.append(part)

    def _part(self, node: _Node) -> Part:
        disposition, parameters = "", _NONE
        value = node.head.first(b"content-disposition")
        if value:
            disposition, parameters = read_disposition(value)
        name = file_name(parameters, node.parameters)
        return Part(
            start=node.body,
            end=max(node.body, node.end),
            kind=node.kind,
            parameters=node.parameters,
            encoding=encoding_of(node.head.first(b"content-transfer-encoding")),
            name=name,
            is_attachment=disposition == "attachment" or (disposition not in ("", "inline") and name is not None),
        )

    def _spans(self, node: _Node, depth: int) -> list[tuple[int, int]]:
        """Where the parts of a multipart begin and end."""
        if depth >= MAX_DEPTH:
            self.found.is_truncated = True
            return []
        boundary = node.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        spans = self._split(node.body, node.end, boundary) if boundary else []
        if not spans:
            self.found.is_guessed = True
            like = _LIKE_BOUNDARY.search(self.raw, node.body, node.end)
            if like is not None:
                spans = self._split(node.body, node.end, like[1])
        if not spans:
            # Without a single boundary line what it holds can only be read as text.
            node.kind = "text/plain"
        return spans

    def _split(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        raw = self.raw
        line = b"--" + boundary
        spans: list[tuple[int, int]] = []
        opened: int | None = None
        at = raw.find(line, start, end)
        while at >= 0:
            after = at + len(line)
            last = raw.startswith(b"--", after)
            rest = _REST_OF_LINE.match(raw, after + 2 * last, end)
            if rest is not None and (at == start or raw[at - 1] == 10):
                if opened is not None:
                    spans.append((opened, _before_break(raw, opened, at)))
                opened = None if last else rest.end()
                if last or len(spans) > self.parts_left:
                    break
                after = rest.end()
            at = raw.find(line, after, end)
        if opened is not None:
            tail = len(raw[max(opened, end - len(line) - 64) : end].rstrip())
            closing = max(opened, end - len(line) - 64) + tail - len(line) - 2
            # The closing line may hang on the last line of text.
            if closing >= opened and raw.startswith(line + b"--", closing):
                end = closing
            spans.append((opened, max(opened, end)))
        return spans

    def _children(self, spans: list[tuple[int, int]], multipart: str) -> Iterator[_Node]:
        default = "message/rfc822" if multipart == "digest" else "text/plain"
        for start, end in spans:
            if self.parts_left <= 0 or self.headers_left <= 0:
                self.found.is_truncated = True
                return
            self.parts_left -= 1
            head = read_head(self.raw, start, end, self.headers_left)
            self.headers_left -= len(head.block)
            self.found.is_truncated |= head.is_truncated
            yield _Node(head, end, default)


def _before_break(raw: bytes, start: int, at: int) -> int:
    """The line break before a boundary belongs to the boundary (RFC 2046 5.1.1)."""
    if at - 1 < start:
        return start
    return at - 2 if at - 2 >= start and raw[at - 2] == 13 else at - 1


def _is_body(part: Part, index: int, multipart: str) -> bool:
    """Is a part text to be read, rather than an attachment? Names make an attachment of all but the first part."""
    if part.is_attachment or part.kind not in ("text/plain", "text/html"):
        return False
    return index == 0 or multipart == "alternative" or (multipart != "related" and part.name is None)
