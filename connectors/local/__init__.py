"""Mail in files: a Maildir, mbox files, a folder of .eml files; for imports and for the demo."""

from connectors.local.connector import LocalConnector, LocalSettings

__all__ = ["LocalConnector", "LocalSettings"]
