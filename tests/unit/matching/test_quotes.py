"""The new words of a mail, apart from those it quotes: many programs, languages and ways to answer."""

from __future__ import annotations

import pytest

from matching.quotes import Trimmed, trim
from tests.unit.matching.quoted_headers import ANSWERS, ATTRIBUTIONS, BLOCKS

QUOTE = "Dear all,\n\nwould Monday suit you?\nNora"
MARKED = "\n".join(f"> {line}".rstrip() for line in QUOTE.split("\n"))


def names(headers: list[tuple[str, str, str]]) -> list[str]:
    return [f"{program} {language} {number}" for number, (program, language, _) in enumerate(headers)]


@pytest.mark.parametrize(("program", "language", "line"), ATTRIBUTIONS, ids=names(ATTRIBUTIONS))
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_an_attribution_and_its_marked_quote_are_history(program: str, language: str, line: str, between: str) -> None:
    answer = ANSWERS[language]
    trimmed = trim(f"{answer}\n\n{line}{between}{MARKED}\n")
    assert trimmed == Trimmed(new_text=answer, quoted=MARKED), program


@pytest.mark.parametrize(("program", "language", "line"), ATTRIBUTIONS[:-1], ids=names(ATTRIBUTIONS[:-1]))
def test_an_attribution_in_a_known_language_needs_no_marks(program: str, language: str, line: str) -> None:
    answer = ANSWERS[language]
    trimmed = trim(f"{answer}\n\n{line}\n\n{QUOTE}\n")
    assert trimmed == Trimmed(new_text=answer, quoted=QUOTE), program


@pytest.mark.parametrize(("program", "language", "line"), ATTRIBUTIONS, ids=names(ATTRIBUTIONS))
def test_an_answer_below_the_quote_is_new(program: str, language: str, line: str) -> None:
    answer = ANSWERS[language]
    assert trim(f"{line}\n{MARKED}\n\n{answer}\n").new_text == answer, program


@pytest.mark.parametrize(("program", "language", "line"), ATTRIBUTIONS, ids=names(ATTRIBUTIONS))
def test_the_attribution_may_be_inside_the_marks(program: str, language: str, line: str) -> None:
    answer = ANSWERS[language]
    assert trim(f"{answer}\n> {line}\n>\n{MARKED}").new_text == answer, program


@pytest.mark.parametrize(("program", "language", "line"), ATTRIBUTIONS, ids=names(ATTRIBUTIONS))
def test_the_attribution_may_be_wrapped_before_the_address(program: str, language: str, line: str) -> None:
    answer = ANSWERS[language]
    wrapped = line.replace("<", "<\n", 1)
    assert trim(f"{answer}\n\n{wrapped}\n\n{MARKED}").new_text == answer, program


@pytest.mark.parametrize(("program", "language", "lines"), BLOCKS, ids=names(BLOCKS))
def test_below_a_block_of_labels_all_is_history(program: str, language: str, lines: str) -> None:
    answer = ANSWERS[language]
    trimmed = trim(f"{answer}\n\n{lines}\n\n{QUOTE}\n")
    assert (trimmed.new_text, trimmed.quoted or trimmed.forwarded) == (answer, QUOTE), program


@pytest.mark.parametrize(("program", "language", "lines"), BLOCKS, ids=names(BLOCKS))
def test_a_block_of_labels_may_be_marked_or_bold(program: str, language: str, lines: str) -> None:
    answer = ANSWERS[language]
    marked = "\n".join(f"> {line}" for line in f"{lines}\n\n{QUOTE}".split("\n"))
    assert trim(f"{answer}\n\n{marked}").new_text == answer, program
    bold = "\n".join(f"*{line.replace(':', ':*', 1)}" if ": " in line else line for line in lines.split("\n"))
    assert trim(f"{answer}\n\n{bold}\n\n{QUOTE}").new_text == answer, program
