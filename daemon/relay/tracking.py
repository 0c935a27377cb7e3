"""A pixel and links for mails on their way, where everybody whom a mail is to agreed; all others pass as they are.

Whether they agreed is decided by `daemon.tracking.creating`, as for every tracked mail. A mail waits for it shortly and
no longer: that the store is slow or away keeps nobody from sending.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog

from connectors.api import Letter, read_letter
from daemon.config import Config
from daemon.tracked_mails import HEADER
from daemon.tracking.creating import MAX_LINKS, Made, NotMade, Order, checked_target, create, is_created, undo
from matching.addresses import AddressRules
from store.engine import Store
from store.errors import StoreError
from store.opens.tracking_keys import TrackingKey

log = structlog.get_logger()

#: How long a mail waits for its pixel, in seconds.
PATIENCE = 3.0
#: Mails that are looked at at once; those behind wait no longer than `PATIENCE`.
_AT_ONCE = 4
_MARK = HEADER.lower().encode()
#: An address in RCPT (RFC 5321, section 4.1.2), which may stand behind a route of before.
_TO = re.compile(rb"TO:[ \t]*<(?:@[^:>]*:)?((?:\"(?:[^\"\\]|\\.)*\"|[^\">])*)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail as it is sent."""

    content: bytes
    #: Why it was left alone, in a word for the log; "": it was not.
    reason: str = ""
    #: To be called where it was not sent after all: its tokens go.
    undo: Callable[[], None] = lambda: None

    @property
    def is_tracked(self) -> bool:
        """Has it a pixel?"""
        return not self.reason


class Tracker:
    """Decides in threads of its own. Where there is no key, [tracking] is off, and no mail gets anything."""

    def __init__(
        self,
        store: Store,
        config: Config,
        rules: AddressRules,
        key: TrackingKey | None,
        clock: Callable[[], datetime],
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._config = config
        self._rules = rules
        self._key = key
        self._clock = clock
        self._patience = patience
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="relay")

    @property
    def is_on(self) -> bool:
        """May any mail get a pixel?"""
        return self._key is not None

    def close(self) -> None:
        """Take no more; what is in hand ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def prepared(self, content: bytes, recipients: Sequence[bytes], allowed: int) -> Prepared:
        """The mail as it is to be sent to these arguments of RCPT, in at most so many octets. Never raises."""
        if self._key is None or not recipients:
            return Prepared(content, "off" if self._key is None else "nobody")
        work = self._pool.submit(self.decide, content, recipients, allowed)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(work)), self._patience)
        except TimeoutError:
            log.warning("mail relayed without a pixel", problem="the store did not answer in time")
            self._abandon(work)
            return Prepared(content, "late")
        except asyncio.CancelledError:
            self._abandon(work)
            raise
        except Exception as error:
            if not isinstance(error, StoreError):
                log.exception("mail relayed without a pixel")
            else:
                log.warning("mail relayed without a pixel", problem=error.problem)
            return Prepared(content, "failed")

    def decide(self, content: bytes, recipients: Sequence[bytes], allowed: int) -> Prepared:
        """As `prepared`, however long it takes; raises StoreError."""
        assert self._key is not None
        letter = read_letter(content, lambda name: name == _MARK)
        if isinstance(letter, str):
            return Prepared(content, letter)
        try:
            order = self._order(letter, recipients)
            if is_created(self._store, order):
                return Prepared(content, "has one")
            made = create(self._store, self._config, self._rules, self._key, order, "relay", self._clock())
        except NotMade as error:
            # what it says may name somebody
            return Prepared(content, "no consent" if error.against else "no recipient or id that can be read")
        altered = letter.altered(made.image, dict(made.links))
        if altered is None or len(altered) > allowed:
            self._undo(made)
            return Prepared(content, "no room")
        return Prepared(altered, "", lambda: self._forget(made))

    def _order(self, letter: Letter, recipients: Sequence[bytes]) -> Order:
        everybody = (*map(_address, recipients), *letter.recipients)
        links = tuple(self._targets(letter.links))[:MAX_LINKS]
        return Order(recipients=everybody, links=links, message_id=letter.message_id)

    def _targets(self, links: Iterable[str]) -> Iterable[str]:
        """Those that may lead through us, and do not yet."""
        base = self._config.tracking.base + "/"
        for each in links:
            try:
                target = checked_target(each)
            except NotMade:
                continue
            if not target.startswith(base):
                yield target

    def _abandon(self, work: Future[Prepared]) -> None:
        """What comes of it comes too late."""
        if not work.cancel():
            work.add_done_callback(_undo_late)

    def _forget(self, made: Made) -> None:
        try:
            self._pool.submit(self._undo, made)
        except RuntimeError:
            # the relay has ended, and with it whoever could be kept waiting
            self._undo(made)

    def _undo(self, made: Made) -> None:
        try:
            undo(self._store, made)
        except StoreError as error:
            # nobody has the tokens, so they do no harm
            log.warning("a mail that was not sent keeps its tokens", problem=error.problem)


def _undo_late(done: Future[Prepared]) -> None:
    if not done.cancelled() and done.exception() is None:
        done.result().undo()


def _address(argument: bytes) -> str:
    """Whom RCPT names; what can't be read is nobody's address, and nobody agreed for it."""
    match = _TO.match(argument)
    return match[1].decode("utf-8", "replace") if match else ""
