"""Where every account stands: when it may log in next, and what becomes of that by a turn.

Refused logins are counted in the store, whoever tried: polls, hints, watches, other processes; what began
before one was noted is one with it. After the first one the account rests for a while, because servers refuse in error
too; after the second it is parked and tried every six hours, so that no directory ever locks a person out. Only a turn
that read through forgets them. Changed settings or another secret are tried at once, as is what a person asks for.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.api import AuthFailed, Bearer, ConnectorError, NotPermitted, Unavailable
from daemon.apart import Opening
from daemon.report import Report
from daemon.retry import PARKED, Backoff
from store.accounts import standings
from store.accounts.standings import Standing
from store.engine import Store, Transaction
from store.errors import StoreError
from store.keys import IdentityKey

log = structlog.get_logger()

#: So many refused logins park an account.
PARKING = 2


class Resting(Unavailable):
    """The account is not tried before its time, which is in `retry_after` seconds; the server was not asked."""


@dataclass(frozen=True, slots=True)
class _Rest:
    """Until when an account rests: as the store has it, and on our monotonic clock."""

    next_try_at: datetime
    until: float


class Standings:
    """Of the accounts of one store, for all threads. `monotonic` is in seconds: a clock that jumps moves no rest."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        #: How long is waited; the service may set its own.
        self.backoff = Backoff()
        self._lock = threading.Lock()
        self._followed: set[str] = set()
        self._failing: set[str] = set()
        self._insisted: set[str] = set()
        self._keys: dict[str, bytes] = {}
        self._rests: dict[str, _Rest] = {}
        #: What refused logins have made of accounts while the store could not be written: they count all the same.
        self._unsaved: dict[str, Standing] = {}

    def begin(self, transaction: Transaction, account_ids: Collection[str]) -> None:
        """These accounts are followed from now on."""
        failing = standings.failing(transaction)
        with self._lock:
            self._followed = set(account_ids)
            self._failing = failing & self._followed

    @property
    def failing(self) -> int:
        """How many of the accounts that are followed do not fare well, as far as this process knows."""
        return len(self._failing)

    def insist(self, account_id: str) -> None:
        """A person wants the account tried: it may log in until that is noted."""
        with self._lock:
            self._insisted.add(account_id)

    def admit(self, account_id: str, name: str, opening: Opening, *, is_personal: bool = False) -> None:
        """May the account of this name log in with these settings and this secret? `is_personal`: a person signs it in.

        Raises Resting where not, and StoreError.
        """
        key = login_key(self._store.key, opening)
        with self._store.read() as transaction:
            standing = self._standing(transaction, account_id)
        with self._lock:
            self._keys[account_id] = key
            is_insisted = account_id in self._insisted
            if standing is None or is_insisted or not standing.refusals or standing.refused_key != key:
                return
            rest = self._rest(account_id, standing)
        if rest > 0:
            said = (standing.reason or "").removeprefix("login: ").rstrip(".")
            again = f"keeptouch sync --account {shlex.quote(name)}"
            mending = f"sign in again: keeptouch accounts login {shlex.quote(name)}"
            raise Resting(
                f"{said}; it is not tried again before {standing.next_try_at:%Y-%m-%d %H:%M} UTC",
                step="login",
                hint=mending if is_personal else f"correct the password or the options, or try at once: {again}",
                retry_after=rest,
            )

    def note(self, account_id: str, report: Report, fine: str | None = None) -> float | None:
        """Keep what a turn has shown; `fine`: what is to be told of an account that is well. Raises StoreError.

        Returns the seconds until the account is tried again: 0 where it is well, None: not before its configuration
        changes.
        """
        if isinstance(report.failure, Resting):
            self._save_unsaved(account_id)
            return report.failure.retry_after
        with self._lock:
            key = self._keys.get(account_id)
            is_insisted = account_id in self._insisted
            self._insisted.discard(account_id)
        try:
            with self._store.write() as transaction:
                before = self._standing(transaction, account_id)
                if before is None or before.state == "disabled":
                    return 0.0
                rest = 0.0 if is_insisted else self._left(account_id, before, report, key)
                if rest > 0:
                    return rest
                after, wait = advanced(before, report, self._clock(), self.backoff, key, fine)
                standings.save(transaction, account_id, after)
        except StoreError:
            if isinstance(report.failure, AuthFailed):
                self._keep_unsaved(account_id, report, key)
            raise
        self._heed(account_id, after, wait, is_saved=True)
        _tell(report.account, before, after)
        return wait

    def _standing(self, transaction: Transaction, account_id: str) -> Standing | None:
        """Where it stands, by all that is known here."""
        return self._unsaved.get(account_id) or standings.standing(transaction, account_id)

    def _keep_unsaved(self, account_id: str, report: Report, key: bytes | None) -> None:
        """Remember a refusal that the store could not take: a full disk must not have the server asked again and again.

        Where the store can't be read either, nobody logs in.
        """
        with suppress(StoreError), self._store.read() as transaction:
            before = self._standing(transaction, account_id)
            if before is None or before.state == "disabled" or self._left(account_id, before, report, key) > 0:
                return
            after, wait = advanced(before, report, self._clock(), self.backoff, key, None)
            self._heed(account_id, after, wait, is_saved=False)
            _tell(report.account, before, after)

    def _save_unsaved(self, account_id: str) -> None:
        """Note what could not be noted when it came, where the store can be written again; raises StoreError."""
        unsaved = self._unsaved.get(account_id)
        if unsaved is not None:
            with self._store.write() as transaction:
                standings.save(transaction, account_id, unsaved)
            with self._lock:
                if self._unsaved.get(account_id) is unsaved:
                    del self._unsaved[account_id]

    def _heed(self, account_id: str, standing: Standing, wait: float | None, *, is_saved: bool) -> None:
        """Let it count in this process, until it may be tried again by our own clock."""
        with self._lock:
            if is_saved:
                self._unsaved.pop(account_id, None)
            else:
                self._unsaved[account_id] = standing
            self._failing.discard(account_id)
            if standing.state in standings.FAILING:
                self._failing |= {account_id} & self._followed
            if standing.next_try_at is not None and wait is not None:
                self._rests[account_id] = _Rest(standing.next_try_at, self._monotonic() + wait)

    def _left(self, account_id: str, standing: Standing, report: Report, key: bytes | None) -> float:
        """Seconds that an account rests after a refused login, where this one began before that was noted: a poll and a
        watch may log in at once."""
        if not isinstance(report.failure, AuthFailed) or standing.refused_key != key or not standing.refusals:
            return 0.0
        with self._lock:
            return self._rest(account_id, standing)

    def _rest(self, account_id: str, standing: Standing) -> float:
        """Seconds until then, with the lock held. A time that another process wrote is taken over once."""
        if standing.next_try_at is None:
            return 0.0
        known = self._rests.get(account_id)
        if known is None or known.next_try_at != standing.next_try_at:
            left = (standing.next_try_at - self._clock()).total_seconds()
            until = self._monotonic() + min(max(left, 0.0), PARKED)
            known = self._rests[account_id] = _Rest(standing.next_try_at, until)
        return known.until - self._monotonic()


