"""Feedback reports (RFC 5965, RFC 6591, RFC 6650): somebody, or a filter, called a mail of ours spam."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.signals.notices import first_address, is_returned
from matching.signals.records import MAX_SIGNALS, Kind, Mail, Signal, evidence, read_fields

_PART = "message/feedback-report"
#: Microsoft's reports (JMRP) are no RFC 5965.
_JUNK_MAIL_PROGRAM = re.compile(r"complaint about message from \d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE)


def read_feedback(mail: Mail) -> Iterator[Signal]:
    """One signal for each recipient that the report names; its reason is the type ("abuse")."""
    fields = next((read_fields(each.text.replace("\n\n", "\n")) for each in mail.reports if each.type == _PART), None)
    if fields is None and mail.report_type != "feedback-report":
        if _JUNK_MAIL_PROGRAM.match(mail.subject) and mail.sender.lower() == "staff@hotmail.com":
            seen = evidence("form of Microsoft's junk mail reports", mail.subject)
            yield Signal(kind=Kind.FEEDBACK_REPORT, reason="abuse", evidence=seen, confidence=0.9)
        return
    fields = fields or {}
    kind = fields.get("feedback-type", ("",))[0].strip().lower()
    named = [*fields.get("original-rcpt-to", ()), *fields.get("removal-recipient", ())]
    recipients: list[str | None] = list(dict.fromkeys(filter(None, map(first_address, named))))
    if not recipients:
        returned = next((read_fields(each.text) for each in mail.reports if is_returned(each.type)), {})
        recipients = [first_address(returned.get("to", ("",))[0])]
    for recipient in recipients[:MAX_SIGNALS]:
        yield Signal(
            kind=Kind.FEEDBACK_REPORT,
            recipient=recipient,
            reason=kind or None,
            original_id=mail.original_id,
            evidence=evidence("RFC 5965", f"Feedback-Type: {kind}" if kind else mail.report_type),
            confidence=1.0,
        )
