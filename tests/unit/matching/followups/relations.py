"""Scenarios as rules see them, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from matching.followups import (
    Absence,
    Bounce,
    Colleague,
    Deadline,
    Decision,
    Desk,
    Mail,
    Meeting,
    Plan,
    Relation,
    Side,
    State,
    Task,
    judge,
    state_of,
)
from matching.followups.bouncing import Bounced
from matching.followups.complaining import Complaint
from matching.followups.deadlines import DeadlineReached
from matching.followups.meeting_rules import AfterMeeting, InvitationOpen
from matching.followups.opening import OpenedOften
from matching.followups.owing import Unanswered
from matching.followups.promising import Promised
from matching.followups.quiet import GoneQuiet
from matching.followups.replying import BackFromLeave, NoReply
from matching.workdays import WorkingTime, WorkingTimes
from tests.unit.matching.followups.language import (
    DOMAINS,
    OURS,
    Line,
    Scenario,
    address,
    day,
    expected,
    instant,
    promised,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RULES: dict[str, Any] = {
    "no_reply": NoReply(),
    "back_from_leave": BackFromLeave(),
    "complaint": Complaint(),
    "deadline": DeadlineReached(),
    "promised": Promised(),
    "unanswered": Unanswered(),
    "bounced": Bounced(),
    "after_meeting": AfterMeeting(),
    "invitation_open": InvitationOpen(),
    "gone_quiet": GoneQuiet(),
    "opened_often": OpenedOften(),
}


def plan(working: WorkingTime, own: Mapping[str, WorkingTime] | None = None, **more: Any) -> Plan:
    """All of our rules, as they are by default; `own`: name of one of ours -> when that one works."""
    rules = {name: (rule, rule.Settings()) for name, rule in RULES.items()}
    times = WorkingTimes(working, {address(name): time for name, time in (own or {}).items()})
    return Plan(**{"rules": rules, "times": times, **more})


class World:
    """The people of a scenario, and what they decided."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        gap: timedelta | None = None,
        left: tuple[str, ...] = (),
        contact_of: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """`left`: of ours, who is there no more; `contact_of`: contact -> whose it is; more is of the plan."""
        self.scenario = scenario
        self.gap = gap
        self.contact_of = contact_of or {}
        self.people = {n: Colleague(id=n, address=address(n), team=f"{n}s", is_active=n not in left) for n in OURS}
        self.plan = plan(scenario.working, **more)
        self.desk = Desk(self.plan, self.people)
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.standing: dict[str, set[tuple[str, str, str]]] = {}

    def run(self) -> None:
        """Go through the lines, and see whether there is to do what they say."""
        for line in self.scenario.lines:
            if line.verb == "=":
                found = self.there(line.at)
                assert found == expected(line.words), f"line {line.number + 2}: {found}"
            elif line.verb in ("snooze", "done", "dismiss"):
                self.decide(line)

    def there(self, now: datetime) -> list[str]:
        """ "ann:no_reply open" of all contacts."""
        found = []
        for contact, task in self.tasks(now):
            state = state_of(task, self.decisions.get((contact, task.due.rule)), now)
            how = task.settled.how.value if state is State.SETTLED and task.settled else state.value
            found.append(f"{contact}:{task.due.rule} {how}")
        return sorted(found)

    def tasks(self, now: datetime) -> list[tuple[str, Task]]:
        """What there is of each contact."""
        found = []
        since = dict.fromkeys(RULES, LONG_AGO)
        self.desk = Desk(self.plan, {name: self._with_leave(each, now) for name, each in self.people.items()})
        for name in DOMAINS:
            if name in OURS:
                continue
            judged = judge(self.relation(name, now), self.desk, now, since, self.standing.get(name, set()))
            self.standing[name] = {each.key for each in judged.tasks}
            found += [(name, each) for each in judged.tasks]
        return found

    def _with_leave(self, colleague: Colleague, now: datetime) -> Colleague:
        """As far as it is in the calendar by then."""
        zone = self.scenario.working.zone
        found = [
            tuple(instant(f"{each} 00:00", zone) for each in line.words[1:])
            for line in self.scenario.until(now)
            if line.verb == "leave" and line.who == colleague.id
        ]
        return replace(colleague, leave=tuple((start, end) for start, end in found))

    def decide(self, line: Line) -> None:
        """A person's word about Ann's task of a rule."""
        name, _, rule = line.who.rpartition(":")
        until = instant(" ".join(line.words[1:]), self.scenario.working.zone) if line.verb == "snooze" else None
        state = {"snooze": State.SNOOZED, "done": State.DONE, "dismiss": State.DISMISSED}[line.verb]
        self.decisions[name or "ann", rule] = Decision(state, until)

    def relation(self, name: str, now: datetime) -> Relation:
        """What there was with a contact by then."""
        lines = list(self.scenario.until(now))
        mails = self._mails(name, lines)
        ids = {mail.id for mail in mails}
        about = {each.words[1]: f"m{each.number}" for each in lines if each.verb == ">" and each.who in OURS}
        signs = [each for each in lines if each.verb in ("away", "lost") and each.who == name]
        return Relation(
            contact_id=name,
            organization_id=DOMAINS[name],
            domain=DOMAINS[name],
            person_id=self.contact_of.get(name),
            addresses=frozenset({address(name)}),
            mails=tuple(mails),
            meetings=tuple(_meeting(each, name, now) for each in lines if each.verb == "meet" and name in each.words),
            bounces=tuple(
                Bounce(
                    mail_id=_sent(lines, each, about), source_id=f"s{each.number}", at=each.at, address=address(name)
                )
                for each in signs
                if each.verb == "lost" and _sent(lines, each, about) in ids
            ),
            absences=tuple(
                Absence(source_id=f"s{each.number}", at=each.at, return_on=day(each.words[2]))
                for each in signs
                if each.verb == "away"
            ),
            deadlines=tuple(_deadlines(lines, name)),
            gap=self.gap,
        )

    def _mails(self, name: str, lines: list[Line]) -> list[Mail]:
        found: list[Mail] = []
        threads: dict[str, list[str]] = {}
        fits: set[str] = set()
        for line in lines:
            if line.verb != ">":
                continue
            mail = _mail(line, name, threads)
            found.append(mail)
            if mail.address:
                fits.add(mail.thread_id)
        found.sort(key=lambda mail: (mail.at, mail.id))
        return [mail for mail in found if mail.thread_id in fits]


