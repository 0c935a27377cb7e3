"""Where quoted mail begins that no ">" marks: blocks of From, Sent, To and Subject, rules with words between them.

Lines come in the form of `normal.plain`. Every function looks at a bounded number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from matching.quotes.header_words import LABELS
from matching.quotes.normal import plain
from matching.quotes.quote_words import FORWARDED, ORIGINAL

#: Most lines of a block, those of one value in it, and labels.
_MAX_BLOCK, _MAX_VALUE, _MAX_LABELS = 80, 30, 12
_LONGEST_LABEL = 34
#: What stands around labels: emphasis, list signs, table borders.
_DECORATION = "*_|•· \t\xa0"
_COLON = re.compile("[:：﹕ː]")
DATE = re.compile(
    r"(?<!\d)(?:19|20|13|14|25)\d\d(?!\d)|(?<!\d)\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d\d)(?!\d)|\d[年년]"
)
TIME = re.compile(r"(?<!\d)\d{1,2}[:.h]\d\d(?!\d)|\d[時时点시]")
_ONLY_NUMBERS = re.compile(r"[\d\s:.,/-]*")
#: What rules are drawn of.
INK = "-_=*~#+"
_FORWARDED_BY = re.compile(
    r"(?:forwarded by|weitergeleitet von|transféré par|reenviado por|inoltrato da|doorgestuurd door|przesłane przez) "
)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above quoted mail: its lines, and what they say."""

    #: First line, and the line behind the last.
    start: int
    end: int
    is_forward: bool = False
    #: It is an attribution: nothing but its words tells that a quote follows.
    is_attribution: bool = False
    #: Role -> value as written; roles: from, sent, to, cc, subject, other.
    fields: dict[str, str] = field(default_factory=dict)


#: "To" stands alone on its line in the header of Lotus Notes.
ALONE = frozenset(label for label, role in LABELS.items() if role == "to")


def label_of(line: str) -> str | None:
    """The role of a line's label, None where it has none that is known."""
    label, colon, _ = line[:_LONGEST_LABEL].partition(":")
    return LABELS.get(label.strip(_DECORATION)) if colon else None


def read_block(lines: Sequence[str], plains: Sequence[str], at: int, *, is_certain: bool = False) -> Header | None:
    """The block of labelled lines at `at`, if it is that of a mail, which is certain below "Original Message"."""
    if label_of(plains[at]) is None:
        return None
    fields: dict[str, str] = {}
    role = ""
    end = here = at
    #: Lines of a value that goes on, if a label or a blank line follows
    pending: list[str] = []
    labels = 0
    last = min(len(plains), at + _MAX_BLOCK)
    while here < last and labels < _MAX_LABELS:
        found = label_of(plains[here])
        if found and (found not in fields or found in ("cc", "other")):
            if role:
                fields[role] = " ".join([fields[role], *pending]).strip()
            role, pending = found, []
            labels += 1
            fields[role] = value_of(lines[here])
            end = here + 1
        elif found or len(pending) == _MAX_VALUE:
            break
        elif plains[here].strip(_DECORATION):
            if end < here and not plains[here - 1]:
                break
            pending.append(lines[here].strip())
        elif here > end + len(pending):
            break
        here += 1
    if len(pending) == 1 and end + 1 < len(plains) and not plains[end + 1]:
        fields[role] = f"{fields[role]} {pending[0]}".strip()
        end += 1
    return Header(at, end, fields=fields) if is_certain or _is_mail(fields) else None


def value_of(line: str) -> str:
    """What stands behind the label, as written."""
    return _COLON.split(line, maxsplit=1)[-1].strip(_DECORATION)


def _is_mail(fields: dict[str, str]) -> bool:
    """Do these labels, and what stands behind them, belong to a mail, and not to a table or a range of days?"""
    sender, sent = plain(fields.get("from", "")), plain(fields.get("sent", ""))
    has_address = any("@" in fields.get(role, "") for role in ("from", "to", "cc"))
    has_time = bool(DATE.search(sent) or TIME.search(sent))
    if "from" in fields and not (_ONLY_NUMBERS.fullmatch(sender) and sender):
        if "sent" in fields and (has_time or "subject" in fields):
            return True
        return "subject" in fields or ("to" in fields and has_address)
    return has_time and has_address and ("to" in fields or "from" in fields)


