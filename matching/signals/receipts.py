"""Receipts (RFC 8098): a mail program says what became of a mail. What a server refused in this form is a bounce.

Sieve's `reject` (RFC 5429) and deliverers with quotas answer with a notification "deleted" that no person caused, and
say in its text that they refused the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.signals.notices import first_address
from matching.signals.reasons import category_of, status_of
from matching.signals.records import (
    MAX_REASON,
    Category,
    Kind,
    Mail,
    Signal,
    evidence,
    one_line,
    read_fields,
)

_PARTS = ("message/disposition-notification", "message/global-disposition-notification")
#: Disposition types (RFC 8098, section 3.2.6, and RFC 2298, section 3.2.6, for the last three).
_TYPES = ("displayed", "deleted", "dispatched", "processed", "denied", "failed", "error")
_TYPE = re.compile(rf";\s*({'|'.join(_TYPES)})\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"(?:was|has been) (?:automatically )?(?:rejected|refused)|quota|mailbox (?:is )?full"
    r"|could not be delivered|not delivered",
    re.IGNORECASE,
)
#: Lotus Notes without a report: subject and first words.
_NOTES = re.compile(r"return receipt \(?(displayed|deleted)?", re.IGNORECASE)
_NOTES_WORDS = re.compile(r"^\s*return\s+receipt\s+your\s+(?:document|message):?", re.IGNORECASE)


def read_receipts(mail: Mail) -> Iterator[Signal]:
    """`receipt`, whose reason is the disposition's type ("displayed"); or `bounce` for a refusal."""
    for part in mail.reports:
        if part.type in _PARTS:
            yield _receipt(mail, read_fields(part.text.replace("\n\n", "\n")))
            return
    if _NOTES.match(mail.subject) and _NOTES_WORDS.match(mail.text[:200]):
        yield Signal(
            kind=Kind.RECEIPT,
            recipient=mail.sender or None,
            reason="displayed",
            original_id=mail.original_id,
            evidence=evidence("form of Lotus Notes", mail.subject),
            confidence=0.8,
        )


def _receipt(mail: Mail, fields: dict[str, tuple[str, ...]]) -> Signal:
    disposition = fields.get("disposition", ("",))[0].strip()
    match = _TYPE.search(disposition)
    kind = match[1].lower() if match else ""
    named = (fields.get(name, ("",))[0].partition(";")[2] for name in ("original-recipient", "final-recipient"))
    recipient = next((found for each in named if (found := first_address(each))), None) or mail.sender or None
    is_automatic = "mdn-sent-automatically" in disposition.lower() or "automatic-action" in disposition.lower()
    problem = " ".join(value.strip() for name in ("failure", "error") for value in fields.get(name, ()))
    words = mail.text[:2_000]
    if kind in ("failed", "error") or (
        kind == "deleted" and is_automatic and (problem or _REFUSED.search(words) or _REFUSED.search(mail.subject))
    ):
        said = f"{problem} {words}".strip()
        status = status_of("", said)
        category = category_of(status, said)
        return Signal(
            kind=Kind.BOUNCE,
            recipient=recipient,
            status=status,
            reason=one_line(said, MAX_REASON) or None,
            category=category,
            is_hard=category is Category.BAD_ADDRESS,
            original_id=mail.original_id,
            evidence=evidence("refusal as RFC 8098", disposition),
            confidence=0.9,
        )
    return Signal(
        kind=Kind.RECEIPT,
        recipient=recipient,
        reason=kind or None,
        original_id=mail.original_id,
        evidence=evidence("RFC 8098", disposition or mail.report_type),
        confidence=1.0 if kind else 0.8,
    )
