"""SOAP as Exchange writes it: elements, envelopes, faults, times. ([MS-OXWSCDATA], SOAP 1.1)"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"

for _prefix, _uri in (("s", SOAP), ("m", MESSAGES), ("t", TYPES), ("e", ERRORS)):
    ET.register_namespace(_prefix, _uri)

DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'
#: Exchange 2016 CU 23.
VERSION = {
    "MajorVersion": "15",
    "MinorVersion": "1",
    "MajorBuildNumber": "2507",
    "MinorBuildNumber": "27",
    "Version": "V2017_07_11",
}
#: What XML 1.0 can't carry; Exchange writes them as references all the same, and a client has to bear it.
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_TIMES = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z<")

#: A child: an element, None for nothing, or many.
Child = Element | None | Iterable[Element | None]


def _element(uri: str, name: str, text: str | None, children: tuple[Child, ...], attributes: dict[str, str]) -> Element:
    made = Element(f"{{{uri}}}{name}", attributes)
    if text is not None:
        # a text ends at NUL, and octets that are no text are replaced
        made.text = text.partition("\0")[0].encode("utf-8", "replace").decode()
    for child in children:
        if child is None:
            continue
        if isinstance(child, Element):
            made.append(child)
        else:
            made.extend(one for one in child if one is not None)
    return made


def t(name: str, *children: Child, text: str | None = None, **attributes: str) -> Element:
    """An element of the types' namespace."""
    return _element(TYPES, name, text, children, attributes)


def m(name: str, *children: Child, text: str | None = None, **attributes: str) -> Element:
    """An element of the messages' namespace."""
    return _element(MESSAGES, name, text, children, attributes)


def value(name: str, what: object) -> Element:
    """An element of the types' namespace for a plain value."""
    return t(name, text=written(what))


def written(what: object) -> str:
    """A plain value as Exchange writes it."""
    if isinstance(what, bool):
        return "true" if what else "false"
    return stamp(what) if isinstance(what, datetime) else str(what)


def stamp(moment: datetime) -> str:
    """UTC to the second; times of Exchange are never finer on the wire."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def moment(text: str) -> datetime:
    """What a client wrote; without a zone it is UTC."""
    read = datetime.fromisoformat(text.strip())
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def words(text: str) -> list[str]:
    """Names that are written one after another."""
    return text.split()


def local(element: Element) -> str:
    """The name without the namespace."""
    return element.tag.rpartition("}")[2]


def find(element: Element, name: str) -> Element | None:
    """The first child of this local name."""
    return next((child for child in element if local(child) == name), None)


def text_of(element: Element, name: str) -> str | None:
    """The text of the first child of this local name."""
    found = find(element, name)
    return None if found is None else (found.text or "")


def envelope(content: Element, *, has_version: bool = True) -> bytes:
    """A whole document with this in the body."""
    header = Element(f"{{{SOAP}}}Header")
    if has_version:
        header.append(t("ServerVersionInfo", **VERSION))
    body = Element(f"{{{SOAP}}}Body")
    body.append(content)
    whole = Element(f"{{{SOAP}}}Envelope")
    whole.extend((header, body))
    said = ET.tostring(whole, "utf-8", xml_declaration=False)
    # as Exchange does: else the parser would take away the carriage returns of a text
    said = said.replace(b"\r", b"&#xD;")
    return DECLARATION + _CONTROLS.sub(lambda found: f"&#x{ord(found[0]):X};".encode(), said)


def fractions(document: bytes) -> bytes:
    """The same answer of a server that writes times finer than seconds."""
    return _TIMES.sub(rb"\1.123Z<", document)


def response(operation: str, messages: Iterable[Element]) -> Element:
    """The answer to an operation: one message for each thing asked for."""
    return m(f"{operation}Response", m("ResponseMessages", messages))


def success(operation: str, *children: Child) -> Element:
    """A message that says yes."""
    return m(f"{operation}ResponseMessage", m("ResponseCode", text="NoError"), *children, ResponseClass="Success")


#: What errors of these operations hold, with nothing in it.
_EMPTY = {
    **dict.fromkeys(words("GetItem CreateItem MoveItem CopyItem UpdateItem"), "Items"),
    **dict.fromkeys(words("GetFolder CreateFolder UpdateFolder MoveFolder"), "Folders"),
    "GetAttachment": "Attachments",
}


class EwsError(Exception):
    """An error of one thing asked for, told in its message; `code` is a ResponseCode."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text or _TEXTS.get(code, f"{code}.")

    def message(self, operation: str, *children: Child) -> Element:
        """The message that tells it."""
        return m(
            f"{operation}ResponseMessage",
            m("MessageText", text=self.text),
            m("ResponseCode", text=self.code),
            m("DescriptiveLinkKey", text="0"),
            *(children or [m(_EMPTY[operation]) if operation in _EMPTY else None]),
            ResponseClass="Error",
        )


class SoapFault(EwsError):
    """An error of the whole request; `values` goes into MessageXml."""

    def __init__(self, code: str, text: str = "", values: dict[str, str] | None = None) -> None:
        super().__init__(code, text)
        self.values = values or {}

    def document(self) -> bytes:
        """As the body of HTTP 500."""
        detail = Element("detail")
        for name, said in (("ResponseCode", self.code), ("Message", self.text)):
            _sub(detail, f"{{{ERRORS}}}{name}", said)
        if self.values:
            detail.append(t("MessageXml", [t("Value", text=said, Name=name) for name, said in self.values.items()]))
        fault = Element(f"{{{SOAP}}}Fault")
        _sub(fault, "faultcode", f"a:{self.code}").set("xmlns:a", TYPES)
        _sub(fault, "faultstring", self.text)
        fault.append(detail)
        return envelope(fault, has_version=False)


def _sub(parent: Element, tag: str, text: str) -> Element:
    made = ET.SubElement(parent, tag)
    made.text = text
    return made


#: As Exchange words them in English.
_TEXTS = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange": "Occurrence index is out of recurrence range.",
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence": "Occurrence with this index was previously deleted.",
    "ErrorCalendarViewRangeTooBig": "The specified view range exceeds the maximum range of two years.",
    "ErrorCalendarEndDateIsEarlierThanStartDate": "EndDate is earlier than StartDate",
    "ErrorChangeKeyRequired": "The change key is required for this operation.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the requested user.",
    "ErrorInvalidIdEmpty": "Id must be non-empty.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidPropertyForOperation": "The property can not be used with this type of request.",
    "ErrorInvalidSubscription": "The specified subscription was not found.",
    "ErrorInvalidSyncStateData": "Synchronization state data is corrupt or otherwise invalid.",
    "ErrorIrresolvableConflict": "The send or update operation could not be performed because the change key passed "
    "in the request does not match the current change key for the item.",
    "ErrorItemCorrupt": "The item is corrupt.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorMessageSizeExceeded": "The message exceeds the maximum supported size.",
    "ErrorMimeContentConversionFailed": "Mime content conversion failed.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorSyncFolderNotFound": "The folder to be synchronized could not be found.",
    "ErrorSubscriptionNotFound": "The specified subscription was not found.",
}
