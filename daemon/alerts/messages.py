"""What alerts say: a mail in plain words, and a JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from daemon.alerts.conditions import KINDS
from store.questions.alerts import Alert
from store.types import instant_text


def state_of(alert: Alert) -> str:
    """begun | continues | over"""
    if alert.ended_at is not None:
        return "over"
    return "continues" if alert.is_told else "begun"


def document(alerts: Sequence[Alert], store_id: str | None, now: datetime) -> str:
    """The body of a message to a webhook."""
    told = [
        {
            "kind": each.kind,
            "subject": each.subject,
            "state": state_of(each),
            "problem": each.problem,
            "hint": each.hint,
            "began_at": instant_text(each.began_at),
            "ended_at": None if each.ended_at is None else instant_text(each.ended_at),
        }
        for each in alerts
    ]
    return json.dumps({"type": "alert", "timestamp": instant_text(now), "data": {"store_id": store_id, "alerts": told}})


def message(
    alerts: Sequence[Alert], sender: str, recipient: str, message_id: str, now: datetime, more: Mapping[str, str]
) -> EmailMessage:
    """The mail, in English; `more`: further headers."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = _subject(alerts)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    for name, value in more.items():
        mail[name] = value
    mail.set_content(_text(alerts), cte="base64")
    return mail


def _subject(alerts: Sequence[Alert]) -> str:
    lasting = [each for each in alerts if each.ended_at is None]
    if not lasting:
        return f"keeptouch: {_count(alerts)} over"
    return f"keeptouch: {_count(lasting)} {'needs' if len(lasting) == 1 else 'need'} somebody"


def _count(alerts: Sequence[Alert]) -> str:
    if len(alerts) == 1:
        # a name from the configuration may hold what no header may
        return " ".join(f"{alerts[0].kind} of {alerts[0].subject}".split())
    return f"{len(alerts)} things"


def _text(alerts: Sequence[Alert]) -> str:
    lines: list[str] = []
    titles = {"begun": "NEW", "continues": "STILL SO", "over": "OVER"}
    for state, title in titles.items():
        chosen = [each for each in alerts if state_of(each) == state]
        if not chosen:
            continue
        lines += [title, ""]
        for each in chosen:
            lines.append(f"* {each.subject}: {each.problem}")
            until = "" if each.ended_at is None else f", until {each.ended_at:%Y-%m-%d %H:%M}"
            lines.append(f"  {KINDS.get(each.kind, each.kind)}; since {each.began_at:%Y-%m-%d %H:%M}{until} UTC")
            if each.ended_at is None and each.hint:
                lines.append(f"  To do: {each.hint}")
        lines.append("")
    return "\n".join([*lines, "All that is known: keeptouch doctor, keeptouch status", ""])
