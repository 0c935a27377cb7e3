"""Bounces without the structure of RFC 3464, by the forms of the programs that write them.

A mail is looked into only where it comes from a mail system (its address, an empty return path, X-Failed-Recipients)
or has a subject that programs write; it is a bounce where a program's own sentence is in it too. The recipients are
then where programs put them: at the beginning of a line (qmail, Postfix, Exim, sendmail, Exchange, OpenSMTPD), behind a
label (Lotus, GroupWise, Messaging Server, X.400), behind a sentence (IMail, InterScan, KDDI), or in a transcript of
SMTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from matching.signals.notices import Notice, addresses_in, read_notice, unique
from matching.signals.reasons import category_of, reply_class, status_of
from matching.signals.records import MAX_REASON, Category, Kind, Mail, Signal, evidence, one_line
from matching.signals.sentences import (
    GOES_ON,
    SENTENCES,
    SUBJECTS,
    SYSTEM_NAMES,
    SYSTEM_USERS,
)

_ADDR = r"(?:[\w!#$%&*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,127}|\"[^\"\s@]{1,64}\")@[\w.-]{1,128}\w"
#: An address at the beginning of a line: alone, or before what is said of it.
_AT_START = re.compile(
    rf"[ \t]*(?:[*>•·-]+[ \t]*|\d+\.[ \t]+)?(?:[\w.+-]{{1,64}}[ \t]+)?['\"]?(?:smtp:|mailto:"
    rf"|rfc822;[ ]?)?[<(\[]?(?:mailto:)?"
    rf"(?P<address>{_ADDR})[>)\]'\"]*[ \t]*(?:\Z|[:;,]|\.\.\.|[(\[]|\t| on \w{{3}},? |  +| -|\bdelivery failed)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:\b(?:(?:failed |original[- ]|final[- ]|intended )?recipients?(?: address)?|rcpt to|addressee"
    r"|address(?:es)?|user|mailbox|e?mail|sent to"
    r"|delivery to|delivered to|deliver to|destinat\w+|destinataires?|empf[äa]nger|получатель|кому|宛先"
    r"|送信先|收件人)\b|宛先|送信先|收件人)"
    rf"(?:\s?\([^)\n]{{1,20}}\))?\s{{0,3}}[:=：]\s{{0,12}}(?:rfc822;\s?)?['\"]?[<(\[]?(?P<address>{_ADDR})",
    re.IGNORECASE,
)
_X400 = re.compile(rf"(?:^|;)[ \t]*dda:SMTP=(?P<address>{_ADDR});", re.IGNORECASE)
#: Whom the mail was for, where the address that failed is not told (Exim, sendmail).
_GENERATED = re.compile(rf"\((?:ultimately )?(?:generated|expanded) from:? <?(?P<address>{_ADDR})", re.IGNORECASE)
_IN_SENTENCE = re.compile(
    r"(?:\b(?:to|for|recipient|user|mailbox|account|address(?:es)?|to the following (?:recipient|address"
    r"|user)s?|list)\b"
    rf"|[\w)]:)\s{{1,3}}(?:the (?:user|address|recipient) )?['\"]?[<(\[]?(?P<address>{_ADDR})",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\b(?:to|for|in)\s?:?\s{{1,3}}<(?P<address>{_ADDR})>", re.IGNORECASE)
_TRANSCRIPT = re.compile(
    rf"(?:RCPT TO:? ?|[45]\d\d[ -](?:[245]\.\d+\.\d+ )?)['\"]?[<(\[]?(?P<address>{_ADDR})", re.IGNORECASE
)
_BARE_NAMES = re.compile(r":[ \t]*\n\s*((?:[ \t]*[A-Za-z][\w.-]{1,63}[ \t]*\n){1,50})\s*(?:\n|\Z)")
#: Lines of a transcript are no list of recipients.
_TALK = re.compile(r"[ \t]*(?:<<<|>>>|\.\.\. ?while talking|(?:for|by|from|with|id)\b)", re.IGNORECASE)
#: Lines that name others than those who did not get it.
_OTHERS = re.compile(
    r"\b(?:contact|help|support|abuse|questions?|assistance|administrator|if you|please|sent by|mail from"
    r"|from|sender|return[- ]path|reply[- ]to|message[- ]id|msgid|report)\b",
    re.IGNORECASE,
)
_SAYS_SOMETHING = re.compile(r"\w{3} \w{2}")
#: Characters that belong to one recipient.
_MAX_SAID = 1_500
_MAX_RECIPIENTS = 50
#: Characters in which a program says what the mail is.
_MAX_SENTENCES = 3_000


def read_forms(mail: Mail) -> Iterator[Signal]:
    """One signal for each recipient that a program names; a mail system's notice without any is one too."""
    origin = _origin(mail)
    subject = SUBJECTS.match(mail.subject)
    if not origin and not subject:
        return
    notice = read_notice(mail)
    sentence = SENTENCES.search(notice.words, 0, _MAX_SENTENCES)
    if not sentence and not (origin and subject):
        return
    if sentence is None and origin == "return-path":
        # vacation programs have an empty return path too
        return
    said: dict[str | None, str] = dict(_said_of(mail, notice, is_system=bool(origin)))
    seen = sentence[0] if sentence else mail.subject
    rule = f"form of {origin or 'subject'}"
    confidence = 0.95 if origin and sentence else 0.8 if origin else 0.6
    if not said and not (origin and subject):
        return
    kind = Kind.DELAY if _is_delay(mail.subject, notice.words) else Kind.BOUNCE
    for recipient, words in (said or {None: notice.words}).items():
        yield _signal(kind, recipient, words, mail, notice, evidence(rule, seen), confidence)


