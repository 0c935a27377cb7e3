"""The answers of the public listener: the same image for every token, a redirect for links that are ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.tracking.api import OPENAPI, Api
from daemon.tracking.creating import NotMade, checked_target
from daemon.tracking.limits import Limits
from daemon.tracking.recording import Asking, Recorder
from store.engine import Store
from store.errors import StoreError
from store.opens import tracking
from store.opens.tracking_keys import TOKEN_LENGTH, TrackingKey

log = structlog.get_logger()

#: One transparent pixel (GIF89a).
PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
#: Of every answer: nobody keeps it, nobody hears where the request came from, and a browser makes nothing else of it.
HEADERS = {
    "Cache-Control": "no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'",
}
#: What stands for a token that is too long to be one; a hash that no row has.
_NO_TOKEN, _NO_ROW = "", bytes(16)
#: Bytes of a request's header fields.
MAX_HEAD = 16 * 1024
#: Characters of a header that are looked at.
_MAX_HEADER = 2_000


class Answers:
    """What is answered to whom."""

    def __init__(
        self,
        store: Store,
        key: TrackingKey,
        recorder: Recorder,
        limits: Limits,
        clock: Callable[[], datetime],
        is_proxy: Callable[[str], bool] = lambda _address: False,
        api: Api | None = None,
    ) -> None:
        self._store = store
        self._key = key
        self._recorder = recorder
        self._limits = limits
        self._clock = clock
        self._is_proxy = is_proxy
        self._api = api

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/o/{token:path}", self._limited(self.pixel), methods=["GET"]),
            Route("/c/{token:path}", self._limited(self.link), methods=["GET"]),
            Route("/openapi.json", self._limited(self.openapi), methods=["GET"]),
        ]
        if self._api is not None:
            routes.append(Route("/v1/tracking", self._limited(self.create), methods=["POST"]))
        handlers = {404: _nothing, 405: _nothing, Exception: _failed}
        return Starlette(routes=routes, exception_handlers=handlers)

    def _limited(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def limited(request: Request) -> Response:
            if not self._limits.allow(asker(request, self._is_proxy)):
                self._recorder.dropped += 1
                self._recorder.answered["limited"] += 1
                return _plain(429)
            if sum(len(name) + len(value) for name, value in request.headers.raw) > MAX_HEAD:
                return _plain(431)
            return await answer(request)

        return limited

    async def pixel(self, request: Request) -> Response:
        """The image, whatever the token is: what it is worth is looked at when this was sent."""
        self._note(request, "pixel")
        return Response(PIXEL, media_type="image/gif", headers=HEADERS)

    async def link(self, request: Request) -> Response:
        """On to where the link leads. For a token that is not ours as much is done before it is refused."""
        token_key = self._key.verify(_token(request))
        target = await asyncio.to_thread(self._target, token_key or _NO_ROW)
        self._note(request, "link")
        if target is None:
            return _plain(404)
        return Response(status_code=302, headers={**HEADERS, "Location": target})

    async def create(self, request: Request) -> Response:
        """A pixel and links, for a program that has the key."""
        assert self._api is not None
        self._recorder.answered["program"] += 1
        return await self._api.answer(request)

    async def openapi(self, request: Request) -> Response:
        """What programs may ask."""
        return Response(json.dumps(OPENAPI), media_type="application/json", headers=HEADERS)

    def _target(self, token_key: bytes) -> str | None:
        try:
            with self._store.read() as transaction:
                target = tracking.target_of(transaction, token_key)
            return checked_target(target) if target is not None else None
        except (StoreError, NotMade) as error:
            log.error("a link leads nowhere", problem=error.problem)
            return None

    def _note(self, request: Request, kind: str) -> None:
        self._recorder.answered[kind] += 1
        # a HEAD is of no program that shows mail
        agent = "" if request.method == "HEAD" else request.headers.get("user-agent", "")[:_MAX_HEADER]
        self._recorder.put(Asking(_token(request), self._clock(), agent, asker(request, self._is_proxy)))


def asker(request: Request, is_proxy: Callable[[str], bool]) -> str:
    """The address of who asks: the last one that a proxy of ours names, else whoever is connected."""
    peer = request.client.host if request.client else ""
    named = request.headers.get("x-forwarded-for", "")[-_MAX_HEADER:]
    chain = [*map(str.strip, named.split(",")), peer] if named else [peer]
    return next((each for each in reversed(chain) if not is_proxy(each)), peer)


def _token(request: Request) -> str:
    text = str(request.path_params.get("token", "")).removesuffix(".gif")
    return text if len(text) == TOKEN_LENGTH else _NO_TOKEN


def _plain(status: int) -> Response:
    return Response(status_code=status, headers=HEADERS)


async def _nothing(_request: Request, _error: Exception) -> Response:
    return _plain(404)


async def _failed(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ClientDisconnect):
        # nothing of the request: it names a person's address and token
        log.error("request failed", listener="tracking", error=type(error).__name__)
    return _plain(500)
