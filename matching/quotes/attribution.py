"""The line above a quote: "On Monday, 5 October 2026 at 10:20, Jane Doe <jane@example.org> wrote:", in any language.

It is known by what it holds (an address, a date, a time, a verb of writing, a colon at its end) and by what follows,
so that a language whose words are not known is read too where ">" marks the quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from matching.quotes.headers import DATE, TIME
from matching.quotes.normal import entries, plain
from matching.quotes.quote_words import ON, WROTE

#: Lines over which it is wrapped at most, and its characters.
_MAX_LINES, _LONGEST = 5, 500


def _any_of(words: frozenset[str]) -> str:
    """A pattern of any of the words, whole where their script parts words by blanks."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    parted = [re.escape(word) for word in longest_first if _is_parted(word)]
    joined = [re.escape(word) for word in longest_first if not _is_parted(word)]
    return rf"(?<!\w)(?:{'|'.join(parted)})(?!\w)|{'|'.join(joined)}"


def _is_parted(word: str) -> bool:
    return all(ord(sign) < 0x0900 or not sign.isalpha() for sign in word)


#: For where the verb stands; whether there is one is told faster by `_has_verb`.
_VERB = re.compile(_any_of(WROTE))
_SINGLE = frozenset(word for word in WROTE if _is_parted(word) and " " not in word)
_SEVERAL = tuple(f" {word} " for word in sorted(WROTE) if _is_parted(word) and " " in word)
_LAST_OF_SEVERAL = frozenset(words.split()[-1] for words in _SEVERAL)
_JOINED = tuple(word for word in sorted(WROTE) if not _is_parted(word))
_BETWEEN_WORDS = str.maketrans(dict.fromkeys(',:;<>"*_-،', " "))
_ON = re.compile(rf"[-‐–— >\"'(*_]*(?:{_any_of(ON)})")
_DIGIT = re.compile(r"\d")
_DIGIT_SOON = re.compile(r"\D{0,40}\d")
_STARTS_WITH_DATE = re.compile(r"[-‐–— (*_]*(?:[^\W\d]{1,14}[.,]{0,2} ){0,3}\d")
_ADDRESS = re.compile(r"[^\s@<>(]@[^\s@]")
_BRACKETED = re.compile(r"[<(\[][^<>()@]{1,80}@[^\s@]")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d \d\d?:\d\d (?:gmt|utc)[+-]\d\d:?\d\d [^.!?]{2,60}")
#: Whoever speaks of himself writes a sentence.
_PEOPLE = entries("""
    en: i / we / you / they / he / she
    de: ich / wir / ihr / du
    fr es it: je / nous / vous / tu / yo / nosotros / ustedes / io / noi
    ru mn: я / мы / вы / ты / би / бид / та
    fa: من / ما / شما
""")
_WORD = re.compile(r"[^\W\d_]+")
#: An attribution that begins behind the last words of the answer, on their line.
_INSIDE = re.compile(r"(?<=[\s.!?-])(?:on|le|am|op|el|il|em|den|dnia|на)\s(?=[^\n]{0,30}\d)", re.IGNORECASE)


def _has_verb(line: str) -> bool:
    spaced = line.translate(_BETWEEN_WORDS)
    words = spaced.split(" ")
    if not _SINGLE.isdisjoint(words):
        return True
    if not _LAST_OF_SEVERAL.isdisjoint(words) and any(phrase in f" {spaced} " for phrase in _SEVERAL):
        return True
    return not line.isascii() and any(word in line for word in _JOINED)


def _is_dashed(line: str) -> bool:
    return len(line) > 5 and line.startswith("--") and line.endswith("--")


def _ends(line: str) -> bool:
    return line.rstrip(" *_-\"'").endswith(":") or _is_dashed(line)


def _has_address(line: str) -> bool:
    return "@" in line and _ADDRESS.search(line) is not None


def _has_date(line: str) -> bool:
    return _DIGIT.search(line) is not None and DATE.search(line) is not None


def _has_time(line: str) -> bool:
    return _DIGIT.search(line) is not None and TIME.search(line) is not None


def _starts(line: str) -> bool:
    """Does it begin as an attribution, with a date soon?"""
    if _DIGIT.search(line) is None:
        return False
    opener = _ON.match(line)
    return bool(opener and _DIGIT_SOON.match(line, opener.end())) or bool(_STARTS_WITH_DATE.match(line))


def _marks(line: str) -> int:
    """How many things a line holds of what tells an attribution."""
    return sum(is_there(line) for is_there in (_has_verb, _has_address, _has_date, _has_time, _starts))


