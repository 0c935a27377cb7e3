"""What commands write: JSON for machines and lines for people on stdout, problems on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from daemon.log import for_journal
from daemon.printable import printable
from daemon.problems import Problem

#: The form of every JSON answer; a change that breaks readers would count it up.
FORMAT = 1

#: What Python leaves as it is, but line splitters take for an end of line, terminals for a command, and UTF-8 has not.
_RISKY = re.compile("[\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One problem as every command tells it: whose, at which step, what, and what to do."""

    account: str | None
    step: str
    problem: str
    hint: str = ""

    @classmethod
    def of(cls, problem: Problem, step: str = "configuration") -> Trouble:
        """A problem of the configuration, with its key path."""
        return cls(problem.account, step, str(problem), problem.hint)

    def document(self) -> dict[str, str | None]:
        """As JSON answers have it."""
        return {"account": self.account, "step": self.step, "problem": self.problem, "hint": self.hint}


def instant(value: datetime | None) -> str | None:
    """A time as JSON answers have it: UTC with Z."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def json_text(value: object) -> str:
    """A value as one line of JSON, readable in every script, that any output can carry."""
    text = _RISKY.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def write_json(document: Mapping[str, object]) -> None:
    """The answer of a command with --json: one object, its form first."""
    write_line(json_text({"format": FORMAT, **document}))


def write_line(text: str) -> None:
    """A line on stdout; what its encoding lacks becomes an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def write_text(text: str) -> None:
    """A line for people on stdout; no character in it steers the terminal."""
    write_line(printable(text))


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows under a header, in columns as wide as their widest cell, in every script."""
    lines = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        write_line("  ".join(cells).rstrip())


def write_troubles(troubles: Iterable[Trouble]) -> None:
    """Problems for people, on stderr, each with what to do about it."""
    for trouble in troubles:
        whose = f"{trouble.account}: " if trouble.account else ""
        step = f"{trouble.step}: " if trouble.step else ""
        write_error(for_journal(printable(f"{step}{trouble.problem}"), "error", before=printable(whose)))
        if trouble.hint:
            write_error(for_journal(printable(trouble.hint), "error", before="    "))


def write_refusal(troubles: Sequence[Trouble], *, as_json: bool) -> None:
    """The whole answer of a command that could not be carried out."""
    write_troubles(troubles)
    if as_json:
        write_json({"ok": False, "problems": [trouble.document() for trouble in troubles]})


def write_error(text: str) -> None:
    """A line for people on stderr."""
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(printable(text).encode(encoding, "backslashreplace").decode(encoding) + "\n")
