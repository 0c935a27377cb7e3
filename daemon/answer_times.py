"""How long each mail of a thread took to answer the one before: by the clock, and in the working time of who owed it.

Of an answer of ours that is who wrote it. When a contact works is not known, so the company's own week is taken for
theirs: the best guess, as most of a company's contacts live where it does.
"""

from __future__ import annotations

from collections.abc import Mapping

from daemon.signals import Thread
from matching.policy import Direction
from matching.workdays import WorkingTimes, working_seconds
from store.derivation.history import Interaction
from store.meetings.leave import Leave

#: Which side an answer is from -> which one it answers.
_SIDES = {Direction.INBOUND.value: Direction.OUTBOUND.value, Direction.OUTBOUND.value: Direction.INBOUND.value}


def with_answer_times(
    wanted: list[Interaction],
    hidden: set[str],
    thread: Thread,
    times: WorkingTimes,
    people: Mapping[str, str],
    leave: Mapping[str, Leave],
) -> list[Interaction]:
    """Whole threads, each answer with the time it took; of hidden mail not even that it was answered is told.

    What comes of itself (an absence note, a bounce) answers nothing. `people`: normal address -> person; `leave`:
    person -> when away.
    """
    items = {item.id: item for item in wanted}
    timed = []
    for each in wanted:
        item = each._replace(parent_id=None) if each.parent_id in hidden else each
        asked = items.get(item.parent_id) if item.parent_id else None
        seconds, working, person = None, None, None
        if asked is not None and item.occurred_at >= asked.occurred_at and not thread.is_mechanical(item):
            seconds = int((item.occurred_at - asked.occurred_at).total_seconds())
            if asked.direction == _SIDES.get(item.direction):
                is_ours = item.direction == Direction.OUTBOUND
                person = people.get(thread.sender(item if is_ours else asked))
                week = times.of(thread.sender(item)) if is_ours else times.usual
                free = leave.get(person or "", ()) if is_ours else ()
                working = working_seconds(week, asked.occurred_at, item.occurred_at, free)
        if (seconds, working, person) != (item.answer_seconds, item.answer_working_seconds, item.answer_person_id):
            item = item._replace(answer_seconds=seconds, answer_working_seconds=working, answer_person_id=person)
        timed.append(item)
    return timed
