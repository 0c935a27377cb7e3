"""Names of people: tidied for display, and reduced to a key in which spellings of one name agree.

The key is for search and import, never for deciding that two people are one: it folds more than an alphabet allows.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from matching.addresses import normalize

#: Joiners are spelling in Persian (می‌خواهم) and in scripts of India; all other format characters are not.
_JOINERS = "\u200c\u200d"
_QUOTES = {'"': '"', "'": "'", "`": "'", "“": "”", "„": "“”", "«": "»", "‘": "’", "‚": "‘", "”": "”", "’": "’"}
_SPACE = re.compile(r"\s+")
_LOOSE_JOINER = re.compile(rf"(?<![^\s])[{_JOINERS}]+|[{_JOINERS}]+(?![^\s])")
_ESCAPED = re.compile(r"\\+([\"'(),])")


@lru_cache(maxsize=8_192)
def clean_name(name: str, email: str = "") -> str:
    """A display name as people should see it; "" where it says no more than the address.

    "Last, First" stays as its owner wrote it: which part is the family name can't be known from the comma alone
    ("Acme, Inc."), and `name_key` finds both orders.
    """
    text = unicodedata.normalize("NFC", "".join(_shown(character) for character in name))
    text = _LOOSE_JOINER.sub("", _SPACE.sub(" ", _ESCAPED.sub(r"\1", text))).strip()
    while len(text) > 1 and text[-1] in _QUOTES.get(text[0], ""):
        text = text[1:-1].strip()
    if not any(character.isalnum() for character in text) or _is_address(text, email):
        return ""
    return text


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category in ("Cs", "Cn") or (category == "Cf" and character not in _JOINERS):
        return ""
    return character


def _is_address(text: str, email: str) -> bool:
    if not email or "@" not in text:
        return False
    normal = normalize(email) or email.strip().lower()
    return all(normalize(word.strip("()[]<>,;'\"")) == normal for word in text.split())


#: Letters that stand for one another in the same name, after NFKC and case folding.
_VARIANTS = str.maketrans(
    {
        # Arabic keyboards, Persian keyboards and old fonts write one name with different code points
        **dict.fromkeys("\u064a\u0649\u0626\u06cd\u06d0\u06d2\u06d3\u0678", "\u06cc"),  # ي ى ئ ې ے -> ی
        **dict.fromkeys("\u0643\u06aa\u06ac", "\u06a9"),  # ك -> ک
        **dict.fromkeys("\u0629\u06c0\u06c1\u06c2\u06c3\u06be\u06d5", "\u0647"),  # ة ۀ ہ ھ ە -> ه
        **dict.fromkeys("\u0623\u0625\u0622\u0671\u0672\u0673\u0675", "\u0627"),  # أ إ آ ٱ -> ا
        **dict.fromkeys("\u0624\u0676", "\u0648"),  # ؤ -> و
        "\u0621": "",  # a bare hamza is often left out: رضاء, رضا
        "\u0674": "",
        "\u0640": "",  # tatweel
        # Mongolian letters that windows-1251 lacks were typed as their Ukrainian neighbours, some as others
        "\u0454": "\u04e9",  # є -> ө
        "\u0473": "\u04e9",  # ѳ -> ө
        "\u0457": "\u04af",  # ї -> ү
        "\u04b1": "\u04af",  # ұ -> ү
        "\u0451": "\u0435",  # ё -> е: most write е for it, in Russian as a rule
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ə": "e",
        # apostrophes join: O'Brien, OBrien; Arabic transliteration
        **dict.fromkeys("'`´’‘ʼʻʾʿˈ′", ""),
    }
)
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
#: A latin "v" inside a Cyrillic word is the ү of a keyboard without it.
_LATIN_IN_CYRILLIC = str.maketrans({"v": "\u04af"})
#: Marks that are vowels or consonants, not accents: of Indic and Southeast Asian scripts and of kana.
_SPELLING = re.compile(r"[\u0900-\u17ff\u3099\u309a]")
#: Letters of their own that decompose into a letter and a mark.
_WHOLE = frozenset("йў")


@lru_cache(maxsize=8_192)
def name_key(name: str) -> str:
    """Spellings of one name have one key: words without case, marks and letter variants, sorted, ASCII digits.

    "Rezaei, Ali" and "Ali Rezaei", "علي" and "علی", "Бvрэн" and "Бүрэн", "Müller" and "MULLER" agree. The key of a
    key is itself.
    """
    before = None
    key = name
    while before != key:
        before = key
        key = " ".join(sorted(_words(key)))
    return key


def _words(name: str) -> list[str]:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(map(_plain, text.translate(_VARIANTS)))
    return [word.translate(_LATIN_IN_CYRILLIC) if _CYRILLIC.search(word) else word for word in text.split()]


def _plain(character: str) -> str:
    """The bare letter or ASCII digit; nothing for a mark or a format character, a space for all else."""
    if character.isascii():
        return character if character.isalnum() else " "
    if character in _WHOLE:
        return character
    plain = []
    for part in unicodedata.normalize("NFKD", character):
        category = unicodedata.category(part)
        if category == "Cf" or (category in ("Mn", "Me") and not _SPELLING.match(part)):
            continue
        digit = unicodedata.decimal(part, None)
        plain.append(str(digit) if digit is not None else part if category[0] in "LMN" else " ")
    return unicodedata.normalize("NFC", "".join(plain)).translate(_VARIANTS)
