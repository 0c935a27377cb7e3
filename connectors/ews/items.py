"""What Exchange tells of an item before it is read ([MS-OXWSCORE] 2.2.4.24)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from connectors.ews.questions import LAST_VERB
from connectors.ews.soap import T, instant, text_of

#: What somebody did to a mail last ([MS-OXOMSG] 2.2.1.16), as flags of IMAP.
VERBS = {102: "\\Answered", 103: "\\Answered", 104: "$Forwarded"}
#: Items of other folders that somebody put among mail.
_NO_MAIL = re.compile(r"IPM\.(Appointment|Contact|Task|StickyNote|Activity|DistList|Microsoft)\b.*", re.IGNORECASE)
#: Reports, answers to meetings, and what Exchange keeps in a form that is no mail: only its bytes tell what it says.
_AS_BYTES = re.compile(r"(REPORT\.|IPM\.Schedule\.Meeting\.|IPM\.Note\.SMIME|IPM\.Outlook\.Recall).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a folder."""

    id: str
    #: "IPM.Note" and others; "" where it was not told.
    kind: str
    #: UTC, whole seconds; None where Exchange has none.
    received_at: datetime | None
    #: Bytes, as Exchange counts them.
    size: int
    is_draft: bool
    flags: frozenset[str]
    #: The id of its folder; "" where it was not told.
    folder: str = ""
    #: ChangeKey: another one, another content.
    version: str = ""

    @property
    def is_mail(self) -> bool:
        """Is it something that people send?"""
        return not _NO_MAIL.fullmatch(self.kind)

    @property
    def is_read_as_bytes(self) -> bool:
        """Is what it says found in its bytes alone?"""
        return _AS_BYTES.fullmatch(self.kind) is not None


def id_of(element: ET.Element) -> str:
    """The ItemId in an element, or below it; "" where there is none."""
    found = element.find(f"{T}ItemId")
    return found.get("Id", "") if found is not None else ""


def item_of(element: ET.Element) -> Item:
    """What an element of an item tells; whatever is missing."""
    own = element.find(f"{T}ItemId")
    size = text_of(element, f"{T}Size").strip()
    verb = extended(element, LAST_VERB).strip()
    folder = element.find(f"{T}ParentFolderId")
    flag = VERBS.get(int(verb)) if verb.isdecimal() and len(verb) < 9 else None
    return Item(
        id=id_of(element),
        kind=text_of(element, f"{T}ItemClass").strip(),
        received_at=instant(text_of(element, f"{T}DateTimeReceived")),
        size=int(size) if size.isdecimal() and len(size) < 19 else 0,
        is_draft=text_of(element, f"{T}IsDraft").strip().lower() in ("true", "1"),
        flags=frozenset() if flag is None else frozenset({flag}),
        folder=folder.get("Id", "") if folder is not None else "",
        version=own.get("ChangeKey", "") if own is not None else "",
    )


def extended_named(element: ET.Element, name: str) -> str:
    """The value of a named property of ours (PS_PUBLIC_STRINGS); "" where it is not there."""
    for each in element.findall(f"{T}ExtendedProperty"):
        uri = each.find(f"{T}ExtendedFieldURI")
        if uri is not None and uri.get("PropertyName", "").casefold() == name.casefold():
            return text_of(each, f"{T}Value")
    return ""


def extended(element: ET.Element, field: tuple[str, str]) -> str:
    """The value of one of MAPI's properties; "" where it is not there."""
    wanted = int(field[0], 16)
    for each in element.findall(f"{T}ExtendedProperty"):
        uri = each.find(f"{T}ExtendedFieldURI")
        tag = (uri.get("PropertyTag", "") if uri is not None else "").strip()
        try:
            # "0x7d", "0x007D", "125"
            is_wanted = int(tag, 0) == wanted
        except ValueError:
            continue
        if is_wanted:
            return text_of(each, f"{T}Value")
    return ""
