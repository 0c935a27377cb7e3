"""Bounces, delays and deliveries in the form of the standards: RFC 3464 (recipients), RFC 3463 (codes), RFC 6533.

Each group of fields that names a recipient is one signal. Where a group says little (no Diagnostic-Code, a code
"x.0.0"), what the notice says of that recipient is read as well, since many programs write the server's answer there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from matching.signals.notices import Notice, first_address, read_notice
from matching.signals.reasons import category_of, category_of_code, reply_class, status_of
from matching.signals.records import (
    MAX_REASON,
    MAX_SIGNALS,
    Category,
    Kind,
    Mail,
    Signal,
    evidence,
    one_line,
    read_fields,
)

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_GROUP_END = re.compile(r"\n(?:[ \t]*\n)+")
_ACTIONS = {
    "failed": Kind.BOUNCE,
    "failure": Kind.BOUNCE,
    "fail": Kind.BOUNCE,
    "delayed": Kind.DELAY,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.DELIVERED,
    "expanded": Kind.DELIVERED,
    "deliverable": Kind.DELIVERED,
}
_RECIPIENT_LINE = re.compile(r"^Final-Recipient:", re.IGNORECASE | re.MULTILINE)
#: RFC 6533, section 3: characters of an address that a 7-bit report escapes.
_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
#: Characters of the notice that are read after a recipient's name in it.
_NEAR = 700
#: Recipients of one report whose reasons are read in words; of the others the code tells.
_MAX_READ = 50
_GOES_ON = re.compile(
    r"\b(?:delay(?:ed)?|not yet been delivered|still being retried|(?:will|continue) (?:be |to )?(?:retr"
    r"|try|keep)|warning)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Group:
    """The fields about one recipient (RFC 3464, section 2.3)."""

    fields: Mapping[str, tuple[str, ...]]

    def value(self, name: str) -> str:
        """A field's value; "" where it is missing."""
        values = self.fields.get(name)
        return values[0].strip() if values else ""

    @property
    def recipient(self) -> str | None:
        """The address that the sender wrote to, else the one that it became."""
        for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
            found = _address(self.value(name))
            if found:
                return found
        return None


def read_bounces(mail: Mail) -> Iterator[Signal]:
    """One signal for each recipient that the report names."""
    groups = [group for part in mail.reports if part.type in _STATUS_PARTS for group in read_groups(part.text)][
        :MAX_SIGNALS
    ]
    if not groups:
        return
    notice = read_notice(mail)
    for number, group in enumerate(groups):
        if number == _MAX_READ:
            notice = Notice("", notice.returned)
        signal = _signal(group, notice, mail, is_alone=len(groups) == 1, is_read=number < _MAX_READ)
        if signal is not None:
            yield signal


def read_groups(text: str) -> Iterator[Group]:
    """The groups that are about recipients; the first is about the mail, unless a program forgot the blank line."""
    for block in _GROUP_END.split(text.strip("\n")):
        for lines in _parted(block):
            fields = read_fields(lines)
            if not fields.keys().isdisjoint(("final-recipient", "original-recipient", "action", "status")):
                yield Group(fields)


def _parted(block: str) -> list[str]:
    """A block, cut where a recipient comes again without the blank line."""
    starts = [match.start() for match in _RECIPIENT_LINE.finditer(block)]
    return [block[start:end] for start, end in pairwise((0, *starts[1:], len(block)))] if len(starts) > 1 else [block]


def _address(value: str) -> str | None:
    """The address of "rfc822; user@example.org"; a user of the machine where it has no domain."""
    kind, semicolon, text = value.partition(";")
    if not semicolon:
        kind, text = "", value
    if "\\x{" in text:
        text = _ESCAPE.sub(lambda match: _character(match[1]), text)
    found = first_address(text)
    if found:
        return found
    text = text.strip(" <>\t")
    is_user = kind.strip().lower() in ("rfc822", "utf-8") and text and not re.search(r"[\s/|@;:]", text)
    return text if is_user else None


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _signal(group: Group, notice: Notice, mail: Mail, *, is_alone: bool, is_read: bool) -> Signal | None:
    recipient = group.recipient or (_returned_to(notice) if is_alone else None)
    diagnosis = _diagnosis(group)
    status_field = group.value("status")
    near = _words_about(recipient, notice.words, is_alone=is_alone)
    status = status_of(status_field, diagnosis)
    if status is None or status.endswith(".0.0"):
        status = status_of(status or "", near)
    kind, action = _kind(group, status, diagnosis, mail)
    if recipient is None and kind is not Kind.BOUNCE:
        return None
    seen = "; ".join(part for part in (f"Action {action}", f"Status {status_field}", diagnosis) if part[-1:] != " ")
    if kind is Kind.DELIVERED:
        return Signal(
            kind=kind,
            recipient=recipient,
            status=status_of(status_field, "") or (status_field[:5] if status_field[:2] == "2." else None),
            original_id=mail.original_id,
            evidence=evidence("RFC 3464", seen),
            confidence=1.0,
        )
    category = category_of(status, diagnosis, notice.words) if diagnosis and is_read else category_of_code(status)
    if is_read and (category is Category.UNKNOWN or not diagnosis):
        category = category_of(status, near)
    return Signal(
        kind=kind,
        recipient=recipient,
        status=status,
        reason=one_line(diagnosis or near, MAX_REASON) or None,
        category=category,
        is_hard=kind is Kind.BOUNCE and category is Category.BAD_ADDRESS,
        original_id=mail.original_id,
        evidence=evidence("RFC 3464", seen),
        confidence=1.0,
    )


def _diagnosis(group: Group) -> str:
    """The server's words: Diagnostic-Code (RFC 3464, section 2.3.6) without its type, else comments beside the code."""
    values = [*group.fields.get("diagnostic-code", ()), *group.fields.get("x-supplementary-info", ())]
    words = [value.partition(";")[2] or value for value in values]
    comment = re.search(r"\(([^()]+)\)", group.value("status"))
    if comment:
        words.append(comment[1])
    return " ".join(word.strip() for word in words)


def _kind(group: Group, status: str | None, diagnosis: str, mail: Mail) -> tuple[Kind, str]:
    action = group.value("action").lower().partition("(")[0].partition(";")[0].strip()
    kind = _ACTIONS.get(action.split()[0] if action else "")
    if kind is not None:
        return kind, action
    if group.value("status").startswith("2."):
        return Kind.DELIVERED, action
    is_soft = (status or "")[:1] == "4" or reply_class(diagnosis) == "4"
    return (Kind.DELAY if is_soft and _GOES_ON.search(mail.subject) else Kind.BOUNCE), action


def _returned_to(notice: Notice) -> str | None:
    """Whom the mail that came back was for, where that is one person."""
    for name in ("x-failed-recipients", "delivered-to", "to"):
        values = notice.returned.get(name)
        if values:
            return first_address(values[0])
    return None


def _words_about(recipient: str | None, words: str, *, is_alone: bool) -> str:
    """What a notice says behind a recipient's name, or all of it where there is but one."""
    if is_alone:
        return words
    if recipient is None:
        return ""
    at = words.lower().find(recipient.lower())
    return words[at : at + _NEAR] if at >= 0 else ""
