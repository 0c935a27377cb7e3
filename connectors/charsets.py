"""Bytes in a charset that may be declared wrongly or not at all -> text, never an exception.

The declared label is read as browsers read it (WHATWG Encoding: latin-1 means windows-1252, gb2312 means gb18030).
What it cannot decode is tried as UTF-8, then guessed from what the bytes look like, and only then patched with U+FFFD.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache

from connectors.charset_guess import guess

#: Codecs in whose place the web uses a wider one.
_WIDER = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
#: Labels and codecs that Python's aliases lack, without punctuation.
_MORE = {
    **dict.fromkeys(("ansi", "xansi"), "cp1252"),
    **dict.fromkeys(("windows874", "dos874"), "cp874"),
    **dict.fromkeys(("windows936", "euccn", "gb231280"), "gb18030"),
    **dict.fromkeys(("windows31j", "shiftjis"), "cp932"),
    **dict.fromkeys(("windows949", "ksc56011989"), "cp949"),
    **dict.fromkeys(("xxbig5", "cnbig5"), "big5hkscs"),
    **dict.fromkeys(("iso88598i", "iso88598e"), "iso8859_8"),
    **dict.fromkeys(("unicode11utf8", "unicode20utf8", "xunicode20utf8"), "utf_8"),
    **dict.fromkeys(("unicode11utf7", "xunicode20utf7"), "utf_7"),
    **dict.fromkeys(("unicode", "ucs2"), "utf_16"),
    "windows950": "cp950",
    "iso88596i": "iso8859_6",
    "koi8u": "koi8_u",
    "koi8t": "koi8_t",
    "cp737": "cp737",
    "cp874": "cp874",
    "utf8sig": "utf_8_sig",
}
#: The codecs a mail may name. Others in Python's registry are no charsets (unicode_escape, punycode, rot13…).
_SAFE = re.compile(
    r"ascii|latin_1|utf_(?:7|8|8_sig|16|16_[bl]e|32|32_[bl]e)|iso8859_\d+|cp\d+|koi8_[rtu]|kz1048|ptcp154|hp_roman8"
    r"|mac_\w+|big5\w*|gb\w+|hz|euc_\w+|shift_jis\w*|johab|iso2022_\w+|tis_620"
)
_MULTIBYTE = re.compile(r"utf|big5|gb|hz|euc|shift|johab|iso2022|cp9[345]")
#: Charsets whose text is all 7-bit, so that ASCII bytes are not yet ASCII text.
_STATEFUL = re.compile(r"utf_(?:7|16|32)|hz|iso2022")
_ASCII = bytes(range(128))
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SURROGATES = re.compile(r"[\ud800-\udfff]")
#: This many UTF-8 characters in a row are no chance in a text declared as another charset.
_ENOUGH = 3


def _squeezed(label: str) -> str:
    return "".join(c for c in label[:60].lower() if c.isascii() and c.isalnum())


def _labels() -> dict[str, str]:
    """Codec by label without punctuation: Python's aliases (IANA's names), then what the web means by them."""
    known = {
        _squeezed(name): _WIDER.get(codec, codec)
        for alias, codec in aliases.items()
        if _SAFE.fullmatch(codec)
        for name in (alias, codec)
    }
    return known | _MORE


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """Name of the Python codec for a charset label; None for a label that means nothing.

    Source: WHATWG Encoding 4.2 for the labels of the web, IANA character sets (by Python's aliases) for the rest.
    """
    key = _squeezed(label)
    return _LABELS.get(key) or _LABELS.get(key.removeprefix("x")) or _LABELS.get(key.removeprefix("cs"))


_LABELS = _labels()


def is_stateful(label: str | None) -> bool:
    """Can text in this charset look like ASCII without being it?"""
    codec = codec_of(label) if label else None
    return codec is not None and _STATEFUL.match(codec) is not None


def decode(raw: bytes, label: str | None = None, *, hint: str | None = None) -> str:
    """Text of `raw`, declared to be in the charset `label`; None: not declared. NUL and surrogates never come out.

    `hint` is the charset to try before guessing, where `raw` is neither in `label` nor in UTF-8.
    """
    codec = codec_of(label) if label else None
    if raw.isascii() and (codec is None or _STATEFUL.match(codec) is None):
        text = raw.decode("ascii")
    else:
        text = _decode(raw, codec, codec_of(hint) if hint else None)
    if "\0" in text:
        text = text.replace("\0", "")
    return text


def _decode(raw: bytes, codec: str | None, hint: str | None) -> str:
    if codec is None:
        return _undeclared(raw, None, hint)
    if codec == "utf_8":
        try:
            return raw.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            return _undeclared(raw)
    single = _MULTIBYTE.match(codec) is None
    if single:
        text = _utf8_after_all(raw, codec)
        if text is not None:
            return text
    try:
        text = raw.decode(codec)
    except (UnicodeDecodeError, UnicodeError):
        return _undeclared(raw, codec)
    if codec == "cp1252":
        return _foreign(raw, text)
    return _SURROGATES.sub("\ufffd", text).removeprefix("\ufeff") if not single else text


def _utf8_after_all(raw: bytes, codec: str) -> str | None:
    """UTF-8 under the name of a single-byte charset, a common lie of web forms."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if codec == "cp1252" or _foreign_count(text) >= _ENOUGH else None


def _foreign(raw: bytes, text: str) -> str:
    """`text`, unless it is declared Latin yet has more accented letters than plain ones: then a guess."""
    sample = raw[:4096]
    high = len(sample.translate(None, _ASCII))
    if high < 4 or high <= 1.5 * (len(sample) - len(sample.translate(None, _LETTERS))):
        return text
    codec = guess(raw)
    return text if codec is None else raw.decode(codec, "replace")


def _undeclared(raw: bytes, codec: str | None = None, hint: str | None = None) -> str:
    """Text of bytes that are not in their declared charset `codec`, or that have none."""
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not raw[: error.start].isascii():
            return raw.decode("utf-8", "replace")
    # Bytes of other charsets seldom make valid UTF-8 characters, so a few broken ones count less than those.
    for name, weight in (("utf-8", 1), (codec, 10)):
        if name is not None and name != "cp1252":
            text = raw.decode(name, "replace")
            broken = text.count("\ufffd")
            if broken * weight <= _foreign_count(text) - broken:
                return _SURROGATES.sub("\ufffd", text)
    guessed = hint or guess(raw)
    if guessed is None and codec is not None:
        return _SURROGATES.sub("\ufffd", raw.decode(codec, "replace"))
    return _SURROGATES.sub("\ufffd", raw.decode(guessed or "cp1252", "replace"))


def _foreign_count(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))
