"""What is asked of Exchange, as XML ([MS-OXWSCORE], [MS-OXWSFOLD], [MS-OXWSSYNC], [MS-OXWSSRCH]). It changes nothing.

What a request may ask for is bounded by the server's throttling policies: 1,000 items of a search, 512 of a
synchronization.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

#: Most of what one answer lists.
MAX_FOUND = 1000
MAX_CHANGES = 512
#: MAPI's names of what EWS has none for ([MS-OXPROPS]).
HEADERS = ("0x007D", "String")  # PidTagTransportMessageHeaders
LAST_VERB = ("0x1081", "Integer")  # PidTagLastVerbExecuted
SENDER = ("0x5D01", "String")  # PidTagSenderSmtpAddress
REPRESENTED = ("0x5D02", "String")  # PidTagSentRepresentingSmtpAddress
HIDDEN = ("0x10F4", "Boolean")  # PidTagAttributeHidden

#: What tells an item from others before it is read.
_LISTED = ("item:DateTimeReceived", "item:IsDraft", "item:ItemClass", "item:Size")
_READ = (
    *_LISTED,
    "item:Attachments",
    "item:Body",
    "item:DateTimeSent",
    "item:InReplyTo",
    "item:Sensitivity",
    "item:Subject",
    "message:BccRecipients",
    "message:CcRecipients",
    "message:ConversationIndex",
    "message:From",
    "message:InternetMessageId",
    "message:References",
    "message:ReplyTo",
    "message:Sender",
    "message:ToRecipients",
)
_CONTACT = (
    "contacts:CompanyName",
    "contacts:DisplayName",
    "contacts:FileAs",
    "contacts:GivenName",
    "contacts:Surname",
    "item:ItemClass",
)
_EVENTS = ("Copied", "Created", "Deleted", "Modified", "Moved", "NewMail")
_FOLDERS = ("folder:DisplayName", "folder:FolderClass", "folder:ParentFolderId", "folder:TotalCount")


def get_folders(names: Iterable[str], mailbox: str) -> str:
    """Folders by the names that Exchange gives them in all languages."""
    ids = "".join(_distinguished(name, mailbox) for name in names)
    told = shape("m:FolderShape", ())
    return written("GetFolder", f"{told}<m:FolderIds>{ids}</m:FolderIds>")


def find_folders(mailbox: str, offset: int) -> str:
    """All folders that people see, from the offset on."""
    told = shape("m:FolderShape", _FOLDERS, (HIDDEN,))
    view = f'<m:IndexedPageFolderView MaxEntriesReturned="{MAX_FOUND}" Offset="{offset}" BasePoint="Beginning"/>'
    parent = f"<m:ParentFolderIds>{_distinguished('msgfolderroot', mailbox)}</m:ParentFolderIds>"
    return written("FindFolder", told + view + parent, Traversal="Deep")


def sync_items(folder: str, state: str) -> str:
    """What changed in a folder since a state; "": since ever."""
    known = f"<m:SyncState>{escape(state)}</m:SyncState>" if state else ""
    where = f"<m:SyncFolderId>{_folder(folder)}</m:SyncFolderId>"
    most = f"<m:MaxChangesReturned>{MAX_CHANGES}</m:MaxChangesReturned>"
    return written("SyncFolderItems", shape("m:ItemShape", _LISTED, (LAST_VERB,)) + where + known + most)


def find_items(folder: str, *, since: datetime | None, before: datetime | None, offset: int = 0) -> str:
    """Items received in [since, before), the newest first."""
    limits = [
        f'<t:{sign}><t:FieldURI FieldURI="item:DateTimeReceived"/>'
        f'<t:FieldURIOrConstant><t:Constant Value="{stamp(time)}"/></t:FieldURIOrConstant></t:{sign}>'
        for sign, time in (("IsGreaterThanOrEqualTo", since), ("IsLessThan", before))
        if time is not None
    ]
    both = f"<t:And>{''.join(limits)}</t:And>" if len(limits) > 1 else "".join(limits)
    return _found(
        folder,
        shape("m:ItemShape", _LISTED, (LAST_VERB,)),
        f"<m:Restriction>{both}</m:Restriction>" if limits else "",
        offset,
    )


def marked_items(folder: str, verbs: Iterable[int], offset: int) -> str:
    """Items to which somebody did one of these last ([MS-OXOMSG] 2.2.1.16)."""
    either = "".join(
        f"<t:IsEqualTo>{_extended(LAST_VERB)}<t:FieldURIOrConstant>"
        f'<t:Constant Value="{verb}"/></t:FieldURIOrConstant></t:IsEqualTo>'
        for verb in verbs
    )
    restriction = f"<m:Restriction><t:Or>{either}</t:Or></m:Restriction>"
    return _found(folder, shape("m:ItemShape", ()), restriction, offset)


def get_items(ids: Iterable[str], *, has_body: bool = True) -> str:
    """Items as a whole but for the contents of what is attached; the body as it was written, HTML or text."""
    fields = [name for name in _READ if has_body or name != "item:Body"]
    extended = (HEADERS, LAST_VERB, SENDER, REPRESENTED)
    return _items(ids, shape("m:ItemShape", fields, extended, "<t:BodyType>Best</t:BodyType>"))


def get_outlines(ids: Iterable[str]) -> str:
    """What tells items from others."""
    return _items(ids, shape("m:ItemShape", (*_LISTED, "item:ParentFolderId"), (LAST_VERB,)))


def get_appointments(ids: Iterable[str], fields: Iterable[str]) -> str:
    """Calendar items, their text as plain text."""
    return _items(ids, shape("m:ItemShape", fields, (), "<t:BodyType>Text</t:BodyType>"))


def get_contacts(ids: Iterable[str]) -> str:
    """Contacts: names and addresses."""
    indexed = "".join(
        f'<t:IndexedFieldURI FieldURI="contacts:EmailAddress" FieldIndex="EmailAddress{number}"/>'
        for number in (1, 2, 3)
    )
    return _items(ids, shape("m:ItemShape", _CONTACT, (), indexed=indexed))


def get_mime(ids: Iterable[str]) -> str:
    """Mails as bytes, whole."""
    return _items(ids, shape("m:ItemShape", ("item:MimeContent",)))


def subscribe(folders: Iterable[str]) -> str:
    """Whatever happens in these folders ([MS-OXWSNTIF] 3.1.4.3)."""
    ids = "".join(map(_folder, folders))
    types = "".join(f"<t:EventType>{each}Event</t:EventType>" for each in _EVENTS)
    asked = f"<t:FolderIds>{ids}</t:FolderIds><t:EventTypes>{types}</t:EventTypes>"
    return written("Subscribe", f"<m:StreamingSubscriptionRequest>{asked}</m:StreamingSubscriptionRequest>")


def get_events(subscription: str, minutes: int) -> str:
    """What a subscription tells from now on, for so many minutes."""
    ids = f"<m:SubscriptionIds><t:SubscriptionId>{escape(subscription)}</t:SubscriptionId></m:SubscriptionIds>"
    return written("GetStreamingEvents", f"{ids}<m:ConnectionTimeout>{minutes}</m:ConnectionTimeout>")


def _items(ids: Iterable[str], told: str) -> str:
    wanted = "".join(f"<t:ItemId Id={quoteattr(each)}/>" for each in ids)
    return written("GetItem", f"{told}<m:ItemIds>{wanted}</m:ItemIds>")


def _found(folder: str, told: str, restriction: str, offset: int) -> str:
    view = f'<m:IndexedPageItemView MaxEntriesReturned="{MAX_FOUND}" Offset="{offset}" BasePoint="Beginning"/>'
    newest = '<t:FieldOrder Order="Descending"><t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder>'
    order = f"<m:SortOrder>{newest}</m:SortOrder>"
    where = f"<m:ParentFolderIds>{_folder(folder)}</m:ParentFolderIds>"
    return written("FindItem", told + view + restriction + order + where, Traversal="Shallow")


def shape(
    name: str, fields: Iterable[str], extended: Iterable[tuple[str, str]] = (), more: str = "", *, indexed: str = ""
) -> str:
    """An element of this name: the id, and besides these fields, MAPI properties and what `indexed` names."""
    uris = "".join(f'<t:FieldURI FieldURI="{each}"/>' for each in fields) + indexed + "".join(map(_extended, extended))
    added = f"<t:AdditionalProperties>{uris}</t:AdditionalProperties>" if uris else ""
    return f"<{name}><t:BaseShape>IdOnly</t:BaseShape>{more}{added}</{name}>"


def _extended(field: tuple[str, str]) -> str:
    return f'<t:ExtendedFieldURI PropertyTag="{field[0]}" PropertyType="{field[1]}"/>'


def _folder(folder: str) -> str:
    return f"<t:FolderId Id={quoteattr(folder)}/>"


def _distinguished(name: str, mailbox: str) -> str:
    whose = f"<t:Mailbox><t:EmailAddress>{escape(mailbox)}</t:EmailAddress></t:Mailbox>"
    return f'<t:DistinguishedFolderId Id="{name}">{whose}</t:DistinguishedFolderId>'


def written(operation: str, content: str, **attributes: str) -> str:
    """A whole question."""
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    names = (
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
        ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    )
    return f"<m:{operation} {names}{said}>{content}</m:{operation}>"


def stamp(time: datetime) -> str:
    """An instant as Exchange takes it, UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
