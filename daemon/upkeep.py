"""What is to be done once a day, whatever else the service does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from daemon.config import Config
from store.accounts import company
from store.engine import Store
from store.privacy import retention
from store.published import feed

log = structlog.get_logger()

EVERY = timedelta(days=1)
_MARK = "upkeep_at"


def keep_up(store: Store, config: Config, now: datetime, is_stopped: Callable[[], bool] = lambda: False) -> bool:
    """Do it if a day has passed since it was done last, by whatever process; returns whether it was."""
    with store.read() as transaction:
        before = company.setting(transaction, _MARK)
    # a time to come was noted by a clock that was wrong
    if before is not None and timedelta(0) <= now - datetime.fromisoformat(before) < EVERY:
        return False
    with store.write() as transaction:
        company.save_setting(transaction, _MARK, now.isoformat())
        dropped = feed.prune(transaction, now - timedelta(days=config.store.feed_days))
    expired = retention.retain(store, config.retention, now, is_stopped)
    log.info("upkeep", changes_dropped=dropped, expired=expired)
    return True
