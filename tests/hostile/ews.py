"""Exchange that answers what it was not asked, in forms that break readers, or never to an end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat

import pytest

from connectors.api import AuthFailed, ConnectorError, CursorExpired, Message, Unavailable, Unreadable
from connectors.conformance import ids, last_cursor, mail, message_id, read, stream_named
from tests.hostile.running import Case
from tests.integration.exchange import ExchangeMailbox, exchange, whole
from tests.servers.ews import Fault, cut, edited, http_status, login_page, no_xml, server_busy, soap_fault
from tests.servers.scripted_http import CUT, reply

AMOUNT = 4
ALL = sorted(message_id(n) for n in range(AMOUNT))
_XML = "text/xml; charset=utf-8"
_NAMES = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
)


@contextmanager
def world() -> Iterator[ExchangeMailbox]:
    """A mailbox of four mails."""
    with exchange() as mailbox:
        for n in range(AMOUNT):
            mailbox.deliver("INBOX", mail(n))
        yield mailbox


def good(at: ExchangeMailbox) -> None:
    """It answers properly again, and all is read."""
    at.server.heal()
    assert whole(at) == ALL


def _body(data: bytes | str) -> Fault:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return lambda _answer: [reply(200, raw, Content_Type=_XML)]


def _pieces(*pieces: bytes) -> Fault:
    return lambda _answer: [*pieces, CUT]


def _stream(head: bytes, piece: bytes, times: int) -> Fault:
    """Made as it is sent."""

    def spoil(_answer: Iterable[bytes]) -> Iterator[bytes]:
        yield head
        yield from repeat(piece, times)
        yield CUT

    return spoil


def _folders(number: bytes) -> Fault:
    return edited(rb"TotalItemsInView=\"\d+\"", b'TotalItemsInView="' + number + b'"')


def _odd(pattern: bytes, by: bytes = b"") -> Fault:
    """The proper answer, with this told otherwise wherever it stands."""

    def spoil(answer: Iterable[bytes]) -> Iterator[bytes]:
        head, _, body = b"".join(answer).partition(b"\r\n\r\n")
        yield reply(int(head[9:12]), re.sub(pattern, by, body, flags=re.DOTALL), Content_Type=_XML)

    return spoil


def _envelope(body: str) -> str:
    return f'<?xml version="1.0"?><s:Envelope {_NAMES}><s:Header/><s:Body>{body}</s:Body></s:Envelope>'


def _refused(fault: Fault, operation: str, kind: type[ConnectorError], at: ExchangeMailbox) -> str:
    """The answer to each question of this kind."""
    at.server.fail(fault, operation=operation, times=None)
    with pytest.raises(kind) as caught:
        whole(at)
    assert caught.value.step
    return caught.value.problem


def _read(fault: Fault, operation: str, at: ExchangeMailbox) -> str:
    """What is odd costs nothing: all four are read, or told with a reason."""
    at.server.fail(fault, operation=operation, times=None)
    with at.connector() as connector:
        changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    assert {each.ref for each in changes} == set(at.mailbox.ids("inbox"))
    reasons = [each.reason for each in changes if isinstance(each, Unreadable)]
    assert len(ids(changes)) + len(reasons) == AMOUNT
    assert all(isinstance(each, Message | Unreadable) for each in changes)
    return "; ".join(sorted(set(reasons))) or "all four are read"


def _lost_state(fault: Fault, kind: type[ConnectorError], at: ExchangeMailbox) -> str:
    """What changed is asked for."""
    with at.connector() as connector:
        stream = stream_named(connector, "INBOX")
        cursor = last_cursor(connector.pages(stream, None))
        at.server.fail(fault, operation="SyncFolderItems", times=None)
        with pytest.raises(kind) as caught:
            read(connector.pages(stream, cursor))
    return caught.value.problem


def _spoilt(code: str, at: ExchangeMailbox) -> str:
    """One mail is refused, the three others come."""
    item = at.mailbox.find("inbox", message_id(2))
    at.mailbox.break_item(item, code)
    try:
        with at.connector() as connector:
            changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    finally:
        at.mailbox.mend_item(item)
    assert ids(changes) == [each for each in ALL if each != message_id(2)]
    (unreadable,) = [each for each in changes if isinstance(each, Unreadable)]
    assert unreadable.ref == item
    return unreadable.reason


_LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
)
_LONG = "y" * 1_000_000
_MESSAGES = rb"<m:ResponseMessages>.*</m:ResponseMessages>"
_BODIES: dict[str, bytes | str] = {
    "nothing": b"",
    "a billion laughs": _LAUGHS + "]><x>&m;</x>",
    "an entity of a file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "a document type of HTML": "<!DOCTYPE html><html></html>",
    "HTML": "<html><body>Outlook on the web</body></html>",
    "elements 200 deep": "<a>" * 200,
    "elements 100,000 deep": "<a>" * 100_000,
    "a million elements": "<a>" + "<b/>" * 1_000_000 + "</a>",
    "elements of attributes": _envelope('<t:ItemId Id="a" ChangeKey="b"/>' * 200_000),
    "a mark of UTF-16 and NUL": b"\xff\xfe\0",
    "a zip file": b"PK\x03\x04",
    "half an envelope": _envelope("<m:x/>")[:200],
    "an empty body": _envelope(""),
    "an answer to another question": _envelope("<m:GetUserOofSettingsResponse/>"),
    "another namespace": _envelope("<m:x/>").replace("microsoft", "hostile"),
    "a lone surrogate": _envelope("\ud800"),
    "JSON": b'{"error": "no"}',
    "an unknown charset": b'<?xml version="1.0" encoding="hostile"?><x/>',
    "a fault without a code": _envelope("<s:Fault/>"),
    "a fault of a megabyte": _envelope(
        f"<s:Fault><faultcode>x</faultcode><faultstring>{_LONG}</faultstring></s:Fault>"
    ),
    "an attribute of 5 MB": _envelope(f'<m:x a="{"y" * 5_000_000}"/>'),
}
_ALWAYS: dict[str, tuple[Fault, type[ConnectorError]]] = {
    "a login page": (login_page(), Unavailable),
    "broken XML": (no_xml(), Unavailable),
    "no answer": (cut(), Unavailable),
    "half a head": (cut(20), Unavailable),
    "half a body": (cut(700), Unavailable),
    "busy without an end": (server_busy(10**15), Unavailable),
    "busy for less than nothing": (server_busy(-5), Unavailable),
    "a rest that is no number": (soap_fault("ErrorServerBusy", values={"BackOffMilliseconds": "soon"}), Unavailable),
    "a wish of 14 digits": (http_status(503, Retry_After="9" * 14), Unavailable),
    "an unknown error": (soap_fault("ErrorHostile" + "x" * 1000), Unavailable),
    "a refused login": (http_status(401, WWW_Authenticate='Basic realm="x"'), AuthFailed),
    "a redirect to another server": (http_status(302, Location="https://elsewhere.example/"), Unavailable),
    "a redirect to the machine's own data": (http_status(302, Location="http://169.254.169.254/"), Unavailable),
    "a redirect to a file": (http_status(302, Location="file:///etc/passwd"), Unavailable),
    "no HTTP": (_pieces(b"ICY 200 OK\r\n\r\n"), Unavailable),
    "a length below nothing": (_pieces(b"HTTP/1.1 200 x\r\nContent-Length: -1\r\n\r\n"), Unavailable),
    "a chunk below nothing": (
        _pieces(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n"),
        Unavailable,
    ),
    "a head without end": (_stream(b"HTTP/1.1 200 x\r\n", b"X: " + b"y" * 1000 + b"\r\n", 3000), Unavailable),
    "a body without end": (
        _stream(
            b"HTTP/1.1 200 x\r\nContent-Type: text/xml\r\n\r\n<s:Envelope>", b"<!--" + b"x" * 60_000 + b"-->", 3000
        ),
        Unavailable,
    ),
    "gzip that is none": (http_status(200, b"no gzip", Content_Encoding="gzip"), Unavailable),
}
_STATES: dict[str, tuple[Fault, type[ConnectorError]]] = {
    "no state": (edited(rb"<m:SyncState>[^<]*</m:SyncState>"), Unavailable),
    "an empty state": (edited(rb"<m:SyncState>[^<]*</m:SyncState>", b"<m:SyncState/>"), Unavailable),
    "a state that was forgotten": (soap_fault("ErrorInvalidSyncStateData"), CursorExpired),
    "no answers at all": (
        edited(_MESSAGES, b"<m:ResponseMessages/>"),
        Unavailable,
    ),
}
_LISTS: dict[str, tuple[str, Fault]] = {
    "more folders than there are": ("FindFolder", edited(rb"TotalItemsInView=\"\d+\"", b'TotalItemsInView="99"')),
    "a list without its items": ("FindItem", edited(rb"<m:RootFolder.*</m:RootFolder>")),
    "mails in no answer": (
        "GetItem",
        edited(_MESSAGES, b"<m:ResponseMessages/>"),
    ),
    "mails as an answer to another question": ("GetItem", edited(rb"GetItemResponse(?!Message)", b"FindItemResponse")),
}
_CODES = (
    *("ErrorItemCorrupt", "ErrorCorruptData", "ErrorMimeContentConversionFailed", "ErrorMimeContentInvalid"),
    *(
        "ErrorContentConversionFailed",
        "ErrorMessageSizeExceeded",
        "ErrorPropertyValidationFailure",
        "ErrorAccessDenied",
    ),
)
_ITEMS: dict[str, Fault] = {
    "a size below nothing": edited(rb"<t:Size>\d+</t:Size>", b"<t:Size>-7</t:Size>"),
    "a size of 40 digits": edited(rb"<t:Size>\d+</t:Size>", b"<t:Size>" + b"9" * 40 + b"</t:Size>"),
    "a size of 5,000 digits": edited(rb"<t:Size>\d+</t:Size>", b"<t:Size>" + b"9" * 5000 + b"</t:Size>"),
    "a size that is none": edited(rb"<t:Size>\d+</t:Size>", b"<t:Size>many</t:Size>"),
    "a time before all time": edited(rb"<t:DateTimeReceived>[^<]*", b"<t:DateTimeReceived>0001-01-01T00:00:00+14:00"),
    "a time after all time": edited(rb"<t:DateTimeReceived>[^<]*", b"<t:DateTimeReceived>9999-12-31T23:59:59-14:00"),
    "a time that is none": edited(rb"<t:DateTimeReceived>[^<]*", b"<t:DateTimeReceived>yesterday"),
    "content that is no base64": _odd(rb"(<t:MimeContent[^>]*>)[^<]*", rb"\1%%%%"),
    "content that is empty": _odd(rb"(<t:MimeContent[^>]*>)[^<]*", rb"\1"),
    "content of NUL": _odd(rb"(<t:MimeContent[^>]*>)[^<]*", rb"\1AAAA"),
    "no content": _odd(rb"<t:MimeContent[^>]*>[^<]*</t:MimeContent>"),
}
_NUMBERS = (b"-1", b"x", b"", b"9" * 5000)
_NEVER_LAST = edited(rb"<m:IncludesLastItemInRange>true", b"<m:IncludesLastItemInRange>false")
_WRONG_IDS: dict[str, Fault] = {
    "ids of other mails": _odd(rb'<t:ItemId Id="[^"]*"', b'<t:ItemId Id="AAAA"'),
    "ids of a megabyte": _odd(rb'<t:ItemId Id="[^"]*"', b'<t:ItemId Id="' + b"A" * 1_000_000 + b'"'),
    "empty ids": _odd(rb'<t:ItemId Id="[^"]*"', b'<t:ItemId Id=""'),
    "no ids": _odd(rb"<t:ItemId [^>]*/>"),
}


def _told_or_read(fault: Fault, operation: str, at: ExchangeMailbox) -> str:
    """No mail is taken for another one: what is told is one of the four, or the server is to blame."""
    at.server.fail(fault, operation=operation, times=None)
    real = set(at.mailbox.ids("inbox"))
    try:
        with at.connector() as connector:
            changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    except Unavailable as error:
        return error.problem
    assert {each.ref for each in changes if isinstance(each, Message)} == real
    assert ids(changes) == ALL
    return "all four are read: answers come in the order of the questions"


def _lied_to(fault: Fault, at: ExchangeMailbox) -> str:
    """A list of what is not there: nothing of it is taken for a mail, and the server says itself that it is gone."""
    at.server.fail(fault, operation="FindItem", times=None)
    since = time.monotonic()
    try:
        with at.connector() as connector:
            changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    except Unavailable as error:
        return error.problem
    assert changes == []
    assert at.server.count("GetItem", since=since)
    return "asked for, the server says that they are gone"


CASES: tuple[Case[ExchangeMailbox], ...] = (
    *(
        Case(f"{name}, for the folders", partial(_refused, _body(data), "FindFolder", Unavailable))
        for name, data in _BODIES.items()
    ),
    *(
        Case(f"{name}, for the mails", partial(_refused, fault, "GetItem", kind))
        for name, (fault, kind) in _ALWAYS.items()
    ),
    *(Case(name, partial(_lost_state, fault, kind)) for name, (fault, kind) in _STATES.items()),
    *(Case(name, partial(_refused, fault, operation, Unavailable)) for name, (operation, fault) in _LISTS.items()),
    *(Case(f"a mail that is refused: {code}", partial(_spoilt, code)) for code in _CODES),
    *(Case(f"each mail with {name}", partial(_read, fault, "GetItem")) for name, fault in _ITEMS.items()),
    *(
        Case(f"a number of folders of {said.decode()}", partial(_read, _folders(said), "FindFolder"))
        for said in _NUMBERS
    ),
    Case("changes that never come to their end", partial(_read, _NEVER_LAST, "SyncFolderItems")),
    *(Case(f"mails with {name}", partial(_told_or_read, fault, "GetItem")) for name, fault in _WRONG_IDS.items()),
    *(Case(f"a list with {name}", partial(_lied_to, fault)) for name, fault in _WRONG_IDS.items()),
)