def read_unknown_block(plains: Sequence[str], at: int) -> Header | None:
    """Labelled lines in an unknown language, trusted below a rule only: an address, and a date with its time."""
    end = at
    has_address = has_date = False
    while end < min(len(plains), at + 10):
        label, colon, value = plains[end].partition(":")
        if not colon or not value.strip() or len(label) > _LONGEST_LABEL or any(sign.isdigit() for sign in label):
            break
        has_address |= "@" in value
        has_date |= bool(DATE.search(value) and TIME.search(value))
        end += 1
    return Header(at, end) if end - at >= 3 and has_address and has_date else None


def next_filled(plains: Sequence[str], at: int, most: int = 3) -> int | None:
    """The next line from `at` on that is not blank, with at most `most` blank ones before it."""
    for here in range(at, min(len(plains), at + most + 1)):
        if plains[here].strip(_DECORATION):
            return here
    return None


def read_rule(lines: Sequence[str], plains: Sequence[str], at: int) -> Header | None:
    """A rule that parts a mail from what it quotes, with or without words in it, and the block below it."""
    line = plains[at]
    if (line[0] not in INK and line[-1] != ":") or len(line) > 200:
        return None
    right = line.lstrip(INK + " ")
    left = len(line) - len(right)
    words = right.rstrip(INK + " :")
    right = right[len(words) :].strip()
    below = next_filled(plains, at + 1)
    if not words:
        block = _block_below(lines, plains, below) if left > 3 else None
        return Header(at, block.end, fields=block.fields) if block else None
    is_ruled = left > 1
    is_forward = words in FORWARDED or (is_ruled and bool(_FORWARDED_BY.match(words)))
    is_told = right.endswith(":") and (" " in words or not words.isascii())
    if (is_forward or words in ORIGINAL) and (is_ruled or (is_told and is_forward)):
        block = _block_below(lines, plains, below, is_certain=True)
        return Header(at, block.end if block else at + 1, is_forward, fields=block.fields if block else {})
    if (words in ORIGINAL and is_told) or (is_ruled and len(right) > 1 and len(words.split()) < 7):
        block = _block_below(lines, plains, below)
        return Header(at, block.end, is_forward, fields=block.fields) if block else None
    return None


def _block_below(
    lines: Sequence[str], plains: Sequence[str], at: int | None, *, is_certain: bool = False
) -> Header | None:
    if at is None:
        return None
    return read_block(lines, plains, at, is_certain=is_certain) or read_unknown_block(plains, at)


def read_columns(lines: Sequence[str], plains: Sequence[str], at: int) -> Header | None:
    """The header of Lotus Notes, its labels without colons: a name, a date, then To, cc and Subject, each on a line."""
    if plains[at] not in ALONE or at == 0:
        return None
    fields: dict[str, str] = {}
    role = ""
    end = at
    for here in range(at, min(len(plains), at + 16)):
        found = LABELS.get(plains[here])
        if found in ("to", "cc", "subject") and found not in fields:
            role, fields[found] = found, ""
            end = here + 1
        elif plains[here] and not fields[role]:
            fields[role] = lines[here].strip()
            end = here + 1
        elif plains[here]:
            break
    dates = [here for here in range(max(0, at - 3), at) if DATE.search(plains[here]) and TIME.search(plains[here])]
    if "subject" not in fields or not dates or len(plains[dates[0]]) > 60:
        return None
    start = dates[0]
    fields["sent"] = lines[start].strip()
    if start > 0 and plains[start - 1] and len(plains[start - 1]) < 80:
        start -= 1
        fields["from"] = lines[start].strip()
    return Header(start, end, fields=fields)