def _tell(account: str, before: Standing, after: Standing) -> None:
    """Say in the log that the state is another one."""
    if after.state != before.state:
        (log.info if after.state == "ok" else log.warning)(
            "account state",
            account=account,
            state=after.state,
            before=before.state,
            problem=after.reason,
            next_try_at=_text(after.next_try_at),
        )


def advanced(
    before: Standing, report: Report, now: datetime, backoff: Backoff, key: bytes | None, fine: str | None
) -> tuple[Standing, float | None]:
    """(where the account stands after a turn, the seconds until the next one as `Standings.note` returns them)"""
    failure = report.failure
    if report.error is None:
        after = replace(before, state="ok", reason=fine, next_try_at=None, failures=0)
        if not report.is_stopped:
            after = replace(after, last_success_at=now)
        if not report.is_stopped or report.is_recent:
            after = replace(after, refusals=0, refused_key=None)
        elif before.refusals:
            # cut short, it proves nothing
            after = before
        return _since(before, after, now), 0.0
    failures, refusals = before.failures + 1, before.refusals
    state, wait = "backoff", backoff.delay(failures) if failure is None else backoff.after(failure, failures)
    if isinstance(failure, AuthFailed):
        refusals += 1
        state, wait = ("auth_failed", PARKED) if refusals >= PARKING else ("backoff", backoff.refused)
        before = replace(before, refused_key=key)
    elif is_without_rights(failure):
        state = "missing_rights"
    elif report.error.step == "select" and not report.is_stopped:
        # all other folders were read through
        refusals = 0
    after = replace(
        before,
        state=state,
        reason=f"{report.error.step}: {report.error.problem}",
        next_try_at=None if wait is None else now + timedelta(seconds=wait),
        failures=failures,
        refusals=refusals,
    )
    return _since(before, after, now), wait


def is_without_rights(failure: ConnectorError | None) -> bool:
    """Is it the whole mailbox that the server refuses?"""
    return isinstance(failure, NotPermitted) and failure.step != "select"


def login_key(key: IdentityKey, opening: Opening) -> bytes:
    """A keyed hash of all that a login is made of; nobody learns the secret from it.

    Tokens do not count: they change by the hour, and a sign-in that was refused stays refused.
    """
    secret = "" if opening.secret is None or isinstance(opening.secret, Bearer) else opening.secret.reveal()
    return key.digest("login", type(opening.settings).__qualname__, _canonical(opening.settings), secret)


def _canonical(value: Any) -> str:
    """Text that is the same in every process."""
    if is_dataclass(value) and not isinstance(value, type):
        return _canonical({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{key!r}:{_canonical(each)}" for key, each in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(_canonical, value))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return repr(value)


def _since(before: Standing, after: Standing, now: datetime) -> Standing:
    return after if after.state == before.state else replace(after, state_since_at=now)


def _text(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
