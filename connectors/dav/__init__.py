"""Calendars over CalDAV (RFC 4791, on WebDAV, RFC 4918 and RFC 6578)."""

from connectors.dav.connector import CalDavConnector
from connectors.dav.settings import CalDavSettings

__all__ = ["CalDavConnector", "CalDavSettings"]
