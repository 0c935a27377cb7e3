"""keeptouch explain: what is made of raw mails and calendars, without a store; one JSON object a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from connectors.api import (
    Meeting,
    Message,
    Role,
    Unreadable,
    parse_calendar,
    parse_html,
    parse_invitations,
    parse_message,
)
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.explain_agents import explain_agents
from daemon.cli.explain_meetings import Window, add_window, explain_meetings, window_of
from daemon.cli.header_values import KINDS, explain_headers
from daemon.cli.output import json_text, write_line
from daemon.credentials import why_unreadable
from daemon.problems import ConfigError, Problem, refuse
from matching.addresses import AddressRules, OwnAddresses, normalize_domain
from matching.policy import Assessment, Company, Create, assess
from matching.quotes import trim
from matching.signals import Mail, Signal, classify
from matching.threads import Node, arrange

#: Bytes of one file; a mail is never as large.
_LARGEST = 64 * 1024 * 1024
_CALENDAR = b"BEGIN:VCALENDAR"
#: A file's ending -> the headers of a mail whose body it is.
_BODIES = {
    ".txt": b"Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n",
    ".html": b"Content-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n",
}

#: By file: its parent's id and its thread's.
Places: TypeAlias = dict[str, dict[str, str | None]]


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "explain",
        explain,
        "say what is made of raw mails and calendars, without a store",
        "Says what keeptouch makes of raw mails and calendars: one JSON object a line for each file, in their order. A "
        'file that can\'t be read has an "error", and the rest go on. Exit code 1: some could not be read.',
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="a raw mail (.eml), its body alone (.txt, .html) or a calendar (.ics); - is standard input",
    )
    add_window(parser)
    parser.add_argument(
        "--own-domain", metavar="DOMAIN", action="append", default=[], help="one of ours: tells directions (repeatable)"
    )
    parser.add_argument("--threads", action="store_true", help="arrange the files in threads")
    parser.add_argument(
        "--headers", choices=sorted(KINDS), help="the files hold values of a header instead, one a line"
    )
    parser.add_argument("--agents", action="store_true", help="the files hold user agents instead, one a line")
    parser.add_argument(
        "--folded", action="store_true", help="with --headers: a line that begins with a blank goes on with the last"
    )


@dataclass(frozen=True, slots=True)
class Explained:
    """A file, and the mail or calendar in it, or why there is none."""

    file: str
    message: Message | None = None
    html: str = ""
    meetings: tuple[Meeting, ...] = ()
    error: str | None = None


def explain(args: argparse.Namespace) -> int:
    """The command."""
    if args.folded and not args.headers:
        raise refuse("--folded", "goes with --headers only")
    if args.agents:
        return explain_agents(args.files)
    if args.headers:
        return explain_headers(args.files, args.headers, folded=args.folded)
    company = _company(args.own_domain)
    window = window_of(args)
    explained: Iterable[Explained] = map(_read, args.files)
    places: Places = {}
    if args.threads:
        explained = list(explained)
        places = _places(explained, company)
    is_fine = True
    for each in explained:
        document = _document(each, company if args.own_domain else None, window)
        if args.threads:
            document |= places.get(each.file, {"parent": None, "thread": None})
        write_line(json_text(document))
        is_fine = is_fine and each.error is None
    return 0 if is_fine else 1


def _company(domains: list[str]) -> Company:
    unknown = [domain for domain in domains if normalize_domain(domain) is None]
    if unknown:
        raise ConfigError(Problem("--own-domain", f'"{domain}" is no domain', "acme.example") for domain in unknown)
    rules = AddressRules()
    return Company(OwnAddresses.of(domains, (), rules), rules, Create.OFF)


def _read(file: str) -> Explained:
    try:
        raw = read_bytes(file)
    except (OSError, ValueError) as error:
        return Explained(file, error=f"the file {why_unreadable(error)}")
    if len(raw) > _LARGEST:
        return Explained(file, error=f"is larger than {_LARGEST // 1024**2} MiB")
    if file.lower().endswith(".ics") or raw.lstrip(b"\xef\xbb\xbf \r\n").startswith(_CALENDAR):
        return _calendar(file, raw)
    raw = _BODIES.get(Path(file).suffix.lower(), b"") + raw
    match parse_message(raw, ref=file):
        case Unreadable() as unreadable:
            return Explained(file, error=unreadable.reason)
        case message:
            return Explained(file, message, parse_html(raw), parse_invitations(raw, ref=file))


def _calendar(file: str, raw: bytes) -> Explained:
    """To-dos are shown too: they stand in calendars, though no meeting is made of them."""
    found = parse_calendar(raw, ref=file, with_tasks=True)
    meetings = tuple(each for each in found if isinstance(each, Meeting))
    reasons = sorted({each.reason for each in found if isinstance(each, Unreadable)})
    return Explained(file, meetings=meetings, error="; ".join(reasons) or None)


def read_bytes(file: str) -> bytes:
    """A file's content, or that of standard input for "-", up to a little more than the limit."""
    if file == "-":
        return sys.stdin.buffer.read(_LARGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(_LARGEST + 1)


def _document(explained: Explained, company: Company | None, window: Window) -> dict[str, object]:
    message = explained.message
    document = _message(message) | {"html": explained.html} if message else None
    if message and document is not None and company:
        document["direction"] = assess(message, company).direction
    trimmed = trim(message.text) if message else None
    return {
        "file": explained.file,
        "message": document,
        "signals": [_signal(each) for each in classify(Mail.of(message))] if message else [],
        # of a mail that passes another one on without a word, that one's
        "new_text": trimmed.new_text or trimmed.forwarded if trimmed else None,
        "signature": trimmed.signature if trimmed else None,
        "meetings": explain_meetings(explained.meetings, window),
        "error": explained.error,
    }


def _message(message: Message) -> dict[str, object]:
    return {
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "subject": message.subject,
        "sent_at": _instant(message.sent_at),
        "from": _people(message, Role.FROM),
        "to": _people(message, Role.TO),
        "cc": _people(message, Role.CC),
        "reply_to": _people(message, Role.REPLY_TO),
        "text": message.text,
        "attachments": [{"name": each.name, "type": each.type, "size": each.size} for each in message.attachments],
    }


def _signal(signal: Signal) -> dict[str, object]:
    return {
        "kind": signal.kind,
        "recipient": signal.recipient,
        "status": signal.status,
        "reason": signal.reason,
        "category": signal.category,
        "hard": signal.is_hard,
        "return_on": signal.return_on.isoformat() if signal.return_on else None,
        "evidence": signal.evidence,
        "confidence": signal.confidence,
    }


def _people(message: Message, role: Role) -> list[dict[str, str | None]]:
    return [
        {"name": each.name or None, "address": each.email or None} for each in message.participants if each.role is role
    ]


def _instant(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _places(explained: list[Explained], company: Company) -> Places:
    """Parent and thread of each file; ids are Message-IDs, and files' names where mails have none."""
    mails = {each.file: each.message for each in explained if each.message}
    keys = {file: message.message_id or file for file, message in mails.items()}
    nodes = (_node(keys[file], message, assess(message, company)) for file, message in mails.items())
    positions = arrange(nodes)
    return {file: {"parent": positions[key].parent, "thread": positions[key].root} for file, key in keys.items()}


def _node(key: str, message: Message, assessment: Assessment) -> Node:
    visible = (Role.FROM, Role.TO, Role.CC)
    return Node(
        key=key,
        references=message.references,
        in_reply_to=message.in_reply_to,
        thread_index=message.thread_index,
        subject=message.subject,
        sent_at=message.sent_at,
        sender=assessment.sender,
        people=frozenset(party.normal for party in assessment.parties if party.normal and party.role in visible),
        list_id=message.list_id,
    )
