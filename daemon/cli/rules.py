"""keeptouch rules: what raises tasks, with the settings that hold."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.output import write_json, write_table, write_text
from daemon.cli.rules_try import add_try
from matching.followups import Override, Plan


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "rules", "what raises tasks")
    add_verb(nouns, "list", show, "explain each rule, with its settings")
    add_try(nouns)


def show(args: argparse.Namespace) -> int:
    """rules list"""
    plan = load_config(args).followups
    if args.json:
        write_json(
            {
                "rules": [_document(plan, name) for name in sorted(plan.rules)],
                "overrides": [_override(each) for each in plan.overrides],
            }
        )
        return 0
    if not plan.rules:
        write_text("follow-ups are off: [followups] says on = false")
        return 0
    rows = []
    for name, (rule, settings) in sorted(plan.rules.items()):
        said = ", ".join(f"{key} = {value}" for key, value in _settings(settings).items())
        rows.append((name, "off" if name in plan.off else "on", said, rule.summary))
    write_table(("rule", "", "settings", "what it does"), rows)
    for each in plan.overrides:
        conditions = "; ".join(f"{key} {', '.join(found)}" for key, found in _conditions(each).items())
        changes = "; ".join(f"{name}: {_listed(found)}" for name, found in sorted(each.changes.items()))
        write_text(f"for {conditions or 'all'}: {changes}")
    return 0


def _document(plan: Plan, name: str) -> dict[str, object]:
    rule, settings = plan.rules[name]
    return {"rule": name, "on": name not in plan.off, "settings": _settings(settings), "summary": rule.summary}


def _override(each: Override) -> dict[str, object]:
    return {**_conditions(each), "changes": {name: dict(found) for name, found in sorted(each.changes.items())}}


def _conditions(each: Override) -> dict[str, list[str]]:
    names = ("people", "teams", "organizations", "contacts")
    return {name: sorted(getattr(each, name)) for name in names if getattr(each, name)}


def _settings(settings: Any) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _listed(found: Any) -> str:
    return ", ".join(f"{key} = {str(value).lower()}" for key, value in found.items())
