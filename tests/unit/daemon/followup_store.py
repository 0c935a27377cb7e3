"""Scenarios of follow-ups through a store: mails and meetings are read, derived, and time goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.api import Attachment, Auth, Event, Meeting, Message, Moment, Purpose
from daemon.deadlines import apply_deadlines
from daemon.entered import apply_entered
from daemon.ticking import tick
from matching.followups import Plan, State
from matching.policy import Create
from matching.workdays import WorkingTimes
from store.followups import tasks
from tests.unit.daemon.company_mail import company, mail
from tests.unit.daemon.company_meetings import Calendars, at, event, meeting
from tests.unit.daemon.test_signals import bounce
from tests.unit.matching.followups.language import OURS, Line, Scenario, address, expected, instant, promised
from tests.unit.matching.followups.relations import plan

LONG = "Here is all that there is to say about it, and what follows from it for the next weeks, in good order."
STATES = "SELECT c.display_name, t.rule, t.state, t.settled_how FROM v1_task t JOIN v1_contact c ON c.id = t.contact_id"


class Office(Calendars):
    """The company, with rules; all accounts were read long ago, unless `is_read` is false."""

    def __init__(self, folder: Path, scenario: Scenario, *, is_read: bool = True, url: str | None = None) -> None:
        found: Plan = plan(scenario.working)
        policy = replace(company(Create.ALL), followups=found, times=WorkingTimes(scenario.working))
        super().__init__(folder, policy, url=url)
        self.skims = False
        self.zone = scenario.working.zone
        self.now = min(each.at for each in scenario.lines) - timedelta(days=8)
        if is_read:
            self.reach_horizon()
        self.hear()

    def reach_horizon(self, *accounts: str) -> None:
        """All of the last days has been read."""
        with self.store.write() as transaction:
            for each in accounts or self.accounts:
                told = f"UPDATE account SET horizon_reached_at = '{self.now.isoformat()}'"  # noqa: S608 - words of the test
                if transaction.dialect.name == "sqlite":
                    told = told.replace("+00:00", ".000000Z")
                transaction.exec_driver_sql(f"{told} WHERE id = '{self.accounts[each]}'")

    def states(self) -> list[str]:
        """ "ann:no_reply open" of all tasks, sorted."""
        found = []
        for name, rule, state, how in self.rows(STATES):
            found.append(f"{name.partition('@')[0].lower()}:{rule} {how if state == 'settled' else state}")
        return sorted(found)

    def take(self, line: Line, mails: Mails) -> None:
        """What happened, read at once."""
        if line.verb == "leave":
            start, end = (Moment(date.fromisoformat(each)) for each in line.words[1:])
            away = Event(uid=f"l{line.number}", start=start, end=end, is_away=True)
            self.plan(line.who, Meeting(ref=f"{line.number}.ics", uid=away.uid, events=(away,)))
            return
        if line.verb in ("expect", "forgo"):
            self.expect(line, mails)
            return
        if line.verb == "meet":
            self.plan(_organizer(line), meeting(_event(line, self.zone), ref=f"{line.number}.ics"))
            return
        account, purpose, found = mails.of(line)
        self.read(account, purpose.value, [found], purpose)

    def fetch(self, scenario: Scenario) -> None:
        """What became wanted, as a worker does it."""
        server: dict[tuple[str, str], tuple[Purpose, list[Message | Meeting]]] = {}
        mails = Mails(scenario)
        for line in scenario.lines:
            if line.verb in (">", "away", "lost"):
                account, purpose, found = mails.of(line)
                server.setdefault((account, purpose.value), (purpose, []))[1].append(found)
        while self.fetch_wanted(server):
            pass

    def run(self, scenario: Scenario) -> None:
        """Go through the lines in their order, and see whether there is to do what they say."""
        mails = Mails(scenario)
        for line in sorted(scenario.lines, key=lambda each: (_known_at(each), each.number)):
            self.now = max(self.now, _known_at(line))
            if line.verb == "=":
                self.hear()
                tick(self.store, self.company, lambda: self.now)
                assert self.states() == expected(line.words), f"line {line.number + 2}: {self.states()}"
            elif line.verb in ("snooze", "done", "dismiss"):
                self.hear()
                tick(self.store, self.company, lambda: self.now)
                self.decide(line)
            else:
                self.take(line, mails)

    def expect(self, line: Line, mails: Mails) -> None:
        """Another program sets a day on a contact that it knows by its address, moves it, or takes it back."""
        self.derive()
        name, key = line.who, f"external_source = 'crm' AND external_id = '{line.who}'"
        if line.verb == "forgo":
            self.execute(f"UPDATE w1_deadline SET is_deleted = true WHERE {key}")  # noqa: S608 - words of the test
        elif self.rows(f"SELECT 1 FROM w1_deadline WHERE {key}"):  # noqa: S608 - words of the test
            self.execute(f"UPDATE w1_deadline SET due_on = '{line.words[1]}' WHERE {key}")  # noqa: S608 - words of the test
        else:
            self.execute("INSERT INTO w1_contact (external_source, external_id) VALUES ('crm', ?)", name)
            held = "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', ?, ?)"
            self.execute(held, name, address(name))
            apply_entered(self.store, self.company, lambda: line.at)
            self.derive()
            of_contact = f"SELECT contact_id FROM v1_contact_address WHERE address = '{address(name)}'"  # noqa: S608 - words of the test
            ((contact_id,),) = self.rows(of_contact)
            thread_id = None
            if len(line.words) > 2:
                ((thread_id,),) = self.rows(
                    f"SELECT thread_id FROM v1_interaction WHERE message_id = '{mails.first(line.words[2])}'"  # noqa: S608 - words of the test
                )
            self.execute(
                "INSERT INTO w1_deadline (external_source, external_id, contact_id, thread_id, due_on)"
                " VALUES ('crm', ?, ?, ?, ?)",
                *(name, contact_id, thread_id, line.words[1]),
            )
        apply_deadlines(self.store, lambda: line.at)
        assert self.rows("SELECT error FROM w1_deadline WHERE error IS NOT NULL") == []
        self.derive()

    def decide(self, line: Line) -> None:
        """A person's word about the only task of a rule."""
        ((task_id,),) = self.rows(f"SELECT id FROM v1_task WHERE rule = '{line.who}'")  # noqa: S608 - words of the test
        until = instant(" ".join(line.words[1:]), self.zone) if line.verb == "snooze" else None
        state = {"snooze": State.SNOOZED, "done": State.DONE, "dismiss": State.DISMISSED}[line.verb]
        with self.store.write() as transaction:
            tasks.decide(transaction, task_id, state, self.now, until=until, changed_by="alice")
        self.derive()


