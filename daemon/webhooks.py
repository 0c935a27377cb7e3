"""Webhooks: the change feed, sent to URLs of the configuration as signed messages (standardwebhooks.com, version 1).

Messages come in the order of the feed, each until it is taken, with the same id and bytes; a receiver that takes none
for two days is dead until `keeptouch webhooks replay`. What it missed waits in the feed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from connectors.api import Secret
from daemon import egress
from daemon.config import Webhook
from daemon.egress import EgressError
from daemon.problems import ConfigError
from daemon.retry import Backoff
from store.accounts import company
from store.engine import Store, Transaction
from store.errors import StoreError
from store.published import feed, webhooks
from store.published.feed import Changed, Standing
from store.published.webhooks import Delivery
from store.types import instant_text

log = structlog.get_logger()

#: Changes in one message.
BATCH = 100
#: So often a message is tried: about two and a half days.
ATTEMPTS = 20
BACKOFF = Backoff(first=5.0, longest=6 * 3600.0)
#: Messages sent in one turn.
_IN_A_ROW = 50
#: How often a webhook looks for changes, in seconds.
_EVERY = 1.0
#: Longer than one message takes.
_LEASE = timedelta(seconds=4 * egress.TIME_LIMIT)
_PREFIX = "whsec_"
_FEWEST_BYTES = 24
_GONE = 410


def key_of(secret: Secret) -> bytes:
    """The signing key in a secret of the form whsec_BASE64; raises ValueError, never with the secret."""
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else b""
    except binascii.Error:
        key = b""
    if len(key) < _FEWEST_BYTES:
        raise ValueError(f"must be {_PREFIX} and at least {_FEWEST_BYTES} random bytes in base64")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of webhook-signature: HMAC-SHA256 of "id.timestamp.body", base64 (standardwebhooks.com)."""
    signed = f"{message_id}.{timestamp}.".encode("ascii") + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def post(webhook: Webhook, key: bytes, message_id: str, body: str, now: datetime) -> egress.Answer:
    """Send one message, signed; raises EgressError."""
    content, timestamp = body.encode("utf-8"), int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "keeptouch",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(key, message_id, timestamp, content),
    }
    return egress.post(webhook.target, content, headers)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what one webhook has yet to take. Used by one thread."""

    store: Store
    webhook: Webhook
    environ: Mapping[str, str]
    folder: Path
    clock: Callable[[], datetime]
    backoff: Backoff = BACKOFF

    def turn(self) -> int:
        """Send what is due, message after message, until all is taken or one is not; returns how many were taken."""
        taken = 0
        name = self.webhook.name
        with self.store.write() as transaction:
            if webhooks.state(transaction, name) is None and webhooks.may_begin(transaction):
                webhooks.begin(transaction, name)
            if not webhooks.lease(transaction, name, self.clock(), _LEASE):
                return 0
        try:
            while taken < _IN_A_ROW and (delivery := self._next()) is not None and self._send(delivery):
                taken += 1
        finally:
            with self.store.write() as transaction:
                webhooks.release(transaction, name)
        return taken

    def has_news(self) -> bool:
        """Is there anything that a turn could do? Asked often, and writes nothing."""
        with self.store.read() as transaction:
            state = webhooks.state(transaction, self.webhook.name)
            if state is None:
                return webhooks.may_begin(transaction)
            if state.is_dead or (state.next_try_at is not None and state.next_try_at > self.clock()):
                return False
            now = feed.standing(transaction)
            is_behind = (state.epoch, state.seq) != (now.epoch, now.last_seq)
            return is_behind or webhooks.waiting(transaction, self.webhook.name) is not None

    def _next(self) -> Delivery | None:
        """The message that waits, else one of what changed since the last."""
        with self.store.write() as transaction:
            return webhooks.waiting(transaction, self.webhook.name) or self._compose(transaction)

    def _compose(self, transaction: Transaction) -> Delivery | None:
        name = self.webhook.name
        state, now = webhooks.state(transaction, name), feed.standing(transaction)
        store_id = company.setting(transaction, "store_id")
        if state is None:
            return None
        if state.epoch != now.epoch or state.seq + 1 < now.first_seq or state.seq > now.last_seq:
            where = {"store_id": store_id, "feed_epoch": now.epoch, "last_seq": now.last_seq}
            return self._add(transaction, "reload", where, now.last_seq, now)
        seq = state.seq
        while changes := feed.changes(transaction, seq, BATCH):
            seq = changes[-1].seq
            told = [_document(each) for each in changes if self._concerns(each)]
            if told:
                data = {"store_id": store_id, "feed_epoch": now.epoch, "last_seq": seq, "changes": told}
                return self._add(transaction, "changes", data, seq, now)
        if seq != state.seq:
            webhooks.move(transaction, name, seq, now.epoch)
        return None

    def _concerns(self, changed: Changed) -> bool:
        # what was erased must be forgotten everywhere
        return not self.webhook.entities or changed.entity in self.webhook.entities or changed.op == "erase"

    def _add(
        self, transaction: Transaction, kind: str, data: Mapping[str, object], seq: int, now: Standing
    ) -> Delivery:
        at = self.clock()
        body = json.dumps({"type": kind, "timestamp": instant_text(at), "data": data})
        delivery = Delivery(str(uuid.uuid4()), self.webhook.name, body, 0)
        webhooks.add(transaction, delivery, seq, now.epoch, at)
        return delivery

    def _send(self, delivery: Delivery) -> bool:
        """Was it taken?"""
        retry_after: float | None = None
        is_final = False
        try:
            answer = self._post(delivery)
        except (EgressError, ConfigError, ValueError) as error:
            reason = str(error)
        else:
            if 200 <= answer.status < 300:
                with self.store.write() as transaction:
                    webhooks.taken(transaction, delivery, self.clock())
                return True
            reason, retry_after = f"the receiver answers {answer.status}", answer.retry_after
            is_final = answer.status == _GONE
        attempts = delivery.attempts + 1
        is_dead = is_final or attempts >= ATTEMPTS
        wait = None if is_dead else self.backoff.delay(attempts, retry_after)
        with self.store.write() as transaction:
            webhooks.failed(
                transaction, delivery, reason, None if wait is None else self.clock() + timedelta(seconds=wait)
            )
        hint = f"keeptouch webhooks replay {self.webhook.name}" if is_dead else ""
        log.warning("webhook not taken", webhook=self.webhook.name, problem=reason, is_dead=is_dead, hint=hint)
        return False

    def _post(self, delivery: Delivery) -> egress.Answer:
        key = key_of(self.webhook.secret.read(self.environ, self.folder))
        return post(self.webhook, key, delivery.id, delivery.body, self.clock())


class Webhooks:
    """All webhooks of the service, each in a thread of its own: a slow one delays no other."""

    def __init__(self, senders: list[Sender], stop: threading.Event) -> None:
        self._stop = stop
        self._senders = senders
        self._webhooks: dict[str, Webhook] = {}
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Start a thread for each webhook."""
        self.follow(self._senders)

    def follow(self, senders: list[Sender]) -> None:
        """These from now on; one that is as it was goes on undisturbed."""
        before, self._webhooks = self._webhooks, {each.webhook.name: each.webhook for each in senders}
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for sender in senders:
            name = sender.webhook.name
            if before.get(name) != sender.webhook:
                thread = threading.Thread(target=self._run, args=[sender], name=f"webhook {name}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def join(self, until: float) -> None:
        """Wait for messages under way, at most until then, monotonic; what was not taken is sent again later."""
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, sender: Sender) -> None:
        with structlog.contextvars.bound_contextvars(webhook=sender.webhook.name):
            while not self._stop.wait(_EVERY) and self._webhooks.get(sender.webhook.name) == sender.webhook:
                try:
                    if sender.has_news():
                        sender.turn()
                except StoreError as error:
                    log.error("store problem", problem=error.problem, hint=error.hint)
                except Exception as error:  # a bug that one webhook meets must not end it for good
                    log.error("webhook failed", frames=traceback.format_tb(error.__traceback__))


def _document(changed: Changed) -> dict[str, object]:
    return {
        "seq": changed.seq,
        "entity": changed.entity,
        "entity_id": changed.entity_id,
        "op": changed.op,
        "changed_at": instant_text(changed.changed_at),
    }
