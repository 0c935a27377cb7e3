"""A mail's text, cut where own words end and quoted ones begin, in one pass over its lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import compress, count

from matching.quotes.attribution import attribution, inside, may_end
from matching.quotes.headers import ALONE, INK, Header, next_filled, read_block, read_columns, read_rule
from matching.quotes.normal import plains

#: Characters of a line that are looked at.
_WIDEST = 1_000
#: Lines that are looked at closely; a mail has some hundreds, and a hostile one must not cost more than a second.
_MOST_LINES = 5_000
#: RFC 3676 section 4.5: ">" begins a quoted line; some programs indent it, and some put initials before it.
_QUOTED = re.compile(r" {0,3}(?:[A-Z]{1,4})?[>＞] ?")
_BLANK_IN_QUOTE = 3
#: Lines at the top of a marked quote that tell whether it begins with a header, and the blank ones above it.
_MAX_TOP, _MAX_BLANK_TOP = 14, 10
#: The signs that a header or an attribution without marks begins or ends with, where it has no colon.
_BEGINS, _ENDS = frozenset(f"{INK}12"), frozenset("-*_")
_LINK_END = re.compile(r"https?://\S*\Z|[(<\[][^)>\]]*\Z")


class Kind(StrEnum):
    """Whose words they are: the author's, or those of an earlier mail, as a reply, a forward or alone."""

    OWN = "own"
    REPLY = "reply"
    FORWARD = "forward"
    QUOTE = "quote"


@dataclass(slots=True, eq=False)
class Part:
    """Lines that belong together, as written."""

    kind: Kind
    lines: list[str]
    #: The first lines that are no quoted text, but tell whose it is.
    header: list[str] = field(default_factory=list)
    #: What labels in it say; of an attribution see `attribution.fields_of`.
    fields: dict[str, str] = field(default_factory=dict)
    #: Every line is marked by ">".
    is_marked: bool = False
    #: The lines as `plains` gives them, where they are known.
    plains: list[str] | None = None

    @property
    def is_blank(self) -> bool:
        """Is there nothing but blanks in it?"""
        return not any(map(str.strip, self.lines))


def is_quoted(line: str) -> bool:
    """Does ">" begin the line?"""
    return (">" in line or "＞" in line) and _QUOTED.match(line) is not None


def unquoted(line: str) -> str:
    """The line without its outermost mark."""
    match = _QUOTED.match(line)
    return line[match.end() :] if match else line


def split(text: str) -> list[Part]:
    """The parts of a text in their order; every line of it is in one of them. Time is in proportion to its length."""
    lines = text.replace("\r\n", "\n").split("\n")
    closely = lines[:_MOST_LINES]
    parts = _Splitter(closely, has_marks=">" in text or "＞" in text).parts()
    if len(lines) > _MOST_LINES:
        rest = lines[_MOST_LINES:]
        if parts and parts[-1].kind is not Kind.OWN and not parts[-1].is_marked:
            parts[-1].lines += rest
        else:
            parts.append(Part(Kind.OWN, rest))
    return parts


