"""Our client of HTTP under libraries that bring one of their own: as a transport adapter of requests.

caldav: `client.session = session(ours)` beside `DAVClient(..., enable_rfc6764=False)`. exchangelib: a subclass of its
Protocol with `HTTP_ADAPTER_CLS = partial(Adapter, ours)`. What they say of certificates, proxies, timeouts and
redirects is ignored: it is decided in one place. Our errors pass through both as they are. Cookies are not kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from connectors.http.client import HttpClient
from connectors.http.wire import Reply
from connectors.records import Unavailable

#: What no longer holds of a body that was decoded.
_ENCODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Adapter(BaseAdapter):
    """Sends requests by one of our clients. One at a time: an answer that is streamed is read before the next."""

    def __init__(self, client: HttpClient, **_pools: object) -> None:
        """`_pools`: how many connections a library would have; we have one."""
        super().__init__()
        self._client = client

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """See requests; a streamed answer has no deadline, only each part of it. Raises our errors."""
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() != "content-length"}
        reply, origin, path = self._client.begin(
            request.method or "GET", request.url or "", _octets(request.body), headers, is_endless=stream
        )
        parts = self._client.parts(reply, origin)
        body = _Body(reply, parts if stream else iter([b"".join(parts)]))
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(
            {name: value for name, value in reply.headers.items() if name not in _ENCODED}
        )
        response.encoding = get_encoding_from_headers(response.headers)
        response.reason = reply.response.reason
        response.url = f"{origin.url}{path}"
        response.request = request
        # requests-ntlm logs in by further requests on this one's connection
        vars(response)["connection"] = self
        # an answer of urllib3's, because requests-ntlm knows no other
        response.raw = HTTPResponse(body, preload_content=False)
        return response

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()


class _Body(io.RawIOBase):
    """A file to read the parts of a body from."""

    def __init__(self, reply: Reply, parts: Iterator[bytes]) -> None:
        self.fp = reply.fp
        self._parts = parts
        #: A view, so that what was read of a long part is not copied again and again.
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def session(client: HttpClient) -> requests.Session:
    """A session that asks through one of our clients, with the login that this has."""
    made = requests.Session()
    # neither ~/.netrc nor the environment's lists of authorities
    made.trust_env = False
    for prefix in ("https://", "http://"):
        made.mount(prefix, Adapter(client))
    return made


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _octets(body: object) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    if isinstance(body, str):
        return body.encode()
    raise Unavailable("a library sends what is no text", step="connect")
