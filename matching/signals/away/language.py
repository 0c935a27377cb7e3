"""How the words of auto-replies in one language are written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Patterns (`re`) that are matched against folded text (matching.folding); "" where a language has none."""

    #: The language's name for dates (BCP 47).
    code: str
    #: One of these is in every text that `away` or `automatic` can match; plain, for a quick look.
    stems: tuple[str, ...]
    #: How programs begin the subject of an answer.
    subject: str
    #: In the first person, or of an office: nobody is there.
    away: str
    #: What such answers go on with: until when, whom to ask instead.
    then: str = ""
    #: A machine says that it is one.
    automatic: str = ""
    #: What stands before the date of a return, and behind it.
    until: str = ""
    behind: str = ""
