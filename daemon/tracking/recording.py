"""What was asked of pixels and links, written in batches, by a thread of its own.

Whoever asks is answered first, and what is written of it is decided here: so an answer takes the same time whatever the
token is worth. What does not fit into the queue is dropped and counted; kill -9 costs what came in the last seconds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

import structlog

from daemon.config.tracking import TrackingConfig
from matching.addresses import AddressRules
from matching.opens.agents import MAX_AGENT, read_agent
from matching.opens.networks import network_of
from store.engine import Store, Transaction
from store.errors import StoreError
from store.opens import tracking_hits
from store.opens.tracking_hits import Asked
from store.opens.tracking_keys import TrackingKey

log = structlog.get_logger()

#: Hits that wait, at most; and that one transaction writes.
WAITING, BATCH = 20_000, 4_000
#: How long they gather, in seconds; after a failure of the store, it is tried again so much later.
_EVERY, _LATER = 2.0, 10.0
#: History tells of some of them at once, and of more when so many times as long as that took has passed.
_PART = 20


#: The same few hundred programs ask again and again.
_read_agent = lru_cache(maxsize=1_024)(read_agent)


#: Finds the items that are to be derived, in the transaction in which they are.
Take = Callable[[Transaction], set[str]]


class Asking(NamedTuple):
    """As it came in, unread."""

    token: str
    at: datetime
    agent: str
    address: str


class Recorder:
    """Takes hits from any thread, and writes them in its own."""

    def __init__(
        self,
        store: Store,
        config: TrackingConfig,
        rules: AddressRules,
        key: TrackingKey,
        derive: Callable[[Take], object] = lambda _take: None,
    ) -> None:
        """`derive` derives the mails that are taken."""
        self._store = store
        self._own = config.own
        self._rules = rules
        self._key = key
        self._derive = derive
        self._waiting: deque[Asking] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracking", daemon=True)
        #: Hits that were not taken; whoever tells of them resets it.
        self.dropped = 0
        #: What was answered, by kind: pixel | link | program | limited; for whoever counts.
        self.answered: Counter[str] = Counter()

    def begin(self) -> None:
        """Write what comes, from now on."""
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Write what waits, and end; give up after so many seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    def put(self, asking: Asking) -> None:
        """Take a hit; never waits."""
        if len(self._waiting) < WAITING:
            self._waiting.append(asking)
        else:
            self.dropped += 1

    def write(self) -> int:
        """Write a batch of what waits; returns how many hits were worth it. Raises StoreError; then they wait again."""
        batch = [self._waiting.popleft() for _each in range(min(BATCH, len(self._waiting)))]
        if not batch:
            return 0
        asked = [found for each in batch if (found := self._read(each)) is not None]
        if not asked:
            return 0
        try:
            with self._store.read() as transaction:
                sifted = tracking_hits.sift(transaction, self._rules, asked)
            if not (sifted.rows or sifted.dropped):
                return 0
            return self._store.transact(partial(tracking_hits.record, sifted=sifted))
        except StoreError:
            self._waiting.extendleft(reversed(batch))
            raise

    def settle(self) -> None:
        """Have the history tell of a part of what was written; raises StoreError."""
        with self._store.read() as transaction:
            if not tracking_hits.is_unsettled(transaction):
                return
        self._derive(tracking_hits.take_opened)

    def _read(self, asking: Asking) -> Asked | None:
        token_key = self._key.verify(asking.token)
        if token_key is None:
            return None
        return Asked(
            token_key=token_key,
            at=asking.at,
            agent=_read_agent(asking.agent[:MAX_AGENT]),
            network=network_of(asking.address, self._own),
            raw_agent=asking.agent,
            raw_address=asking.address,
        )

    def _run(self) -> None:
        wait, settle_at = _EVERY, 0.0
        while True:
            is_last = self._stop.wait(wait)
            wait = _EVERY
            try:
                while self._waiting:
                    self.write()
                if time.monotonic() >= settle_at:
                    began = time.monotonic()
                    self.settle()
                    ended = time.monotonic()
                    settle_at = ended + _PART * (ended - began)
            except StoreError as error:
                wait = _LATER
                log.error("opens not written yet", problem=error.problem, hint=error.hint)
            except Exception:
                # mail goes on being read, whatever is wrong here
                wait = _LATER
                log.exception("opens could not be written")
            if self.dropped:
                log.warning("opens dropped", count=self.dropped, reason="more came in than could be written")
                self.dropped = 0
            if is_last:
                return
