"""Calendar items as Exchange writes them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

_TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
BERLIN = '<t:StartTimeZone Id="W. Europe Standard Time" Name="(UTC+01:00) Amsterdam, Berlin"/>'
TEHRAN = '<t:StartTimeZone Id="Iran Standard Time" Name="(UTC+03:30) Tehran"/>'


def element(text: str) -> ET.Element:
    """The one element that the text holds; `t:` is the namespace of types."""
    return ET.fromstring(f'<x xmlns:t="{_TYPES}">{text}</x>')[0]


def item(
    *more: str, start: str = "2026-11-02T09:00:00+01:00", end: str = "2026-11-02T10:00:00+01:00", zone: str = BERLIN
) -> ET.Element:
    """A meeting of an hour in Berlin."""
    times = f"<t:Start>{start}</t:Start><t:End>{end}</t:End>"
    return element(f"<t:CalendarItem>{times}{''.join(more)}{zone}</t:CalendarItem>")


def uid(text: str) -> str:
    return f"<t:UID>{text}</t:UID>"


def repeated(
    pattern: str, end: str = "<t:NoEndRecurrence><t:StartDate>2026-11-02</t:StartDate></t:NoEndRecurrence>"
) -> str:
    return f"<t:Recurrence>{pattern}{end}</t:Recurrence>"


def person(address: str, response: str = "Unknown", *, name: str = "", kind: str = "Mailbox") -> str:
    """A t:Attendee."""
    mailbox = (
        f"<t:Mailbox><t:Name>{name or address}</t:Name><t:EmailAddress>{address}</t:EmailAddress>"
        f"<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>{kind}</t:MailboxType></t:Mailbox>"
    )
    return f"<t:Attendee>{mailbox}<t:ResponseType>{response}</t:ResponseType></t:Attendee>"
