"""A login to a CalDAV server that writes: what people do with their calendars, for tests.

alice = CalendarUser(url, "alice", "pw", home="/alice/")
alice.make("work", "Work")
alice.put("work", "a.ics", event("a"))
"""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

_MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>{name}</displayname>
<C:supported-calendar-component-set>{kinds}</C:supported-calendar-component-set></prop></set></C:mkcalendar>"""


def event(uid: str, summary: str = "", *, day: int = 6, kind: str = "VEVENT") -> bytes:
    """A calendar object of one event, or one task, in January 2025."""
    end = f"DTEND:202501{day:02}T110000Z" if kind == "VEVENT" else "STATUS:NEEDS-ACTION"
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//keeptouch//tests//EN",
        f"BEGIN:{kind}",
        f"UID:{uid}",
        "DTSTAMP:20250101T000000Z",
        f"DTSTART:202501{day:02}T100000Z",
        end,
        f"SUMMARY:{summary or uid}",
        f"END:{kind}",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class CalendarUser:
    """Who writes; `home` is the path of the folder of calendars."""

    url: str
    username: str
    password: str
    home: str
    ca_file: Path | None = None

    def path(self, calendar: str, file: str = "") -> str:
        """Of a calendar, or of an object in it."""
        return f"{self.home}{quote(calendar)}/{quote(file)}"

    def make(self, calendar: str, name: str = "", kinds: tuple[str, ...] = ("VEVENT", "VTODO")) -> None:
        """A calendar for these kinds of objects."""
        told = "".join(f'<C:comp name="{kind}"/>' for kind in kinds)
        body = _MKCALENDAR.format(name=name or calendar, kinds=told).encode()
        self._ask("MKCALENDAR", self.path(calendar), body, {"Content-Type": "application/xml; charset=utf-8"})

    def put(self, calendar: str, file: str, raw: bytes) -> None:
        """Write an object."""
        self._ask("PUT", self.path(calendar, file), raw, {"Content-Type": "text/calendar; charset=utf-8"})

    def put_all(self, calendar: str, objects: Iterable[tuple[str, bytes]]) -> None:
        """Write (file, object) after object on one connection, over plain HTTP."""
        parts = urlsplit(self.url)
        assert parts.hostname
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        headers = {**self._login(), "Content-Type": "text/calendar; charset=utf-8"}
        for file, raw in objects:
            connection.request("PUT", self.path(calendar, file), raw, headers)
            with connection.getresponse() as answer:
                said = answer.read()
            assert answer.status < 300, f"PUT {file}: {answer.status} {said[:300]!r}"
        connection.close()

    def remove(self, calendar: str, file: str = "") -> None:
        """Remove an object, or the calendar."""
        self._ask("DELETE", self.path(calendar, file))

    def get(self, calendar: str, file: str) -> bytes:
        """An object as the server has it."""
        return self._ask("GET", self.path(calendar, file))

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
        parts = urlsplit(self.url)
        assert parts.hostname
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=20, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request(method, path, body, {**self._login(), **(headers or {})})
        with connection.getresponse() as answer:
            said = answer.read()
        connection.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {said[:300]!r}"
        return said

    def _login(self) -> dict[str, str]:
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {login}"}
