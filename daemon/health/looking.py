"""The store's figures, looked up at most every few seconds and by one thread: whoever asks often, it costs no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from store.engine import Store
from store.errors import StoreError
from store.questions.figures import Figures, figures

#: So long an answer is as good as a new one, in seconds.
FRESH = 5.0
#: How long is waited for one.
PATIENCE = 2.0
#: A store that is busy may answer late; one that has not answered for so long is away.
AWAY = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the store."""

    #: The last that was read; None: nothing yet.
    figures: Figures | None
    #: How old that is, in seconds.
    age: float
    #: Why the store can't be read now; "": it can.
    problem: str = ""
    hint: str = ""


class Looking:
    """Asks the store, for all threads. `clock` is monotonic."""

    def __init__(
        self, store: Store, clock: Callable[[], float] = time.monotonic, *, patience: float = PATIENCE
    ) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience
        self._changed = threading.Condition()
        self._is_asking = False
        self._figures: Figures | None = None
        self._read_at = clock()
        self._error: StoreError | None = None
        #: When somebody was answered last, well or not.
        self._answered_at = float("-inf")

    def latest(self) -> Seen:
        """What the store says, waited for a moment."""
        with self._changed:
            if self._clock() - self._answered_at > FRESH:
                if not self._is_asking:
                    self._is_asking = True
                    threading.Thread(target=self._ask, name="figures", daemon=True).start()
                self._changed.wait_for(lambda: not self._is_asking, self._patience)
            age = self._clock() - self._read_at
            if self._error is not None:
                return Seen(self._figures, age, self._error.problem, self._error.hint)
            if self._is_asking and (age > AWAY or self._figures is None):
                return Seen(self._figures, age, f"the store has not answered for {age:.0f} seconds")
            return Seen(self._figures, age)

    def _ask(self) -> None:
        found, failed = None, None
        try:
            with self._store.read() as transaction:
                found = figures(transaction)
        except StoreError as error:
            failed = error
        except Exception as error:  # tables that are not ours, say: it has to be told, not to end a thread
            failed = StoreError(f"the store can't be read: {type(error).__name__}", "keeptouch doctor")
        with self._changed:
            self._is_asking, self._error, self._answered_at = False, failed, self._clock()
            if found is not None:
                self._figures, self._read_at = found, self._answered_at
            self._changed.notify_all()
