"""What is so at the moment of a scrape: of the store, of the engine, of the listener beside it.

Every family is told at every scrape, without samples where nothing is known: their names are the documented ones.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors import traffic
from daemon.derived import made_by_now
from daemon.health.looking import Looking
from daemon.health.readiness import why_not_ready
from daemon.health.watched import Watched
from store.keeping.space import Space
from store.questions.figures import Figures

#: Figures that are older, in seconds, are no longer told.
_OLDEST = 120.0
_QUANTILES = (0.5, 0.95, 1.0)


def gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """A number without labels, where it is known."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], value)
    return family


class OfStore(Collector):
    """Of the store, from one look that is a few seconds old at most."""

    def __init__(self, looking: Looking, space: Callable[[], Space | None], clock: Callable[[], datetime]) -> None:
        self._looking = looking
        self._space = space
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for at every scrape."""
        seen = self._looking.latest()
        yield gauge("keeptouch_store_up", "1: the store answers.", 0.0 if seen.problem else 1.0)
        yield from self._figures(seen.figures if seen.age <= _OLDEST else None)
        space = self._space()
        yield gauge("keeptouch_store_bytes", "The SQLite file.", space.database if space else None)
        yield gauge("keeptouch_store_wal_bytes", "What is not yet in the SQLite file.", space.wal if space else None)
        yield gauge("keeptouch_disk_free_bytes", "Left on the SQLite file's disk.", space.free if space else None)
        yield gauge("keeptouch_disk_bytes", "The whole of that disk.", space.total if space else None)

    def _figures(self, found: Figures | None) -> Iterable[Metric]:
        accounts = GaugeMetricFamily("keeptouch_accounts", "Accounts by how they fare.", labels=["kind", "state"])
        for (kind, state), count in found.accounts.items() if found else ():
            accounts.add_metric([kind, state], count)
        yield accounts
        tasks = GaugeMetricFamily("keeptouch_tasks", "Tasks that are open or snoozed.", labels=["state"])
        for state, count in found.tasks.items() if found else ():
            tasks.add_metric([state], count)
        yield tasks
        text = "Since the success of the followed account whose last one is longest ago, in seconds."
        yield gauge("keeptouch_oldest_success_age_seconds", text, self._age(found.oldest_success_at) if found else None)
        text = "For how long the account fails that has failed for longest, in seconds; 0: none fails."
        failing = self._age(found.failing_since_at) or 0.0 if found else None
        yield gauge("keeptouch_oldest_failure_age_seconds", text, failing)
        text = "Accounts that were never read to their end: new ones, and imports."
        yield gauge("keeptouch_accounts_never_read", text, found.never_read if found else None)
        text = "The lowest of the last audits, from 0 to 1."
        lowest = found.lowest_coverage / 100 if found and found.lowest_coverage is not None else None
        yield gauge("keeptouch_coverage_ratio", text, lowest)
        yield gauge("keeptouch_accounts_audited", "Accounts that were audited once.", found.audited if found else None)
        text = "Accounts whose last audit missed something."
        yield gauge("keeptouch_accounts_incomplete", text, found.incomplete if found else None)
        yield gauge("keeptouch_backlog", "Items of the past known to be left.", found.backlog if found else None)
        yield gauge("keeptouch_streams_missing", "Folders no longer listed.", found.missing_streams if found else None)
        yield gauge("keeptouch_dirty_keys", "What waits to be derived, up to 10000.", found.dirty if found else None)
        yield gauge("keeptouch_webhooks_dead", "Webhooks no longer tried.", found.dead_webhooks if found else None)
        text = "Messages of webhooks that wait to be taken."
        yield gauge("keeptouch_webhook_deliveries_waiting", text, found.waiting_deliveries if found else None)

    def _age(self, when: datetime | None) -> float | None:
        return None if when is None else max(0.0, (self._clock() - when).total_seconds())


class OfService(Collector):
    """Of the engine, the watches and the tracking listener."""

    def __init__(self, watched: Watched, looking: Looking) -> None:
        self._watched = watched
        self._looking = looking

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for at every scrape."""
        service = self._watched.service
        late = service.engine.lateness() if service else None
        ready = 0.0 if why_not_ready(self._watched, self._looking) else 1.0
        yield gauge("keeptouch_ready", "1: /readyz would say so.", ready)
        text = "For how long the polls that are due now have been due, in seconds; 0: none is."
        lags = GaugeMetricFamily("keeptouch_sync_lag_seconds", text, labels=["quantile"])
        for each in _QUANTILES if late else ():
            lags.add_metric([f"{each:g}"], quantile(late.seconds if late else (), each))
        yield lags
        yield gauge("keeptouch_polls_due", "Polls that are due now.", len(late.seconds) if late else None)
        text = "Accounts that wait for a thread, by why they are read."
        depth = GaugeMetricFamily("keeptouch_engine_queue_depth", text, labels=["queue"])
        for queue, count in late.waiting.items() if late else ():
            depth.add_metric([queue], count)
        yield depth
        text = "Connections on which servers tell of news."
        yield gauge("keeptouch_idle_connections", text, service.watching.count() if service else None)
        text = "What the tracking listener was asked for; limited: refused as too many."
        asked = CounterMetricFamily("keeptouch_tracking_requests_total", text, labels=["result"])
        for result, count in service.tracking.answered.items() if service else ():
            asked.add_metric([result], count)
        yield asked


class OfProcess(Collector):
    """What is counted where it happens, in all of this process: of servers, and of what came of their mail."""

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        counted = traffic.totals()
        text = "What servers were asked, by the status of their answers; none: there was none."
        yield _counter("keeptouch_provider_requests_total", text, ["kind", "code"], counted.requests)
        text = "Octets that went to servers (sent) and came from them (received), without TLS."
        yield _counter("keeptouch_provider_bytes_total", text, ["kind", "direction"], counted.octets)
        made = {(name,): count for name, count in made_by_now("interaction").items()}
        yield _counter("keeptouch_interactions_written_total", "Interactions that are new.", ["type"], made)
        raised = {(name,): count for name, count in made_by_now("task").items()}
        yield _counter("keeptouch_tasks_raised_total", "Tasks that were raised.", ["rule"], raised)


def _counter(name: str, text: str, labels: list[str], counts: Mapping[Any, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def quantile(ascending: tuple[float, ...], share: float) -> float:
    """Of numbers in ascending order; 0 where there are none."""
    if len(ascending) < 2:
        return ascending[0] if ascending else 0.0
    if share >= 1:
        return ascending[-1]
    return statistics.quantiles(ascending, n=100, method="inclusive")[round(share * 100) - 1]
