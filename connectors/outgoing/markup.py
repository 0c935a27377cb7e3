"""The HTML of a mail: where its links stand, and where an image goes that nobody sees. Nothing is parsed into a tree.

Tags are found as the tokenizer of browsers finds them (HTML Living Standard 13.2.5), so that what stands in comments
(also conditional ones), scripts and styles is left alone, and all else keeps its bytes, however malformed it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.outgoing.attributes import web_target

#: What begins behind "<"; all else is text.
_OPENING = re.compile(r"<(?:(!--)|([!?])|(/)?([A-Za-z][^\s/>]*)|(/))")
_COMMENT_END = re.compile(r"--!?>")
#: One attribute behind a tag's name: its name, and its value in double quotes, in single ones, or without.
_ATTRIBUTE = re.compile(
    r"[\s/]*([^\s/>=][^\s/>=]*|=[^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)(\"|\Z)|'([^']*)('|\Z)|([^\s>\"'][^\s>]*)|(?=>)))?"
)
_TAG_END = re.compile(r"[\s/]*>")
#: Elements whose content is no markup.
_RAW = frozenset(["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"])
_LINKS = frozenset(("a", "area"))


@dataclass(frozen=True, slots=True)
class Link:
    """An href: where its value stands, quotes left out, and the URL that it means."""

    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True)
class Markup:
    """What was found in a part's HTML."""

    text: str
    links: tuple[Link, ...]
    #: Where an image is shown, and can be last.
    image_at: int

    def altered(self, image: str, urls: Mapping[str, str]) -> str:
        """The HTML with the image, and with these URLs in place of the targets that they are for."""
        edits = [(each.start, each.end, urls[each.target]) for each in self.links if each.target in urls]
        edits.append((self.image_at, self.image_at, image))
        pieces: list[str] = []
        at = 0
        for start, end, text in sorted(edits):
            pieces += (self.text[at:start], text)
            at = end
        return "".join((*pieces, self.text[at:]))


def read_markup(text: str, *, is_utf8: bool) -> Markup:
    """Links of <a> and <area> to the web, and where the image goes: before the last </body>, or else </html>, or else
    at the end. Never raises; takes time linear in the length."""
    return _Reader(text, is_utf8).read()


class _Reader:
    def __init__(self, text: str, is_utf8: bool) -> None:
        self.text = text
        self.is_utf8 = is_utf8
        self.links: list[Link] = []
        self.ends: dict[str, int] = {}
        self.unclosed: set[str] = set()

    def read(self) -> Markup:
        at = 0
        while (match := _OPENING.search(self.text, at)) is not None:
            behind = self._construct(match)
            if behind is None:
                # what is not ended is not shown, nor is anything behind it
                return self._markup(match.start())
            at = behind
        # so that the line end at the end of the part stays there
        return self._markup(len(self.text.rstrip()))

    def _markup(self, end: int) -> Markup:
        return Markup(self.text, tuple(self.links), self.ends.get("body", self.ends.get("html", end)))

    def _construct(self, match: re.Match[str]) -> int | None:
        """Where what begins here ends; None: nowhere."""
        comment, declaration, closing, name, nameless = match.groups()
        if comment:
            return self._comment(match.end())
        if declaration or nameless:
            return self._behind(">", match.end())
        name = name.lower()
        if closing and name in ("body", "html"):
            self.ends[name] = match.start()
        end = self._attributes(match.end(), is_link=not closing and name in _LINKS)
        if end is None or closing or name not in _RAW:
            return None if name == "plaintext" and not closing else end
        return self._raw(name, end)

    def _comment(self, at: int) -> int | None:
        for sudden in (">", "->"):
            if self.text.startswith(sudden, at):
                return at + len(sudden)
        match = _COMMENT_END.search(self.text, at)
        return match.end() if match else None

    def _behind(self, mark: str, at: int) -> int | None:
        found = self.text.find(mark, at)
        return found + len(mark) if found >= 0 else None

    def _raw(self, name: str, at: int) -> int | None:
        """The end tag of an element without markup."""
        match = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(self.text, at)
        return match.start() if match else None

    def _attributes(self, at: int, *, is_link: bool) -> int | None:
        """Read a tag to its end; of several attributes of one name the first one counts."""
        is_first = True
        while (end := _TAG_END.match(self.text, at)) is None:
            match = _ATTRIBUTE.match(self.text, at)
            if match is None or match[3] == "" or match[5] == "" or match.end() == len(self.text):
                return None
            if is_link and is_first and match[1].lower() == "href":
                is_first = False
                self._href(match)
            at = match.end()
        return end.end()

    def _href(self, match: re.Match[str]) -> None:
        group = next((each for each in (2, 4, 6) if match[each] is not None), None)
        if group is None:
            return
        target = web_target(match[group], is_utf8=self.is_utf8)
        if target is not None:
            self.links.append(Link(match.start(group), match.end(group), target))
