"""The questions that CalDAV knows, and their answers as values.

Only PROPFIND, REPORT and GET are sent but by `send`, which connectors.dav.lists alone uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from connectors import webdav
from connectors.dav.settings import CalDavSettings
from connectors.http import Answer, HttpClient, Origin, Reply, TooLarge
from connectors.http.login import Login
from connectors.network import quoted
from connectors.records import AuthFailed, ConnectorError, CursorExpired, NotPermitted, Secret, Unavailable
from connectors.traffic import Traffic
from connectors.webdav import CAL, DAV, Multistatus, NoMultistatus, Response

#: Octets of a list of objects, decoded: of each only its name, ETag and size are kept.
_MAX_LISTING = 256 * 1024 * 1024
_LISTED = ("d:resourcetype", "d:getetag", "d:getcontentlength")
#: What a person can do about an answer that makes no sense.
_HINT = "check url: it must lead to CalDAV, and be this user's own"


@dataclass(frozen=True, slots=True)
class Held:
    """What is told of an object before it is read."""

    etag: str
    #: Bytes; None: not told.
    size: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to "what changed since the token"."""

    present: dict[str, Held]
    gone: frozenset[str]
    token: str
    #: There is more, to be asked for with the new token (RFC 6578, section 3.6).
    is_cut: bool


@dataclass(slots=True)
class _Objects:
    """What an answer tells of the objects in a calendar."""

    status: int
    #: The body of what is no multistatus.
    said: bytes = b""
    #: (ref, what is told, status)
    objects: list[tuple[str, Held | None, int | None]] = field(default_factory=list)
    #: The server had more to say (507), of anything; and of the calendar as a whole.
    is_cut: bool = False
    is_cut_here: bool = False
    sync_token: str | None = None


