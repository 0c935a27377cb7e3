"""The daily mail that tells each of ours what is to be done: when it goes out, and what became of it.

It goes out on the person's own working days, from the time of the configuration on, and only where there is something
to tell. A server that can't be reached is tried again until the person's day is over.

A mail is sent at most once a day. SMTP has no way to take a mail back or to ask whether one arrived: between the last
byte of a mail and the server's answer nobody knows (RFC 5321, section 6.1, has servers send twice rather than lose
one). A reminder that is missing for a day does less harm than two of them, so this is the other way round: `sending`
is committed when the server has agreed to the recipient and before any of the mail is sent, and `sent` after its
answer. Killed or cut off between the two, the mail is `unknown` and is not sent again; killed before, it is sent later.
The Message-ID is the same for one person and day, whatever happens, so that who gets two can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from connectors.api import ConnectorError, Unavailable
from daemon.config.digest import DigestConfig
from daemon.digest_texts import Digest, message_of
from daemon.problems import ConfigError
from daemon.retry import Backoff
from daemon.smtp import NotTaken, Relay, Unclear
from matching.policy import Company
from matching.workdays import WorkingTime, working_seconds
from store.engine import Store, Transaction
from store.followups import digests, task_turns
from store.followups.digests import EXPIRED, REFUSED, SENT, UNKNOWN, WAITING, Reader
from store.mails import own_mail

log = structlog.get_logger()

#: Longer than a server takes for one mail: whoever was sending is gone.
_LONGEST = timedelta(minutes=15)
#: Days that are remembered.
_KEPT = timedelta(days=100)
_DAY = timedelta(days=1)
BACKOFF = Backoff(first=60.0)


@dataclass(frozen=True, slots=True)
class _Due:
    """A digest that is to go out now."""

    reader: Reader
    day: date
    attempts: int
    message: EmailMessage
    #: What happened from then on, the next one tells.
    composed_at: datetime


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of one store. Used by one thread."""

    store: Store
    company: Company
    config: DigestConfig
    environ: Mapping[str, str]
    folder: Path
    clock: Callable[[], datetime]
    backoff: Backoff = BACKOFF

    def turn(self, is_stopped: Callable[[], bool] = lambda: False) -> int:
        """Send what is due; returns how many the server took. What went wrong is noted, and logged."""
        with self.store.write() as transaction:
            due = self._due(transaction)
        taken = 0
        while due and not is_stopped():
            left = len(due)
            taken += self._send(due, is_stopped)
            if len(due) == left:
                break
        return taken

    # -- what is due --------------------------------------------------------------------------------------------------

    def _due(self, transaction: Transaction) -> list[_Due]:
        now = self.clock()
        if task_turns.is_importing(transaction, now) and not digests.has_begun(transaction):
            return []
        if count := digests.abandoned(transaction, now - _LONGEST, now):
            log.warning("digests not known to have arrived", count=count)
        digests.forget_before(transaction, now.date() - _KEPT)
        found = (self._due_of(transaction, each, now) for each in digests.readers(transaction))
        return [each for each in found if each is not None]

    def _due_of(self, transaction: Transaction, reader: Reader, now: datetime) -> _Due | None:
        if self.config.people and reader.email not in self.config.people:
            return None
        working = self.company.times.of(reader.email)
        zone = ZoneInfo(working.zone)
        local = now.astimezone(zone)
        day = local.date()
        digests.expire(transaction, day, reader.id, now)
        if local.time() < self.config.time or not works_on(working, day):
            return None
        before = digests.mailing(transaction, reader.id, day)
        if before is not None and (before.state != WAITING or (before.next_try_at or now) > now):
            return None
        told = digests.last_sent_at(transaction, reader.id)
        digest = Digest(
            name=reader.name,
            email=reader.email,
            language=reader.language or self.config.language,
            day=day,
            open=digests.open_tasks(transaction, reader.email),
            closed=digests.closed_tasks(transaction, reader.id, told) if told is not None else (),
        )
        if not digest.open and not digest.closed:
            return None
        return _Due(reader, day, before.attempts if before else 0, self._message(digest, reader, now), now)

    def _message(self, digest: Digest, reader: Reader, now: datetime) -> EmailMessage:
        domain = self.config.address.rpartition("@")[2]
        message_id = f"digest-{digest.day:%Y%m%d}-{reader.id}@{domain}"
        message = message_of(digest, self.config.sender, message_id, now)
        message[own_mail.HEADER] = own_mail.mark(self.store.key, message_id)
        return message

    # -- sending ------------------------------------------------------------------------------------------------------

    def _send(self, due: list[_Due], is_stopped: Callable[[], bool]) -> int:
        """Take them from the list and send them on one connection, until it fails; those that are left wait."""
        taken = 0
        try:
            with Relay(self.config, self.config.read_secret(self.environ, self.folder)) as relay:
                while due and not is_stopped():
                    each = due.pop(0)
                    try:
                        taken += self._send_one(relay, each)
                    except ConnectorError as error:
                        self._wait(each, error)
                        return taken
        except ConnectorError as error:
            self._wait_all(due, error)
        except ConfigError as error:
            self._wait_all(due, Unavailable(str(error.problems[0]), hint=error.problems[0].hint))
        return taken

    def _send_one(self, relay: Relay, each: _Due) -> bool:
        """Was it taken? Raises ConnectorError where it can be tried again."""
        try:
            if not relay.send(each.message, each.reader.email, partial(self._claim, each)):
                return False
        except NotTaken as error:
            self._note(each, REFUSED, str(error))
            return False
        except Unclear as error:
            self._note(each, UNKNOWN, f"{error}: it may have arrived, and is not sent again")
            return False
        self._note(each, SENT)
        return True

    def _claim(self, each: _Due) -> bool:
        with self.store.write() as transaction:
            return digests.claim(transaction, each.reader.id, each.day, each.attempts + 1, self.clock())

    def _note(self, each: _Due, state: str, problem: str | None = None) -> None:
        person, day = each.reader.email, each.day.isoformat()
        if problem is None:
            log.info("digest sent", person=person, day=day, attempts=each.attempts + 1)
        else:
            log.warning("digest not sent", person=person, day=day, state=state, problem=problem)
        with self.store.write() as transaction:
            args = (each.reader.id, each.day, state, each.composed_at)
            digests.note(transaction, *args, problem=problem, attempts=each.attempts + 1)

    def _wait_all(self, due: list[_Due], error: ConnectorError) -> None:
        for each in due:
            self._wait(each, error)
        due.clear()

    def _wait(self, each: _Due, error: ConnectorError) -> None:
        """It is tried again, as long as the person's day lasts."""
        attempts = each.attempts + 1
        retry_after = error.retry_after if isinstance(error, Unavailable) else None
        now = self.clock()
        next_try_at = now + timedelta(seconds=self.backoff.delay(attempts, retry_after))
        is_over = next_try_at >= end_of(self.company.times.of(each.reader.email), each.day)
        hint = f"; {error.hint}" if error.hint else ""
        problem = f"{error.problem}{hint}"
        person, day = each.reader.email, each.day.isoformat()
        log.warning("digest waits", person=person, day=day, problem=problem, attempts=attempts, is_over=is_over)
        with self.store.write() as transaction:
            digests.note(
                transaction,
                each.reader.id,
                each.day,
                EXPIRED if is_over else WAITING,
                now,
                problem=problem,
                attempts=attempts,
                next_try_at=None if is_over else next_try_at,
            )


def works_on(working: WorkingTime, day: date) -> bool:
    """Is it a day of work, no holiday and no day off?"""
    return working_seconds(working, _midnight(working, day), end_of(working, day)) > 0


def end_of(working: WorkingTime, day: date) -> datetime:
    """When a person's day is over, aware UTC."""
    return _midnight(working, day + _DAY)


def _midnight(working: WorkingTime, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(working.zone)).astimezone(UTC)
