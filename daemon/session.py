"""An open store under a loaded configuration: the policy in force, the people, the accounts and their turns."""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from types import TracebackType
from typing import Self

import structlog

from connectors.api import Connector, ConnectorError, Unavailable, Watchable
from daemon import deletions
from daemon.alerts.attending import attend
from daemon.apart import Opening
from daemon.config import Account, Config, ContactSource
from daemon.contacts.following import Following, SourceReport
from daemon.contacts.syncing import follow_source
from daemon.deadlines import apply_deadlines
from daemon.derive import derive
from daemon.digest import Digests
from daemon.entered import apply_entered
from daemon.environment import Environment, addresses_of, blocked_by, company_of, tokens_of
from daemon.ingest import Ingest
from daemon.kept import Entered, Kept
from daemon.merging import apply_merges
from daemon.problems import ConfigError
from daemon.renewals import Renewals
from daemon.report import Problem, Report
from daemon.reprocess import RULES_VERSION, apply, is_due
from daemon.retry import LONGEST_REST
from daemon.servers import Server
from daemon.slices import Slice
from daemon.standing import Standings
from daemon.task_states import apply_task_states
from daemon.ticking import tick
from daemon.upkeep import keep_up
from daemon.watchdog import Underway
from daemon.webhooks import Sender
from daemon.worker import Worker
from matching.addresses import normalize
from store.accounts import company as company_store
from store.accounts.company import AccountFacts, PersonFacts
from store.engine import Store
from store.errors import StoreError
from store.mails import removals, write
from store.privacy import blocks, suppression

log = structlog.get_logger()

#: Of this process: marks under it tell nobody else anything.
_MARKING = secrets.token_bytes(32)


