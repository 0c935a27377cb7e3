"""Labelled mail of third parties: how well it is read, beside Python's `email`. With -s the scores are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.mime import parse_addresses, parse_date, parse_html, parse_ids, parse_message
from connectors.records import Message, Role
from tests.unit.connectors import standard_library

SHARED = Path(os.environ.get("KEEPTOUCH_SHARED") or Path(__file__).parents[4] / "shared")
DEV = SHARED / "corpora" / "dev"
SCORE = SHARED / "corpora" / "score"

pytestmark = pytest.mark.skipif(not DEV.is_dir(), reason="the labelled corpora are not beside this checkout")


@dataclass(frozen=True)
class Reader:
    """One way to read mails and header values, for the scorers."""

    mail: Callable[[bytes], dict[str, Any]]
    date: Callable[[str], datetime | None]
    address: Callable[[str], list[dict[str, str | None]]]
    id: Callable[[str], list[str]]


def our_mail(raw: bytes) -> dict[str, Any]:
    message = parse_message(raw, ref="1")
    assert isinstance(message, Message)
    people = {
        role.value: [
            {"name": each.name or None, "address": each.email or None}
            for each in message.participants
            if each.role is role
        ]
        for role in (Role.FROM, Role.TO, Role.CC)
    }
    return {
        "subject": message.subject,
        **people,
        "date": message.sent_at.strftime("%Y-%m-%dT%H:%M:%SZ") if message.sent_at else None,
        "message_id": message.message_id,
        "references": list(message.references),
        "text": message.text,
        "html": parse_html(raw),
        "attachments": [{"type": each.type, "name": each.name} for each in message.attachments],
    }


def our_addresses(value: str) -> list[dict[str, str | None]]:
    return [{"name": box.name or None, "address": box.email or None} for box in parse_addresses(value)]


OURS = Reader(our_mail, parse_date, our_addresses, lambda value: list(parse_ids(value)))
THEIRS = {
    name: Reader(
        partial(standard_library.read_mail, modern=modern),
        partial(standard_library.read_date, modern=modern),
        partial(standard_library.read_addresses, modern=modern),
        partial(standard_library.read_ids, modern=modern),
    )
    for name, modern in (("email, policy.default", True), ("email, compat32", False))
}
READERS = {"keeptouch": OURS, **THEIRS}


def scored(script: str, expected: Path, predictions: object, tmp_path: Path, *options: str) -> dict[str, Any]:
    """The scorer's own words about predictions."""
    file = tmp_path / "predictions.json"
    file.write_text(json.dumps(predictions), "utf-8")
    command = [sys.executable, str(SCORE / script), "--expected", str(expected), "--pred", str(file), *options]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    scores: dict[str, Any] = json.loads(result.stdout)
    return scores


def mail_scores(reader: Reader, tmp_path: Path) -> dict[str, float]:
    expected = DEV / "mime-parse" / "expected.json"
    cases = [case["file"] for case in json.loads(expected.read_text("utf-8"))]
    predictions = {file: reader.mail((expected.parent / file).read_bytes()) for file in cases}
    fields = scored("score_mime.py", expected, predictions, tmp_path)["fields"]
    return {field: share for field, (share, _) in fields.items()}


def header_score(reader: Reader, kind: str, tmp_path: Path) -> float:
    expected = DEV / "header-parse" / f"{kind}.json"
    values = [case["header"] for case in json.loads(expected.read_text("utf-8"))]
    if kind == "date":
        dates = [reader.date(value) for value in values]
        predictions: list[object] = [
            (date if date.tzinfo else date.replace(tzinfo=UTC)).isoformat(timespec="seconds") if date else None
            for date in dates
        ]
    else:
        read = reader.address if kind == "address" else reader.id
        predictions = [read(value) for value in values]
    score = scored("score_headers.py", expected, predictions, tmp_path, "--kind", kind)
    return float(score["accuracy"])


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    tmp_path = tmp_path_factory.mktemp("scores")
    table = {
        name: mail_scores(reader, tmp_path)
        | {f"{kind} values": header_score(reader, kind, tmp_path) for kind in ("date", "address", "id")}
        for name, reader in READERS.items()
    }
    print()
    for field in table["keeptouch"]:
        print(f"{field:16}", *(f"{name}: {each[field]:.3f}  " for name, each in table.items()))
    return table


@pytest.mark.parametrize(
    ("field", "least"),
    [("text", 0.85), ("subject", 1), ("from_addr", 1), ("to_name", 1), ("date", 1), ("html", 1), ("message_id", 1)],
)
def test_mails_are_read_as_labelled(scores: dict[str, dict[str, float]], field: str, least: float) -> None:
    assert scores["keeptouch"][field] >= least


@pytest.mark.parametrize(("kind", "least"), [("date", 0.95), ("address", 0.90), ("id", 0.95)])
def test_header_values_are_read_as_labelled(scores: dict[str, dict[str, float]], kind: str, least: float) -> None:
    assert scores["keeptouch"][f"{kind} values"] >= least


def test_nothing_is_read_worse_than_by_the_standard_library(scores: dict[str, dict[str, float]]) -> None:
    for name in THEIRS:
        for field, share in scores["keeptouch"].items():
            assert share >= scores[name][field], (name, field)


def test_every_broken_mail_is_a_record() -> None:
    expected = DEV / "mime-robust" / "expected.json"
    cases = [case["file"] for case in json.loads(expected.read_text("utf-8"))]
    assert len(cases) == 227
    for file in cases:
        raw = (expected.parent / file).read_bytes()
        assert isinstance(parse_message(raw, ref=file), Message), file