def _origin(mail: Mail) -> str:
    """What marks a mail system as the author; "" where nothing does."""
    if "x-failed-recipients" in mail.headers:
        return "x-failed-recipients"
    local = mail.sender.partition("@")[0].lower()
    if _is_system(local) or SYSTEM_NAMES.match(mail.header("from").lstrip(' "')):
        return "sender"
    path = mail.headers.get("return-path", ("",))[0].strip().lower()
    if path == "<>" or path.startswith(("<mailer-daemon", "<postmaster")):
        return "return-path"
    return ""


@lru_cache(maxsize=2_048)
def _is_system(local: str) -> bool:
    """Is this the local part of a mail system's address?"""
    return SYSTEM_USERS.fullmatch(local) is not None


def _is_delay(subject: str, words: str) -> bool:
    return GOES_ON.search(subject) is not None or GOES_ON.search(words, 0, _MAX_SENTENCES) is not None


def _signal(
    kind: Kind, recipient: str | None, words: str, mail: Mail, notice: Notice, seen: str, confidence: float
) -> Signal:
    status = status_of("", words)
    category = category_of(status, words, notice.words)
    if category is Category.UNKNOWN and words != notice.words:
        category = category_of(status, notice.words)
    if category is Category.UNKNOWN:
        category = category_of(status, mail.subject)
    if category is Category.UNKNOWN and (kind is Kind.DELAY or reply_class(words) == "4"):
        category = Category.TEMPORARY
    returned_id = notice.returned.get("message-id", ("",))[0].strip(" \t<>")
    return Signal(
        kind=kind,
        recipient=recipient,
        status=status,
        reason=one_line(words, MAX_REASON) or None,
        category=category,
        is_hard=kind is Kind.BOUNCE and category is Category.BAD_ADDRESS,
        original_id=mail.original_id or returned_id or None,
        evidence=seen,
        confidence=confidence,
    )


