"""Where a login keeps its calendars; where the answer is odd, found by the package caldav over our own HTTP client."""

from __future__ import annotations

from time import monotonic
from typing import Any

from caldav.collection import Principal
from caldav.davclient import DAVClient
from caldav.lib.error import DAVError

from connectors.dav.server import Server
from connectors.http.adapter import session
from connectors.network import quoted
from connectors.records import AuthFailed, ConnectorError, Unavailable
from connectors.webdav import CAL, DAV

_WELL_KNOWN = "/.well-known/caldav"
#: Homes move seldom: a poll does not ask anew.
_SECONDS = 24 * 3600.0
#: Folders of calendars of one login that are read.
_MAX_HOMES = 20
#: (URL, username) -> the paths of the calendars, and until when they count, on the monotonic clock.
_found: dict[tuple[str, str], tuple[tuple[str, ...], float]] = {}


def homes(server: Server, username: str) -> tuple[str, ...]:
    """The paths of the folders of one's calendars, or of the calendar that the URL names; raises ConnectorError.

    They are kept for a day, so that a poll asks for news alone; see `forget`.
    """
    key = (f"{server.origin.url}{server.path}", username)
    paths, until = _found.get(key, ((), 0.0))
    if monotonic() >= until:
        paths = _discovered(server, username)
        _found[key] = (paths, monotonic() + _SECONDS)
    return paths


def forget(server: Server, username: str) -> None:
    """Ask anew the next time, because what was found is not there any more."""
    _found.pop((f"{server.origin.url}{server.path}", username), None)


def _discovered(server: Server, username: str) -> tuple[str, ...]:
    try:
        own, path = server.properties(server.path, "d:resourcetype", "d:current-user-principal")
    except AuthFailed:
        raise
    except ConnectorError as error:
        if server.path != "/" or error.step != "list":
            raise
        own, path = server.properties(_WELL_KNOWN, "d:resourcetype", "d:current-user-principal")
    if own.is_kind(CAL, "calendar"):
        return (path,)
    principal = next(iter(own.hrefs(DAV, "current-user-principal")), "")
    if not principal:
        return (path,)
    principal = server.own_path(principal, path)
    told, path = server.properties(principal, "cal:calendar-home-set")
    # there may be several (RFC 4791, section 6.2.1), and some on other servers
    paths = (server.origin.path_of(href, path) for href in told.hrefs(CAL, "calendar-home-set"))
    found = tuple(dict.fromkeys(filter(None, paths)))[:_MAX_HOMES]
    return found or (server.own_path(_home_of(server, principal, username), path),)


def _home_of(server: Server, principal: str, username: str) -> str:
    """What caldav makes of a calendar-home-set that we can't read: it knows the ways in which servers write it."""
    client: Any = DAVClient(
        url=f"{server.origin.url}{principal}", username=username, enable_rfc6764=False, rate_limit_handle=False
    )
    client.session.close()
    client.session = session(server.http)
    try:
        return str(Principal(client=client, url=f"{server.origin.url}{principal}").calendar_home_set.url)
    except ConnectorError:
        raise
    except (DAVError, SyntaxError, AssertionError, ValueError, KeyError, AttributeError) as error:
        problem = f"{server.origin.host} does not tell where the calendars are: {quoted(error)}"
        raise Unavailable(problem, step="list", hint="write the URL of the calendars") from None
    finally:
        client.session.close()
