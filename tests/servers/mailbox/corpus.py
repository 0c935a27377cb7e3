"""The stream of mails of one mailbox, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.servers.mailbox import invitations, odd, ordinary, reports
from tests.servers.mailbox.correspondence import Correspondence, Mail
from tests.servers.mailbox.material import Pick

Kind = Callable[[Correspondence, int, int, str], Mail]
#: Kind -> (how many of a hundred mails, what writes it).
KINDS: dict[str, tuple[int, Kind]] = {
    "plain": (26, ordinary.received),
    "alt": (30, ordinary.received),
    "attach": (11, ordinary.received),
    "related": (4, ordinary.received),
    "news": (13, ordinary.news),
    "forward": (3, ordinary.forward),
    "autoreply": (2, reports.autoreply),
    "dsn": (2, reports.dsn),
    "mdn": (1, reports.mdn),
    "invite": (4, invitations.invite),
    "notify": (3, ordinary.notify),
    "sent": (20, ordinary.sent),
    "odd": (0, odd.odd),
}
#: They speak about a mail of mine, so one must be there.
REPORTS = ("autoreply", "dsn", "mdn")


class Corpus(Correspondence):
    """A mailbox of `total` mails, evenly spread from `start` to `end` (days, UTC).

    `oddities` is the share of odd mails; without `folders` all incoming mail lies in INBOX; `median` bytes is the
    size of the parts, a mail is somewhat smaller.
    """

    def __init__(
        self,
        seed: int = 1,
        me: str = "alice@example.org",
        my_name: str = "Alice Example",
        *,
        start: str = "2023-01-02",
        end: str = "2026-06-30",
        people: int = 400,
        oddities: float = 0.01,
        folders: bool = True,
        median: int = 20_000,
        total: int = 10_000,
    ) -> None:
        super().__init__(seed, me, my_name, start, end, people, folders, median)
        self._oddities = oddities
        self._total = max(1, total)
        self._kind = Pick((kind, weight) for kind, (weight, _) in KINDS.items())
        self._count = 0

    def take(self, count: int) -> Iterator[Mail]:
        """The next mails."""
        for _ in range(count):
            yield self.next()

    def next(self) -> Mail:
        """The next mail."""
        number = self._count
        self._count += 1
        when = int(self.start + (self.end - self.start) * (number + self.rng.random()) / self._total)
        kind = self._kind(self.rng)
        if kind in REPORTS and not self.memory.mine:
            kind = "plain"
        if self.rng.random() < self._oddities:
            kind = "odd"
        return KINDS[kind][1](self, number, when, kind)
