"""HTTP to a server that a person named: bounded, verified, and leading nowhere else.

with HttpClient("https://dav.acme.example/", login=basic("alice", password)) as client:
    answer = client.request("PROPFIND", "/", body, {"Depth": "0"})
"""

from connectors.http.client import (
    Answer,
    Authorization,
    HttpClient,
    basic,
    bearer,
    proxy_for,
    refuse_local,
    retry_after,
    translated,
)
from connectors.http.origin import Origin, canonical
from connectors.http.wire import Line, Reply, TooLarge, Way
from connectors.network import Deadline

__all__ = [
    "Answer",
    "Authorization",
    "Deadline",
    "HttpClient",
    "Line",
    "Origin",
    "Reply",
    "TooLarge",
    "Way",
    "basic",
    "bearer",
    "canonical",
    "proxy_for",
    "refuse_local",
    "retry_after",
    "translated",
]