class Server:
    """One login to one server."""

    def __init__(self, settings: CalDavSettings, secret: Secret | None) -> None:
        self.username = settings.username
        self._login = Login(settings.username, secret)
        self.http = HttpClient(
            settings.url,
            login=self._login,
            ca_file=settings.ca_file,
            proxy=settings.proxy,
            timeout=float(settings.timeout_seconds),
            traffic=Traffic("caldav"),
        )
        self.origin, self.path = self.http.origin, self.http.path

    def close(self) -> None:
        """Let go of the server."""
        self.http.close()
        self._login.forget()

    def properties(self, path: str, *names: str) -> tuple[Response, str]:
        """(the properties of one resource, its path after redirects); raises ConnectorError."""
        found, path = self._propfind(path, 0, *names)
        for response in found.responses:
            if self.origin.path_of(response.href, path) is not None:
                return response, path
        return Response(path), path

    def members(self, path: str, *names: str) -> list[tuple[str, Response]]:
        """A folder and what lies in it: (path, properties)."""
        found, path = self._propfind(path, 1, *names)
        paths = ((self.origin.path_of(each.href, path), each) for each in found.responses)
        return [(each, response) for each, response in paths if each is not None]

    def listed(self, calendar: str) -> dict[str, Held]:
        """Ref -> what is told of it, of all objects in a calendar that hold events; raises ConnectorError."""
        try:
            found = self._objects("REPORT", calendar, webdav.event_query(*_LISTED[1:]), depth=1)
        except (TooLarge, NoMultistatus):
            found = None
        if found is None or found.status != 207 or found.is_cut:
            # what is no event will turn out to be none
            found = self._all_objects(calendar)
        return {ref: held for ref, held, _status in found.objects if held is not None}

    def _all_objects(self, calendar: str) -> _Objects:
        try:
            found = self._objects("PROPFIND", calendar, webdav.propfind(*_LISTED), depth=1)
        except TooLarge as error:
            raise Unavailable(f"the list of {calendar} has {error.problem}", step="select", hint=_HINT) from None
        except NoMultistatus as error:
            raise self._unreadable(error, "select") from None
        if found.status != 207:
            raise self._refusal(found.status, calendar, "select")
        return found

    def changed(self, calendar: str, token: str) -> Told | None:
        """What changed since the token; None: the server can't tell at all. Raises CursorExpired and others."""
        try:
            found = self._objects("REPORT", calendar, webdav.sync_collection(token, *_LISTED), depth=0)
        except (TooLarge, NoMultistatus) as error:
            raise CursorExpired(f"what changed can't be read: {quoted(error)}", step="select") from None
        if found.status in (403, 409, 410, 412, 507) and b"supported-report" not in found.said:
            raise CursorExpired(f"the server no longer knows the token ({found.status})", step="select")
        if found.status in (404, 500, 502, 504):
            raise self._refusal(found.status, calendar, "select")
        if found.status != 207 or not found.sync_token:
            return None
        present: dict[str, Held] = {}
        gone: set[str] = set()
        for ref, held, status in found.objects:
            if status == 404:
                present.pop(ref, None)
                gone.add(ref)
            elif held is not None:
                present[ref] = held
                gone.discard(ref)
        return Told(present, frozenset(gone), found.sync_token, found.is_cut_here)

    def given(self, calendar: str, refs: Sequence[str]) -> dict[str, bytes | None]:
        """Ref -> the object, None where it is gone; without those that the server does not hand over together."""

        def ask(some: Sequence[str]) -> Multistatus | None:
            answer = self.ask("REPORT", calendar, webdav.calendar_multiget(some), depth=1)
            return webdav.read(answer.body) if answer.status == 207 else None

        wanted = set(refs)
        objects: dict[str, bytes | None] = {}
        for response in webdav.together(refs, ask):
            ref = self.origin.path_of(response.href, calendar)
            data = response.text(CAL, "calendar-data")
            if ref in wanted and data:
                objects[ref] = data.encode()
            elif ref in wanted and response.status in (404, 410):
                objects[ref] = None
        return objects

    def given_with_versions(self, calendar: str, refs: Sequence[str]) -> dict[str, tuple[bytes, str] | None]:
        """The same of a few objects, (the object, its ETag)."""
        try:
            answer = self.ask("REPORT", calendar, webdav.calendar_multiget(refs), depth=1)
            found = webdav.read(answer.body).responses if answer.status == 207 else ()
        except (TooLarge, NoMultistatus):
            return {}
        wanted = set(refs)
        objects: dict[str, tuple[bytes, str] | None] = {}
        for response in found:
            ref = self.origin.path_of(response.href, calendar)
            data, etag = response.text(CAL, "calendar-data"), response.text(DAV, "getetag")
            if ref in wanted and data and etag:
                objects[ref] = data.encode(), etag
            elif ref in wanted and response.status in (404, 410):
                objects[ref] = None
        return objects

    def alone(self, ref: str) -> Answer:
        """One object by its own URL; raises TooLarge."""
        return self.send("GET", ref, b"", {"Accept": "text/calendar"})

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Any request, and its whole answer; a token that is refused is exchanged once. Raises as HttpClient."""
        reply, origin, path = self._renewing(method, path, body, headers)
        return Answer(reply.status, reply.headers, b"".join(self.http.parts(reply, origin)), path)

    def own_path(self, href: str, base: str) -> str:
        """The path of what the server calls `href`; raises Unavailable where it lies on another server."""
        path = self.origin.path_of(href, base)
        if path is None:
            problem = f"{self.origin.host} keeps the calendars on another server: {quoted(href)}"
            raise Unavailable(problem, step="list", hint="write that server's URL, if it is the right one")
        return path

    def _objects(self, method: str, calendar: str, body: str, *, depth: int) -> _Objects:
        """What lies in the calendar itself, read as it comes; raises TooLarge, NoMultistatus and ConnectorError."""
        reply, origin, _path = self._begin(method, calendar, body, depth)
        found = _Objects(reply.status)
        with closing(self.http.parts(reply, origin, _MAX_LISTING if reply.status == 207 else None)) as parts:
            if reply.status != 207:
                found.said = b"".join(parts)
                return found
            answer = webdav.Stream(parts)
            for response in answer:
                self._add(found, response, calendar)
        found.sync_token = answer.sync_token
        return found

    def _add(self, found: _Objects, response: Response, calendar: str) -> None:
        """Take over what an answer says of one resource: hrefs may lead anywhere."""
        ref = self.origin.path_of(response.href, calendar)
        if response.status == 507:
            found.is_cut = True
            found.is_cut_here |= ref == calendar
        if ref is None or ref == calendar or not ref.startswith(calendar) or response.is_kind(DAV, "collection"):
            return
        etag = response.text(DAV, "getetag")
        size = (response.text(DAV, "getcontentlength") or "").strip()
        held = Held(etag, int(size) if size.isdecimal() and len(size) < 19 else None) if etag else None
        found.objects.append((ref, held, response.status))

    def _propfind(self, path: str, depth: int, *names: str, step: str = "list") -> tuple[Multistatus, str]:
        try:
            answer = self.ask("PROPFIND", path, webdav.propfind(*names), depth=depth)
            if answer.status == 207:
                return webdav.read(answer.body), answer.path
        except TooLarge as error:
            raise Unavailable(error.problem, step=step, hint=_HINT) from None
        except NoMultistatus as error:
            raise self._unreadable(error, step) from None
        raise self._refusal(answer.status, path, step)

    def _unreadable(self, error: NoMultistatus, step: str) -> Unavailable:
        return Unavailable(f"{self.origin.host} answers what can't be read: {quoted(error)}", step=step, hint=_HINT)

    def _refusal(self, status: int, path: str, step: str) -> ConnectorError:
        problem = f"{self.origin.host} does not tell what lies at {path} ({status})"
        kind = NotPermitted if status == 403 else Unavailable
        return kind(problem, step=step, hint=_HINT)

    def ask(self, method: str, path: str, body: str, *, depth: int) -> Answer:
        """The whole answer; a token that is refused is exchanged once."""
        reply, origin, path = self._begin(method, path, body, depth)
        return Answer(reply.status, reply.headers, b"".join(self.http.parts(reply, origin)), path)

    def _begin(self, method: str, path: str, body: str, depth: int) -> tuple[Reply, Origin, str]:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)}
        return self._renewing(method, path, body.encode(), headers)

    def _renewing(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[Reply, Origin, str]:
        try:
            return self.http.begin(method, path, body, headers)
        except AuthFailed:
            if not self._login.renew():
                raise
            return self.http.begin(method, path, body, headers)
