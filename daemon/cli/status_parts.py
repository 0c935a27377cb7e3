"""What `keeptouch status` tells of each thing: as JSON, and as a row or a line for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.cli.output import Trouble, instant
from store.accounts.missing import Missing
from store.contacts.contact_sources import SourceState
from store.followups.digests import DigestStatus, NotSent
from store.followups.task_entries import Standing
from store.questions.read import AccountStatus

#: A stream that was read whole is complete since the beginning of time, as its connector counts it.
_FIRST_YEAR = 1970


def missing_line(each: Missing) -> str:
    """A folder that the server lists no more, and what becomes of its items."""
    return (
        f"{each.account}: the server does not list {each.stream} since {each.since_at:%Y-%m-%d}; its "
        f"{each.mails:,} items count as gone from {each.gone_at:%Y-%m-%d} on, or now by "
        f"keeptouch accounts accept-deletions {each.account}"
    )


def account_document(each: AccountStatus, folders: Sequence[Missing]) -> dict[str, object]:
    """An account in the answer with --json."""
    return {
        "account": each.name,
        "id": each.id,
        "owner": each.owner,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "state_since_at": instant(each.since_at),
        "last_success_at": instant(each.last_success_at),
        "next_try_at": instant(each.next_try_at),
        "failures": each.failures,
        "streams": each.streams,
        "missing_streams": each.missing_streams,
        "missing": [
            {"stream": folder.stream, "since_at": instant(folder.since_at), "mails": folder.mails}
            for folder in folders
            if folder.account == each.name
        ],
        "stored": each.placements.get("stored", 0),
        "skipped": each.placements.get("skipped", 0),
        "quarantined": each.placements.get("quarantined", 0),
        "suppressed": each.placements.get("suppressed", 0),
        "expired": each.placements.get("expired", 0),
        "wanted": each.wanted,
        "complete_since_at": instant(each.complete_since_at),
        "backlog": each.backlog,
        "coverage": each.coverage,
        "audited_at": instant(each.audited_at),
    }


def source_document(each: SourceState) -> dict[str, object]:
    """A list of contacts in the answer with --json."""
    return {
        "source": each.name,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "tried_at": instant(each.tried_at),
        "last_success_at": instant(each.last_success_at),
        "contacts": each.contacts,
        "rejected": each.rejected,
    }


def source_row(each: SourceState) -> tuple[str, ...]:
    """A list of contacts in its table."""
    last = instant(each.last_success_at) or "never"
    return each.name, each.kind, each.state, last, str(each.contacts), str(each.rejected), each.reason or ""


def list_document(each: Standing) -> dict[str, object]:
    """A list of tasks in the answer with --json."""
    return {
        "account": each.account,
        "list": each.name,
        "state": "failed" if each.problem else "ok",
        "reason": each.problem,
        "hint": each.hint,
        "failures": each.failures,
        "next_try_at": instant(each.next_try_at),
        "last_success_at": instant(each.synced_at),
    }


def list_row(each: Standing, now: datetime) -> tuple[str, ...]:
    """A list of tasks in its table."""
    reason = each.problem or ""
    if each.hint:
        reason += f"; {each.hint}"
    if each.next_try_at is not None:
        reason += f"; next try {_moment(each.next_try_at, now)}" if each.next_try_at > now else "; next try now"
    return each.account, each.name, "failed" if each.problem else "ok", instant(each.synced_at) or "never", reason


def digest_document(mails: DigestStatus) -> dict[str, object]:
    """The daily mails in the answer with --json."""
    return {
        "last_sent_at": instant(mails.last_sent_at),
        "troubles": [
            {
                "person": each.person,
                "sent_on": each.sent_on.isoformat(),
                "state": each.state,
                "problem": each.problem,
                "next_try_at": instant(each.next_try_at),
            }
            for each in mails.troubles
        ],
    }


def digest_trouble(each: NotSent, now: datetime) -> Trouble:
    """A daily mail that was not sent."""
    following = f"next try {_moment(each.next_try_at, now)}" if each.next_try_at else ""
    return Trouble(None, "digest", f"{each.person}, {each.sent_on}: {each.state}, {each.problem}", following)


def account_row(each: AccountStatus, now: datetime) -> tuple[str, ...]:
    """An account in its table."""
    return (
        each.name,
        each.owner,
        each.state,
        instant(each.last_success_at) or "never",
        _complete(each),
        "?" if each.backlog is None else str(each.backlog),
        *(str(each.placements.get(verdict, 0)) for verdict in ("stored", "skipped", "quarantined")),
        str(each.wanted),
        _reason(each, now),
    )


def _reason(each: AccountStatus, now: datetime) -> str:
    """Why an account fails, since when, and when it is tried again."""
    reason = each.reason or ""
    if each.failures:
        times = "once" if each.failures == 1 else f"{each.failures} times"
        reason += f"; failed {times} since {_moment(each.since_at, now)}"
    if each.next_try_at is not None:
        is_past = each.next_try_at <= now
        reason += "; next try now" if is_past else f"; next try {_moment(each.next_try_at, now)}"
    return reason


def _moment(value: datetime, now: datetime) -> str:
    """A time for people: without its day where that is today."""
    return f"{value:%H:%M} UTC" if value.date() == now.date() else f"{value:%Y-%m-%d %H:%M} UTC"


def _complete(each: AccountStatus) -> str:
    """The day from which on the account was read without a gap."""
    if each.complete_since_at is None:
        return "not yet"
    # servers' own beginning of time, where everything was read
    return each.complete_since_at.strftime("%Y-%m-%d") if each.complete_since_at.year > _FIRST_YEAR else "ever"
