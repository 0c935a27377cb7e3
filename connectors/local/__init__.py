"""Mail and calendars in files: a Maildir, mbox files, folders of .eml and of .ics files; and the feed of a calendar."""

from connectors.local.connector import LocalConnector, LocalSettings

__all__ = ["LocalConnector", "LocalSettings"]
