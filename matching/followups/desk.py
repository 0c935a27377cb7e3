"""Whose task it is, when they work, and what is configured for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from matching.followups.records import Relation
from matching.workdays import Leave, WorkingTime, WorkingTimes, after_working_days, after_working_seconds

#: A time that never comes.
NEVER = datetime.max.replace(tzinfo=UTC)
#: A look at a contact is put off for so long at the most.
LONGEST = timedelta(days=1)
#: Times that a desk remembers.
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One of ours."""

    id: str
    #: The main address, normal form.
    address: str
    team: str = ""
    #: Is somebody there to do it? Not of who left, and not where all accounts ended.
    is_active: bool = True
    #: When away: aware UTC instants, from and until. Who is away otherwise is the same colleague.
    leave: tuple[tuple[datetime, datetime], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other settings for some people or contacts. An empty condition holds for all."""

    #: Addresses of people (normal forms), and names of teams; one of either is enough.
    people: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    #: Domains of organizations, and addresses of contacts (normal forms); one of either is enough.
    organizations: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    #: Rule -> what is set otherwise: field of its Settings -> value; "on" beside them.
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def signature(self) -> list[object]:
        """As JSON."""
        conditions = (self.people, self.teams, self.organizations, self.contacts)
        changes = [[rule, sorted(map(repr, found.items()))] for rule, found in sorted(self.changes.items())]
        return [*map(sorted, conditions), changes]

    def holds(self, relation: Relation, colleague: Colleague | None) -> bool:
        """Does it hold for this contact and whose task it is?"""
        if (self.people or self.teams) and (
            colleague is None or (colleague.address not in self.people and colleague.team not in self.teams)
        ):
            return False
        if not (self.organizations or self.contacts):
            return True
        return relation.domain in self.organizations or not self.contacts.isdisjoint(relation.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rules that are configured. Without rules there are no follow-ups."""

    #: Name -> the rule and its settings; those of which "on" is false are in it too, for an override may turn them on.
    rules: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    overrides: tuple[Override, ...] = ()
    times: WorkingTimes | None = None

    @property
    def signature(self) -> list[object]:
        """As JSON; another one where tasks may differ."""
        return [
            [[name, repr(settings)] for name, (_rule, settings) in sorted(self.rules.items())],
            sorted(self.off),
            [each.signature for each in self.overrides],
            self.times.signature if self.times else None,
        ]

    @property
    def least(self) -> timedelta:
        """So long after any mail nothing is due that comes of it, for whomever (Rule.least); LONGEST at the most."""
        found = (_least(self.rules[name][0], each) for name in self.on() for each in self._settings(name))
        return min(found, default=LONGEST)

    def _settings(self, rule: str) -> list[Any]:
        """All that may hold for somebody: each override changes them or does not."""
        found = [self.rules[rule][1]]
        for override in self.overrides:
            changes = {field: value for field, value in override.changes.get(rule, {}).items() if field != "on"}
            changed = [replace(each, **changes) for each in found] if changes else []
            found += [each for each in changed if each not in found]
        return found

    def on(self) -> frozenset[str]:
        """The rules that are on for somebody."""
        turned_on = {name for each in self.overrides for name, found in each.changes.items() if found.get("on")}
        return (frozenset(self.rules) - self.off) | (turned_on & self.rules.keys())


def _least(rule: Any, settings: Any) -> timedelta:
    least = getattr(rule, "least", None)
    return timedelta(0) if least is None else min(least(settings), LONGEST)


class Desk:
    """A plan with the people that it is for."""

    def __init__(self, plan: Plan, colleagues: Mapping[str, Colleague]) -> None:
        """`plan.times` is set; `colleagues`: by id."""
        assert plan.times is not None
        self.plan = plan
        self._times = plan.times
        self._colleagues = colleagues
        #: What was asked lately: several contacts were at one meeting, and one look reads many at once.
        self._later: dict[tuple[str | None, datetime, int], datetime] = {}

    def is_active(self, person_id: str | None) -> bool:
        """Is it one of ours who can do it?"""
        return person_id is not None and person_id in self._colleagues and self._colleagues[person_id].is_active

    def settings(self, rule: str, relation: Relation, person_id: str | None) -> Any:
        """What is set for the rule, the contact, and whose task it is; None: it is off."""
        if rule not in self.plan.rules:
            return None
        _rule, settings = self.plan.rules[rule]
        is_on, colleague = rule not in self.plan.off, self._colleagues.get(person_id or "")
        for each in self.plan.overrides:
            if rule in each.changes and each.holds(relation, colleague):
                changes = dict(each.changes[rule])
                is_on = changes.pop("on", is_on)
                settings = replace(settings, **changes)
        return settings if is_on else None

    def working_time(self, person_id: str | None) -> WorkingTime:
        """When the person works; the company's of nobody."""
        colleague = self._colleagues.get(person_id or "")
        return self._times.of(colleague.address) if colleague else self._times.usual

    def after_days(self, person_id: str | None, start: datetime, days: int) -> datetime:
        """So many working days of the person later; NEVER where they don't work any more."""
        asked = (person_id, start, days)
        found = self._later.get(asked)
        if found is None:
            if len(self._later) >= _REMEMBERED:
                self._later.clear()
            time = self.working_time(person_id)
            found = self._later[asked] = after_working_days(time, start, days, self._leave(person_id)) or NEVER
        return found

    def after_hours(self, person_id: str | None, start: datetime, hours: float) -> datetime:
        """So many working hours later."""
        seconds = round(hours * 3600)
        return after_working_seconds(self.working_time(person_id), start, seconds, self._leave(person_id)) or NEVER

    def _leave(self, person_id: str | None) -> Leave:
        colleague = self._colleagues.get(person_id or "")
        return colleague.leave if colleague else ()

    def beginning_of(self, person_id: str | None, day: date) -> datetime:
        """The first working time of the person on that day or after it."""
        return self.after_days(person_id, self.midnight_of(person_id, day), 0)

    def midnight_of(self, person_id: str | None, day: date) -> datetime:
        """When the day begins where the person is."""
        return datetime.combine(day, time(), ZoneInfo(self.working_time(person_id).zone)).astimezone(UTC)

    def day_of(self, person_id: str | None, at: datetime) -> date:
        """The day where the person is."""
        return at.astimezone(ZoneInfo(self.working_time(person_id).zone)).date()
