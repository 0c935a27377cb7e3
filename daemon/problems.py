"""What is wrong with the configuration, told to people: all of it at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ACCOUNT = re.compile(r"\baccounts\[(?P<name>.*?)\](?:\.|$)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. None of its texts ever holds a value that could be a secret."""

    #: Where: a key path such as "accounts[alice].options.port", in a drop-in after the drop-in's name.
    key: str
    #: What is wrong there, to be read after the key: "must be a whole number, not text".
    problem: str
    #: What to do about it; "" where the problem says it all.
    hint: str = ""

    @property
    def account(self) -> str | None:
        """The account it belongs to, as far as the key path names one."""
        match = _ACCOUNT.search(self.key)
        return match["name"] if match else None

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}"


class ConfigError(Exception):
    """The configuration, or a secret it names, can't be used."""

    def __init__(self, problems: Iterable[Problem], path: Path | None = None) -> None:
        self.problems = tuple(problems)
        #: The configuration that was read, where the problems lie in it or its drop-ins.
        self.path = path
        super().__init__("\n".join(map(str, self.problems)))


def refuse(key: str, problem: str, hint: str = "") -> ConfigError:
    """The error of a single problem."""
    return ConfigError((Problem(key, problem, hint),))


def suggestion(word: str, known: Iterable[str]) -> str:
    """'did you mean "x"?', else the list of what is known; "" where nothing is."""
    words = sorted(known)
    folded = {each.casefold(): each for each in words}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{folded[close[0]]}"?'
    if not words or len(words) > 40:
        return ""
    return "known here: " + ", ".join(words)