def _deadlines(lines: list[Line], name: str) -> list[Deadline]:
    """One that was set on a contact, and the ones before that it was moved from."""
    about = {each.words[2]: f"m{each.number}" for each in lines if each.verb == ">"}
    found: list[Deadline] = []
    for line in (each for each in lines if each.who == name):
        if line.verb in ("expect", "forgo") and found and found[-1].ended_at is None:
            found[-1] = replace(found[-1], ended_at=line.at)
        if line.verb == "expect":
            mail_id = about[line.words[2]] if len(line.words) > 2 else None
            found.append(Deadline(id=f"d{line.number}", due_on=day(line.words[1]), set_at=line.at, mail_id=mail_id))
    return found


def _sent(lines: list[Line], sign: Line, about: dict[str, str]) -> str:
    """The last mail of ours of that conversation before the sign."""
    before = [each for each in lines if each.verb == ">" and each.words[2] == sign.words[1] and each.who in OURS]
    return next((f"m{each.number}" for each in reversed(before) if each.at <= sign.at), "")


def _mail(line: Line, name: str, threads: dict[str, list[str]]) -> Mail:
    sender, to, subject, *flags = line.words
    people, mail_id = to.split("+"), f"m{line.number}"
    copied = [each.partition("=")[2] for each in flags if each.startswith("cc=")]
    earlier = threads.setdefault(subject, []) if "fresh" not in flags else []
    parent = (earlier[0] if "direct" in flags else earlier[-1]) if earlier else None
    thread = earlier[0] if earlier else mail_id
    earlier.append(mail_id)
    ours = sender in OURS
    side = Side.OURS if ours else Side.CONTACT if sender == name else Side.OTHER
    if side is Side.OTHER and DOMAINS[sender] == DOMAINS[name]:
        side = Side.ORGANIZATION
    promises, promised_by = promised(flags)
    theirs = [each for each in people if DOMAINS[each] == DOMAINS[name]]
    return Mail(
        id=mail_id,
        thread_id=thread,
        parent_id=parent,
        at=line.at,
        side=side,
        author=address(sender),
        recipients=frozenset(address(each) for each in people + copied if each not in OURS),
        address=address(name) if name in (sender, *people, *copied) else "",
        is_to_contact=name in people + copied,
        is_to_organization=ours and any(DOMAINS[each] == DOMAINS[name] for each in people + copied if each != name),
        is_asked=ours and theirs[:1] == [name],
        person_id=sender if ours else None,
        asked_ids=tuple(each for each in people if each in OURS) if not ours else (),
        is_to_us=not ours and any(each in OURS for each in people),
        is_mechanical="auto" in flags,
        is_bulk="bulk" in flags,
        is_unverified="forged" in flags,
        is_forward="fwd" in flags,
        is_invitation="invite" in flags,
        asks="asks" in flags,
        needs_answer=not ("thanks" in flags and parent is not None),
        promises=promises,
        promised_by=promised_by,
        complains="complains" in flags,
        has_attachments="files" in flags,
        counts_from=LONG_AGO,
    )


def _meeting(line: Line, name: str, now: datetime) -> Meeting:
    """Known since a week before, or since the line says."""
    people = [each for each in line.words if each in DOMAINS]
    minutes = next(int(each) for each in line.words if each.isdigit())
    over_at = line.at + timedelta(minutes=minutes)
    named = [each.partition("=")[2] for each in line.words if each.startswith("organizer=")]
    organizer = named[0] if named else people[0]
    status = "cancelled" if "cancelled" in line.words else "held" if over_at <= now else "planned"
    response = next((each for each in line.words if each in ("declined", "tentative")), "accepted")
    return Meeting(
        id=f"e{line.number}",
        interaction_id=f"i{line.number}",
        starts_at=line.at,
        over_at=over_at,
        status=status,
        is_ours=organizer in OURS,
        is_theirs=organizer == name,
        series_id=next((each.partition("=")[2] for each in line.words if each.startswith("series=")), None),
        open_ids=tuple(each.partition("=")[2] for each in line.words if each.startswith("open=")),
        address=address(name),
        response="needs_action" if "unanswered" in line.words else response,
        known_at=line.at - timedelta(days=7),
        person_ids=tuple(each for each in people if each in OURS),
        is_asked=next(each for each in people if DOMAINS[each] == DOMAINS[name]) == name,
        counts_from=LONG_AGO,
    )
