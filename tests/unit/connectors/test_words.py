"""Encoded words (RFC 2047) as they are met."""

from __future__ import annotations

import time

import pytest

from connectors.words import MAX_WORDS, decode_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?iso-8859-1?Q?Fr=F6sche?=", "Frösche"),
        ("=?utf-8?B?2LPZhNin2YU=?=", "سلام"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        ("this =?iso-8859-1?q?is?= some =?iso-8859-1?q?t?= =?iso-8859-1?q?ext?=", "this is some text"),
        ("=?ISO-8859-1?Q?a?= b =?ISO-8859-1?Q?c?=", "a b c"),
    ],
)
def test_words_are_decoded_and_blanks_between_two_of_them_dropped(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_a_character_may_be_split_between_words() -> None:
    whole = "سلام".encode()
    assert decode_words(f"=?utf-8?Q?{quoted(whole[:3])}?= =?UTF8?Q?{quoted(whole[3:])}?=") == "سلام"
    assert decode_words("=?utf-8?B?2LPZ?= =?utf-8?B?hNin2YU=?=") == "سلام"


def quoted(raw: bytes) -> str:
    return "".join(f"={byte:02X}" for byte in raw)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?ISO-8859-1?Q?a?==?ISO-8859-1?Q?b?=", "ab"),
        ("[SUSPECTED SPAM]=?utf-8?B?VGhpcyBpcyBpdA==?=", "[SUSPECTED SPAM] This is it"),
        ("Re:=?utf-8?Q?b?=", "Re: b"),
        ("Caf=?utf-8?Q?=C3=A9?= au lait", "Café au lait"),
        ("=?iso-8859-6?b?5dHNyMc=?=.gif", "مرحبا.gif"),
    ],
)
def test_words_may_be_glued_to_each_other_and_to_text(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?B?=D8=B3=D9=84?=", "سل"),
        ("=?utf-8?Q?Hello World?=", "Hello World"),
        ("=?utf-8?B?VGhpcyBpcyB0aGUgb 3JpZ2luYWw=?=", "This is the original"),
        ("=?utf-8?B?2LPZhNin2YU?=", "سلام"),
        ("=?utf-8?B?0KHRg9C80LzQ", "Сумм\ufffd"),
        ("=?utf-8?Q?é=20x?=", "é x"),
        ("=?iso-8859-1?Q?M\xfcller?=", "Müller"),
        ("=?x-unknown?Q?caf=E9?=", "café"),
        ("=?utf-8?Q?a=ZZ?=", "a=ZZ"),
    ],
)
def test_broken_words_are_read_as_they_were_meant(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize("value", ["=?utf-8 ", "=", "=?", "=?=", "=?utf-8?", "=?utf-8?X?abc?=", "?=", "=?a?Q"])
def test_what_is_no_word_stays(value: str) -> None:
    assert decode_words(value) == value


@pytest.mark.parametrize("count", [MAX_WORDS - 1, MAX_WORDS, MAX_WORDS + 1])
def test_no_more_words_than_the_limit_are_decoded(count: int) -> None:
    text = decode_words("=?utf-8?Q?a?=\t" * count)
    assert text.rstrip() == "a" * min(count, MAX_WORDS) + "\t=?utf-8?Q?a?=" * (count > MAX_WORDS)


@pytest.mark.parametrize(
    "value",
    [
        "=?utf-8?B?2LPZhNin2YU=?= " * 10_000,
        "x =?utf-8?Q?=E9=E9=E9=E9?= " * 9_000,
        "=?a?q?" * 40_000,
        "=?a?b?x " * 30_000,
        "=?" * 130_000,
    ],
)
def test_many_words_take_time_in_proportion(value: str) -> None:
    start = time.process_time()
    decode_words(value)
    assert time.process_time() - start < 2
