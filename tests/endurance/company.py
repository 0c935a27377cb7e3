"""The whole company: three servers, each behind a line that can fail, a service, and reps of all three kinds."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import Login
from tests.endurance.reps import CalendarRep, ExchangeRep, ImapRep, Rep, Truth
from tests.endurance.running import Running
from tests.integration.company import Account, Company, Raw
from tests.integration.exchange import ExchangeMailbox
from tests.integration.imap_mailbox import ImapMailbox
from tests.servers.calendars import CalendarUser
from tests.servers.dovecot import Dovecot, Options
from tests.servers.ews import EwsServer
from tests.servers.faultproxy import FaultProxy
from tests.servers.process import HOST
from tests.servers.radicale import Radicale

#: Of so many IMAP accounts folders are watched: what hangs on them must not grow either.
_WATCHED = 20
#: The service gives up on a server that is silent for so long, in seconds.
_TIMEOUT = 3
#: Refused logins are told in the log.
_DOVECOT = "auth_verbose = yes"
#: So many accounts of each kind at most are taken out of the configuration now and then: at most one in six. The
#: passwords of the others are changed.
_GUESTS = 10
#: How often something happens to an account of each kind: of the smaller kinds there are few accounts.
_BUSY = {"imap": 4, "caldav": 1, "ews": 1}


@dataclass(slots=True)
class Servers:
    """All that is spoken to, and by which ports."""

    dovecot: Dovecot
    radicale: Radicale
    exchange: EwsServer
    #: By kind of account.
    proxies: dict[str, FaultProxy]

    def restart(self, kind: str) -> None:
        """The server of this kind crashes and is there again."""
        match kind:
            case "imap":
                self.dovecot.restart()
            case "caldav":
                self.radicale.restart()
            case "ews":
                self.proxies["ews"].cut()
                self.exchange.restart()


@dataclass(slots=True)
class World:
    """Everybody, and everything that is known of them."""

    chance: random.Random
    company: Company
    servers: Servers
    reps: dict[str, Rep]
    truth: Truth
    #: The [[accounts]] of all; those in `company` are the ones that are configured now.
    accounts: dict[str, Account]
    running: Running = field(init=False)

    @property
    def guests(self) -> list[str]:
        """Names of accounts that come and go."""
        kinds = [[name for name, rep in self.reps.items() if rep.kind == kind] for kind in _BUSY]
        return [name for names in kinds for name in names[: min(_GUESTS, len(names) // 6)]]

    @property
    def residents(self) -> list[Rep]:
        """Whose accounts stay."""
        return [rep for name, rep in self.reps.items() if name not in self.guests]

    def act(self, times: int) -> None:
        """So many things happen on the servers."""
        with contextlib.suppress(sqlite3.OperationalError):  # the disk is full, or the service begins
            self.truth.seen = {each for (each,) in self.company.rows("SELECT message_id FROM v1_interaction")}
        for kind in self.chance.choices(list(_BUSY), list(_BUSY.values()), k=times):
            self.chance.choice([rep for rep in self.reps.values() if rep.kind == kind]).act()

    def states(self) -> dict[str, str]:
        """Account -> state, as readers see it."""
        return dict(self.company.rows("SELECT name, state FROM v1_account_status"))

    def is_complete(self, since: datetime) -> bool:
        """Does the service say that all accounts were read to their ends since then?"""
        query = "SELECT name, state, last_success_at, backlog FROM v1_account_status"
        found = {name: rest for name, *rest in self.company.rows(query)}
        return found.keys() == self.reps.keys() and all(
            state == "ok" and last is not None and datetime.fromisoformat(last) > since and not backlog
            for state, last, backlog in found.values()
        )


@contextmanager
def world(folder: Path, chance: random.Random, accounts: Mapping[str, int], interval: float) -> Iterator[World]:
    """So many accounts of each kind, followed by a service.

    `interval`: seconds between two polls of an account.
    """
    kinds = [kind for kind, count in accounts.items() for _ in range(count)]
    names = {f"r{number}": kind for number, kind in enumerate(kinds)}
    calendars = {name: "secret" for name, kind in names.items() if kind == "caldav"}
    with ExitStack() as stack:
        dovecot = stack.enter_context(Dovecot({}, Options(extra=_DOVECOT)))
        radicale = stack.enter_context(Radicale(calendars))
        exchange = stack.enter_context(EwsServer(validates=False))
        ports = {"imap": dovecot.imap_port, "caldav": radicale.port, "ews": exchange.port}
        proxies = {kind: stack.enter_context(FaultProxy((HOST, port))) for kind, port in ports.items()}
        servers = Servers(dovecot, radicale, exchange, proxies)
        made = World(chance, Company(folder, create="all"), servers, {}, Truth(), {})
        for name, kind in names.items():
            _hire(made, name, kind)
        made.accounts = dict(made.company.accounts)
        made.company.write()
        made.running = stack.enter_context(Running(made.company, interval))
        yield made


def _hire(world: World, name: str, kind: str) -> None:
    servers, truth, company = world.servers, world.truth, world.company
    port = servers.proxies[kind].port
    rep: Rep
    common = (name, world.chance, truth, "secret")
    match kind:
        case "imap":
            servers.dovecot.add_user(name, "secret")
            box = ImapMailbox(servers.dovecot, Login(name, "secret", servers.dovecot.maildir(name)))
            watch = ["INBOX"] if len(world.reps) < _WATCHED else []
            company.add(name, box.login, port, timeout_seconds=_TIMEOUT, watch=watch)
            rep = world.reps[name] = ImapRep(*common, box=box)
        case "caldav":
            user = CalendarUser(servers.radicale.url, name, "secret", f"/{name}/")
            user.make("work")
            rep = world.reps[name] = CalendarRep(*common, server=servers.radicale, user=user)
            _configure(company, rep, url=f"http://{HOST}:{port}/", username=name)
        case _:
            mailbox = servers.exchange.add_mailbox(f"{name}@acme.example", "secret", names={"sentitems": "Sent"})
            mailbox.make_folder("Archive")
            rep = world.reps[name] = ExchangeRep(*common, box=ExchangeMailbox(servers.exchange, mailbox))
            _configure(company, rep, url=f"http://{HOST}:{port}/EWS/Exchange.asmx", username=rep.address)
    rep.begin()


def _configure(company: Company, rep: Rep, **options: object) -> None:
    secret = secret_of(company, rep)
    options |= {"password_file": secret.name, "timeout_seconds": _TIMEOUT, "since": Raw("2000-01-01")}
    company.accounts[rep.name] = Account(rep.name, rep.address, options, kind=rep.kind)


def secret_of(company: Company, rep: Rep) -> Path:
    """The file with the account's password as the operator knows it, written anew."""
    secret = company.folder / f"{rep.name}.secret"
    secret.write_text(rep.password)
    secret.chmod(0o600)
    return secret


def now() -> datetime:
    """UTC."""
    return datetime.now(UTC)
