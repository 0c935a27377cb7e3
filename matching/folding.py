"""One spelling for all: how words of mails and words of our tables are compared."""

from __future__ import annotations

import re
import unicodedata

from matching.replacing import replacer

#: Accents, vowel points, harakat, tatweel, joiners and marks of direction: what people write or leave out.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\u3099\u309a\u00ad]+"
)
#: Persian and Arabic letters that stand for each other; digits; apostrophes and dashes of word processors.
_ALIKE = str.maketrans(
    {
        **dict(zip("یىېکةۀۓےھ", "يييكههييه", strict=True)),
        **dict(zip("ıøłđ’‘ʼ´`–—‐‑：，。،", "iold'''''----:,.,", strict=True)),
        "æ": "ae",
        "œ": "oe",
        **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0, 0x1810, 0x966) for digit in range(10)},
    }
)
_with_one_spelling = replacer(_ALIKE)
_BLANKS = re.compile(r"[^\S\n]+")


def fold(text: str) -> str:
    """`text` in lower case without accents and marks, letters that stand for each other made one, blanks single."""
    if text.isascii():
        return _single_blanks(text.lower())
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    return _single_blanks(_with_one_spelling(text))


def _single_blanks(text: str) -> str:
    # other blanks than that of ASCII are not printable; most texts have none
    if "  " not in text and text.replace("\n", "").isprintable():
        return text
    return _BLANKS.sub(" ", text)
