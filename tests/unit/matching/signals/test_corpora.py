"""Labelled mail of third parties: the signals that are found in it, by the corpora's own scorers; -s shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matching.signals import Kind, Signal
from tests.unit.connectors.test_corpora import DEV, scored
from tests.unit.matching.signals.mails import signals

pytestmark = pytest.mark.skipif(not DEV.is_dir(), reason="the labelled corpora are not beside this checkout")

#: The labels' words, by what comes first in a mail of several signals.
LABELS = {
    Kind.FEEDBACK_REPORT: "feedback_report",
    Kind.RECEIPT: "mdn",
    Kind.BOUNCE: "bounce",
    Kind.DELAY: "delay",
    Kind.DELIVERED: "delivered",
    Kind.AUTO_REPLY: "auto_reply",
}


def told(task: str) -> dict[str, tuple[Signal, ...]]:
    cases = json.loads((DEV / task / "expected.json").read_text("utf-8"))
    return {case["file"]: signals((DEV / task / case["file"]).read_bytes()) for case in cases}


def label(found: tuple[Signal, ...]) -> str:
    kinds = {each.kind for each in found}
    return next((word for kind, word in LABELS.items() if kind in kinds), "none")


def failures(found: tuple[Signal, ...]) -> dict[str, Any]:
    """In the scorer's form, for which a delay is a bounce that is temporary."""
    failed = [each for each in found if each.kind in (Kind.BOUNCE, Kind.DELAY)]
    return {
        "is_bounce": label(found) in ("bounce", "delay"),
        "failures": [
            {
                "recipient": each.recipient,
                "status": each.status,
                "category": each.category,
                "hard": each.is_hard,
                "temporary": each.kind is Kind.DELAY,
            }
            for each in failed
        ],
    }


@pytest.fixture(scope="module")
def bounces() -> dict[str, dict[str, Any]]:
    return {file: failures(found) for file, found in told("bounce").items()}


def test_bounces_are_told_as_labelled(bounces: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    scores = scored("score_bounce.py", DEV / "bounce" / "expected.json", bounces, tmp_path)
    print(json.dumps(scores, indent=1))
    assert scores["detect"]["precision"] >= 0.99
    assert scores["detect"]["recall"] >= 0.99
    assert scores["recipient"]["f1"] >= 0.95
    assert scores["status_accuracy"] >= 0.96
    assert scores["category_accuracy"] >= 0.93
    assert scores["hard_accuracy"] >= 0.95


def test_recipients_in_the_material_of_flufl_are_found(bounces: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    scores = scored("score_bounce.py", DEV / "bounce" / "expected.json", bounces, tmp_path, "--corpus", "flufl")
    print(json.dumps(scores, indent=1))
    assert scores["recipient"]["f1"] >= 0.95


def test_auto_replies_are_told_from_all_else(tmp_path: Path) -> None:
    """The one that differs is a warning of a mail system that leaked onto a list; its label calls it nothing."""
    labels = {file: label(found) for file, found in told("auto-reply").items()}
    scores = scored("score_classify.py", DEV / "auto-reply" / "expected.json", labels, tmp_path)
    print(json.dumps(scores, indent=1))
    assert scores["accuracy"] * scores["cases"] >= scores["cases"] - 1.5
    assert scores["auto_reply"]["f1"] == 1
