"""Encoded words (RFC 2047, with the language tag of RFC 2231) -> text, as they are met and not only as they should be.

Met: characters split between words, B where Q is meant, blanks inside, words glued to each other or to text, inside
quotes, raw 8-bit bytes inside, the end cut off.
"""

from __future__ import annotations

import binascii
import re
from itertools import islice

from connectors.charsets import codec_of, decode

#: Most words of one value that are decoded; what stands behind them stays as written.
MAX_WORDS = 1_000

_WORD = re.compile(r"=\?([\w.:+-]{1,64})(?:\*[\w-]*)?\?([bBqQ])\?(.*?)(?:\?=|\Z)", re.DOTALL)
_GLUE = re.compile(r"[\])}>:;,.!?\"»”]\Z")
_PLAIN = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_HEX = re.compile(r"=[0-9A-Fa-f]{2}")


def decode_words(value: str) -> str:
    """Text of an unstructured or phrase value, unfolded, in which encoded words may stand. Never raises."""
    if "=?" not in value:
        return value
    out: list[str] = []
    run: list[bytes] = []  # of words that follow each other: a character may be split between two
    label = ""
    end = 0
    for match in islice(_WORD.finditer(value), MAX_WORDS):
        between = value[end : match.start()]
        follows = end > 0 and (not between or between.isspace())
        if run and not (follows and _same(match[1], label)):
            out.append(decode(b"".join(run), label))
            run = []
        if not follows:
            out.append(between)
            if _GLUE.search(between):
                out.append(" ")
        label, end = match[1], match.end()
        raw = _payload(match[2], match[3])
        if raw is not None:
            run.append(raw)
            continue
        if run:
            out.append(decode(b"".join(run), label))
            run = []
        out.append(_mixed(match[2], match[3], label))
    if run:
        out.append(decode(b"".join(run), label))
    out.append(value[end:])
    return "".join(out)


def _same(one: str, other: str) -> bool:
    return one == other or codec_of(one) == codec_of(other)


def _payload(encoding: str, text: str) -> bytes | None:
    """Bytes of one word's text; None where it holds characters that no encoded word may hold."""
    if not text.isascii():
        return None
    if encoding in "bB":
        raw = _base64(text)
        if raw is not None:
            return raw
    return binascii.a2b_qp(text.encode("ascii"), header=True)


def _mixed(encoding: str, text: str, label: str) -> str:
    """A word with raw 8-bit characters inside: these stand for themselves."""
    return "".join(
        decode(_payload(encoding, piece) or b"", label) if piece.isascii() else piece for piece in _PLAIN.findall(text)
    )


def _base64(text: str) -> bytes | None:
    """Bytes of base64 with blanks, lost padding or inner padding; None for what is rather Q."""
    if _HEX.search(text) and len(text.rstrip("=")) % 4 != 2 and not text.endswith("="):
        return None
    out = []
    for piece in text.split("="):
        clean = _NOT_BASE64.sub("", piece)
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        out.append(binascii.a2b_base64(clean + "=" * (-len(clean) % 4)))
    return b"".join(out)
