"""Tables of signals, and of follow-up tasks with the ways in which reps are told of them."""

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

from store.schema.core import metadata
from store.types import Id, Instant

#: The dirty kind of contacts of whom tasks are to be looked at.
TASKS = "task"
#: Of contacts that can wait: until all accounts have been read down to their horizon, and because under another plan
#: all are looked at.
HELD = "task_held"

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
    Column("verdict", String(16)),  # of opens and clicks
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

#: Days by which an answer is expected, as other programs set them: a fact.
deadline = Table(
    "deadline",
    metadata,
    Column("id", Id, primary_key=True),  # of its key, its day and what it is set on
    Column("external_source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("contact_id", Id, nullable=False),
    Column("interaction_id", Id),  # a mail of the thread that it is set on
    Column("due_on", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("ended_at", Instant),  # when it was moved or taken back
)
Index("ix_deadline_contact_id", deadline.c.contact_id)
Index("ix_deadline_external_id", deadline.c.external_source, deadline.c.external_id)

#: What is known of a task's entry in a list of an account; see daemon.task_lists for how it lives.
task_entry = Table(
    "task_entry",
    metadata,
    Column("task_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("list_id", Text, nullable=False),  # connectors.api.TaskList.server_id
    Column("state", String(8), nullable=False),  # kept | moved | leaving | over
    Column("ref", Text),  # connectors.api.HeldTask.ref
    Column("version", Text),  # that of `held`
    Column("held", Text),  # what it was when it was last read, as digests of its fields; NULL: never seen
    Column("pending", Text),  # what is being written to it; NULL: nothing
    Column("wanted", Text),  # what the task asked for when it was last written or compared
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("task_id", "account_id"),
)
Index("ix_task_entry_account_id", task_entry.c.account_id, task_entry.c.state)

#: How it stands with the list of an account.
task_list = Table(
    "task_list",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("problem", Text),  # NULL: the last turn went well
    Column("hint", Text),
    Column("failures", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("synced_at", Instant),  # when it last was as the tasks are
)

#: Which digests were sent.
digest_mail = Table(
    "digest_mail",
    metadata,
    Column("person_id", Id, nullable=False),
    Column("sent_on", Date, nullable=False),  # the person's own day
    Column("state", String(8), nullable=False),  # waiting | sending | sent | unknown | refused | expired
    Column("problem", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("person_id", "sent_on"),
)
