"""Does a mail ask something, and is it brief? Told without words of any language."""

from __future__ import annotations

import re

#: Question marks of the scripts: Latin (U+003B is Greek's, but everybody's semicolon too), Arabic, full width,
#: Armenian, Ethiopic, and the reversed one.
_ASKS = re.compile("[?؟？՞፧⸮‽]")
#: Within a link a question mark asks nothing.
_LINK = re.compile(r"\S+://\S+|www\.\S+")
#: An answer of fewer letters that asks nothing ("Thank you, received.") ends a conversation.
BRIEF = 60
#: So many letters, whatever stands between them. Possessive: a text without them is looked through once.
_LONG = re.compile(rf"(?:[\W\d_]*+[^\W\d_]){{{BRIEF}}}")


def asks(text: str) -> bool:
    """Is there a question mark in the mail's new text, its quotes and signature left out?"""
    if "?" not in text and (text.isascii() or _ASKS.search(text) is None):
        return False
    if "://" not in text and "www." not in text:
        return True
    # no link goes beyond a word
    return any(_ASKS.search(word) and _ASKS.search(_LINK.sub(" ", word)) for word in text.split())


def is_brief(text: str) -> bool:
    """Has it few letters? A brief answer that asks nothing ends a conversation in every language."""
    return _LONG.match(text) is None
