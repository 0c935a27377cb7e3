"""XML that a server answers, read within bounds: a hostile one could make a small answer grow without end."""

from __future__ import annotations

from typing import ClassVar
from xml.etree import ElementTree as ET


class Bounded(ET.TreeBuilder):
    """Refuses what no answer has: document types, whose entities grow, elements too deep in others, and too many."""

    #: Elements within elements, and elements in all, each attribute for two.
    deepest: ClassVar[int]
    most: ClassVar[int]
    #: What is raised, with a reason in words for people.
    error: ClassVar[type[Exception]]

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.elements = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called by the parser at a document type; raises `error`."""
        raise self.error("it has a document type")

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        """Called by the parser where an element begins; raises `error`."""
        self.depth += 1
        if self.depth > self.deepest:
            raise self.error("its elements lie too deep")
        self.elements += 1 + 2 * len(attrs)
        if self.elements > self.most:
            raise self.error("it has too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        """Called by the parser where an element ends."""
        self.depth -= 1
        return super().end(tag)


def read(body: bytes, builder: Bounded) -> ET.Element:
    """The root of a whole document; raises the builder's error, also where the document was cut."""
    parser = ET.XMLParser(target=builder)
    try:
        parser.feed(body)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise builder.error(f"it is no XML: {error}") from None
    return root
