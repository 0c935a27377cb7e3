"""Quick ways to look words up find what the slow ones find."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from matching.quotes.closing_words import BANNERS, NOTES, NOTICES
from matching.quotes.normal import plain, plains
from matching.quotes.phrases import Phrases

_PIECES = st.sampled_from(["ab", "abcdefg", "abcdefgh", "xabcdef", "c", "이", "é", " ", ":", ""])
_SENTENCES = st.lists(_PIECES, max_size=8).map(" ".join)


@given(st.lists(_SENTENCES.map(str.strip).filter(bool), max_size=5), st.lists(_PIECES, max_size=12).map("".join))
@example(["some words here"], "awesome words hereafter")
@example(["one", "two words"], "someone")
def test_a_text_holds_a_phrase_wherever_it_stands(phrases: list[str], text: str) -> None:
    assert Phrases(phrases).are_in(text) == any(phrase in text for phrase in phrases)


def test_each_phrase_is_found_inside_longer_words() -> None:
    every = Phrases(NOTICES | NOTES | BANNERS)
    for phrase in sorted(NOTICES | NOTES | BANNERS):
        assert every.are_in(phrase), phrase
        assert every.are_in(f"a b{phrase}c d"), phrase
        assert not every.are_in(phrase[:-1].rpartition(" ")[0]), phrase


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20), max_size=6))
@example(["A\tb", "  c  d ", "", "\x0be", "É\x0bf"])
@example(["e\u0301", "\u0301e", "\u064b", "\uff1e x", "İI"])
def test_lines_together_are_as_each_alone(lines: list[str]) -> None:
    assert plains(lines) == [plain(line) for line in lines]
