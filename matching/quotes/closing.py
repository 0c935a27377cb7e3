"""Where somebody's words end: signatures, what phones and companies add; and the warning above mail from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matching.quotes.closing_words import BANNERS, CLOSINGS, DEVICES, NOTES, NOTICES, SENT_FROM, THANKS
from matching.quotes.normal import plain, plains
from matching.quotes.phrases import Phrases

#: Filled lines below a delimiter that is not that of RFC 3676 to the letter, and below a closing.
_MAX_SIGNATURE, _MAX_CLOSED = 20, 12
_WIDEST = 1_000
_DASHES = frozenset("-–—_─")
_DELIMITER = re.compile(r"(?:--|__|-- -|–|—|─{2,})\s*")
_LIST_RULE = re.compile(r"[_-]{20,}")
#: An address, a page, a telephone number, or words parted as on a card.
_CONTACT = re.compile(
    r"\S@\S|https?:|www\.|\d[\d ()./-]{6,}\d|\b[a-z0-9-]{2,}\.(?:com|de|fr|net|org|ir|mn|ru|io|eu)\b| [|•·@] "
)
_SENTENCE_END = (".", "?", "!", ":", ",", ";", "。", "？", "！", "؟", "،")
#: Letters of ASCII that no other ones touch; most devices are one such word, and are looked up faster than the others.
_LETTERS = re.compile("[a-z]+")
_ONE_WORD = frozenset(word for word in DEVICES if _LETTERS.fullmatch(word))
_DEVICE = re.compile(
    "|".join(
        rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
        for word in sorted(DEVICES - _ONE_WORD)
    )
)
_CLAUSE_END = re.compile(r"[,.;!?,،。] ")
_LINK = re.compile(r"[<(\[]?(?:https?|mailto):[^\s<>)\]]{0,300}[>)\]]?")
_SENT = tuple(sorted(SENT_FROM))
_SENT_INSIDE = tuple(phrase for phrase in _SENT if all(ord(sign) > 0x900 or not sign.isalpha() for sign in phrase))
#: Beginnings that only programs write, so that the program need not be known.
_SENT_BY_ANY = (
    "sent from ",
    "sent with ",
    "sent via ",
    "gesendet von ",
    "gesendet mit ",
    "envoyé avec ",
    "enviado desde ",
)
_ALL_CLOSINGS = CLOSINGS | THANKS
#: How lines begin and end that a program added, to tell most others at once.
_SENT_BEGINNINGS = frozenset(phrase[:2] for phrase in _SENT)
_SENT_ENDS = frozenset(phrase[-2:] for phrase in _SENT)
_NOTICES, _NOTES, _ALL_NOTICES, _BANNERS = map(Phrases, (NOTICES, NOTES, NOTICES | NOTES, BANNERS))
#: Bytes of the shortest notice: a sentence of one's own may hold the same words.
_SHORTEST_NOTICE = 90


def split_closing(lines: Sequence[str], told: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """One's own lines, and the closing below them, each as written; one of both may be empty.

    `told` are the lines as `plains` gives them, where they are known.
    """
    if told is None:
        told = plains([line[:_WIDEST] for line in lines])
    end = _delimited(lines, told, _trimmed(told, len(lines)))
    end = _notices(told, _trimmed(told, end))
    end = _listed(told, _trimmed(told, end))
    before = -1
    while before != end:
        before = end
        end = _signed(told, _sent_from(told, _trimmed(told, end)))
    end = _trimmed(told, end)
    return list(lines[:end]), list(lines[end:])


def banner_end(lines: Sequence[str]) -> int:
    """The line behind the warning that a server put above a mail; 0 where there is none."""
    begin = 0
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    end = begin
    while end < len(lines) and end < begin + 12 and lines[end].strip():
        end += 1
    above = plain(" ".join(lines[begin:end])[:_WIDEST])
    if len(above) < 600 and _BANNERS.are_in(above):
        return end
    return 0


def _trimmed(plains: Sequence[str], end: int) -> int:
    while end and not plains[end - 1].strip("_-=*~ "):
        end -= 1
    return end


def _delimited(lines: Sequence[str], plains: Sequence[str], end: int) -> int:
    """Before "-- " (RFC 3676 section 4.3), or a line like it above a short block."""
    filled = 0
    found = end
    for at in range(end - 1, -1, -1):
        line = lines[at]
        if line[:1] in _DASHES and filled and _DELIMITER.fullmatch(line):
            is_card = filled <= _MAX_CLOSED and any(_CONTACT.search(each) for each in plains[at:end])
            if line.strip() in ("--", "-- -") or is_card:
                found = at
        if plains[at]:
            filled += 1
            if filled > _MAX_SIGNATURE:
                break
    above = lines[: min(found, end - 1)] if end else []
    return above.index("-- ") if "-- " in above else found


def _notices(plains: Sequence[str], end: int) -> int:
    """Before the first paragraph that is a notice, if what follows it is short beside it; the first of all is none."""
    paragraphs: list[tuple[int, str]] = []
    below, rest = end, 0
    for at in range(end - 1, -1, -1):
        if plains[at]:
            continue
        paragraph = " ".join(plains[at + 1 : below])
        if paragraph and rest <= 2 * len(paragraph) + 600:
            paragraphs.append((at + 1, paragraph))
        rest += len(paragraph) - max(0, below - at - 2)
        below = at
    if _ALL_NOTICES.are_in(" ".join([paragraph for _, paragraph in paragraphs])):
        return next((begin for begin, paragraph in reversed(paragraphs) if _is_notice(paragraph)), end)
    return end


def _is_notice(paragraph: str) -> bool:
    if len(paragraph) < 300 and _NOTES.are_in(paragraph):
        return True
    return len(paragraph.encode()) >= _SHORTEST_NOTICE and _NOTICES.are_in(paragraph)


def _listed(plains: Sequence[str], end: int) -> int:
    """Before the rule and the few lines that a mailing list puts below a mail."""
    for at in range(end - 1, max(-1, end - 8), -1):
        if _LIST_RULE.fullmatch(plains[at]):
            below = plains[at + 1 : end]
            return at if any(_CONTACT.search(line) for line in below) and at else end
    return end


def _sent_from(plains: Sequence[str], end: int) -> int:
    """Before the line that a phone or a program added."""
    while end:
        last = plains[end - 1]
        if _is_device(last):
            end -= 1
        elif end > 1 and len(last) < 60 and plains[end - 2] and _is_device(f"{plains[end - 2]} {last}", most=8):
            end -= 2
        else:
            break
        end = _trimmed(plains, end)
    return end


def _is_device(line: str, most: int = 14) -> bool:
    line = line[:400]
    line = (_LINK.sub("", line) if ":" in line else line).strip(" .*_-[]()|<>\"'")
    if line[:2] not in _SENT_BEGINNINGS and line[-2:] not in _SENT_ENDS and line.isascii():
        return False
    if not line or len(line) > 130 or len(line.split()) > most or line.endswith(("?", "؟", "？")):
        return False
    if not line.startswith(_SENT):
        is_told = line.endswith(_SENT) or any(phrase in line for phrase in _SENT_INSIDE)
        if len(line) > 70 or not is_told:
            return False
    first = _CLAUSE_END.split(line, maxsplit=1)[0]
    if not _ONE_WORD.isdisjoint(_LETTERS.findall(first)) or _DEVICE.search(first):
        return True
    return line.startswith(_SENT_BY_ANY) and len(line.split()) < 5 and " my " not in line and "," not in line


def _signed(plains: Sequence[str], end: int) -> int:
    """Before a closing ("Kind regards") above a name and more than a name, or above what can be called or visited."""
    filled = 0
    for at in range(end - 1, max(-1, end - 2 * _MAX_CLOSED), -1):
        line = plains[at]
        if not line:
            continue
        closing = line.rstrip(" ,.!،、。;:-")
        if closing in _ALL_CLOSINGS:
            below = [plains[here] for here in range(at + 1, end) if plains[here]]
            has_contact = any(_CONTACT.search(each) for each in below)
            is_card = closing in CLOSINGS and all(_is_card_line(each) for each in below)
            is_above = any(plains[:at])
            return at if is_above and len(below) > 1 and (has_contact or is_card) else end
        filled += 1
        if filled > _MAX_CLOSED or len(line) > 120:
            break
    return end


def _is_card_line(line: str) -> bool:
    return len(line) <= 60 and len(line.split()) <= 6 and not line.endswith(_SENTENCE_END)
