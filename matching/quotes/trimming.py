"""The new words of a mail, apart from those it quotes or passes on."""

from __future__ import annotations

from dataclasses import dataclass

from matching.quotes.closing import banner_end, split_closing
from matching.quotes.parts import Kind, Part, split, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """A mail's text in its parts, each as written, without blank lines at its ends; "" where there is none."""

    #: What the author added; with the quotes that are answered one by one, or that the author cites, marked by ">".
    new_text: str = ""
    #: Below it: signature, "Sent from my iPhone", notices of companies and lists.
    signature: str = ""
    #: Earlier mail that is quoted whole, as history, without the lines that introduce it.
    quoted: str = ""
    #: Mail that is passed on, without the lines that introduce it.
    forwarded: str = ""


def trim(text: str) -> Trimmed:
    """The parts of a mail's text (`Message.text`: plain, or made from HTML, where ">" marks quotes). Never raises.

    Quoted text after one's own is history. Before or between own lines it is history where it stands once with the
    only attribution, and else what is answered or cited. Nothing new is found only where there is nothing: a bare
    forward, an answer without a word. Time is in proportion to the length.
    """
    parts, kept, closing = _parted(text)
    if kept is None:
        return Trimmed(new_text=_all_of(text))
    keeps = set(kept)
    gone = [part for part in parts if part not in keeps]
    return Trimmed(
        new_text=_new_text(kept),
        signature=texts(closing),
        quoted=_joined([part for part in gone if part.kind in (Kind.REPLY, Kind.QUOTE)]),
        forwarded=_joined([part for part in gone if part.kind is Kind.FORWARD]),
    )


def new_text_of(text: str) -> str:
    """`trim(text).new_text`, for whom the other parts are of no use."""
    _parts, kept, _closing = _parted(text)
    return _all_of(text) if kept is None else _new_text(kept)


def _parted(text: str) -> tuple[list[Part], list[Part] | None, list[str]]:
    """The parts, those of them that are kept as new, and the closing; None: all of the text is new, whatever it is."""
    found = split(text)
    is_answered_throughout = any(part.kind is Kind.OWN and part.header for part in found)
    parts = [part for part in found if not (part.kind is Kind.OWN and part.is_blank)]
    closing = _take_closing(parts)
    last = max((at for at, part in enumerate(parts) if part.kind is Kind.OWN), default=-1)
    if last < 0:
        # nobody's history: a citation or a signature is all that was sent
        is_all = not parts or all(part.kind is Kind.QUOTE for part in parts)
        return parts, None if is_all else [], closing
    first = parts[0]
    if first.kind is Kind.OWN:
        end = banner_end(first.lines)
        if end and (last or any(line.strip() for line in first.lines[end:])):
            first.lines = first.lines[end:]
    above = [part for part in parts[:last] if part.kind is not Kind.OWN]
    is_history = len(above) == 1 and above[0].kind is not Kind.QUOTE and not is_answered_throughout
    kept = [part for part in parts[: last + 1] if part.kind is Kind.OWN or not is_history]
    return parts, kept, closing


def _take_closing(parts: list[Part]) -> list[str]:
    """Takes the closing off the last own part, and off the one before, where nothing else was in it."""
    closing: list[str] = []
    for part in reversed([part for part in parts if part.kind is Kind.OWN]):
        lines, below = split_closing(part.lines, part.plains)
        closing = below + closing
        part.lines = lines
        if not part.is_blank:
            break
        parts.remove(part)
    return closing


def _all_of(text: str) -> str:
    return texts(text.replace("\r\n", "\n").split("\n"))


def _new_text(kept: list[Part]) -> str:
    lines: list[str] = []
    before: Part | None = None
    for part in kept:
        if before is not None and (before.kind is Kind.OWN) == (part.kind is Kind.OWN):
            # the quote between them is gone
            while lines and not lines[-1].rstrip():
                lines.pop()
            lines += ["", *texts(part.lines).split("\n")]
        else:
            lines += part.lines
        before = part
    return texts(lines)


def _joined(parts: list[Part]) -> str:
    return "\n\n".join(filter(None, (texts(part.lines) for part in parts)))
