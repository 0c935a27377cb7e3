"""Labelled answers of third parties: how well their new words are told, by the scorer beside them. -s shows all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.html import text_of_html
from matching.quotes import Trimmed, trim, unwrap

SHARED = Path(os.environ.get("KEEPTOUCH_SHARED") or Path(__file__).parents[4] / "shared")
DEV = SHARED / "corpora" / "dev"

pytestmark = pytest.mark.skipif(not DEV.is_dir(), reason="the labelled corpora are not beside this checkout")


def cases(task: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEV / task / "expected.json").read_text("utf-8"))
    return found


def trimmed(task: str) -> dict[str, Trimmed]:
    texts = {case["file"]: (DEV / task / case["file"]).read_text("utf-8", "replace") for case in cases(task)}
    return {file: trim(text_of_html(text)[0] if file.endswith(".html") else text) for file, text in texts.items()}


def scores(task: str, texts: dict[str, str], tmp_path: Path) -> dict[str, dict[str, float]]:
    predictions = tmp_path / "predictions.json"
    predictions.write_text(json.dumps({file: {"text": text} for file, text in texts.items()}), "utf-8")
    command = [
        sys.executable,
        str(SHARED / "corpora/score/score_trim.py"),
        "--expected",
        str(DEV / task / "expected.json"),
    ]
    result = subprocess.run([*command, "--pred", str(predictions)], capture_output=True, text=True, check=True)
    print(task, result.stdout)
    found: dict[str, dict[str, float]] = json.loads(result.stdout)
    return found


def test_new_words_are_told_as_labelled(tmp_path: Path) -> None:
    texts = {file: each.new_text or each.forwarded for file, each in trimmed("reply-trim").items()}
    score = scores("reply-trim", texts, tmp_path)
    assert score["all/text"]["exact"] >= 0.95
    assert score["all/html"]["exact"] == 1
    assert score["all"]["token_precision"] >= 0.98
    assert score["all"]["token_recall"] >= 0.983


def test_no_word_of_the_authors_is_lost(tmp_path: Path) -> None:
    """Some labels count signatures, and what is passed on without a word, as new; we keep them apart."""
    texts = {
        file: f"{each.new_text or each.forwarded}\n{each.signature}" for file, each in trimmed("reply-trim").items()
    }
    assert scores("reply-trim", texts, tmp_path)["all"]["token_recall"] >= 0.999


def test_answers_in_57_languages_are_told_as_labelled(tmp_path: Path) -> None:
    texts = {file: each.new_text for file, each in trimmed("reply-trim-i18n").items()}
    assert scores("reply-trim-i18n", texts, tmp_path)["all"]["exact"] == 1


def test_quoted_mails_are_unwrapped_as_labelled() -> None:
    for case in cases("unwrap"):
        found = unwrap((DEV / "unwrap" / case["file"]).read_text("utf-8"))
        told = None
        if found is not None:
            told = {
                "type": found.kind.value,
                "text_top": found.text_top,
                "text": found.text,
                "text_bottom": found.text_bottom,
                "from": found.from_,
                "date": found.sent,
                "to": found.to,
                "subject": found.subject,
            }
        assert (told and {name: value for name, value in told.items() if value}) == case["expected"], case["file"]
