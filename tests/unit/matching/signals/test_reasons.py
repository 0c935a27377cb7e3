"""Why a mail did not arrive, from what a server, a program or a provider said: `replies.txt`, by what it means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from matching.signals import Category
from matching.signals.reasons import category_of, status_of


def replies() -> Iterator[tuple[Category, str]]:
    """Each line of the file under its heading."""
    meaning = Category.UNKNOWN
    for line in Path(__file__).with_name("replies.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            meaning = Category(line[3:])
        else:
            yield meaning, line


def test_replies_are_told_by_what_they_mean() -> None:
    told = [(meaning, category_of(status_of("", words), words), words) for meaning, words in replies()]
    assert len(told) > 430
    assert [each for each in told if each[0] is not each[1]] == []


@pytest.mark.parametrize(
    ("status", "words", "meaning"),
    [
        # a server that took the recipient and says so of the mail, or of its sender, speaks of no bad address
        (None, "550 5.7.1 user unknown", Category.REFUSED),
        (None, "550 jo@shop.example... No such user -------SMTP command DATA", Category.REFUSED),
        (None, "550 5.1.1 user unknown (in reply to RCPT TO command)", Category.BAD_ADDRESS),
        # an address that may come right, and a domain that says for good that it takes no mail
        ("4.1.2", "450 4.1.2 host unknown", Category.TEMPORARY),
        ("4.0.0", "DNS lookup of shop.example: returned Null MX", Category.BAD_ADDRESS),
        # words that say nothing leave it to the code
        ("5.1.1", "Recipient rejected", Category.BAD_ADDRESS),
        ("5.0.0", "Recipient rejected", Category.REFUSED),
        ("5.2.2", "No.", Category.MAILBOX_FULL),
        ("5.9.9", "No.", Category.UNKNOWN),
        (None, "", Category.UNKNOWN),
    ],
)
def test_the_code_and_the_command_take_part(status: str | None, words: str, meaning: Category) -> None:
    assert category_of(status or status_of("", words), words) is meaning
