"""What is looked at: the service of now, and the watchdog that looks after it."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.observer import NOBODY, Observer
from daemon.service import Service
from daemon.watchdog import Watchdog

#: What is done between two services.
DECIDES_ANEW = "decides anew under another policy"


@dataclass(slots=True)
class Watched:
    """The service of now; None: it begins anew under another policy, which takes its time."""

    service: Service | None = None
    watchdog: Watchdog | None = None
    #: Why there is no service yet, or none at the moment, as a line for people.
    instead: str = DECIDES_ANEW
    #: Hears of all that happens in each service.
    observer: Observer = NOBODY

    def tick(self) -> None:
        """As `Service.tick`."""
        if (service := self.service) is not None:
            service.tick()

    def status(self) -> str:
        """A line for people."""
        service = self.service
        return service.status() if service is not None else self.instead
