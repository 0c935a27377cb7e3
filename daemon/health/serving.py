"""The registry with all that is counted and told, and the listener that answers for it."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge

from daemon.health.answers import Answers
from daemon.health.collecting import OfProcess, OfService, OfStore
from daemon.health.counting import Counting
from daemon.health.looking import Looking
from daemon.health.process import Process
from daemon.health.readiness import is_live, why_not_ready
from daemon.health.watched import Watched
from daemon.session import Session
from daemon.tracking.listener import Listener
from store.keeping.space import space_of


def registry_of(session: Session, watched: Watched, looking: Looking) -> tuple[CollectorRegistry, Counting]:
    """All metrics, and what counts those that are counted."""
    registry = CollectorRegistry()
    text = "The release that runs, and the database it works on."
    info = Gauge("keeptouch_build_info", text, ["version", "engine"], registry=registry)
    info.labels(version("keeptouch"), session.store.engine.dialect.name).set(1)
    counting = Counting(registry)
    registry.register(OfStore(looking, partial(space_of, session.store.engine), session.clock))
    registry.register(OfService(watched, looking))
    registry.register(OfProcess())
    registry.register(Process())
    return registry, counting


def serving(session: Session, watched: Watched) -> Listener:
    """A listener as [metrics] says, not yet listening; `watched` is observed from now on."""
    looking = Looking(session.store)
    registry, counting = registry_of(session, watched, looking)
    watched.observer = counting
    if watched.service is not None:
        watched.service.observe(counting)
    answers = Answers(registry, partial(is_live, watched), partial(why_not_ready, watched, looking))
    return Listener(answers.app, session.config.metrics.address, name="metrics")
