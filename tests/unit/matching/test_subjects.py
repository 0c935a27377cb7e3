"""Subjects: an answer in any language has the key of what it answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.subjects import is_forward_subject, is_reply_subject, is_telling, subject_key

ANSWER_MARKS = """
    Re: RE: re: Re[2]: Re(3): RE^2: AW: Antw: SV: VS: Odp: YNT: RIF: R: Res: Vá: Răsp: ΑΠ: Отв: Ответ: НА: Відп:
    Хариу: پاسخ: رد: 回复： RE： 답장: השב:
"""
FORWARD_MARKS = """
    Fw: FWD: WG: TR: RV: Enc: VB: VL: Doorst: PD: İLT: I: Пересл: Дамжуулсан: ارسال: 转发： 전달:
"""


@pytest.mark.parametrize(
    "mark",
    ANSWER_MARKS.split(),
)
def test_an_answer_in_any_language_has_the_key_of_what_it_answers(mark: str) -> None:
    for subject in (f"{mark} Offer for pumps", f"{mark}Offer for  pumps", f"{mark} Re: {mark} OFFER for pumps "):
        assert subject_key(subject) == "offer for pumps"
        assert is_reply_subject(subject)
        assert not is_forward_subject(subject)


@pytest.mark.parametrize("mark", FORWARD_MARKS.split())
def test_a_forwarded_mail_in_any_language_has_the_key_of_what_it_forwards(mark: str) -> None:
    subject = f"{mark} Offer for pumps"

    assert subject_key(subject) == "offer for pumps"
    assert is_forward_subject(subject)
    assert not is_reply_subject(subject)


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("[ILUG] Re: foo", "foo"),
        ("Re: [ILUG] foo", "foo"),
        ("Re: [ILUG] Re: [ILUG] foo", "foo"),
        ("[xyz]", "[xyz]"),
        ("[Ticket #4711] Your request", "[ticket #4711] your request"),
        ("[PATCH 1/2] fix", "[patch 1/2] fix"),
        ("RE : Devis", "devis"),
        ("RE: \u200fپاسخ: سلام\u200c علیکم", "سلام علیکم"),
        ("Re: re", "re"),
        ("re:", ""),
        ("", ""),
        ("Ad: x", "ad: x"),
        ("Meeting: notes", "meeting: notes"),
        ("Rea: x", "rea: x"),
        ("x (was: y)", "x (was: y)"),
        ("Ｈｅｌｌｏ", "hello"),
    ],
)
def test_only_marks_are_taken_off(subject: str, key: str) -> None:
    assert subject_key(subject) == key


def test_the_outermost_mark_decides_what_the_mail_is() -> None:
    assert is_forward_subject("Fwd: Re: x")
    assert is_reply_subject("[list] Re: Fwd: x")
    assert is_forward_subject("x (fwd)")
    assert not is_reply_subject("x")


def test_groups_by_subject_as_the_tests_of_imap_servers_expect() -> None:
    """The subjects of imaptest's thread-orderedsubject, whose expected answer is THREAD=ORDEREDSUBJECT (RFC 5256)."""
    subjects = [
        "a",
        "C",
        "b",
        "_",
        "[foo] Fwd: [bar] Re: fw: b (fWd)  (fwd)",
        "b (a)",
        "Re: [FWD: c]",
        "[xyz]",
        "",
        " ",
    ]
    subjects += ["Re: b", "RE: C", "Re: c", "Ad: Re: Ad: Re: Ad: x", "re: [fwd: [fwd: re: [fwd: babylon]]]"]
    groups: dict[str, list[int]] = {}
    for number, subject in enumerate(subjects, 1):
        groups.setdefault(subject_key(subject), []).append(number)

    assert sorted(groups.values()) == [[1], [2, 7, 12, 13], [3, 5, 11], [4], [6], [8], [9, 10], [14], [15]]


@pytest.mark.parametrize("key", ["", "hi", "hello", "(no subject)", "سلام", "сайн байна уу"])
def test_common_subjects_tell_nothing(key: str) -> None:
    assert not is_telling(key)


def test_other_subjects_tell_something() -> None:
    assert is_telling("offer for pumps")
    assert is_telling("پیشنهاد قیمت پمپ")


@given(st.text(max_size=60) | st.from_regex(r"((re|fwd|\[a\]|\[fwd:)[: ]{0,2}){0,6}[a-z\]() ]{0,9}", fullmatch=True))
def test_the_key_of_a_key_is_itself(subject: str) -> None:
    assert subject_key(subject_key(subject)) == subject_key(subject)
