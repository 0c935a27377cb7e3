"""Which of what rules find is a task at an instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from matching.followups.desk import NEVER, Desk
from matching.followups.records import Due, Relation, Settled

#: What was longer ago than this when all was first read, or when a rule was turned on, raises nothing.
TOO_OLD = timedelta(days=14)

#: What names a task: (rule, address of the contact, trigger).
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """A follow-up that is, or was, to be done."""

    due: Due
    #: The day of the instant, where the person is.
    due_on: date
    #: None: it is open.
    settled: Settled | None

    @property
    def key(self) -> Key:
        """What makes it one task however often it is raised: rule, address and trigger."""
        return self.due.rule, self.due.address, self.due.trigger_id


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be done about a contact."""

    tasks: tuple[Task, ...]
    #: When time alone may change it; None: it does not.
    look_at: datetime | None


def judge(
    relation: Relation,
    desk: Desk,
    known_until: datetime,
    rules_since: Mapping[str, datetime],
    standing: Iterable[Key] = (),
    rules: Collection[str] | None = None,
) -> Judgement:
    """The tasks, as far as all is known until an instant.

    What settles before it is due never was a task. `rules_since`: from when on each rule is on; `standing`: tasks that
    are open already, for what settles at a time that nobody knows. `rules`: of these alone; None: of all that are on.
    """
    tasks: list[Task] = []
    look_at = NEVER
    before = set(standing)
    for due in _found(relation, desk, rules):
        counts_from = max(due.counts_from or NEVER, rules_since.get(due.rule, NEVER))
        if counts_from == NEVER or due.triggered_at < counts_from - TOO_OLD:
            continue
        settled = due.settled
        is_in_time = settled is not None and settled.at is not None and settled.at <= due.due_at
        if is_in_time or due.due_at == NEVER:
            continue
        if due.due_at > known_until:
            look_at = min(look_at, due.due_at)
            continue
        task = Task(due, desk.day_of(due.person_id, due.due_at), settled)
        if settled is not None and settled.at is None and task.key not in before:
            continue
        tasks.append(task)
    return Judgement(tuple(tasks), None if look_at == NEVER else look_at)


def _found(relation: Relation, desk: Desk, rules: Collection[str] | None) -> Iterable[Due]:
    for name in sorted(desk.plan.on() if rules is None else rules):
        rule, _settings = desk.plan.rules[name]
        yield from rule.find(name, relation, desk)
