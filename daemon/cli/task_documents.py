"""Tasks as JSON answers have them."""

from __future__ import annotations

from daemon.cli.output import instant
from store.followups.task_lists import ListedTask


def document(each: ListedTask) -> dict[str, object]:
    """A task as JSON answers have it."""
    names = ("id", "rule", "title", "state", "priority", "reason", "settled_by", "settled_how", "interaction_id")
    return {
        **{name: getattr(each, name) for name in names},
        "due_at": instant(each.due_at),
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "snoozed_until_at": instant(each.snoozed_until_at),
        "contact": {"id": each.contact_id, "display_name": each.contact},
        "person": each.person,
        "subject": each.subject,
        "settled_subject": each.settled_subject,
        "history": [
            {"state": s.state, "changed_at": instant(s.changed_at), "changed_by": s.changed_by, "note": s.note}
            for s in each.history
        ],
    }
