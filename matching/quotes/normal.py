"""Lines in the form in which their words are looked up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from matching.replacing import replacer

#: Digits of Arabic, Persian, Devanagari, Bengali and Thai, and full-width ones, to those of ASCII.
_DIGITS = {
    first + value: ord("0") + value for first in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10) for value in range(10)
}
#: Full-width and other colons, and quotation marks of one kind.
_SIGNS = {ord(sign): ":" for sign in "：﹕ː՝։"} | {ord("＞"): ">", ord("＜"): "<", ord("＠"): "@", ord("’"): "'"}
#: Marks of direction, zero-width signs, soft hyphens, Arabic vowel signs and stretching.
_UNSEEN = dict.fromkeys(
    map(
        ord,
        "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u061c\u0640",
    )
) | dict.fromkeys(range(0x64B, 0x653))
_BLANKS = {ord(blank): " " for blank in "\t\x0b\x0c\xa0\u1680\u202f\u205f\u3000"} | dict.fromkeys(
    range(0x2000, 0x200B), " "
)
#: Letters that Arabic and Persian keyboards write differently.
_LETTERS = {ord("ي"): "ی", ord("ك"): "ک", ord("ى"): "ی"}
_replaced = replacer(_DIGITS | _SIGNS | _LETTERS | _BLANKS | _UNSEEN)
_RUNS = re.compile(" {2,}")


def plain(line: str) -> str:
    """One line, case folded, without unseen signs, blanks run together, digits and colons those of ASCII."""
    line = (line.replace("\t", " ").lower() if line.isascii() else _folded(line)).strip()
    return _RUNS.sub(" ", line) if "  " in line else line


def plains(lines: Sequence[str]) -> list[str]:
    """`plain` of each line, which costs less for all at once."""
    text = "\n".join(lines)
    if text.isascii():
        text = text.replace("\t", " ").lower()
    elif "\x0b" in text or "\x0c" in text:
        # blanks in some lines only
        return [plain(line) for line in lines]
    else:
        text = _folded(text)
    found = list(map(str.strip, text.split("\n"))) if lines else []
    return [_RUNS.sub(" ", line) if "  " in line else line for line in found] if "  " in text else found


def _folded(text: str) -> str:
    return _replaced(unicodedata.normalize("NFC", text)).casefold().replace("i\u0307", "i")


def entries(table: str) -> frozenset[str]:
    """The entries of a table of words in the form of `plain`; "/" at the start of a line goes on with the last line."""
    lines = [line.strip() for line in table.strip().splitlines()]
    joined = " ".join(line if line.startswith("/") else "/ " + line.partition(":")[2].strip() for line in lines if line)
    return frozenset(plain(word) for word in joined[1:].split(" / ") if word.strip(" /"))
