"""Address lists of mail headers (RFC 5322 3.4, 4.4, RFC 6532) -> mailboxes, groups flattened.

Met: names and comments in any place, encoded words inside quotes or with commas, missing brackets, commas or closing
marks, routes, semicolons as separators, several "@", quoted local parts. Addresses are kept as written.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.headers import unfolded
from connectors.words import decode_words

#: Most mailboxes read from one value; the rest isn't looked at.
MAX_MAILBOXES = 1_000


class Mailbox(NamedTuple):
    """A name and an address (RFC 5322: mailbox)."""

    #: Decoded and unquoted; "" where there is none.
    name: str
    #: As written, without brackets, blanks and comments; "" where the header has a name alone.
    email: str


#: One mailbox written as almost all are: name <address> or the address alone, up to the comma or the end.
_USUAL = re.compile(
    r"\s*+(?:(?:\"([^\"\\]*)\"\s*+|([^\"<>(),:;@\\\[\]]*))<([^<>()\[\]\\,;:@\"\s]+@[^<>()\[\]\\,;:@\"\s]+)>"
    r"|([^<>()\[\]\\,;:@\"\s=]+@[^<>()\[\]\\,;:@\"\s=]+))\s*+(?:,|\Z)"
)
_QUOTED = r"\"(?P<quoted>[^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|"
_UNQUOTED = (
    r"(?P<word>=\?[\w.:*+-]{1,64}\?[bBqQ]\?[^\s]{0,300}?\?=)"
    r"|(?P<blank>\s+)"
    r"|<(?P<angle>[^<>\"]*+(?:\"[^\"<>]*+\"[^<>\"]*+)*+)>"
    r"|(?P<mark>[,;:()<>\"])"
    r"|(?P<atom>(?:[^\s,;:()<>\"=]++|=(?!\?))++|.)"
)
_TOKEN = re.compile(_QUOTED + _UNQUOTED, re.DOTALL)
#: The same once a quote was seen that nothing closes.
_LOOSE_TOKEN = re.compile(_UNQUOTED, re.DOTALL)
_UNCLOSED = re.compile(r"[^<>,;\s]*+")
_EDGE = re.compile(r"[()\\]")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_BLANKS_OUTSIDE_QUOTES = re.compile(r"(\"[^\"]*+\"?)|\s+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def parse_addresses(value: str | bytes, limit: int = MAX_MAILBOXES) -> tuple[Mailbox, ...]:
    """The mailboxes of one From, To, Cc… value in order, at most `limit`; an empty group gives none. Never raises."""
    return read_mailboxes(unfolded(value), limit)


def read_mailboxes(text: str, limit: int) -> tuple[Mailbox, ...]:
    """As `parse_addresses`, of an unfolded value."""
    found: list[Mailbox] = []
    position = 0
    while len(found) < limit:
        match = _USUAL.match(text, position)
        if match is None:
            break
        position = match.end()
        quoted, name, angle, alone = match.groups()
        if alone is not None:
            found.append(Mailbox("", _bare(alone)))
        else:
            found.append(Mailbox(_name(quoted if quoted is not None else name.strip()), angle))
    if position < len(text) and len(found) < limit:
        reader = _Reader(limit - len(found))
        reader.read(text, position)
        found += reader.found
    return tuple(found)


def _name(text: str) -> str:
    if "=?" in text:
        text = decode_words(text)
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def _bare(text: str) -> str:
    """An address without the quotes or brackets that some programs put around it."""
    for opening, closing in ("''", "[]", "``", "`'"):
        if len(text) > 2 and text[0] == opening and text[-1] == closing:
            return text[1:-1]
    return text.rstrip(".") if text.endswith(".") else text


class _Piece(NamedTuple):
    """A piece of a phrase: its text without quotes, as written, and whether a blank stands before it."""

    text: str
    written: str
    blank: bool


class _Reader:
    """Reads what `_USUAL` does not cover, one mailbox after another."""

    def __init__(self, limit: int) -> None:
        self.found: list[Mailbox] = []
        self.limit = limit
        self.pieces: list[_Piece] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        #: How many of the pieces stand before the address in brackets.
        self.before = 0

    def read(self, text: str, position: int) -> None:
        """All mailboxes of `text` from `position` on, in time linear in its length."""
        tokens = _TOKEN
        comments_close = True
        blank = False
        while position < len(text) and len(self.found) < self.limit:
            match = tokens.match(text, position)
            if match is None:
                break
            kind, token, start, position = match.lastgroup, match.group(), position, match.end()
            if kind == "blank":
                blank = True
                continue
            if kind == "angle":
                self._address(match["angle"])
            elif kind == "quoted":
                self.pieces.append(_Piece(_QUOTED_PAIR.sub(r"\1", token[1:-1]), token, blank))
            elif kind != "mark":
                self.pieces.append(_Piece(token, token, blank))
            elif token == "(" and comments_close:
                end = _comment_end(text, start)
                comments_close = end is not None
                position = self._comment(text[start:end]) + start if end else position
            elif token == "<":
                rest = _UNCLOSED.match(text, position)
                position = rest.end() if rest else position
                if position > start + 1:
                    self._address(text[start + 1 : position])
            elif token == '"':
                tokens = _LOOSE_TOKEN
            else:
                self._mark(token)
            blank = kind == "mark"
        self._flush()

    def _comment(self, comment: str) -> int:
        self.comments.append(_QUOTED_PAIR.sub(r"\1", comment[1:-1]))
        return len(comment)

    def _mark(self, mark: str) -> None:
        if mark in ",;":
            self._flush()
        elif mark == ":":
            if self.angle is None and not any("@" in piece.text for piece in self.pieces):
                self.pieces = []
                self.comments = []
            else:
                self.pieces.append(_Piece(mark, mark, False))

    def _address(self, text: str) -> None:
        if self.angle is not None:
            # No comma: what stands behind the address before is the name of this one.
            names = self.pieces[self.before :]
            del self.pieces[self.before :]
            self._flush()
            self.pieces = names
        self.before = len(self.pieces)
        if "(" in text:
            text = self._without_comments(text)
        if "=?" in text:
            text = decode_words(text)
        text = _BLANKS_OUTSIDE_QUOTES.sub(lambda match: match[1] or "", text)
        if text.startswith("@") and ":" in text:
            text = text.rpartition(":")[2]
        self.angle = text[7:] if text[:7].lower() == "mailto:" else text

    def _without_comments(self, text: str) -> str:
        kept: list[str] = []
        position = 0
        while (start := text.find("(", position)) >= 0 and (end := _comment_end(text, start)) is not None:
            kept.append(text[position:start])
            self._comment(text[start:end])
            position = end
        return "".join(kept) + text[position:]

    def _flush(self) -> None:
        """The mailbox that was read so far, if there is one."""
        if self.angle is None and not self.pieces:
            self.comments = []
            return
        comments = " ".join(_name(comment) for comment in self.comments)
        emails = self._bare_addresses(bool(comments)) if self.angle is None else [self.angle]
        name = _name("".join(" " * (piece.blank and at > 0) + piece.text for at, piece in enumerate(self.pieces)))
        if comments:
            name = f"{name} ({comments})" if name else comments
        if any(emails) or self.pieces:
            self.found.append(Mailbox(name, emails[0] if emails else ""))
            self.found += [Mailbox("", email) for email in emails[1 : self.limit - len(self.found) + 1]]
        self.pieces = []
        self.comments = []
        self.angle = None
        self.before = 0

    def _bare_addresses(self, has_comment: bool) -> list[str]:
        """Takes the addresses without brackets out of the pieces; a lone word with a comment counts as one."""
        emails: list[str] = []
        rest: list[_Piece] = []
        run: list[_Piece] = []
        for piece in [*self.pieces, _Piece("", "", True)]:
            if run and (not piece.blank or _joins(run[-1].written, piece.written)):
                run.append(piece)
                continue
            written = "".join(one.written for one in run)
            if "@" in written and not written.startswith("=?"):
                emails.append(_bare(written))
            else:
                rest += run
            run = [piece]
        if not emails and has_comment and rest:
            emails, rest = ["".join(piece.written for piece in rest)], []
        self.pieces = rest
        return emails


def _joins(left: str, right: str) -> bool:
    """Do two pieces belong to one address in spite of the blank between them (RFC 5322 4.4)?"""
    return (left[-1:] in ("@", ".") and bool(right)) or right[:1] in ("@", ".")


def _comment_end(text: str, start: int) -> int | None:
    """Behind the ")" that closes the "(" at `start`; None where nothing closes it."""
    depth = 0
    position = start
    while (match := _EDGE.search(text, position)) is not None:
        position = match.end()
        if match.group() == "\\":
            position += 1
        elif match.group() == "(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return position
    return None
