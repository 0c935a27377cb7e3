"""The mail inside a mail: its text, and what the lines above it say of it."""

from __future__ import annotations

from dataclasses import dataclass

from matching.quotes.attribution import fields_of
from matching.quotes.parts import Kind, Part, split, texts, unquoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A mail that another one quotes or passes on; "" where a thing is not told. Nothing is decoded: all as written."""

    #: "reply", "forward", or "quote" where nothing says whose words it holds.
    kind: Kind
    text: str
    #: What stands above and below it, closings included.
    text_top: str = ""
    text_bottom: str = ""
    from_: str = ""
    sent: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""


def unwrap(text: str) -> Unwrapped | None:
    """The first mail that `text` quotes or passes on; None where there is none. One cited line is none."""
    parts = split(text)
    for at, part in enumerate(parts):
        if part.kind is Kind.OWN or (part.kind is Kind.QUOTE and sum(map(bool, map(str.strip, part.lines))) < 2):
            continue
        fields = part.fields or fields_of([unquoted(line) for line in part.header])
        return Unwrapped(
            kind=part.kind,
            text=_inner(part),
            text_top=_joined(parts[:at]),
            text_bottom=_joined(parts[at + 1 :]),
            from_=fields.get("from", ""),
            sent=fields.get("sent", ""),
            to=fields.get("to", ""),
            cc=fields.get("cc", ""),
            subject=fields.get("subject", ""),
        )
    return None


def _inner(part: Part) -> str:
    return texts([unquoted(line) for line in part.lines] if part.is_marked else part.lines)


def _joined(parts: list[Part]) -> str:
    return texts([line for part in parts for line in (*part.header, *part.lines)])
