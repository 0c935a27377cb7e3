"""Is the service alive, and is it ready? Of the second it says why not."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.health.looking import Looking
from daemon.health.watched import Watched

#: Without a sign of life for so long, in seconds, the service has come to a standstill.
SILENT = 60.0
#: Accounts that are due for longer, in seconds, while no turn begins or ends, wait in vain.
STALLED = 300.0


@dataclass(frozen=True, slots=True)
class NotReady:
    """One reason."""

    #: engine | policy | database | migrations | turns
    check: str
    problem: str
    hint: str = ""


def is_live(watched: Watched) -> bool:
    """Are turns given out, and does none of them hang? As the watchdog sees it; no store and no server is asked."""
    return watched.watchdog is not None and watched.watchdog.silent_for < SILENT


def why_not_ready(watched: Watched, looking: Looking) -> list[NotReady]:
    """All reasons why nothing would be read and written now; empty: the service does its work."""
    found: list[NotReady] = []
    if not is_live(watched):
        silent = watched.watchdog.silent_for if watched.watchdog else 0.0
        problem = f"the service has given no sign of life for {silent:.0f} seconds"
        found.append(NotReady("engine", problem, "look into its log; systemctl restart keeptouch"))
    service = watched.service
    if service is None:
        problem = "the store is being decided anew under another policy; accounts are read after that"
        found.append(NotReady("policy", problem, "wait; the log tells when it is done"))
    seen = looking.latest()
    if seen.problem:
        found.append(NotReady("database", seen.problem, seen.hint))
    elif seen.figures is not None and not seen.figures.is_current:
        problem = "the store was upgraded, or put back, while the service runs: it is of another version"
        found.append(NotReady("migrations", problem, "restart the service; keeptouch doctor tells more"))
    if service is not None:
        late = service.engine.lateness()
        if late.quiet > STALLED and late.seconds and late.seconds[-1] > STALLED:
            problem = f"{len(late.seconds)} accounts are due and no turn has begun for {late.quiet:.0f} seconds"
            found.append(NotReady("turns", problem, "look into its log; systemctl restart keeptouch"))
    return found
