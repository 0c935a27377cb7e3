"""What rules would have raised and settled over a stretch of the past, as one who looked all the time saw it. Pure.

Nothing changes between two instants at which something happens or is due, so those are all that is looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from matching.followups.deciding import State
from matching.followups.desk import Desk
from matching.followups.judging import Key, Task, judge
from matching.followups.records import Deadline, Mail, Meeting, Relation
from matching.rhythm import usual_gap

#: (when there was contact, from when on that is known)
Seen = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a task at an instant."""

    at: datetime
    #: OPEN or SETTLED; None: its reason was gone, and with it the task.
    state: State | None


@dataclass(slots=True)
class Replayed:
    """A task that would have been open for a time."""

    #: As it was last.
    task: Task
    steps: list[Step] = field(default_factory=list)


def replay(
    relation: Relation,
    desk: Desk,
    since: datetime,
    until: datetime,
    *,
    rules: Collection[str],
    window: timedelta,
    rhythm: Sequence[Seen] = (),
    most: int = 100,
) -> list[Replayed]:
    """The tasks of these rules, had they been turned on at `since`, in the order in which they were raised.

    `relation`: all since a `window` before that, which is how far back each look goes; the last `most` of `rhythm`
    by then, sorted, make the usual gap. Of what is not known when it changed (a meeting that is cancelled, a mark of
    an answer), it is taken that it was so from the beginning.
    """
    past = _Past(relation, since, window, rhythm, most)
    instants = sorted(at for at in past.instants() if since < at <= until)
    known: dict[Key, Replayed] = {}
    there: dict[Key, Task] = {}
    since_when = dict.fromkeys(rules, since)
    now, place = since, 0
    while True:
        judged = judge(past.at(now, there.values()), desk, now, since_when, there, rules)
        found = {task.key: task for task in judged.tasks}
        _note(known, there, found, now)
        there = found
        place = bisect_right(instants, now, place)
        following = [each for each in (*instants[place : place + 1], judged.look_at) if each is not None]
        if not following or min(following) > until:
            return [each for each in known.values() if each.steps]
        now = min(following)


def _note(known: dict[Key, Replayed], before: dict[Key, Task], found: dict[Key, Task], now: datetime) -> None:
    for key, task in found.items():
        one = known.setdefault(key, Replayed(task))
        one.task = task
        state = State.OPEN if task.settled is None else State.SETTLED
        # what is settled when it is first seen nobody had to do
        if (state is State.OPEN or one.steps) and (not one.steps or one.steps[-1].state is not state):
            one.steps.append(Step(now, state))
    for key in before.keys() - found.keys():
        one = known[key]
        if one.steps and one.steps[-1].state is State.OPEN:
            one.steps.append(Step(now, None))


class _Past:
    """A relation as it was."""

    def __init__(
        self, relation: Relation, since: datetime, window: timedelta, rhythm: Sequence[Seen], most: int
    ) -> None:
        self._relation = relation
        self._window = window
        self._rhythm = rhythm
        self._most = most
        # all of it counts, as if all accounts had been read by then
        self._mails = [replace(each, counts_from=since) for each in relation.mails]
        self._times = [each.at for each in self._mails]
        self._meetings = [replace(each, counts_from=since) for each in relation.meetings]
        own = {each.thread_id for each in self._mails if each.address}
        #: Of others of the organization, met together; not for a conversation's sake.
        self._near = {each.id for each in self._mails if each.thread_id not in own}

    def instants(self) -> set[datetime]:
        """When something happened."""
        relation = self._relation
        found = {*self._times, *(each.at for each in relation.bounces), *(each.at for each in relation.absences)}
        found |= {each.at for each in relation.opens}
        for deadline in relation.deadlines:
            found |= {each for each in (deadline.set_at, deadline.ended_at) if each is not None}
        for each in self._meetings:
            found |= {_known_at(each), each.over_at}
            if each.responded_at is not None:
                found.add(each.responded_at)
        return found

    def at(self, now: datetime, standing: Collection[Task]) -> Relation:
        """What was known of it then."""
        triggers = [each.due.triggered_at for each in standing if each.settled is None]
        since = min([now - self._window, *(each - timedelta(days=1) for each in triggers)])
        mails = self._mails[: bisect_right(self._times, now)]
        if mails and mails[0].at < since:
            mails = self._recent(mails, since)
        ids = {each.id for each in mails}
        relation = self._relation
        return replace(
            relation,
            mails=tuple(mails),
            meetings=tuple(
                _as_known(each, now) for each in self._meetings if each.starts_at >= since and _known_at(each) <= now
            ),
            bounces=tuple(each for each in relation.bounces if since <= each.at <= now and each.mail_id in ids),
            absences=tuple(each for each in relation.absences if since <= each.at <= now),
            deadlines=tuple(_as_set(each, now) for each in relation.deadlines if each.set_at <= now),
            opens=tuple(each for each in relation.opens if since <= each.at <= now and each.mail_id in ids),
            gap=self._gap(now),
        )

    def _recent(self, mails: Sequence[Mail], since: datetime) -> list[Mail]:
        """Those of conversations that the contact took part in since then."""
        threads = {each.thread_id for each in mails if each.address and each.at >= since}
        return [each for each in mails if each.thread_id in threads or (each.id in self._near and each.at >= since)]

    def _gap(self, now: datetime) -> timedelta | None:
        known = [at for at, known_at in self._rhythm if known_at <= now]
        return usual_gap(known[-self._most :])


def _known_at(meeting: Meeting) -> datetime:
    """One that was put into a calendar afterwards is taken as known when it began."""
    return min(meeting.known_at, meeting.starts_at)


def _as_set(deadline: Deadline, now: datetime) -> Deadline:
    has_ended = deadline.ended_at is not None and deadline.ended_at <= now
    return deadline if has_ended else replace(deadline, ended_at=None)


def _as_known(meeting: Meeting, now: datetime) -> Meeting:
    if meeting.status == "held" and meeting.over_at > now:
        meeting = replace(meeting, status="planned")
    if meeting.responded_at is not None and meeting.responded_at > now:
        meeting = replace(meeting, response="needs_action", responded_at=None)
    return meeting
