"""What one turn of an account did, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import structlog

from connectors.api import ConnectorError, NotPermitted, Stream, Unavailable
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
    #: Pages that were rolled back because another process had been quicker.
    fenced: int = 0
    #: Told to stop, or at the end of its slice, before everything was read.
    is_stopped: bool = False
    #: Names of the streams that the server lets the user list and not open.
    forbidden: set[str] = field(default_factory=set)
    #: Seconds until the account is tried again, when it failed; None: not before its configuration changes.
    rest: float | None = 0.0
    #: What is new and recent was read in every stream.
    is_recent: bool = False
    #: The streams that the options want watched; None: the connector can't watch, or was not asked.
    watched: tuple[Stream, ...] | None = None

    @property
    def total(self) -> Tally:
        """All streams together."""
        total = Tally()
        for tally in self.streams.values():
            total.stored += tally.stored
            total.known += tally.known
            total.skipped += tally.skipped
            total.quarantined += tally.quarantined
        return total

    def tell(self, cause: str) -> None:
        """Say in the log what the turn did, and what it was given for."""
        total = self.total
        log.info(
            "turn",
            account=self.account,
            cause=cause,
            ok=self.error is None,
            seen=total.seen,
            stored=total.stored,
            known=total.known,
            skipped=total.skipped,
            quarantined=total.quarantined,
        )

    def fail(self, error: ConnectorError, where: str = "") -> None:
        """Note the first problem; a later one is in the log."""
        problem = f"{where}: {error.problem}" if where else error.problem
        # the first one is told when it changes the account's state
        tell = log.debug if self.error is None else log.warning
        tell("account problem", step=error.step, problem=problem)
        if self.error is None:
            self.error = Problem(error.step or "sync", problem, error.hint)
            self.failure = error

    def refuse(self, stream: Stream, error: Unavailable) -> None:
        """Note a stream that the server does not open; the others go on."""
        error.hint = error.hint or "open it in a mail program; options.folders = {exclude = […]} leaves it out"
        self.fail(error, stream.name)
        if isinstance(error, NotPermitted):
            self.forbidden.add(stream.name)

    def judge(self, streams: Collection[Stream]) -> None:
        """After all streams were asked for: where none may be opened, it is the mailbox that is refused."""
        if streams and self.forbidden.issuperset(stream.name for stream in streams) and self.error is not None:
            count = len(streams)
            problem = f"the server opens none of the {count} folders: {self.error.problem}"
            hint = "have the right to read granted to the user (IMAP ACL: r), or leave the folders out"
            self.error = Problem("list", problem, hint)
            self.failure = NotPermitted(problem, step="list", hint=hint)
