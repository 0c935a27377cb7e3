"""After the login: may every folder be opened, and is there an item that can be read? Nothing is changed by it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from connectors.api import Connector, ConnectorError, Stream, StreamKind
from daemon.cli.output import Trouble

#: So many folders are opened; with the login that is some seconds on a slow server.
MOST = 20


def probe(account: str, connector: Connector, streams: Sequence[Stream]) -> Trouble | None:
    """Open folders, and read one item of the first that has any: what fails first, or None."""
    has_read = False
    for stream in streams[:MOST]:
        try:
            ref = next(iter(connector.refs(stream, in_scope=True)), None)
            if ref is not None and not has_read:
                deque(connector.fetch(stream, [ref]), maxlen=0)
                has_read = True
        except ConnectorError as error:
            option = "calendars" if stream.kind is StreamKind.CALENDAR else "folders"
            hint = error.hint or f"have it looked at on the server, or leave it out by {option}.exclude"
            return Trouble(account, error.step or "select", f"{stream.name}: {error.problem}", hint)
    return None
