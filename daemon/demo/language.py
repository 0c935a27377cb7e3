"""What a module of `daemon.demo.languages` holds: topics of conversation and the courtesies around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A conversation. Texts may hold {count}, {product}, {number} and {place}."""

    subject: str
    #: What is said in turn, without greeting and signature.
    turns: tuple[str, ...]
    #: The client writes first, else one of ours.
    is_asked: bool = True
    #: Our first answer (or question) brings a file along.
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """One language of business mail."""

    #: With {name} of the reader.
    greeting: str
    closing: str
    #: Above a quoted mail; with {name} of its writer.
    wrote: str
    #: Before the subject of an answer.
    reply: str
    #: In a form that stands after a number.
    products: tuple[str, ...]
    places: tuple[str, ...]
    topics: tuple[Topic, ...]


def in_turn(text: str) -> tuple[str, ...]:
    """Paragraphs parted by empty lines, each one turn of a conversation on one line."""
    return tuple(" ".join(turn.split()) for turn in text.strip().split("\n\n"))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its {words} put in."""
    return text.format_map(values)
