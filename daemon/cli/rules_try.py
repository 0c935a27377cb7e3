"""keeptouch rules try: what a rule would have raised and settled, without raising anything."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import instant, json_text, write_line, write_text
from daemon.cli.tasks import person_named
from daemon.cli.timeline import not_one
from daemon.config import Config
from daemon.environment import company_of, open_store, utc_now
from daemon.options import Reader
from daemon.problems import ConfigError, Problem, refuse, suggestion
from daemon.trying import Tried, plan_of, tried
from matching.followups import Plan, State, Step
from store.contacts.search import find_contacts


def add_try(nouns: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        nouns,
        "try",
        show,
        "what a rule would have raised and settled since a day, without raising anything",
        "Goes through the stored history again as if the rule had been turned on at a day, and tells each task that "
        "would have been open: when it was raised, when it was settled, and by what. Nothing is written.",
    )
    parser.add_argument("rule", metavar="RULE", help="a rule of `rules list`, on or off")
    parser.add_argument("--since", metavar="DAY", required=True, help="the day it begins, as in 2026-03-02")
    parser.add_argument(
        "--with",
        dest="changes",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting of the rule to try instead of the configured one; may be given several times",
    )
    parser.add_argument("--person", metavar="EMAIL", help="only tasks of this person of ours")
    parser.add_argument("--contact", metavar="WHO", help="only tasks about this contact: an address, a name or an id")


def show(args: argparse.Namespace) -> int:
    """rules try"""
    config = load_config(args)
    company = company_of(config)
    company = replace(company, followups=_plan(company.followups, config, args.rule, args.changes))
    since, until = _beginning(args.since, config.company.timezone), utc_now()
    with open_store(config, os.environ, may_write=False) as store:
        with store.read() as transaction:
            person = person_named(transaction, args.person) if args.person else None
            contact_id = None
            if args.contact:
                hits = find_contacts(transaction, args.contact)
                if len(hits) != 1:
                    return not_one(args, args.contact, hits, {})
                contact_id = hits[0].id
        found = tried(store, company, args.rule, since, until, contact_id=contact_id, person=person)
        if args.json:
            for each in found:
                write_line(json_text(document(each)))
            sys.stdout.flush()
        else:
            _tell(found, ZoneInfo(config.company.timezone))
    return 0


def _plan(plan: Plan, config: Config, rule: str, changes: Sequence[str]) -> Plan:
    if not plan.rules:
        raise refuse("rules try", "follow-ups are off: [followups] says on = false", "turn them on to try a rule")
    if rule not in plan.rules:
        raise refuse("RULE", f'there is no rule "{rule}"', suggestion(rule, plan.rules))
    problems: list[Problem] = []
    reader = Reader(config.folder, os.environ, problems)
    given = dict(_setting(each) for each in changes)
    read = reader.values(type(plan.rules[rule][1]), given, "--with ")
    if problems:
        raise ConfigError(problems)
    try:
        return plan_of(plan, rule, read.values)
    except ValueError as error:
        raise refuse("--with", str(error)) from None


def _setting(text: str) -> tuple[str, Any]:
    """A value as a configuration writes it; what is no TOML is text."""
    key, is_there, value = text.partition("=")
    if not is_there:
        raise refuse("--with", f'"{text}" sets nothing', "write it as in days=5")
    try:
        return key.strip(), tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _beginning(text: str, zone: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise refuse("--since", f'"{text}" is no day', "write it as in 2026-03-02") from None
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _tell(found: Iterable[Tried], zone: ZoneInfo) -> None:
    """For people: each contact with what there would have been to do, and how all of them ended."""
    ends: Counter[str] = Counter()
    contacts: set[str] = set()
    for each in found:
        due = each.found.task.due
        if each.contact_id not in contacts:
            contacts = {each.contact_id}
            ends["contacts"] += 1
            write_text(f"{each.contact} <{due.address}>")
        write_text(f"  {due.title}: {due.reason} ({each.person or 'nobody’s'})")
        for line in _steps(each, zone):
            write_text(f"    {line}")
        ends[_end(each)] += 1
    count = ends.pop("contacts", 0)
    if not ends:
        write_text("it would have raised nothing")
        return
    said = ", ".join(f"{many} {how}" for how, many in sorted(ends.items(), key=lambda each: (-each[1], each[0])))
    write_text(f"{sum(ends.values())} tasks about {count} contacts: {said}")


def _steps(each: Tried, zone: ZoneInfo) -> Iterator[str]:
    for step in each.found.steps:
        yield f"{step.at.astimezone(zone):%Y-%m-%d %H:%M}  {_word(each, step)}"


def _end(each: Tried) -> str:
    return _word(each, each.found.steps[-1])


def _word(each: Tried, step: Step) -> str:
    settled = each.found.task.settled
    if step.state is State.SETTLED and settled is not None:
        return f"settled ({settled.how.value.replace('_', ' ')})"
    return _name(step)


def _name(step: Step) -> str:
    """The state; a task whose reason was gone before it was settled went with it."""
    return step.state.value if step.state is not None else "withdrawn"


def document(each: Tried) -> dict[str, object]:
    """A task as JSON has it."""
    due, settled = each.found.task.due, each.found.task.settled
    is_settled = each.found.steps[-1].state is State.SETTLED
    return {
        "format": 1,
        "rule": due.rule,
        "title": due.title,
        "reason": due.reason,
        "priority": due.priority,
        "contact": {"id": each.contact_id, "display_name": each.contact},
        "address": due.address,
        "person": each.person,
        "interaction_id": due.interaction_id,
        "triggered_at": instant(due.triggered_at),
        "due_at": None if due.is_suggested else instant(due.due_at),
        "due_on": None if due.is_suggested else each.found.task.due_on.isoformat(),
        "state": _name(each.found.steps[-1]),
        "settled_how": settled.how.value if settled and is_settled else None,
        "settled_by": settled.by if settled and is_settled else None,
        "steps": [{"at": instant(step.at), "state": _name(step)} for step in each.found.steps],
    }
