"""Why a mail did not arrive: from the words of servers, then from the enhanced status code (RFC 3463, RFC 7505).

Words come first, because servers put the same code on everything ("550 5.7.1 User unknown", "554 5.4.0 over quota").
They are tried from the narrow to the wide: a full mailbox is named as such, while "access denied" may be anything.
"""

from __future__ import annotations

import re

from matching.signals import reason_languages as languages
from matching.signals.reason_words import (
    ALLOWANCE,
    BAD_CONTENT,
    EXPIRED,
    FULL,
    GONE_AWAY,
    LINE,
    MAILER,
    NO_HOST,
    NO_USER,
    OVERSIZE,
    REFUSED,
    REJECTED,
    SENDER,
    TEMPORARY,
    TOO_LARGE,
)
from matching.signals.records import Category

#: Characters of one server's words that are looked at.
_MAX_WORDS = 1_000

_WORDS = tuple(
    (category, re.compile(pattern, re.IGNORECASE | re.VERBOSE | re.MULTILINE))
    for category, pattern in (
        (Category.TEMPORARY, LINE),
        (Category.REFUSED, ALLOWANCE),
        (Category.CONTENT, OVERSIZE),
        (Category.MAILBOX_FULL, f"{FULL} | {languages.FULL}"),
        (Category.CONTENT, f"{TOO_LARGE} | {languages.TOO_LARGE}"),
        (Category.SUSPENDED, f"{GONE_AWAY} | {languages.GONE_AWAY}"),
        (Category.CONTENT, BAD_CONTENT),
        (Category.REFUSED, SENDER),
        (Category.TEMPORARY, MAILER),
        (Category.BAD_ADDRESS, NO_HOST),
        (Category.BAD_ADDRESS, f"{NO_USER} | {languages.NO_USER}"),
        (Category.TEMPORARY, EXPIRED),
        (Category.REFUSED, f"{REFUSED} | {languages.REFUSED}"),
        (Category.TEMPORARY, f"{TEMPORARY} | {languages.TEMPORARY}"),
    )
)
#: What says no more than that it was not taken: a code of the table below knows better.
_REJECTED = re.compile(REJECTED, re.IGNORECASE)
_URL = re.compile(r"https?://\S+")
#: Dots in names, addresses and numbers end no sentence.
_INNER_DOT = re.compile(r"(?<=\w)\.(?=\w)")
#: The code before each line of an answer of several lines (RFC 5321, section 4.2.1).
_CODE_AGAIN = re.compile(r"\s[45]\d\d[ -](?:[45]\.\d{1,2}\.\d{1,3}[ -])?(?=\S)")
#: At which command the server said no, as Exim, Postfix, qmail, sendmail and m-FILTER tell it: before a recipient...
_BEFORE_RCPT = re.compile(
    r"\bafter (?:initial connection|(?:pipelined )?(?:HELO|EHLO|MAIL FROM)\b)|in reply to (?:MAIL FROM"
    r"|HELO|EHLO) |>>>\s+MAIL FROM\b(?!.*>>> (?:RCPT|DATA))",
    re.IGNORECASE | re.DOTALL,
)
#: ...and behind all of them.
_AFTER_RCPT = re.compile(
    r"\bafter (?:pipelined )?(?:DATA|end of data|sending data)\b|in reply to (?:end of )?DATA "
    r"|failed after I sent the message|(?:SMTP command|>>>)\s+DATA\b",
    re.IGNORECASE,
)
_AT_RCPT = re.compile(
    r"\b(?:after|in reply to|our|to) RCPT TO\b|SMTP command\s+RCPT|RCPT TO response|\[RCPT_TO\]", re.IGNORECASE
)
_UNKNOWN_USER = re.compile(r"user unknown|unknown user", re.IGNORECASE)
_NO_SUCH_USER = re.compile(r"user unknown|unknown user|no such user", re.IGNORECASE)
_NULL_MX = re.compile(r"null ?mx", re.IGNORECASE)
#: Codes that speak of the recipient whenever they come.
_OF_RECIPIENT = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")

