"""POST /v1/tracking: a pixel and links for a program of the company that sends a mail."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from daemon.tracking.creating import MAX_LINKS, MAX_RECIPIENTS, MAX_TARGET, Made, NotMade, Order
from store.errors import StoreError

#: Bytes of a request's body.
MAX_BODY = 256 * 1024
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_LISTS = ("to", "cc", "bcc", "links")


class _Bad(Exception):
    """The request is none; a status and what is wrong."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


class Api:
    """Answers programs that show the key."""

    def __init__(self, key: str, create: Callable[[Order], Made]) -> None:
        """`create` raises NotMade and StoreError."""
        # compared by hashes of one length, so that the time tells nothing of the key's
        self._key = sha256(key.encode()).digest()
        self._create = create

    async def answer(self, request: Request) -> Response:
        """One request."""
        try:
            self._check_key(request)
            order = _order(await _body(request))
            made = await asyncio.to_thread(self._create, order)
        except _Bad as bad:
            return _json(bad.status, {"format": 1, "ok": False, "problem": bad.problem})
        except NotMade as error:
            against = [{"address": who, "consent": state} for who, state in sorted(error.against.items())]
            document = {"format": 1, "ok": False, "problem": error.problem, "without_consent": against}
            return _json(403 if against else 400, document)
        except StoreError:
            return _json(503, {"format": 1, "ok": False, "problem": "the store can't be reached; try again later"})
        return _json(201, {"format": 1, "ok": True, **made.document()})

    def _check_key(self, request: Request) -> None:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        shown = sha256(word.strip().encode("utf-8", "surrogateescape")).digest()
        if not hmac.compare_digest(shown, self._key) or scheme.lower() != "bearer":
            raise _Bad(401, "show the key of tracking.api_key: Authorization: Bearer KEY")


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Bad(415, "the body must be application/json")
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY:
            raise _Bad(413, f"the body has more than {MAX_BODY // 1024} KiB")
    return bytes(found)


def _order(body: bytes) -> Order:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise _Bad(400, "the body is no JSON") from None
    if not isinstance(document, dict) or document.keys() - {*_LISTS, "message_id"}:
        raise _Bad(400, f"the body must be an object with {', '.join(_LISTS)} and message_id")
    lists: dict[str, tuple[str, ...]] = {}
    for name in _LISTS:
        value = document.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _Bad(400, f"{name} must be a list of texts")
        lists[name] = tuple(value)
    message_id = document.get("message_id")
    if message_id is not None and not isinstance(message_id, str):
        raise _Bad(400, "message_id must be a text")
    recipients = (*lists["to"], *lists["cc"], *lists["bcc"])
    return Order(recipients=recipients, links=lists["links"], message_id=message_id)


def _json(status: int, document: dict[str, object]) -> Response:
    headers = _HEADERS | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(json.dumps(document), status_code=status, media_type="application/json", headers=headers)


def _texts(what: str, most: int, length: int) -> dict[str, object]:
    return {
        "type": "array",
        "maxItems": most,
        "items": {"type": "string", "maxLength": length},
        "description": what,
        "default": [],
    }


def _answer(description: str, **properties: object) -> dict[str, object]:
    schema = {"type": "object", "required": ["format", "ok"], "properties": {**_COMMON, **properties}}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_TEXT = {"type": "string"}
_COMMON = {"format": {"type": "integer", "const": 1}, "ok": {"type": "boolean"}, "problem": _TEXT}
_AGAINST = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"address": _TEXT, "consent": {"type": "string", "enum": ["unknown", "refused"]}},
    },
}
_LINK = {"type": "object", "properties": {"target": _TEXT, "url": _TEXT}}
_HEADER = {"type": "object", "properties": {"name": _TEXT, "value": _TEXT}}
#: What GET /openapi.json answers (OpenAPI 3.1).
OPENAPI: dict[str, object] = {
    "openapi": "3.1.0",
    "info": {"title": "keeptouch tracking", "version": "1"},
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/v1/tracking": {
            "post": {
                "summary": "A pixel and links for a mail all of whose recipients agreed",
                "security": [{"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "to": _texts("addresses in To", MAX_RECIPIENTS, 320),
                                    "cc": _texts("addresses in Cc", MAX_RECIPIENTS, 320),
                                    "bcc": _texts("addresses in Bcc", MAX_RECIPIENTS, 320),
                                    "links": _texts("where links lead, http or https", MAX_LINKS, MAX_TARGET),
                                    "message_id": {"type": ["string", "null"], "description": "the mail's Message-ID"},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "201": _answer(
                        "what the mail is to bear",
                        id=_TEXT,
                        pixel=_TEXT,
                        links={"type": "array", "items": _LINK},
                        header=_HEADER,
                    ),
                    "400": _answer("the order is none"),
                    "401": _answer("no key, or another"),
                    "403": _answer("somebody did not agree", without_consent=_AGAINST),
                    "413": _answer("the body is too large"),
                    "415": _answer("the body is no JSON by its type"),
                    "429": {"description": "too many requests"},
                    "503": _answer("the store can't be reached"),
                },
            }
        }
    },
}