def is_attribution(line: str, *, is_quote_next: bool) -> bool:
    """Is this line, put together from wrapped ones, the attribution of what follows?"""
    if len(line) > _LONGEST:
        return False
    ends, verb = _ends(line), _has_verb(line)
    if is_quote_next and ends and verb:
        return True
    address = _has_address(line)
    if not (verb or address or (is_quote_next and ends)):
        return not is_quote_next and _ZONED.fullmatch(line) is not None
    date, time = _has_date(line), _has_time(line)
    if is_quote_next:
        if ends:
            told = (date and time) or ((date or time) and _starts(line))
            return told or _BRACKETED.search(line) is not None
        return (address and (date or time)) or (verb and (date or address))
    if ends and verb and address:
        return True
    if address and date and (time or verb) and (ends or verb):
        return True
    if _ZONED.fullmatch(line):
        return True
    if not (ends and verb and (date or time)) or len(line) > 200:
        return ends and verb and _is_dashed(line) and len(line) < 120
    return (_is_dashed(line) or _starts(line)) and _PEOPLE.isdisjoint(_WORD.findall(line))


def may_end(line: str) -> bool:
    """Can an attribution without a marked quote end with this line? A quick look."""
    return line.endswith((":", "-", "*", "_", "wrote")) or (line[:2] in ("19", "20") and " gmt" in line)


def attribution(plains: Sequence[str], last: int, floor: int, *, is_quote_next: bool) -> int | None:
    """The first line of the attribution that ends with line `last`, not before `floor`; None where there is none."""
    best: int | None = None
    told = ""
    joined = plains[last]
    for first in range(last, max(floor, last - _MAX_LINES + 1) - 1, -1):
        if first < last:
            upper = plains[first]
            if not upper or len(upper) + len(joined) > _LONGEST or not _goes_on(upper, plains[first + 1]):
                break
            joined = f"{upper} {joined}"
        if is_attribution(joined, is_quote_next=is_quote_next) and (
            best is None or plains[first].endswith(("<", "(")) or _marks(joined) > _marks(told)
        ):
            best, told = first, joined
    return best


def _goes_on(upper: str, lower: str) -> bool:
    """Is `upper` an attribution's line that was wrapped before `lower`, and not a line of its own?"""
    if _ends(upper):
        return False
    if upper[-1] in "<(,\"'" or lower[0] in "<(>" or lower.startswith("mailto:"):
        return True
    if _starts(upper) and (_has_date(upper) or _ON.match(upper)):
        return True
    # a name and an address, the verb below them
    return _has_address(upper) and (_VERB.match(lower) is not None or (len(upper) > 50 and _has_verb(upper)))


def inside(line: str) -> int | None:
    """Where on `line` (as written) an attribution begins behind other words; None where it has the line alone."""
    if _starts(plain(line[:_LONGEST])):
        return None
    for match in _INSIDE.finditer(line[:_LONGEST]):
        behind = line[match.end() : _LONGEST].casefold()
        if line[: match.start()].strip(" -*_>\"'") and _VERB.search(behind):
            return match.start()
    return None


_BEHIND_TIME = re.compile(
    r".*\d{1,2}[:.h]\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?(?: (?:uhr|gmt[+-]\d+:?\d*|[+-]\d{4}))?[,;]? ", re.I | re.S
)
_NAMED = re.compile(r"(?P<name>\"[^\"]{0,100}\"|[^,<>\"]{0,100}?) ?<[^<>@]{0,80}@[^<>]{0,100}>?>?")
_OPENING = re.compile(rf"[-‐–— >\"'(*_]*(?:{_any_of(ON)})[ ,]*", re.IGNORECASE)
_EDGES = " ,:;-*_‐–—"


def fields_of(lines: Sequence[str]) -> dict[str, str]:
    """An attribution's author and date ("from", "sent"), as written, as far as they can be told apart."""
    text = " ".join(line.strip() for line in lines)[:_LONGEST]
    named = _NAMED.search(text)
    fields: dict[str, str] = {}
    if named:
        prefix = _BEHIND_TIME.match(named["name"] + " ")
        cut = prefix.end() if prefix and prefix.end() <= len(named["name"]) else 0
        begin = named.start() + cut
        fields["from"] = _VERB.sub("", text[begin : named.end()]).strip(_EDGES)
        text = f"{text[:begin]} {text[named.end() :]}"
    text = _VERB.sub("", text)
    opening = _OPENING.match(text)
    sent = text[opening.end() :] if opening and text[opening.end() :] else text
    if DATE.search(sent):
        fields["sent"] = " ".join(sent.split()).strip(_EDGES)
    return fields
