"""What happens in this process, counted from its start. No label names an account, an address or a server."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from connectors.api import AuthFailed, ConnectorError, Misconfigured, NotPermitted
from daemon.observer import Observer
from daemon.report import Report
from daemon.standing import Resting
from store.errors import StoreError

#: Seconds; a slice is cut after half a minute.
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Counting(Observer):
    """Counts into a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "keeptouch_sync_runs_total",
            "Turns of accounts: ok, partial (more is left), or why they failed.",
            ["kind", "result"],
            registry=registry,
        )
        self._seconds = Histogram(
            "keeptouch_sync_duration_seconds",
            "How long a turn took, in seconds.",
            ["kind"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._seen = Counter("keeptouch_messages_seen_total", "Items that servers showed.", ["kind"], registry=registry)
        self._stored = Counter(
            "keeptouch_messages_stored_total", "Of these: new in the store.", ["kind"], registry=registry
        )
        self._skipped = Counter(
            "keeptouch_messages_skipped_total",
            "Of these: not new in the store, because they were known, skipped by policy, or quarantined.",
            ["kind", "reason"],
            registry=registry,
        )
        self._fenced = Counter(
            "keeptouch_fenced_commits_total",
            "Pages rolled back because another process had been quicker.",
            registry=registry,
        )
        self._logins = Counter(
            "keeptouch_logins_total",
            "Logins for reading: ok, refused or failed.",
            ["kind", "result"],
            registry=registry,
        )
        self._tokens = Counter(
            "keeptouch_token_refresh_total",
            "Tokens that providers of OAuth were asked for: ok, refused or failed.",
            ["provider", "result"],
            registry=registry,
        )
        self._watches = Counter(
            "keeptouch_idle_logins_total", "Logins for watching: ok, refused or failed.", ["result"], registry=registry
        )
        self._hints = Counter(
            "keeptouch_idle_hints_total", "News that servers told of by themselves.", registry=registry
        )
        self._rests = Counter(
            "keeptouch_provider_throttled_total", "Times a server asked to be left alone.", ["kind"], registry=registry
        )
        self._failures = Counter(
            "keeptouch_db_errors_total",
            "Times the store could not be read or written, by the database's class of error.",
            ["class"],
            registry=registry,
        )

    def turn_ended(self, kind: str, report: Report) -> None:
        """Counts the turn, what it read and how long it took."""
        self._runs.labels(kind, result_of(report)).inc()
        self._seconds.labels(kind).observe(report.seconds)
        total = report.total
        self._seen.labels(kind).inc(total.seen)
        self._stored.labels(kind).inc(total.stored)
        for reason in ("known", "skipped", "quarantined"):
            self._skipped.labels(kind, reason).inc(getattr(total, reason))
        self._fenced.inc(report.fenced)

    def logged_in(self, kind: str, error: ConnectorError | None) -> None:
        """Counts the login by what came of it."""
        self._logins.labels(kind, _login(error)).inc()

    def token_fetched(self, provider: str, error: ConnectorError | None) -> None:
        """Counts what a provider of OAuth answered to the wish for a token."""
        self._tokens.labels(provider, _login(error)).inc()

    def watch_begun(self, error: ConnectorError | None) -> None:
        """Counts the login by what came of it; not that a server wants to be left alone."""
        if not isinstance(error, Resting):
            self._watches.labels(_login(error)).inc()

    def hinted(self) -> None:
        """Counts the hint."""
        self._hints.inc()

    def rested(self, kind: str) -> None:
        """Counts the rest."""
        self._rests.labels(kind).inc()

    def store_failed(self, error: StoreError) -> None:
        """Counts the failure by what the driver called it."""
        self._failures.labels(type(error.__cause__ or error).__name__).inc()


def result_of(report: Report) -> str:
    """How a turn went, in a word."""
    if report.error is None:
        return "partial" if report.is_stopped else "ok"
    match report.failure:
        case None:
            return "credentials"
        case Resting():
            return "resting"
        case AuthFailed():
            return "refused"
        case NotPermitted():
            return "missing_rights"
        case Misconfigured():
            return "misconfigured"
    return "bug" if report.failure.step == "bug" else "unavailable"


def _login(error: ConnectorError | None) -> str:
    if error is None:
        return "ok"
    return "refused" if isinstance(error, AuthFailed) else "failed"
