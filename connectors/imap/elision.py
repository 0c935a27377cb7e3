"""A long mail without its attachments' bytes: the beginning, then only what is text, and where each part ends.

The server's BODYSTRUCTURE (RFC 3501, section 6.4.5) tells how many octets each part has, so the reader can go on right
before the end of a long attachment. Of base64 in lines of one length (RFC 2045, section 6.8) the decoded size of what
was left out is known exactly. What does not fit together (a structure that is not ours, lines of differing length) is
given up, and the whole mail is read: the record is the same either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from connectors.headers import read_head, skip_to_head
from connectors.imap.responses import Value
from connectors.mime import Elided
from connectors.structure import MAX_DEPTH, MAX_HEADERS, Part, Structure, read_structure

#: What is read at once where a mail goes on.
WINDOW = 64 * 1024
#: So much before the end of an attachment the reading goes on, to see how it ends.
_TAIL = 256
#: A text is read to its end up to here, and so much of a mail without its attachments.
_MOST_TEXT = 2 * 1024 * 1024
_MOST = 8 * 1024 * 1024


class Range(NamedTuple):
    """Bytes of a mail."""

    start: int
    length: int


class GivenUp(Exception):
    """The mail has to be read whole."""


@dataclass(slots=True)
class _Hole:
    """Lines that were left out of `raw`."""

    at: int
    octets: int
    decoded: int


class Elision:
    """What is known of one mail so far."""

    def __init__(self, beginning: bytes, structure: Value) -> None:
        #: The mail without what was left out.
        self.raw = beginning
        self._octets = part_sizes(structure)
        self._holes: list[_Hole] = []
        self._expected: Range | None = None
        self._is_over = False

    @property
    def elided(self) -> tuple[Elided, ...]:
        """What `parse_message` has to know of the holes in `raw`."""
        return tuple(Elided(hole.at, hole.decoded) for hole in self._holes)

    def wanted(self) -> Range | None:
        """What to read next; None: that was all. Raises GivenUp."""
        if self._is_over:
            if self._holes:
                leaves = self._structure().leaves
                if len(leaves) != len(self._octets):
                    raise GivenUp
                self._check(leaves)
            return None
        self._expected = self._next(len(self.raw) + sum(hole.octets for hole in self._holes))
        return self._expected

    def take(self, data: bytes) -> None:
        """The bytes of the last `wanted`; fewer than asked for are the last. Raises GivenUp."""
        expected = self._expected
        if expected is None or len(data) > expected.length or len(self.raw) > _MOST:
            raise GivenUp
        self._is_over = len(data) < expected.length
        if expected.start == len(self.raw) + sum(hole.octets for hole in self._holes):
            self.raw += data
        elif data.startswith(b"\r\n"):
            # behind whole lines that were left out stands the end of the last one
            self.raw += data[2:]
        else:
            raise GivenUp

    def _next(self, at: int) -> Range:
        structure = self._structure()
        leaves = structure.leaves
        if not leaves or len(leaves) > len(self._octets):
            raise GivenUp
        self._check(leaves[:-1])
        leaf = leaves[-1]
        # where it ends, in `raw` as it would be without a further hole
        end = leaf.start + self._octets[len(leaves) - 1] - self._left_out(leaf)
        left = end - len(self.raw)
        if left <= WINDOW:
            return Range(at, WINDOW + _TAIL)
        is_attachment = leaf in structure.attachments and leaf not in structure.reports + structure.calendars
        if not is_attachment:
            if left > _MOST_TEXT:
                raise GivenUp
            return Range(at, left + WINDOW)
        return self._behind(leaf, end, at)

    def _behind(self, leaf: Part, end: int, at: int) -> Range:
        """Leave out the rest of an attachment but for its end."""
        start = self.raw.rfind(b"\n", leaf.start) + 1
        before = self.raw.rfind(b"\n", leaf.start, max(start - 1, leaf.start)) + 1
        line = start - before
        is_regular = before > leaf.start and self.raw[start - 2 : start] == b"\r\n" and line > 2 and (line - 2) % 4 == 0
        lines = (end - _TAIL - start) // line if is_regular else 0
        if leaf.encoding != "base64" or lines < 1:
            raise GivenUp
        behind = at - (len(self.raw) - start) + lines * line - 2
        self._holes.append(_Hole(start, lines * line, lines * (line - 2) // 4 * 3))
        # `raw` ends where the hole begins: what was read of it is in the hole
        self.raw = self.raw[:start]
        return Range(behind, _TAIL + WINDOW)

    def _structure(self) -> Structure:
        head = read_head(self.raw, skip_to_head(self.raw), len(self.raw), MAX_HEADERS)
        return read_structure(self.raw, head)

    def _check(self, leaves: list[Part]) -> None:
        """Do the parts end where the server says?"""
        for leaf, octets in zip(leaves, self._octets, strict=False):
            if leaf.end - leaf.start + self._left_out(leaf) != octets:
                raise GivenUp

    def _left_out(self, leaf: Part) -> int:
        return sum(hole.octets for hole in self._holes if leaf.start <= hole.at <= leaf.end)


def part_sizes(structure: Value, depth: int = 0) -> list[int]:
    """Octets of the parts that hold no parts, in order, of a BODYSTRUCTURE; raises GivenUp where it is none."""
    if not isinstance(structure, list) or not structure or depth > MAX_DEPTH:
        raise GivenUp
    if isinstance(structure[0], list):
        sizes: list[int] = []
        for child in structure:
            if not isinstance(child, list):
                break
            sizes += part_sizes(child, depth + 1)
        return sizes
    octets = structure[6] if len(structure) > 6 else None
    if not isinstance(octets, bytes) or not octets.isdigit() or len(octets) > 12:
        raise GivenUp
    return [int(octets)]
