"""What one turn of an account did, and what went wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from connectors.api import ConnectorError, Stream, Unavailable
from daemon.ingest import Tally

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for people: the step that failed and what to do."""

    step: str
    problem: str
    hint: str


@dataclass(slots=True)
class Report:
    """What one turn of an account did."""

    account: str
    streams: dict[str, Tally] = field(default_factory=dict)
    error: Problem | None = None
    failure: ConnectorError | None = None
    seconds: float = 0.0
    #: Told to stop before everything was read.
    is_stopped: bool = False
    #: The streams that the options want watched; None: the connector can't watch, or was not asked.
    watched: tuple[Stream, ...] | None = None

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.streams.values():
            total.stored += tally.stored
            total.known += tally.known
            total.skipped += tally.skipped
            total.quarantined += tally.quarantined
        return total

    def fail(self, error: ConnectorError, where: str = "") -> None:
        """Note the first problem; a later one is in the log."""
        problem = f"{where}: {error.problem}" if where else error.problem
        log.warning("account problem", step=error.step, problem=problem)
        if self.error is None:
            self.error = Problem(error.step or "sync", problem, error.hint)
            self.failure = error

    def refuse(self, stream: Stream, error: Unavailable) -> None:
        """Note a stream that the server does not open; the others go on."""
        error.hint = error.hint or "open it in a mail program; options.folders = {exclude = […]} leaves it out"
        self.fail(error, stream.name)
