"""What is answered: /livez and /readyz as 200 or 503 with a JSON body, /metrics in the formats of Prometheus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.health.readiness import NotReady

log = structlog.get_logger()

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Answers:
    """`is_live` is quick; `why_not` may take some seconds, and is asked beside other requests."""

    def __init__(
        self, registry: CollectorRegistry, is_live: Callable[[], bool], why_not: Callable[[], list[NotReady]]
    ) -> None:
        self._registry = registry
        self._is_live = is_live
        self._why_not = why_not

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/livez", self.livez, methods=["GET"]),
            Route("/readyz", self.readyz, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={Exception: _failed})

    async def livez(self, _request: Request) -> Response:
        """Does it work at all? Whoever restarts what hangs asks this."""
        is_live = self._is_live()
        return _answer(is_live, {"live": is_live})

    async def readyz(self, _request: Request) -> Response:
        """Does it do its work now, and if not, why?"""
        reasons = await asyncio.to_thread(self._why_not)
        return _answer(not reasons, {"ready": not reasons, "problems": [asdict(each) for each in reasons]})

    async def metrics(self, request: Request) -> Response:
        """The numbers."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        body = await asyncio.to_thread(encode, self._registry)
        return Response(body, headers={**_HEADERS, "Content-Type": content_type})


def _answer(is_well: bool, document: dict[str, object]) -> Response:
    body = json.dumps({"format": 1, **document}, ensure_ascii=False) + "\n"
    return Response(body, 200 if is_well else 503, _HEADERS, "application/json")


async def _failed(_request: Request, error: Exception) -> Response:
    log.error("request failed", listener="metrics", error=type(error).__name__)
    return Response(status_code=500, headers=_HEADERS)
