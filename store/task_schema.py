"""Tables of signals, and of follow-up tasks."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from store.schema import metadata
from store.types import Id, Instant

signal = Table(
    "signal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("interaction_id", Id),  # what it is about
    Column("contact_id", Id),
    Column("kind", String(20), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("confidence", Float, nullable=False),  # 0 to 1
    Column("source_interaction_id", Id),  # what tells it
    Column("recipient", Text),
    Column("status", String(12)),
    Column("category", String(12)),
    Column("is_hard", Boolean),
    Column("reason", Text),
    Column("return_on", Date),
    Column("answer_seconds", Integer),
    Column("answer_working_seconds", Integer),
)
Index("ix_signal_source_interaction_id", signal.c.source_interaction_id)
#: Of an address, what bounced.
Index("ix_signal_recipient", signal.c.recipient, signal.c.kind)
Index("ix_signal_interaction_id", signal.c.interaction_id)
Index("ix_signal_contact_id", signal.c.contact_id, signal.c.occurred_at)

task = Table(
    "task",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(10), nullable=False),  # open | snoozed | done | dismissed | settled
    Column("due_at", Instant),
    Column("due_on", Date),
    Column("snoozed_until_at", Instant),
    Column("person_id", Id),
    Column("contact_id", Id),
    Column("organization_id", Id),
    Column("interaction_id", Id),
    Column("priority", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("settled_by", Id),  # the interaction
    Column("settled_how", String(16)),  # matching.followups.How
    Column("address", Text),  # the contact's, normal form; with the rule and the trigger it names the task
    Column("trigger_id", Id),  # the interaction or the meeting
    Column("triggered_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
#: A person's open tasks in the order in which they are due.
Index("ix_task_person_id", task.c.person_id, task.c.state, task.c.due_on)
Index("ix_task_contact_id", task.c.contact_id)

#: The states that each task has had.
task_history = Table(
    "task_history",
    metadata,
    Column("task_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Text),  # NULL: the rules
    Column("note", Text),
    PrimaryKeyConstraint("task_id", "position"),
    sqlite_with_rowid=False,
)

#: What people said of tasks: a fact, which outlives the task.
task_decision = Table(
    "task_decision",
    metadata,
    Column("rule", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("trigger_id", Id, nullable=False),
    Column("state", String(10), nullable=False),  # open | snoozed | done | dismissed
    Column("snoozed_until_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Text),
    Column("note", Text),
    PrimaryKeyConstraint("address", "rule", "trigger_id"),
)
Index("ix_task_decision_trigger_id", task_decision.c.trigger_id)

#: When time alone changes what is to be done about a contact.
task_look = Table(
    "task_look",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("look_at", Instant, nullable=False),
)
Index("ix_task_look_look_at", task_look.c.look_at)

#: Since when each rule is on.
task_rule = Table(
    "task_rule",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("since_at", Instant, nullable=False),
)
