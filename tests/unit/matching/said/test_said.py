"""What sentences of business mail say: promises and complaints, measured; and the day that they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from matching import said
from matching.said import Promise
from matching.said.language import Patterns, Searched
from matching.said.languages import LANGUAGES
from matching.said.sentences import own_words, sentences

HERE = Path(__file__).parent
#: A Tuesday.
SAID_ON = date(2026, 3, 3)


def labelled(name: str) -> Iterator[tuple[str, str, bool, str]]:
    """(language, what is looked for, is it there, sentence) of a file."""
    language = what = sign = ""
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            language, what, sign = line.strip("[]").split()
        elif line and not line.startswith("#"):
            yield language, what, sign == "+", line


def is_said(what: str, sentence: str) -> bool:
    """As the rules find it."""
    return (promise(sentence) if what == "promised" else said.complaint(sentence)) is not None


def promise(text: str) -> Promise | None:
    """What a text promises on that day."""
    return said.promise(text, SAID_ON)


@pytest.mark.parametrize(("name", "least_recall"), [("kept_apart.txt", 0.85), ("building.txt", 0.9)])
def test_sentences_in_all_languages(name: str, least_recall: float) -> None:
    """The numbers of docs/accuracy.md."""
    counts: Counter[tuple[str, str, bool, bool]] = Counter()
    for language, what, is_there, sentence in labelled(name):
        counts[language, what, is_there, is_said(what, sentence)] += 1
    for language, what in sorted({key[:2] for key in counts}):
        right, missed = counts[language, what, True, True], counts[language, what, True, False]
        wrong = counts[language, what, False, True]
        precision, recall = right / (right + wrong), right / (right + missed)
        print(
            f"{name} {language} {what}: {right + missed} and {wrong + counts[language, what, False, False]} sentences"
        )
        print(f"    precision {precision:.2f}, recall {recall:.2f}")
        assert precision >= 0.9, (language, what)
        assert recall >= least_recall, (language, what)


def test_pieces_that_are_looked_for_first_lose_nothing() -> None:
    """Most patterns are not tried where the pieces they need are missing; that must change no answer."""
    fields = ("promises", "promises_by_day", "complains", "faults", "no_promise", "no_complaint", "mended")
    languages = [Patterns.of(each) for each in LANGUAGES]
    for name in ("building.txt", "kept_apart.txt"):
        for language, _what, _sign, text in labelled(name):
            (sentence, *_more) = sentences(own_words(text))
            for each in (found for found in languages if found.code == language):
                for field in fields:
                    searched: Searched = getattr(each, field)
                    all_tried = any(found.is_in(sentence.text) for found in searched.patterns)
                    assert searched.search(sentence.text) == all_tried, (field, text)
                    assert searched.within(sentence.text).search(sentence.text) == all_tried, (field, text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I will send you the list.", None),
        ("I will send you the list today.", "2026-03-03"),
        ("I'll send you the list tomorrow.", "2026-03-04"),
        ("I'll send it by Friday.", "2026-03-06"),
        ("I'll send it on Tuesday.", "2026-03-10"),
        ("I'll send it within two days.", "2026-03-05"),
        ("I'll send it by the end of the week.", "2026-03-08"),
        ("I'll send it by the end of the month.", "2026-03-31"),
        ("I'll send it next week.", "2026-03-15"),
        ("I'll send it by the 20th.", "2026-03-20"),
        ("I'll send it by 10 March.", "2026-03-10"),
        ("I'll send it by March 10, 2026.", "2026-03-10"),
        ("I'll send the list tomorrow and the contract on Friday.", "2026-03-04"),
        ("We'll send it by the end of next year, on 31 December 2027.", None),
        ("قیمت‌ها را تا فردا می‌فرستم.", "2026-03-04"),
        ("قيمت‌ها را تا پس فردا مي فرستم.", "2026-03-05"),
        ("لیست را روز شنبه ارسال می‌کنم.", "2026-03-07"),
        ("لیست را تا سه‌شنبه ارسال می‌کنم.", "2026-03-10"),
        ("لیست را ظرف دو روز آینده ارسال می‌کنم.", "2026-03-05"),
        ("لیست را تا ۲۵ اسفند ارسال می‌کنم.", "2026-03-16"),
        ("لیست را تا ۱۴۰۴/۱۲/۲۸ ارسال می‌کنم.", "2026-03-19"),
        ("لیست را تا پایان هفته ارسال می‌کنم.", "2026-03-06"),
        ("سأرسل القائمة غداً.", "2026-03-04"),
        ("سأرسل القائمة بعد غد.", "2026-03-05"),
        ("سأرسل القائمة يوم الأحد.", "2026-03-08"),
        ("سأرسل القائمة خلال يومين.", "2026-03-05"),
        ("سأرسل القائمة قبل ١٥ مارس.", "2026-03-15"),
        ("سأرسل القائمة الأسبوع القادم.", "2026-03-14"),
        ("Жагсаалтыг маргааш илгээнэ.", "2026-03-04"),
        ("Жагсаалтыг баасан гарагт илгээнэ.", "2026-03-06"),
        ("Жагсаалтыг хоёр хоногийн дотор илгээнэ.", "2026-03-05"),
        ("Жагсаалтыг 3 сарын 15-ны дотор илгээнэ.", "2026-03-15"),
        ("Жагсаалтыг 20-нд илгээнэ.", "2026-03-20"),
        ("Жагсаалтыг ирэх долоо хоногт илгээнэ.", "2026-03-15"),
    ],
)
def test_the_day_that_is_named(text: str, day: str | None) -> None:
    found = promise(text)
    assert found is not None
    assert (found.by.isoformat() if found.by else None) == day


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Hello Ann,\nI will send it tomorrow.\nCan you wait?", 1),
        ("We have talked about it at length, and I will send you the list of all\nprices by Friday.", 1),
        ("> I will send it tomorrow.\n\nWhere is it?", 0),
        ("Could you tell me whether I\nwill send it?", 0),
        ("- I will send the list\n- you send the contract", 1),
        ("See https://x.example/i-will-send-you/a", 0),
        ("", 0),
    ],
)
def test_sentences_are_those_of_the_mail(text: str, count: int) -> None:
    assert (promise(text) is not None) == bool(count)


def test_a_line_that_a_program_broke_is_one_sentence() -> None:
    found = promise("We have talked about it at length, and I will send you the list of all prices by\nFriday.")
    assert found is not None
    assert found.by == date(2026, 3, 6)


def test_a_long_text_takes_time_in_proportion() -> None:
    """Nothing in a hostile text is tried at length; the rest is not looked into."""
    for piece in ("we will check and ", "ارسال می ", "س", "илгээ", "still not "):
        text = piece * (40_000 // len(piece))
        promise(text)
        said.complaint(text)


def test_an_angry_face_needs_no_language() -> None:
    assert said.complaint("Order 17 😡") == "und"
    assert said.complaint("> Order 17 😡\n\nSeen.") is None
    assert said.complaint("See you tomorrow 😀") is None
