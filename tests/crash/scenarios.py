"""What is going on when the program is killed: a store as it was before, and a server that holds something new."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import Login
from tests.crash.calendars import Plans
from tests.crash.state import State, differences, state_of
from tests.crash.stores import Stores
from tests.crash.warm import Run, Warm
from tests.integration.company import Company
from tests.integration.databases import opened as opened_database
from tests.integration.mailboxes import letter, opened, put
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir
from tests.servers.radicale import Radicale

DOMAIN = "example.org"
ALICE, BOB = f"alice@{DOMAIN}", f"bob@{DOMAIN}"
#: Enough for every kind of verdict, few enough for a sync in less than a second.
_FOLDERS = {"include": ["INBOX", "Sent", "Archive", "Trash"]}
_SIZES = {"alice": 26, "bob": 9}
SYNC = ("sync", "--json")


class LostOrDoubledError(Exception):
    """A store differs from what nobody disturbed: {table: (its rows, the other's rows)}."""


@dataclass(slots=True)
class World:
    """Two mailboxes on a server, and the companies that read them."""

    dovecot: Dovecot
    warm: Warm
    folder: Path
    logins: dict[str, Login]
    stores: Stores
    #: Starts the server of calendars, or gives the one that runs.
    radicale: Callable[[], Radicale]
    create: str = "corresponded"
    #: The calendars that are read beside the mailboxes.
    plans: Plans | None = None
    _made: int = field(default=0)

    def company(self, before: Company | None = None) -> Company:
        """A company with an empty folder, or with the store of another."""
        self._made += 1
        company = Company(self.folder / str(self._made), domains=(DOMAIN,), create=self.create)
        for name, login in self.logins.items():
            company.add(name, login, self.dovecot.imap_port, folders=_FOLDERS)
        if self.plans is not None:
            self.plans.add_to(company)
        self.stores.give(company, before)
        company.write()
        return company

    def read(self) -> Company:
        """A company that has read what is there."""
        company = self.company()
        self.warm.finish(company, *SYNC)
        return company


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world whose program has something to do, and what it makes of it when nobody disturbs it."""

    world: World
    #: The company before the program is started; None: nothing is there.
    before: Company | None
    undisturbed: State
    #: How long an undisturbed run takes.
    seconds: float
    #: How often an undisturbed run reaches the labelled points.
    reached: Mapping[str, int]

    def company(self) -> Company:
        """A company that is about to do it."""
        return self.world.company(self.before)

    def start(self, company: Company, **job: object) -> Run:
        return self.world.warm.start(company, *SYNC, **job)

    def killed(
        self, rng: random.Random, kills: int, points: Collection[str] = (), *, every: int = 2, **job: object
    ) -> Iterator[Company]:
        """Companies whose program was killed, one kill each; one of `every` at a labelled point, else at any time.

        A run that ends before it could be killed is checked here, and does not count.
        """
        order = sorted(points or self.reached)
        rng.shuffle(order)
        done = 0
        while done < kills:
            company = self.company()
            point = order[done // every % len(order)]
            nth = rng.randint(1, self.reached[point])
            if done % every == every - 1:
                status = self.start(company, point=point, nth=nth, signal=signal.SIGKILL, **job).wait()
            else:
                run = self.start(company, **job)
                status = run.wait(rng.uniform(0, self.seconds))
                if status is None:
                    run.send(signal.SIGKILL)
                    status = run.wait()
            if status == -signal.SIGKILL:
                done += 1
                yield company
            else:
                assert status == 0
                self.check(company, **job)

    def check(self, company: Company, **job: object) -> None:
        """The next run ends well, and the store is what it is when nobody disturbs: nothing lost, nothing doubled."""
        self.world.stores.check(company)
        run = self.start(company, **job)
        assert run.wait() == 0, run.said()
        company.check_integrity()
        if found := differences(state_of(company), self.undisturbed):
            raise LostOrDoubledError(found)
        self.world.stores.drop(company)
        shutil.rmtree(company.folder)


def _nothing(_world: World) -> Company | None:
    return None


def _news(world: World) -> Company:
    """Both have written and got mail since, and filed, answered, moved and deleted some of it."""
    before = world.read()
    dovecot, alice, bob = world.dovecot, world.logins["alice"], world.logins["bob"]
    answers = [
        letter(f"p{n}@client.example", ALICE, mid=f"new{n}@client.example", minute=n, cc=(BOB,)) for n in range(12)
    ]
    sent = [letter(ALICE, f"p{n}@client.example", mid=f"re{n}@acme", minute=60 + n) for n in range(0, 12, 2)]
    put(dovecot, alice, "INBOX", *answers)
    put(dovecot, bob, "INBOX", *answers[::-1])
    put(dovecot, alice, "Sent", *sent)
    with opened(dovecot, alice) as client:
        client.select("INBOX")
        client.copy("1:5", "Archive")
        client.store("3:4", "+FLAGS", r"(\Answered)")
        client.uid("MOVE", "6:8", "Archive")
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
    return before


def _renumbered(world: World) -> Company:
    """Two folders were made anew by the server, and hold a little less than before."""
    before = world.read()
    with opened(world.dovecot, world.logins["alice"]) as client:
        client.select("INBOX")
        client.store("2:4", "+FLAGS", r"(\Deleted)")
        client.expunge()
    for name, folder in (("alice", "INBOX"), ("bob", "Sent"), ("alice", "Archive")):
        login = world.logins[name].name
        world.dovecot.doveadm("mailbox", "update", "-u", login, "--uid-validity", "1900000000", folder)
    return before


def _policy(world: World) -> Company:
    """Nothing was kept; now mail with those is kept that were written to."""
    world.create = "off"
    before = world.read()
    world.create = "corresponded"
    return before


def _contact(world: World) -> Company:
    """Another program has entered as contacts whom nobody had written to."""
    world.create = "off"
    before = world.read()
    with opened_database(before.url or f"sqlite:///{before.store}", may_write=True) as database:
        for number, address in enumerate(_written_to(world)):
            database.execute(
                "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', ?, ?)",
                (str(number), f"Contact {number}"),
            )
            database.execute(
                "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', ?, ?)",
                (str(number), address),
            )
    return before


def _written_to(world: World) -> list[str]:
    """Some who take part in the mail of this world: the contacts that another policy makes."""
    other = World(world.dovecot, world.warm, world.folder / "other", world.logins, world.stores, world.radicale)
    return [address for (address,) in other.read().rows("SELECT address FROM v1_contact_address ORDER BY 1")]


def _calendars(world: World) -> None:
    """Calendars are there, and invitations in the mail; nothing was read."""
    world.plans = Plans(world.radicale())
    world.plans.fill()
    put(world.dovecot, world.logins["alice"], "INBOX", *world.plans.invitations())


def _plans_change(world: World) -> Company | None:
    """They were read; since then meetings were made, moved, called off and answered."""
    _calendars(world)
    before = world.read()
    assert world.plans is not None
    world.plans.change()
    return before


SCENARIOS: Mapping[str, Callable[[World], Company | None]] = {
    "first import": _nothing,
    "news": _news,
    "renumbered": _renumbered,
    "policy": _policy,
    "contact": _contact,
    "calendars": _calendars,
    "plans change": _plans_change,
}


def fill(logins: Mapping[str, Login]) -> None:
    """Write the mailboxes."""
    for seed, (name, login) in enumerate(logins.items()):
        write_maildir(login.maildir, n=_SIZES[name], seed=seed, me=f"{name}@{DOMAIN}", people=12, median=1200)