#: Subject and detail of a code of class 5, or of both where the class is not told.
_CODES = {
    "1.0": Category.BAD_ADDRESS,
    "1.1": Category.BAD_ADDRESS,
    "1.2": Category.BAD_ADDRESS,
    "1.3": Category.BAD_ADDRESS,
    "1.4": Category.REFUSED,
    "1.5": Category.BAD_ADDRESS,
    "1.6": Category.BAD_ADDRESS,
    "1.7": Category.REFUSED,
    "1.8": Category.REFUSED,
    "1.9": Category.TEMPORARY,
    "1.10": Category.BAD_ADDRESS,
    "2.0": Category.REFUSED,
    "2.1": Category.SUSPENDED,
    "2.2": Category.MAILBOX_FULL,
    "2.3": Category.CONTENT,
    "2.4": Category.REFUSED,
    "3.1": Category.TEMPORARY,
    "3.2": Category.BAD_ADDRESS,
    "3.4": Category.CONTENT,
    "4.4": Category.BAD_ADDRESS,
}
_SUBJECTS = {"2": Category.REFUSED, "3": Category.TEMPORARY, "4": Category.TEMPORARY, "6": Category.CONTENT}

_ENHANCED = re.compile(r"(?<![\d.])[(\[#]{0,2}([245])\.([0-9]{1,2})\.([0-9]{1,3})(?![\d]|\.\d)")
_REPLY = re.compile(r"(?<![\d.:/-])([45][0-5]\d)(?=[\s-])")


#: "Undefined", and "it took too long", which has a reason of its own.
_SAYS_LITTLE = (".0.0", ".4.7")


def statuses_in(words: str) -> tuple[str, ...]:
    """The enhanced status codes that a server's words hold, in order (RFC 2034, section 4)."""
    found = [f"{a}.{int(b)}.{int(c)}" for a, b, c in _ENHANCED.findall(words[:_MAX_WORDS]) if a != "2"]
    return tuple(dict.fromkeys(found))


def status_of(field: str, words: str) -> str | None:
    """The code that says most: the field of the report, or one in the server's words where the field says nothing."""
    told = statuses_in(field)
    spoken = statuses_in(words)
    specific = [code for code in (*spoken, *told) if not code.endswith(_SAYS_LITTLE)]
    return next(iter((*specific, *told, *spoken)), None)


def reply_class(words: str) -> str | None:
    """The first digit, "4" or "5", of the SMTP reply code in a server's words (RFC 5321, section 4.2)."""
    match = _REPLY.search(words[:_MAX_WORDS])
    return match[1][0] if match else None


def category_of(status: str | None, words: str, talk: str = "") -> Category:
    """Why, in one word; `talk` is what is told of the commands.

    A server that took the recipient and says "user unknown" at the end of the data, or of the sender at MAIL FROM,
    speaks of no bad address: filters of mobile carriers do the one, checks of senders the other.
    """
    words = _CODE_AGAIN.sub(" ", " ".join(_URL.sub("", words[:_MAX_WORDS]).split()))
    words = _INNER_DOT.sub("·", words)
    for category, pattern in _WORDS:
        if pattern.search(words):
            if (
                category is Category.BAD_ADDRESS
                and status not in _OF_RECIPIENT
                and _is_other(status or "", words, talk)
            ):
                return Category.REFUSED
            if category is Category.BAD_ADDRESS and _may_come_right(status or "", words):
                return Category.TEMPORARY
            return category
    told = category_of_code(status)
    is_told = status is not None and status.partition(".")[2] in _CODES and status.startswith("5")
    return Category.REFUSED if not is_told and _REJECTED.search(words) else told


def _is_other(status: str, words: str, talk: str) -> bool:
    """Do words that sound like a bad address mean something else, at the command where they came?"""
    if _BEFORE_RCPT.search(words):
        return True
    if _AT_RCPT.search(words) or (_AT_RCPT.search(talk) and not _AFTER_RCPT.search(talk)):
        return False
    if _UNKNOWN_USER.search(words) and status[2:3] in ("2", "7"):
        return True
    return (_AFTER_RCPT.search(words) or _AFTER_RCPT.search(talk)) is not None and bool(_NO_SUCH_USER.search(words))


def _may_come_right(status: str, words: str) -> bool:
    """Is an address only bad for now, by its code? Not where its domain says that it takes no mail (RFC 7505)."""
    return status[:1] == "4" and status != "4.1.1" and not _NULL_MX.search(words)


def category_of_code(status: str | None) -> Category:
    """What the code alone tells."""
    if not status:
        return Category.UNKNOWN
    level, subject, detail = status.split(".")
    if subject == "7":
        return Category.REFUSED
    if level == "4":
        return Category.MAILBOX_FULL if (subject, detail) == ("2", "2") else Category.TEMPORARY
    return _CODES.get(f"{subject}.{detail}") or _SUBJECTS.get(subject, Category.UNKNOWN)
