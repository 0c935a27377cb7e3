"""What goes wrong. Each fault is a context: it begins, people go on working, and it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count

from tests.endurance.company import World, secret_of
from tests.endurance.reps import Rep
from tests.servers.faultproxy import FaultProxy

#: As many refused logins as an account may have had when it is parked. Two are noted; a poll, a watch and a reading
#: process may be on their way to the server together.
REFUSALS = 5
_KINDS = ("imap", "caldav", "ews")
Fault = AbstractContextManager[None]


@dataclass(slots=True)
class Locked:
    """An account whose password was changed on the server alone, and what it had been refused and killed before."""

    rep: Rep
    refusals: int
    kills: int


@dataclass(slots=True)
class Faults:
    """All kinds of them in turn, in an order by chance."""

    world: World
    locked: dict[str, Locked] = field(default_factory=dict)
    #: How many accounts were parked, and came back.
    parked: int = 0
    _numbers: count[int] = field(default_factory=count)

    def deck(self, *, with_kills: bool) -> list[Callable[[], Fault]]:
        """Every kind at least once, in any order; those of the line on any server."""
        lines = [self._on_line(how) for how in _LINE]
        restarts = [self._restart(kind) for kind in _KINDS]
        kills = [self._kill, self._kill, self._kill] if with_kills else []
        rest = [self._full_disk, self._full_disk, self._passwords, self._storm, self._storm, self._policy]
        found = [*lines, *restarts, *kills, *rest]
        self.world.chance.shuffle(found)
        return found

    # the line and the servers

    def _on_line(self, how: str) -> Callable[[], Fault]:
        return lambda: _LINE[how](self.world.servers.proxies[self.world.chance.choice(_KINDS)])

    def _restart(self, kind: str) -> Callable[[], Fault]:
        def restart() -> Fault:
            self.world.servers.restart(kind)
            return nullcontext()

        return restart

    # the machine

    def _kill(self) -> Fault:
        self.world.running.kill()
        return nullcontext()

    def _full_disk(self) -> Fault:
        return self.world.running.full(self.world.chance)

    # the operator

    def _storm(self) -> Fault:
        """SIGHUP upon SIGHUP: right, changed and broken configurations; the last one is right."""
        company, chance = self.world.company, self.world.chance
        for _ in range(chance.randrange(5, 15)):
            match chance.choice(("same", "changed", "changed", "broken", "half")):
                case "changed":
                    self._change()
                    company.write()
                case "broken":
                    company.config.write_text("[[accounts\n")
                case "half":
                    text = company.config.read_text()
                    company.config.write_text(text[: chance.randrange(len(text) + 1)])
            self.world.running.reload()
            time.sleep(chance.choice((0.0, 0.0, 0.02, 0.2)))
        company.write()
        self.world.running.reload()
        return nullcontext()

    def _change(self) -> None:
        """Another set of accounts, and another interval or timeout of one."""
        world = self.world
        staying = [name for name in world.guests if world.chance.random() < 0.5]
        gone = set(world.guests) - set(staying)
        world.company.accounts = {name: each for name, each in world.accounts.items() if name not in gone}
        # whoever has other options is tried with the old password once more
        changed = world.chance.choice(
            [each for name, each in world.company.accounts.items() if name not in self.locked]
        )
        if world.chance.random() < 0.5:
            changed.outer["poll_seconds"] = world.chance.randrange(1, 6)
        else:
            changed.options["timeout_seconds"] = world.chance.randrange(2, 6)

    def _policy(self) -> Fault:
        """Another policy, for which all accounts begin anew."""
        company = self.world.company
        company.domains = ("acme.example", f"sister{next(self._numbers)}.example")
        company.write()
        self.world.running.reload()
        return nullcontext()

    def _passwords(self) -> Fault:
        """Of an account of each kind the password is changed on the server; whoever was logged in is no more."""
        states = self.world.states()
        for kind in _KINDS:
            # of others it is remembered that they were refused before
            well = [each for each in self.world.residents if states.get(each.name) == "ok"]
            free = [each for each in well if each.kind == kind and each.name not in self.locked]
            if not free:
                continue
            rep = self.world.chance.choice(free)
            self.locked[rep.name] = Locked(rep, rep.refusals(), self.world.running.kills)
            rep.change_password(f"{rep.password} anew")
            self.world.servers.proxies[kind].cut()
        return nullcontext()

    def unlock(self) -> None:
        """The operator sees which accounts are parked, and writes their new passwords; now and then with a SIGHUP."""
        states = self.world.states()
        for name in [name for name in self.locked if states.get(name) == "auth_failed"]:
            known = self.locked.pop(name)
            refused, kills = known.rep.refusals() - known.refusals, self.world.running.kills - known.kills
            # what is refused just before a kill is not noted
            assert 2 <= refused <= REFUSALS * (1 + kills), f"{name} was refused {refused} times"
            self.parked += 1
            secret_of(self.world.company, known.rep)
            if self.world.chance.random() < 0.5:
                self.world.running.reload()


@contextmanager
def _cut(proxy: FaultProxy) -> Iterator[None]:
    proxy.cut()
    yield


@contextmanager
def _close(proxy: FaultProxy) -> Iterator[None]:
    proxy.cut(orderly=True)
    yield


@contextmanager
def _healed(proxy: FaultProxy) -> Iterator[None]:
    try:
        yield
    finally:
        proxy.heal()


def _refuse(proxy: FaultProxy) -> Fault:
    proxy.refuse = True
    proxy.cut()
    return _healed(proxy)


def _slow(proxy: FaultProxy) -> Fault:
    for direction in (proxy.up, proxy.down):
        direction.delay, direction.rate = 0.05, 20_000
    return _healed(proxy)


@contextmanager
def _hole(proxy: FaultProxy) -> Iterator[None]:
    proxy.up.hole = proxy.down.hole = True
    try:
        yield
    finally:
        # TCP never goes on behind bytes that were lost
        proxy.cut()
        proxy.heal()


def _spoil(proxy: FaultProxy) -> Fault:
    # Half of what a server says: nobody can take it for an answer. A single byte of a mail, or of the name of a folder,
    # would be believed, and rightly so.
    proxy.down.garbage = 0.5
    return _healed(proxy)


def _short(proxy: FaultProxy) -> Fault:
    proxy.down.cut_after, proxy.up.cut_after = 2_000, 1_000
    return _healed(proxy)


_LINE: dict[str, Callable[[FaultProxy], Fault]] = {
    "cut": _cut,
    "close": _close,
    "refuse": _refuse,
    "slow": _slow,
    "hole": _hole,
    "spoil": _spoil,
    "short": _short,
}
