"""What holds for any bytes: a record or a reason, never an exception; the same with CRLF and LF; sound text."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mime import parse_addresses, parse_date, parse_ids
from connectors.words import decode_words
from tests.fuzz.mime import SEEDS, WORDS, check

SHARED = Path(os.environ.get("KEEPTOUCH_SHARED") or Path(__file__).parents[4] / "shared")


@cache
def corpus() -> list[bytes]:
    """Our own mails, and the labelled ones where they are there."""
    files = sorted((SHARED / "corpora" / "dev").glob("mime-*/*/*.[er][ma][lw]"))
    return [*SEEDS, *(file.read_bytes()[:6_000].replace(b"\r\n", b"\n") for file in files)]


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A mail with pieces put in and taken out."""
    raw = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.sampled_from([0, 0, 1, 7, 80]))
        raw = raw[:at] + draw(st.sampled_from(WORDS)) + raw[at + cut :]
    return raw


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_record(raw: bytes) -> None:
    check(raw)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True)
@given(mails())
def test_any_broken_mail_is_a_record(raw: bytes) -> None:
    check(raw)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=12).map(b"".join))
def test_any_value_can_be_read(value: bytes) -> None:
    parse_date(value)
    parse_ids(value)
    parse_addresses(value)
    decode_words(value.decode("latin-1"))