class Session:
    """Everything that works on one store with one configuration."""

    def __init__(
        self, config: Config, store: Store, environment: Environment, standings: Standings | None = None
    ) -> None:
        """`standings` of a session before this one go on."""
        self.config = config
        self.store = store
        self.company = company_of(config)
        self._environment = environment
        self.account_ids: dict[str, str] = {}
        self.tokens = tokens_of(config, environment.environ, store, environment.clock)
        self.standings = standings or Standings(store, environment.clock)
        #: Another policy is in force: what still hangs on a server under this one writes nothing when it comes back.
        self.is_over = False
        self._renewals = Renewals()

    def __enter__(self) -> Self:
        """Write people and accounts as the configuration names them; raises StoreError."""
        now = self._environment.clock()
        people = [
            PersonFacts(
                addresses=addresses_of(p),
                name=p.name,
                team=p.team or None,
                time_zone=p.timezone or self.config.company.timezone,
                language=p.language,
                external_id=p.external_id,
                is_active=p.active,
            )
            for p in self.config.people
        ]
        accounts = [
            AccountFacts(
                name=a.name,
                owner=normalize(a.owner) or a.owner,
                kind=a.kind,
                login=a.login,
                is_shared=a.shared,
                visibility=a.visibility.value,
                is_enabled=a.enabled,
                since_at=a.since_at,
                is_since_assumed=a.is_since_assumed,
            )
            for a in self.config.accounts
        ]
        with self.store.write() as transaction:
            company_store.save_people(transaction, self.store.key, people)
            self.account_ids = company_store.save_accounts(transaction, self.store.key, accounts, now)
            if blocks.replace_configured(transaction, blocked_by(self.config, self.account_ids), now):
                blocks.release(transaction)
            self.standings.begin(transaction, [self.account_ids[each.name] for each in self.config.followed])
            if suppression.is_unfinished(transaction):
                log.warning("erasure not finished", hint="repeat `keeptouch privacy erase` with the same address")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    def under(self, config: Config) -> Session:
        """A session under another configuration, in the same store; raises StoreError."""
        return Session(config, self.store, self._environment, self.standings).__enter__()

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that secrets may lie in."""
        return self._environment.environ

    @property
    def underway(self) -> Underway:
        """The turns that are being taken, which the watchdog looks at."""
        return self._environment.underway

    @property
    def clock(self) -> Callable[[], datetime]:
        """Gives the time now, aware, in UTC."""
        return self._environment.clock

    def apply_entered(self) -> None:
        """Let what other programs wrote of contacts and tasks take effect, and all that follows from it."""
        done = apply_entered(self.store, self.company, self.clock) + apply_merges(self.store, self.clock)
        done += apply_deadlines(self.store, self.clock) + apply_task_states(self.store, self.clock)
        if done:
            derive(self.store, self.company, self.clock)

    def apply_policy(self) -> None:
        """Decide and derive anew what was decided under another policy, if there is such; raises StoreError."""
        if is_due(self.store, self.company):
            apply(self.store, self.company, self.clock)

    def keep_up(self, stop: threading.Event) -> None:
        """Do what is to be done once a day, if it is time."""
        keep_up(self.store, self.config, self.clock(), stop.is_set)

    def tick(self, stop: threading.Event) -> None:
        """Write what time has changed of meetings."""
        tick(self.store, self.company, self.clock, stop.is_set)

    def digests(self) -> Digests | None:
        """What sends the daily mails; None: nobody gets one."""
        config, environ = self.config, self._environment.environ
        if config.digest is None:
            return None
        return Digests(self.store, self.company, config.digest, environ, config.folder, self.clock)

    def send_digests(self, stop: threading.Event) -> None:
        """Send the daily mails that are due; raises StoreError."""
        found = self.digests()
        if found is not None:
            found.turn(stop.is_set)

    def look_after(self, stop: threading.Event) -> None:
        """Note where imports stand, and tell what needs somebody to those who want it; raises StoreError."""
        attend(self.store, self.config, self._environment.environ, self.clock, stop.is_set)

    def senders(self) -> list[Sender]:
        """One for each webhook."""
        environ, folder = self._environment.environ, self.config.folder
        return [Sender(self.store, each, environ, folder, self.clock) for each in self.config.webhooks]

    def follow(self, source: ContactSource, *, accept_removals: bool = False, dry_run: bool = False) -> SourceReport:
        """Let a list of contacts take effect, and all that follows from it; raises StoreError."""
        following = Following(
            store=self.store,
            company=self.company,
            clock=self.clock,
            environ=self._environment.environ,
            folder=self.config.folder,
            accept_removals=accept_removals,
            dry_run=dry_run,
        )
        report = follow_source(following, source)
        if not dry_run:
            derive(self.store, self.company, self.clock)
        return report

    def ingest(self) -> Ingest:
        """A writer of pages for one run."""
        return Ingest(
            store=self.store,
            company=self.company,
            policy_version=RULES_VERSION,
            clock=self._environment.clock,
            started_at=self._environment.clock(),
            limits=self.config.retention,
            is_over=lambda: self.is_over,
        )

    def take_turn(
        self,
        account: Account,
        ingest: Ingest,
        report: Report,
        *,
        stop: threading.Event | None = None,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
        only_wanted: bool = False,
    ) -> None:
        """All that there is to read of the account; what goes wrong with it is in the report and in the store."""
        with self._troubles(account, report) as came:
            opening = self._admitted(account)
            account_id = self.account_ids[account.name]
            told, renewals = _both(came, progress), self._renewals
            worker = Worker(ingest, account_id, stop=stop, progress=told, opening=opening, renewals=renewals)
            (worker.catch_up if only_wanted else worker.turn)(opening.open(), report)
        if report.error is not None or not only_wanted:
            self.save_state(account, report)

    def take_slice(
        self,
        account: Account,
        report: Report,
        kept: Kept,
        budget: Slice,
        *,
        stop: threading.Event,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
        only_wanted: bool = False,
    ) -> None:
        """One slice of the account. Where that was not all, its connector is kept for the next one."""
        with (
            self._troubles(account, report) as came,
            kept.lent(account.name, lambda: self._entered(account)) as lent,
        ):
            account_id, told = self.account_ids[account.name], _both(came, progress)
            worker = Worker(self.ingest(), account_id, stop=stop, progress=told, renewals=self._renewals)
            read = worker.fetch if only_wanted else worker.slice
            lent.read(lambda entered: read(entered, report, budget))
            lent.may_stay = report.is_stopped and report.error is None and not stop.is_set()
            connector = lent.entered.connector if lent.entered else None
            if isinstance(connector, Watchable) and not only_wanted:
                report.watched = connector.watched()
            if lent.entered is not None and budget.is_crowded():
                lent.entered.end_process()
        if report.error is not None or not only_wanted:
            self.save_state(account, report)

    def take_hints(
        self,
        account: Account,
        names: Collection[str],
        report: Report,
        kept: Kept,
        budget: Slice,
        *,
        stop: threading.Event,
    ) -> None:
        """Read what is new in the streams of these names, on a connector that is kept for the next hints."""
        worker = Worker(self.ingest(), self.account_ids[account.name], stop=stop, renewals=self._renewals)
        with self._troubles(account, report), kept.lent(account.name, lambda: self._entered(account)) as lent:
            lent.read(lambda entered: worker.push(entered.connector, entered.named(names), report, budget))
            lent.may_stay = report.error is None and not stop.is_set()

    def _entered(self, account: Account) -> Entered:
        """The account's connector, logged in; raises ConnectorError or ConfigError."""
        opening = self._admitted(account)
        return Entered.enter(opening.open(), opening)

    def open_connector(self, account: Account) -> Connector:
        """The account's connector, not yet entered.

        Raises ConfigError where its secret can't be read, Resting where it may not log in yet, and StoreError.
        """
        return self._admitted(account).open()

    def _admitted(self, account: Account) -> Opening:
        opening = account.opening(self._environment.environ, self.config.folder, self.tokens)
        account_id = self.account_ids[account.name]
        self.standings.admit(account_id, account.name, opening, is_personal=account.is_personal)
        return opening

    @contextmanager
    def _troubles(self, account: Account, report: Report) -> Iterator[Callable[[], None]]:
        """What goes wrong with the account is noted in the report; StoreError goes up.

        Gives what is to be called whenever something has come of the turn.
        """
        began = time.monotonic()
        turn = self._environment.underway.turn(account.name)
        with structlog.contextvars.bound_contextvars(account=account.name), turn as came:
            try:
                yield came
            except ConnectorError as error:
                report.fail(error)
            except ConfigError as error:
                first = error.problems[0]
                report.error = report.error or Problem("credentials", str(first), first.hint)
            except StoreError:
                raise
            except Exception as error:  # a bug that one account meets must not end the others' turns
                # its frames alone: what it says may quote a password or a mail
                log.error("turn failed", frames=traceback.format_tb(error.__traceback__))
                fault = f"reading the account failed with {type(error).__name__}"
                report.fail(Unavailable(fault, step="bug", hint="report it with the log; the account is tried again"))
            finally:
                report.seconds += time.monotonic() - began

    def note_rest(self, server: Server, seconds: float) -> None:
        """A server wants to be left alone for so long: whoever works on this store after us knows it too."""
        until = self.clock() + timedelta(seconds=seconds)
        with self.store.write() as transaction:
            company_store.save_setting(transaction, _rest_name(server), until.isoformat())

    def rests(self, servers: Iterable[Server | None]) -> dict[Server, tuple[float, Unavailable]]:
        """Those that asked an earlier process to be left alone: for how many seconds yet, and why."""
        found: dict[Server, tuple[float, Unavailable]] = {}
        now = self.clock()
        with self.store.read() as transaction:
            for server in dict.fromkeys(servers):
                noted = None if server is None else company_store.setting(transaction, _rest_name(server))
                left = 0.0 if noted is None else (datetime.fromisoformat(noted) - now).total_seconds()
                # a clock that was wrong when it was noted must not lock an account out
                if server is not None and 0 < left <= LONGEST_REST:
                    problem = "the server asked to be left alone for a while, before this process began"
                    found[server] = left, Unavailable(problem, step="connect", retry_after=left)
        return found

    def read_before(self) -> set[str]:
        """Ids of the accounts that were once read to their end."""
        with self.store.read() as transaction:
            return company_store.read_accounts(transaction)

    def wanting(self) -> list[str]:
        """Names of the accounts that have items to be fetched by reference."""
        with self.store.read() as transaction:
            ids = set(write.accounts_wanting(transaction))
        return [each.name for each in self.config.followed if self.account_ids[each.name] in ids]

    def wanted(self, account: Account) -> int:
        """How many items of the account wait to be fetched by reference."""
        return Worker(self.ingest(), self.account_ids[account.name]).wanted()

    def login_failed(self, account: Account, error: ConnectorError) -> Report:
        """A login beside the account's turns was refused: it fares as if a turn had met that."""
        report = Report(account.name)
        with structlog.contextvars.bound_contextvars(account=account.name):
            report.fail(error)
        self.save_state(account, report)
        return report

    def save_state(self, account: Account, report: Report) -> None:
        """Note in the store how the account fares, and in the report when it is tried again."""
        account_id, fine = self.account_ids[account.name], None
        if report.error is None:
            with self.store.read() as transaction:
                fine = deletions.told(account.name, removals.held_back(transaction, account_id))
        report.rest = self.standings.note(account_id, report, fine)


def _rest_name(server: Server) -> str:
    """In the store's settings, whose names are at most 40 letters long."""
    return f"rest.{blake2b(repr(server).encode(), digest_size=16).hexdigest()}"


def _both(came: Callable[[], None], progress: Callable[[str, int], None]) -> Callable[[str, int], None]:
    """Progress of a turn that also tells that it goes on."""

    def told(stream: str, seen: int) -> None:
        came()
        progress(stream, seen)

    return told
