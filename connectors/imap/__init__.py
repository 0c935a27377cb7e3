"""IMAP (RFC 3501, RFC 9051) by IMAPClient.

A folder is followed by UIDs, which only grow while its UIDVALIDITY stays; `position` keeps both ends of what was
read, `sync` turns them into pages, `fetch` reads messages with bounded memory, `session` is the one connection, and
`wire` the only file that knows the insides of IMAPClient and imaplib.
"""

from connectors.imap.connector import ImapConnector
from connectors.imap.settings import ImapSettings

__all__ = ["ImapConnector", "ImapSettings"]
