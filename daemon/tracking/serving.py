"""The listener with all that it answers by."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from starlette.applications import Starlette

from daemon.config import Config
from daemon.tracking.answers import Answers
from daemon.tracking.api import Api
from daemon.tracking.creating import Made, Order, create
from daemon.tracking.limits import Limits
from daemon.tracking.listener import Listener
from daemon.tracking.recording import Recorder
from matching.addresses import AddressRules
from matching.opens.networks import Network, Range, network_of
from store.engine import Store
from store.opens.tracking_keys import TrackingKey


def serving(
    store: Store,
    config: Config,
    rules: AddressRules,
    key: TrackingKey,
    recorder: Recorder,
    clock: Callable[[], datetime],
    environ: Mapping[str, str],
) -> Listener:
    """A listener as [tracking] says, not yet listening; raises ConfigError where its key can't be read."""
    believed = partial(is_proxy, config.tracking.trusted)
    source = config.tracking.api_key

    def made(order: Order) -> Made:
        return create(store, config, rules, key, order, "api", clock())

    api = Api(source.read(environ, config.folder).reveal(), made) if source is not None else None

    def app() -> Starlette:
        return Answers(store, key, recorder, Limits(time.monotonic), clock, believed, api).app()

    return Listener(app, config.tracking.address, believed)


def is_proxy(proxies: Sequence[Range], address: str) -> bool:
    """Is it a proxy of ours, whose word on who asks is believed?"""
    return bool(proxies) and network_of(address, proxies) is Network.OWN
