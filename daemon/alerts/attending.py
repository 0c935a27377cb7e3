"""The look that the service takes each minute at how all fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from daemon.alerts.conditions import conditions
from daemon.alerts.telling import Alerts
from daemon.config import Config
from store.accounts import attention
from store.engine import Store
from store.keeping.space import space_of


def attend(
    store: Store,
    config: Config,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
    is_stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Note where imports stand and tell what is to be told; returns how many messages were taken. Raises StoreError."""
    with store.read() as transaction:
        fares = attention.fares(transaction)
        has_moved = attention.has_moved(transaction, fares)
    if has_moved:
        with store.write() as transaction:
            attention.note_progress(transaction, fares, clock())
    found = conditions(fares, space_of(store.engine), clock())
    return Alerts(store, config, environ, clock).turn(found, is_stopped)
