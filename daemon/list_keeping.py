"""When tasks are brought together with people's lists: each list at its own time, in threads of their own."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from connectors.api import AuthFailed, ConnectorError, Misconfigured, TaskWriter, Unavailable
from daemon.config.records import Account
from daemon.problems import ConfigError
from daemon.report import Problem
from daemon.retry import PARKED, Backoff
from daemon.rounds import Rounds
from daemon.servers import CROWDED, Servers, server_of
from daemon.session import Session
from daemon.task_lists import ListTurn, may_begin
from store.errors import StoreError
from store.followups import task_entries
from store.followups.task_entries import Standing

log = structlog.get_logger()

#: Lists kept at a time: a server that hangs does not keep the others waiting.
_AT_ONCE = 8


class Keeper:
    """Keeps lists, and remembers of each what it was like when all was as it should be."""

    def __init__(self, backoff: Backoff | None = None, servers: Servers | None = None) -> None:
        self._backoff = backoff or Backoff()
        self._servers = servers
        self._marks: dict[str, str | None] = {}

    def keep(
        self,
        session: Session,
        account: Account,
        is_stopped: Callable[[], bool] = lambda: False,
        *,
        insists: bool = False,
    ) -> Problem | None:
        """One turn of an account's list, if it is time or somebody insists; what went wrong is returned and noted.

        Raises StoreError.
        """
        account_id, now = session.account_ids[account.name], session.clock()
        if account.tasks is None:
            return None
        with session.store.read() as transaction:
            known = task_entries.standing(transaction, account_id) or Standing(name=account.tasks.list)
            if not may_begin(transaction, account_id, now):
                return None
        is_resting = known.next_try_at is not None and known.next_try_at > now
        if is_resting and known.name == account.tasks.list and not insists:
            return None
        with structlog.contextvars.bound_contextvars(account=account.name):
            error = self._try(session, account, account_id, is_stopped)
        if self._servers is not None:
            self._servers.rest(server_of(account), error)
        return self._note(session, account_id, replace(known, name=account.tasks.list), error)

    def _try(
        self, session: Session, account: Account, account_id: str, is_stopped: Callable[[], bool]
    ) -> ConnectorError | None:
        try:
            with session.open_connector(account) as connector:
                if not isinstance(connector, TaskWriter) or account.tasks is None:
                    return Misconfigured(f'accounts of kind "{account.kind}" keep no tasks', step="configuration")
                turn = ListTurn(session.store, account_id, account.tasks, connector, session.clock)
                self._marks[account_id] = turn.turn(self._marks.get(account_id), is_stopped)
        except AuthFailed as error:
            # so that nobody tries the same password again, for whatever purpose
            session.login_failed(account, error)
            return error
        except ConnectorError as error:
            return error
        except ConfigError as error:
            return Misconfigured(str(error.problems[0]), step="credentials", hint=error.problems[0].hint)
        except StoreError:
            raise
        except Exception as error:  # a bug that one list meets must not end the others' turns
            # its frames alone: what it says may quote a mail
            log.error("task list failed", frames=traceback.format_tb(error.__traceback__))
            return Unavailable(f"keeping the list failed with {type(error).__name__}", step="bug", hint="report it")
        return None

    def _note(self, session: Session, account_id: str, known: Standing, error: ConnectorError | None) -> Problem | None:
        """Write how it stands, where that is news, or often enough for people to see that it goes on."""
        now = session.clock()
        if error is None:
            is_news = known.problem is not None or known.synced_at is None
            if is_news or known.synced_at is None or now - known.synced_at > timedelta(minutes=10):
                found = Standing(name=known.name, synced_at=now)
                with session.store.write() as transaction:
                    task_entries.note(transaction, account_id, found)
            return None
        self._marks.pop(account_id, None)
        failures = known.failures + 1
        wait = self._backoff.after(error, failures)
        log.warning("task list not kept", list=known.name, problem=error.problem, hint=error.hint, attempts=failures)
        found = replace(
            known,
            problem=error.problem,
            hint=error.hint or None,
            failures=failures,
            next_try_at=now + timedelta(seconds=PARKED if wait is None else wait),
        )
        with session.store.write() as transaction:
            task_entries.note(transaction, account_id, found)
        return Problem(error.step or "tasks", error.problem, error.hint)


class TaskLists:
    """The service's part that keeps lists, from `begin` to `stop`."""

    def __init__(
        self, session: Session, interval: float, stop: threading.Event, backoff: Backoff, servers: Servers
    ) -> None:
        self._session = session
        self._interval = interval
        self._stop = stop
        self._servers = servers
        self._keeper = Keeper(backoff, servers)
        self._rounds = Rounds("lists", _AT_ONCE, self._turn)

    def begin(self) -> None:
        """Every list is due now."""
        self.follow(self._session)

    def follow(self, session: Session) -> None:
        """The lists of this session from now on; those that are new or changed are due now."""
        self._session = session
        self._rounds.follow(each for each in session.config.followed if each.tasks is not None)

    def stop(self) -> None:
        """No other turn begins."""
        self._rounds.close()

    def join(self, until: float) -> bool:
        """Wait for the turns that are going on; have all ended?"""
        return self._rounds.join(until)

    def _turn(self, account: Account) -> None:
        if self._stop.is_set():
            return
        rest = self._servers.rest_left(server_of(account))
        wait = max(self._interval, rest)
        try:
            if rest <= 0 and not self._keep(account):
                wait = CROWDED
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
        finally:
            self._rounds.put(account, wait)

    def _keep(self, account: Account) -> bool:
        """False: all connections of its server are taken."""
        with self._servers.room(server_of(account)) as has_room:
            if has_room:
                self._keeper.keep(self._session, account, self._stop.is_set)
        return has_room
