"""Exchange Web Services (EWS) by exchangelib: mail, calendars and contacts of Exchange Server, and of Exchange Online
while that has it.

`server` asks and judges, `wire` is the only file that knows exchangelib, `questions` and `soap` are the XML of both
directions, `compose` makes a mail of what Exchange tells, `reading` reads items without being stopped by one, `sync`
turns changes into pages and `position` is their cursor. `calendars` does the same for calendars, whose items
`appointments` makes meetings of, with `recurrences` and `zones`; `contacts` are address books. `watch` hears a stream
of notifications, which `streamed` takes apart and `quiet` remembers; `tasks` keeps entries of ours, by the questions of
`todo`, the only ones that change something.
"""

from connectors.ews.connector import EwsConnector
from connectors.ews.settings import EwsSettings

__all__ = ["EwsConnector", "EwsSettings"]