class _Splitter:
    def __init__(self, lines: list[str], *, has_marks: bool) -> None:
        self.lines = lines
        if has_marks:
            # of marked lines it is enough that they are not blank
            shown = [
                ">" if line[:1] == ">" or ((">" in line or "＞" in line) and is_quoted(line)) else line[:_WIDEST]
                for line in lines
            ]
            self.marked = [line == ">" for line in shown]
        else:
            shown = lines if max(map(len, lines)) <= _WIDEST else [line[:_WIDEST] for line in lines]
            self.marked = [False] * len(lines)
        self.plains = plains(shown)
        self.found: list[Part] = []
        # where a header may begin or end: a quick look that spares most lines the closer ones
        stops = [
            at
            for at, line in enumerate(self.plains)
            if line
            and (
                ":" in line or line[0] in _BEGINS or (end := line[-1]) in _ENDS or (end == "e" and line[-5:] == "wrote")
            )
        ]
        if not ALONE.isdisjoint(self.plains):
            stops = sorted({*stops, *(at for at, line in enumerate(self.plains) if line in ALONE)})
        if has_marks:
            stops = sorted({*stops, *compress(count(), self.marked)})
        #: Those lines and the marked ones; at the end one more, at which every search ends.
        self.stops = [*stops, len(lines)]
        #: The first line that belongs to no part yet.
        self.start = 0

    def parts(self) -> list[Part]:
        here = 0
        while (here := self.stops[bisect_left(self.stops, here)]) < len(self.lines):
            if self.marked[here]:
                here = self._take_marked(here, self._attribution_above(here))
                continue
            header = self._header_at(here)
            if header is None:
                here += 1
                continue
            below = next_filled(self.plains, header.end)
            if below is not None and self.marked[below]:
                here = self._take_marked(below, header)
            elif self._is_all_own(header):
                self._own(header.start)
                self.found.append(Part(Kind.OWN, [], self.lines[header.start : header.end]))
                here = self.start = header.end
            else:
                self._own(header.start)
                self.found.append(self._part(header, header.end, len(self.lines), is_marked=False))
                self.start = len(self.lines)
                break
        self._own(len(self.lines))
        return self.found

    def _header_at(self, at: int) -> Header | None:
        """A header whose quoted text no mark need begin; lines above `at` may belong to it."""
        lines, plains = self.lines, self.plains
        header = read_rule(lines, plains, at) or read_block(lines, plains, at) or read_columns(lines, plains, at)
        if header is not None:
            return header if header.start >= self.start else None
        if not may_end(plains[at]):
            return None
        below = next_filled(plains, at + 1)
        if below is not None and self.marked[below]:
            return None
        first = attribution(plains, at, self.start, is_quote_next=False)
        return None if first is None else Header(first, at + 1, is_attribution=True)

    def _attribution_above(self, at: int) -> Header | None:
        """The attribution that ends above the marked quote at `at`."""
        above = at - 1
        while above >= self.start and at - above <= _BLANK_IN_QUOTE and not self.plains[above]:
            above -= 1
        if above < self.start or not self.plains[above]:
            return None
        first = attribution(self.plains, above, self.start, is_quote_next=True)
        return None if first is None else Header(first, at)

    def _is_all_own(self, header: Header) -> bool:
        """Nothing above an attribution, no mark below it: then nobody can tell answer and quote apart."""
        return header.is_attribution and not self.found and not any(self.plains[: header.start])

    def _take_marked(self, at: int, header: Header | None) -> int:
        end = self._end_of_quote(at)
        if header is not None:
            self._own(header.start)
            self.found.append(self._part(header, at, end, is_marked=True))
        else:
            self._own(at)
            self.found.append(self._marked(at, end))
        self.start = end
        return end

    def _marked(self, at: int, end: int) -> Part:
        """A marked quote without a header above it; the header may be its first lines."""
        lines = [unquoted(line) for line in self.lines[at : min(end, at + _MAX_TOP)]]
        told = plains([line[:_WIDEST] for line in lines])
        first = next_filled(told, 0, _MAX_BLANK_TOP)
        header = None
        if first is not None and (":" in told[first] or told[first][0] in INK):
            lines = [unquoted(line) for line in self.lines[at : min(end, at + 100)]]
            told = plains([line[:_WIDEST] for line in lines])
            header = read_rule(lines, told, first) or read_block(lines, told, first)
        if first is not None and header is None:
            for last in range(first, min(first + 4, len(told))):
                if told[last] and attribution(told, last, first, is_quote_next=True) == first:
                    header = Header(first, last + 1)
                    break
        if header is None:
            return Part(Kind.QUOTE, self.lines[at:end], is_marked=True)
        return self._part(replace(header, start=at, end=at + header.end), at + header.end, end, True)

    def _end_of_quote(self, at: int) -> int:
        """The line behind the last of a marked quote; lines that were wrapped, and lost their mark, belong to it."""
        end = here = at
        while here < len(self.lines):
            if self.marked[here]:
                here = end = here + 1
                continue
            if not self.plains[here]:
                below = next_filled(self.plains, here, _BLANK_IN_QUOTE)
                if below is None or not self.marked[below]:
                    break
                here = below
                continue
            is_between = here == end and here + 1 < len(self.lines) and self.marked[here + 1]
            if not is_between or not _is_wrapped(self.lines[here - 1], self.lines[here]):
                break
            here += 1
        return end

    def _own(self, end: int) -> None:
        if end > self.start:
            own = slice(self.start, end)
            self.found.append(Part(Kind.OWN, self.lines[own], plains=self.plains[own]))

    def _part(self, header: Header, begin: int, end: int, is_marked: bool) -> Part:
        top = self.lines[header.start : begin]
        if top and header.start >= self.start and not is_quoted(top[0]):
            at = inside(top[0])
            if at is not None and self.lines[header.start] == top[0] and not header.is_forward:
                self.found.append(Part(Kind.OWN, [top[0][:at].rstrip(" -")]))
                top[0] = top[0][at:]
        kind = Kind.FORWARD if header.is_forward else Kind.REPLY
        return Part(kind, self.lines[begin:end], top, header.fields, is_marked)


def _is_wrapped(quoted: str, line: str) -> bool:
    """Is the unmarked line the rest of the quoted one above it?"""
    stripped = line.strip()
    if _LINK_END.search(unquoted(quoted).rstrip()) and " " not in stripped.rstrip(" >)]"):
        return True
    if stripped[:5] in ("(http", "<http", "[http") and stripped.endswith(">"):
        return True
    return len(quoted) >= 60 and len(stripped) < 40 and stripped[0].islower() and len(quoted) + len(stripped) > 72


def texts(lines: Sequence[str]) -> str:
    """Lines put together, without blank ones at the ends and blanks at the ends of lines."""
    return "\n".join(map(str.rstrip, lines)).strip("\n")
