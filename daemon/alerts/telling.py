"""The alerts of one store: what is so now is compared with what each channel was told, and news are sent.

A message is told before it is noted as told: killed between the two, it is sent once more, under the same id. What two
daemons on one store see at once is told by one of them: it says so in the store before it sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from connectors.api import ConnectorError, Unavailable
from daemon.alerts import deciding, messages
from daemon.alerts.conditions import Condition
from daemon.config import Config
from daemon.egress import EgressError
from daemon.problems import ConfigError
from daemon.retry import Backoff
from daemon.smtp import NotTaken, Relay, Unclear
from daemon.webhooks import key_of, post
from store.accounts import company
from store.engine import Store
from store.mails import own_mail
from store.questions import alerts as alert_store
from store.questions.alerts import Alert

log = structlog.get_logger()

WEBHOOK, _MAIL = "webhook", "mail:"
BACKOFF = Backoff(first=60.0, longest=3600.0)
#: Longer than one message takes.
_LEASE = timedelta(minutes=5)


class NotTold(Exception):
    """A message was not taken; says why."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done for one channel."""

    over: list[Alert]
    changed: list[Alert]
    claimed: list[Alert]

    @property
    def is_work(self) -> bool:
        return bool(self.over or self.changed)


def _changed(known: Sequence[Alert], stand: Sequence[Alert]) -> list[Alert]:
    before = set(known)
    return [each for each in stand if each not in before]


@dataclass(frozen=True, slots=True)
class Alerts:
    """Used by one thread."""

    store: Store
    config: Config
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    backoff: Backoff = BACKOFF

    @property
    def channels(self) -> tuple[str, ...]:
        """Who is told."""
        hook = (WEBHOOK,) if self.config.alerts.webhook is not None else ()
        return (*(f"{_MAIL}{address}" for address in self.config.alerts.mail_to), *hook)

    def turn(self, found: Sequence[Condition], is_stopped: Callable[[], bool] = lambda: False) -> int:
        """Tell what is to be told; returns how many messages were taken. What went wrong is noted, and logged."""
        now = self.clock()
        with self.store.read() as transaction:
            known = alert_store.alerts(transaction)
        # asked every minute: mostly there is nothing to write
        if gone := [each for each in known if each.channel not in self.channels]:
            with self.store.write() as transaction:
                alert_store.forget(transaction, gone)
        taken = 0
        for channel in self.channels:
            if not is_stopped() and self._planned(known, found, channel, now).is_work:
                claimed = self._claim(found, channel, now)
                taken += bool(claimed) and self._tell(channel, claimed)
        return taken

    def _planned(self, known: Sequence[Alert], found: Sequence[Condition], channel: str, now: datetime) -> _Plan:
        quiet = self.config.alerts.quiet
        observed = deciding.observed(known, found, channel, now)
        over = [each for each in observed if deciding.is_over_for_good(each, now, quiet)]
        after = [each for each in observed if each not in over]
        claimed = deciding.due(after, now, quiet)
        leased = {each.key: replace(each, next_try_at=now + _LEASE) for each in claimed}
        stand = [leased.get(each.key, each) for each in after]
        return _Plan(over, _changed(known, stand), claimed)

    def _claim(self, found: Sequence[Condition], channel: str, now: datetime) -> list[Alert]:
        """Note what is so, and take what is to be told to one channel: nobody else tells it meanwhile."""
        with self.store.write() as transaction:
            plan = self._planned(alert_store.alerts(transaction), found, channel, now)
            alert_store.forget(transaction, plan.over)
            alert_store.save(transaction, plan.changed)
        return plan.claimed

    def _tell(self, channel: str, claimed: Sequence[Alert]) -> bool:
        now = self.clock()
        try:
            if channel == WEBHOOK:
                self._post(claimed, now)
            else:
                self._mail(channel.removeprefix(_MAIL), claimed, now)
        except NotTold as error:
            self._wait(claimed, error)
            return False
        with self.store.write() as transaction:
            alert_store.save(transaction, [deciding.told(each, now) for each in claimed])
        log.info("alert told", channel=_kind(channel), count=len(claimed))
        return True

    def _wait(self, claimed: Sequence[Alert], error: NotTold) -> None:
        attempts = 1 + max(each.attempts for each in claimed)
        next_try_at = self.clock() + timedelta(seconds=self.backoff.delay(attempts, error.retry_after))
        log.warning("alert not told", channel=_kind(claimed[0].channel), problem=str(error), attempts=attempts)
        with self.store.write() as transaction:
            waiting = [replace(each, attempts=attempts, next_try_at=next_try_at) for each in claimed]
            alert_store.save(transaction, waiting)

    def _id(self, claimed: Sequence[Alert]) -> str:
        """The same for the same news to the same channel."""
        parts = [claimed[0].channel]
        parts += [f"{each.key} {messages.state_of(each)} {each.began_at} {each.told_at}" for each in claimed]
        return self.store.key.digest("alert", *parts).hex()

    def _post(self, claimed: Sequence[Alert], now: datetime) -> None:
        webhook = self.config.alerts.webhook
        if webhook is None:
            return
        with self.store.read() as transaction:
            store_id = company.setting(transaction, "store_id")
        body = messages.document(claimed, store_id, now)
        try:
            key = key_of(webhook.secret.read(self.environ, self.config.folder))
            answer = post(webhook, key, self._id(claimed), body, now)
        except (EgressError, ConfigError, ValueError) as error:
            raise NotTold(str(error)) from None
        if not 200 <= answer.status < 300:
            raise NotTold(f"the receiver answers {answer.status}", answer.retry_after)

    def _mail(self, recipient: str, claimed: Sequence[Alert], now: datetime) -> None:
        server = self.config.mail_server
        if server is None:
            return
        message_id = f"alert-{self._id(claimed)}@{server.address.rpartition('@')[2]}"
        mark = {own_mail.HEADER: own_mail.mark(self.store.key, message_id)}
        message = messages.message(claimed, server.sender, recipient, message_id, now, mark)
        try:
            with Relay(server, server.read_secret(self.environ, self.config.folder)) as relay:
                relay.send(message, recipient, lambda: True)
        except Unclear as error:
            # it is rather told twice than not at all
            raise NotTold(str(error)) from None
        except (NotTaken, ConfigError) as error:
            raise NotTold(str(error)) from None
        except ConnectorError as error:
            retry_after = error.retry_after if isinstance(error, Unavailable) else None
            raise NotTold(f"{error.problem}; {error.hint}" if error.hint else error.problem, retry_after) from None


def _kind(channel: str) -> str:
    """For the log, without the address."""
    return channel.partition(":")[0]