def _said_of(mail: Mail, notice: Notice, *, is_system: bool) -> Iterator[tuple[str, str]]:
    """(recipient, what the notice says of it), each recipient once."""
    recipients = _recipients(mail, notice, is_system=is_system)[:_MAX_RECIPIENTS]
    lines = notice.words.split("\n")
    lowered = [line.lower() for line in lines]
    if len(recipients) == 1:
        first = next((number for number, line in enumerate(lowered) if recipients[0].lower() in line), 0)
        said = "\n".join(lines[first:])[:_MAX_SAID]
        yield recipients[0], said if _SAYS_SOMETHING.search(said.replace(recipients[0], "")) else notice.words
        return
    for recipient in recipients:
        said = _near(recipient.lower(), lines, lowered, {each.lower() for each in recipients})
        yield recipient, said if _SAYS_SOMETHING.search(said.replace(recipient, "")) else notice.words


def _near(recipient: str, lines: list[str], lowered: list[str], all_of_them: set[str]) -> str:
    """The lines that name a recipient, each with what follows up to the next recipient or blank line after words."""
    found: list[str] = []
    length = 0
    for number, line in enumerate(lowered):
        if recipient not in line or length > _MAX_SAID:
            continue
        for after in range(number, min(number + 12, len(lines))):
            if after > number and (
                any(each in lowered[after] for each in all_of_them) or (not lines[after].strip() and after > number + 1)
            ):
                break
            found.append(lines[after])
            length += len(lines[after])
    return "\n".join(found)[:_MAX_SAID]


def _recipients(mail: Mail, notice: Notice, *, is_system: bool) -> list[str]:
    """The addresses that did not get the mail, by the most telling place in which there are any.

    Of an author who is no mail system only lists and addresses in brackets count: people name some in sentences.
    """
    failed = mail.headers.get("x-failed-recipients")
    if failed:
        return unique(addresses_in(", ".join(failed)))
    lines = [line for line in notice.words.split("\n") if "@" in line]
    listed = [match["address"] for line in lines if not _TALK.match(line) and (match := _AT_START.match(line))]
    if not listed and not is_system:
        listed = [match["address"] for line in lines for match in _IN_BRACKETS.finditer(line)]
    if listed or not is_system:
        return unique(listed)
    own = _own(mail, notice)
    generated = [match["address"] for line in lines for match in _GENERATED.finditer(line)]
    if generated:
        return unique(generated)
    for pattern in (_X400, _LABELLED, _IN_SENTENCE, _TRANSCRIPT):
        found = [
            match["address"]
            for line in lines
            for match in pattern.finditer(line)
            if not _OTHERS.search(line[: match.start("address")]) and match["address"].lower() not in own
        ]
        if found:
            return unique(found)
    others = [each for line in lines if not _OTHERS.search(line) for each in addresses_in(line)]
    others = [each for each in others if each.lower() not in own]
    return unique(others) or _returned_to(notice) or _users(mail, notice)


def _own(mail: Mail, notice: Notice) -> set[str]:
    """Addresses of the two who talk: the mail system, and whom it tells."""
    found = {mail.sender.lower()}
    for fields, names in (
        (mail.headers, ("from", "to", "delivered-to", "return-path", "reply-to")),
        (notice.returned, ("from", "sender", "return-path", "reply-to")),
    ):
        for name in names:
            found.update(each.lower() for value in fields.get(name, ()) for each in addresses_in(value[:2_000]))
    return found


def _returned_to(notice: Notice) -> list[str]:
    """Whom the mail that came back was for, where that is one person."""
    for name in ("x-failed-recipients", "x-original-to", "delivered-to", "to"):
        found = unique(_all_of(notice.returned.get(name, ())))
        if len(found) == 1:
            return found
    return []


def _users(mail: Mail, notice: Notice) -> list[str]:
    """Names without a domain, which are the mail system's own (AOL): words alone in a line under a colon."""
    domain = mail.sender.rpartition("@")[2]
    match = _BARE_NAMES.search(notice.words)
    return unique(f"{name}@{domain}" for name in match[1].split()) if match and "." in domain else []


def _all_of(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from addresses_in(value[:2_000])
