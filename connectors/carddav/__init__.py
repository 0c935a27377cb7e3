"""Address books over CardDAV (RFC 6352, on WebDAV, RFC 4918 and RFC 6578)."""

from connectors.carddav.reader import CardDav

__all__ = ["CardDav"]
