"""Requests and answers held against the schema that Exchange publishes, where it lies beside the repository."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from lxml import etree

_ROOT = Path(__file__).resolve().parents[3]
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_TYPES = "{http://schemas.microsoft.com/exchange/services/2006/types}"
_MESSAGES = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
#: References to characters that XML 1.0 forbids: Exchange writes them, the schema is not about them.
_FORBIDDEN = re.compile(rb"&#x(?:[1-8BCEF]|1[0-9A-F]);")


def schema_folder() -> Path | None:
    """The folder of messages.xsd and types.xsd: in $KEEPTOUCH_SHARED, else in `shared` beside the repository."""
    folder = Path(os.environ.get("KEEPTOUCH_SHARED", _ROOT.parent / "shared")) / "research" / "ews-xsd"
    return folder if (folder / "messages.xsd").is_file() else None


class Schema:
    """Says what is wrong with a document; nothing where the schema is not there."""

    def __init__(self) -> None:
        folder = schema_folder()
        self._schema = None if folder is None else etree.XMLSchema(etree.parse(folder / "messages.xsd"))
        self._lock = threading.Lock()

    @property
    def is_there(self) -> bool:
        """Is anything held against it?"""
        return self._schema is not None

    def problem(self, document: bytes) -> str | None:
        """What is wrong with the headers and the body of an envelope; a SOAP fault is of another schema."""
        if self._schema is None:
            return None
        try:
            whole = etree.fromstring(_FORBIDDEN.sub(b"?", document), etree.XMLParser(huge_tree=True))
        except etree.XMLSyntaxError as error:
            return f"no XML: {error}"
        parts = [*whole.iterfind(f"{_SOAP}Header/*"), *whole.iterfind(f"{_SOAP}Body/*")]
        for part in parts:
            if part.tag == f"{_SOAP}Fault":
                continue
            # live servers and clients put notifications of a stream into the other namespace
            for notification in part.iter(f"{_MESSAGES}Notifications"):
                for one in notification.iterfind(f"{_MESSAGES}Notification"):
                    one.tag = f"{_TYPES}Notification"
            with self._lock:  # the log of errors is the schema's, and requests come in threads
                if not self._schema.validate(part):
                    first = self._schema.error_log[0]
                    return f"{first.message} (in {part.tag}, {first.path or f'line {first.line}'})"
        return None


_kept: list[Schema] = []


def schema() -> Schema:
    """The one of this process: reading it takes half a second."""
    if not _kept:
        _kept.append(Schema())
    return _kept[0]
