"""Tokens: ours are known, and nobody makes another one."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import StoreError
from store.opens.tracking_keys import TOKEN_LENGTH, TrackingKey, parse_tracking_key, read_or_make_tracking_key

KEY = TrackingKey(b"k" * 32)


def random_token() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def test_a_token_is_known_by_its_key_alone() -> None:
    text, hashed = KEY.mint()
    assert len(text) == TOKEN_LENGTH
    assert KEY.verify(text) == hashed
    assert len(hashed) == 16
    assert TrackingKey(b"o" * 32).verify(text) is None
    assert KEY.mint()[0] != text
    assert "k" * 8 not in repr(KEY)


def test_a_token_that_differs_in_one_letter_is_none() -> None:
    text, _hashed = KEY.mint()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="
    others = {text[:at] + letter + text[at + 1 :] for at in range(len(text)) for letter in letters} - {text}
    assert {KEY.verify(each) for each in others} == {None}
    assert {KEY.verify(each) for each in (text + "A", text[:-1], text + "=", " " + text, text.lower(), "")} == {None}


@given(st.one_of(st.text(max_size=60), st.binary(max_size=40).map(lambda raw: raw.hex())))
def test_whatever_else_is_none(text: str) -> None:
    assert KEY.verify(text) is None


@pytest.mark.parametrize(
    "count", [20_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.slow])], ids=["quick", "soak"]
)
def test_of_random_tokens_none_is_accepted(count: int) -> None:
    assert not any(KEY.verify(random_token()) for _each in range(count))


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "tracking.key"
    text, hashed = read_or_make_tracking_key(path).mint()
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_make_tracking_key(path).verify(text) == hashed
    for bad in ("", "zz" * 32, "11" * 31):
        with pytest.raises(StoreError, match="key of tracking"):
            parse_tracking_key(bad)