class Mails:
    """The mails of a scenario: their ids, and which answers which."""

    def __init__(self, scenario: Scenario) -> None:
        self._lines = scenario.lines
        self._parents: dict[int, str | None] = {}
        threads: dict[str, list[int]] = {}
        for line in scenario.lines:
            if line.verb != ">":
                continue
            earlier = threads.setdefault(line.words[2], []) if "fresh" not in line.words else []
            parent = (earlier[0] if "direct" in line.words else earlier[-1]) if earlier else None
            self._parents[line.number] = _mid(parent) if parent is not None else None
            earlier.append(line.number)

    def first(self, subject: str) -> str:
        """The Message-ID that began a conversation."""
        return next(_mid(each.number) for each in self._lines if each.verb == ">" and each.words[2] == subject)

    def of(self, line: Line) -> tuple[str, Purpose, Message]:
        """(account, purpose of the folder, mail)"""
        when: dict[str, Any] = {"sent_at": line.at, "received_at": line.at, "ref": f"1:{line.number + 1}"}
        if line.verb == ">":
            sender, to, _subject, *flags = line.words
            people = to.split("+")
            copied = tuple(address(each.partition("=")[2]) for each in flags if each.startswith("cc="))
            account = next(each for each in (sender, *people, *(f.partition("=")[2] for f in flags)) if each in OURS)
            parent = self._parents[line.number]
            named: dict[str, Any] = {"in_reply_to": (parent,), "references": (parent,)} if parent else {}
            found = mail(
                address(sender),
                *map(address, people),
                mid=_mid(line.number),
                cc=copied,
                subject=f"{'Fwd: ' if 'fwd' in flags else ''}Matter {line.number}",
                text=_text(flags),
                attachments=(Attachment("list.pdf", "application/pdf", 9_000),) if "files" in flags else (),
                list_id="news.example" if "bulk" in flags else "",
                auto_submitted="auto-replied" if "auto" in flags else "",
                auth=Auth.FAIL if "forged" in flags else Auth.PASS,
                **named,
                **when,
            )
            return account, Purpose.SENT if sender in OURS else Purpose.INBOX, found
        name, subject, *rest = line.words
        about = [each for each in self._lines if each.verb == ">" and each.words[2] == subject and each.who in OURS]
        asked = [each for each in about if each.at <= line.at][-1]
        if line.verb == "lost":
            found = bounce(_mid(line.number), _mid(asked.number), 0, recipient=address(name))
            return asked.who, Purpose.INBOX, replace(found, **when)
        found = mail(
            address(name),
            address(asked.who),
            mid=_mid(line.number),
            subject="Out of office",
            text=f"I am out of the office. I will be back on {rest[0]}.",
            in_reply_to=(_mid(asked.number),),
            references=(_mid(asked.number),),
            auto_submitted="auto-replied",
            headers=b"Auto-Submitted: auto-replied\nX-Autoreply: yes\n",
            **when,
        )
        return asked.who, Purpose.INBOX, found


def _text(flags: list[str]) -> str:
    """In another language each time that something is said in words."""
    promises, by = promised(flags)
    said = ["Thank you." if "thanks" in flags else LONG]
    if promises:
        said.append(f"I will send you the list by {by:%d %B %Y}." if by else "قیمت‌ها را برایتان خواهم فرستاد.")
    said += ["Албан ёсоор гомдол гаргаж байна."] * ("complains" in flags) + ["When?"] * ("asks" in flags)
    return "\n\n".join(said)


def _mid(number: int) -> str:
    return f"{number}@scenario.example"


def _known_at(line: Line) -> datetime:
    return line.at - timedelta(days=7) if line.verb == "meet" else line.at


def _organizer(line: Line) -> str:
    return next(each for each in line.words if each in OURS)


def _event(line: Line, zone: str) -> Any:
    people = [each for each in line.words if "@" not in each and each in (*OURS, "ann", "ben", "bea", "eve", "bo")]
    organizer, *invited = people
    answer = "?" if "unanswered" in line.words else "+"
    start = replace(at(1, zone="UTC"), local=line.at.replace(tzinfo=None))
    whole = event(
        start, *(address(each) + answer for each in invited), uid=f"e{line.number}", organizer=address(organizer)
    )
    minutes = next(int(each) for each in line.words if each.isdigit())
    return replace(whole, end=replace(start, local=(line.at + timedelta(minutes=minutes)).replace(tzinfo=None)))
