"""What a check finds, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Result(StrEnum):
    """The worst that a check found."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    #: It could not be made, because of what an earlier one found.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    #: The account, the file or the server that it is about; "": the whole.
    subject: str
    problem: str
    #: What to do about it.
    cure: str
    result: Result = Result.FAILED
    #: Mends it and says what it did; raises StoreError, ConfigError, OSError. None: no program should.
    mend: Callable[[], str] | None = None


@dataclass(slots=True)
class Checked:
    """A check that was made."""

    number: int
    name: str
    findings: list[Finding] = field(default_factory=list)
    #: What --fix did, in sentences.
    mended: list[str] = field(default_factory=list)
    #: Why it was not made.
    skipped: str = ""

    @property
    def result(self) -> Result:
        """The worst of it."""
        if self.skipped:
            return Result.SKIPPED
        return worst(each.result for each in self.findings)


def worst(results: Iterable[Result]) -> Result:
    """The worst of these; ok where there are none."""
    found = set(results)
    return next((each for each in (Result.FAILED, Result.WARNING) if each in found), Result.OK)


def warning(subject: str, problem: str, cure: str) -> Finding:
    """Something that can wait."""
    return Finding(subject, problem, cure, Result.WARNING)
