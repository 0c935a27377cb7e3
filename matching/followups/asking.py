"""Does a mail ask something, and does it need an answer? Told without words of any language."""

from __future__ import annotations

import re

#: Question marks of the scripts: Latin (U+003B is Greek's, but everybody's semicolon too), Arabic, full width,
#: Armenian, Ethiopic, and the reversed one.
_ASKS = re.compile("[?؟？՞፧⸮‽]")
#: Within a link a question mark asks nothing.
_LINK = re.compile(r"\S+://\S+|www\.\S+")
_LETTER = re.compile(r"[^\W\d_]")
#: An answer of fewer letters that asks nothing ("Thank you, received.") ends a conversation.
BRIEF = 60


def asks(text: str) -> bool:
    """Is there a question mark in the mail's new text, its quotes and signature left out?"""
    return _ASKS.search(_LINK.sub(" ", text)) is not None


def needs_answer(text: str | None, *, is_answer: bool) -> bool:
    """Does somebody wait for an answer to it? Of what is not known (None) we take it so.

    A brief answer that asks nothing ends a conversation in every language; all else may wait for one.
    """
    if text is None or not is_answer or asks(text):
        return True
    return sum(1 for _letter in _LETTER.finditer(text)) >= BRIEF
