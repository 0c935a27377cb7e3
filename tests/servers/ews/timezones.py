"""GetServerTimeZones: Windows' names of zones, each with its standard time alone. ([MS-OXWSGTZ])"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.servers.ews.context import Context, Handler
from tests.servers.ews.wire import find, m, response, success
from tests.servers.ews.zones import WINDOWS, definition


def get_server_time_zones(context: Context, request: Element) -> Element:
    """Those that are asked for by id, or all."""
    asked = find(request, "Ids")
    wanted = sorted(WINDOWS) if asked is None else [one.text or "" for one in asked]
    is_full = request.get("ReturnFullTimeZoneData") == "true"
    told = [definition("TimeZoneDefinition", one, is_full=is_full) for one in wanted if one in WINDOWS]
    return response(context.operation, [success(context.operation, m("TimeZoneDefinitions", told))])


HANDLERS: dict[str, Handler] = {"GetServerTimeZones": get_server_time_zones}
