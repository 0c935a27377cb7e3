"""The charset of bytes that don't say it, by plausibility.

A single-byte charset gives every byte a class (lower letter, upper letter, letter without case, mark, unlikely) and a
weight (how common the letter is). The text that results is judged by which classes stand beside each other - capitals
begin words, scripts don't mix inside one, accented Latin letters stand among plain ones - and by its letters.
Multi-byte charsets are judged by how many of their characters are common. All of it runs in C over a bounded sample.
"""

from __future__ import annotations

import re
import unicodedata

_SAMPLE = 4096
_HIGH = bytes(range(128, 256))
_LOW = bytes(range(128))
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

#: Script of each charset, and its letters: the most frequent third, then the next.
_SCRIPTS = {
    "cp1251": ("CYRILLIC", "оеаинтсрвлдгэхй", "кмпуяызбчжцшьюєї"),
    "koi8-r": ("CYRILLIC", "оеаинтсрвлдгэхй", "кмпуяызбчжцшьюё"),
    "cp1256": ("ARABIC", "اليمونرتبده", "عسفكقحجةىشصطخأپچگک"),
    "cp1253": ("GREEK", "αοιετσνηυρς", "πκμλωάέήίόύώδγ"),
    "cp1255": ("HEBREW", "יוהלאתרבשמ", "םנןדעחקפצכ"),
    "cp1252": ("LATIN", "éèàäöüßçñóíáêã", "âôîûùåøæõúëïÉÖÜÄ"),
}
_FITTING = set("\xa0«»“”„‘’–—…•№،؛؟€°§©®·ºª²³¡¿\u200c\u200d\u200e\u200f")
_COMMON_LETTER, _USUAL_LETTER, _RARE_LETTER, _ODD = 4, 2, 0, -4


def _class_of(byte: int, codec: str) -> str:
    """L plain Latin letter, l/u lower/upper, c without case, a/A accented Latin, m mark, p punctuation, x unlikely."""
    char = bytes([byte]).decode(codec, "replace")
    if byte < 128:
        return "L" if char.isalpha() else " "
    script = _SCRIPTS[codec][0]
    name = unicodedata.name(char, "")
    if char in _FITTING:
        return "p"
    if script not in name or not char.isalpha():
        return "m" if unicodedata.combining(char) or script in name else "x"
    if script == "LATIN":
        return "A" if char.isupper() else "a"
    return "u" if char.isupper() else "l" if char.islower() else "c"


def _weight_of(byte: int, codec: str) -> int:
    char = bytes([byte]).decode(codec, "replace").lower()
    _, common, usual = _SCRIPTS[codec]
    if byte < 128:
        return 0
    if char in common:
        return _COMMON_LETTER
    return _USUAL_LETTER if char in usual else _ODD if _class_of(byte, codec) == "x" else _RARE_LETTER


_CLASSES = {codec: "".join(_class_of(byte, codec) for byte in range(256)).encode() for codec in _SCRIPTS}
#: Weights shifted by `_ODD`, so that they are bytes and sum() adds them.
_WEIGHTS = {codec: bytes(_weight_of(byte, codec) - _ODD for byte in range(256)) for codec in _SCRIPTS}
#: What stands beside what, and what that says of the guess.
_PAIRS = (
    (2, (b"ll", b"ul", b"cc", b" u", b"La", b"aL", b"AL", b" c", b"c ", b"l ")),
    (1, (b"uu", b" l", b" A", b" a", b"a ", b"u ", b"cm", b"mc")),
    (-4, (b"lu", b"aa", b"Aa", b"aA", b"AA", b"cL", b"Lc", b"lL", b"Ll", b"uL", b"Lu", b"LA", b"mL", b"xL")),
)
#: Lead and trail bytes of the characters that make up ordinary text.
_COMMON = {
    "gb18030": re.compile(rb"[\xb0-\xd7\xa3][\xa1-\xfe]|\xa1[\xa1-\xbf]"),
    "euc_jp": re.compile(rb"[\xa4\xa5][\xa1-\xf6]|\xa1[\xa2-\xdd]|[\xb0-\xcf][\xa1-\xfe]"),
    "cp949": re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"),
    "cp932": re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|\x81[\x41-\x7a]|[\x88-\x97][\x40-\xfc]"),
    "big5hkscs": re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|\xa1[\x41-\x7e\xa1-\xa6]"),
}
#: Letters that tell Japanese and Korean from Chinese, and the least share of them in a text.
_TELLING = {
    "euc_jp": (re.compile(rb"\xa4[\xa1-\xf3]|\xa5[\xa1-\xf6]"), 0.2),
    "cp932": (re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]"), 0.2),
    "cp949": (re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"), 0.95),
}
#: A space between two words: ordinary in most scripts, not in Chinese.
_GAP = re.compile(rb"[\x80-\xff] (?=[\x80-\xff])")


def guess(raw: bytes) -> str | None:
    """Name of the Python codec that makes the most plausible text of `raw`; None where nothing fits.

    UTF-8 is not considered: it can be told by decoding.
    """
    sample = raw[:_SAMPLE]
    high = len(sample.translate(None, _LOW))
    if not high:
        return None
    best, codec = max((_single(sample, name, high), name) for name in _SCRIPTS)
    if high >= 4:
        for name in _COMMON:
            score = _multi(sample, name, high)
            if score > best:
                best, codec = score, name
    return codec if best > 0 else None


def _single(sample: bytes, codec: str, high: int) -> float:
    classes = b" " + sample.translate(_CLASSES[codec]) + b" "
    score = sum(sample.translate(_WEIGHTS[codec])) + _ODD * len(sample)
    for weight, pairs in _PAIRS:
        score += weight * sum(map(classes.count, pairs))
    if codec == "cp1252" and classes.count(b"L") > 2 * high:
        score += 4 * high
    return score / high


def _multi(sample: bytes, codec: str, high: int) -> float:
    """About 6 for ordinary text, as the best single-byte charset gets; 0 where it can't be this charset."""
    try:
        sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < _SAMPLE - 4:
            return 0.0
    found = _COMMON[codec].findall(sample)
    seen = sum(len(char.translate(None, _LOW)) for char in found)
    if seen < 0.75 * high:
        return 0.0
    if codec not in _TELLING:
        return (5.5 * seen - 8 * len(_GAP.findall(sample))) / high
    telling, least = _TELLING[codec]
    share = len(telling.findall(sample)) / max(1, len(found))
    return 6.0 * seen / high if share >= least and high >= (12 if codec == "cp949" else 6) else 0.0
