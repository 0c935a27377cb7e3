"""keeptouch explain --agents: whose programs user agents name; one JSON object for each line of the files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from daemon.cli.output import Trouble, json_text, write_line, write_troubles
from daemon.credentials import why_unreadable
from matching.opens.agents import read_agent

#: Characters of a line that are shown again; what follows tells nothing.
_SHOWN = 4_096


def explain_agents(files: Sequence[str]) -> int:
    """Write what each line is; a line that is not UTF-8 has U+FFFD where it is not."""
    is_fine = True
    for file in files:
        try:
            with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as opened:
                for line in _lines(opened):
                    text = line.decode("utf-8", "replace")
                    agent = read_agent(text)
                    write_line(json_text({"agent": text, "verdict": agent.kind, "reason": agent.ground}))
        except (OSError, ValueError) as error:
            write_troubles([Trouble(None, "explain", f"{file} {why_unreadable(error)}")])
            is_fine = False
    return 0 if is_fine else 1


def _lines(opened: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends, each up to a bound."""
    while line := opened.readline(_SHOWN):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = opened.readline(1 << 20)
        yield line.removesuffix(b"\n").removesuffix(b"\r")
