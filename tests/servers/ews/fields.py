"""Which properties an item may have, in the order of the schema, and which of them a request asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from tests.servers.ews.wire import find, local, t, text_of, words

_ITEM = words("""MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size
Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe IsResend IsUnmodified InternetMessageHeaders DateTimeSent
DateTimeCreated ResponseObjects ReminderDueBy ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc
DisplayTo DisplayBcc HasAttachments ExtendedProperty Culture EffectiveRights LastModifiedName LastModifiedTime
IsAssociated WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody Flag StoreEntryId
InstanceKey NormalizedBody Preview TextBody IconIndex SearchKey""")
_MESSAGE = words("""Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested
ConversationIndex ConversationTopic From InternetMessageId IsRead IsResponseRequested References ReplyTo ReceivedBy
ReceivedRepresenting""")
_MEETING = words("""AssociatedCalendarItemId IsDelegated IsOutOfDate HasBeenProcessed ResponseType UID RecurrenceId
DateTimeStamp IsOrganizer""")
_CALENDAR = words("""UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location
When IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType
Organizer RequiredAttendees OptionalAttendees Resources ConflictingMeetingCount AdjacentMeetingCount Duration TimeZone
AppointmentReplyTime AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence
ModifiedOccurrences DeletedOccurrences MeetingTimeZone StartTimeZone EndTimeZone ConferenceType AllowNewTimeProposal
IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl EnhancedLocation StartWallClock EndWallClock StartTimeZoneId
EndTimeZoneId IntendedFreeBusyStatus JoinOnlineMeetingUrl IsOrganizer""")
_REQUEST = words("""MeetingRequestType IntendedFreeBusyStatus Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus
Location When IsMeeting IsCancelled IsRecurring MeetingRequestWasSent CalendarItemType MyResponseType Organizer
RequiredAttendees OptionalAttendees Resources Duration TimeZone AppointmentSequenceNumber AppointmentState Recurrence
StartTimeZone EndTimeZone StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId""")
_CONTACT = words("""FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompleteName CompanyName
EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Companies ContactSource
Department Generation ImAddresses JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName
Surname WeddingAnniversary HasPicture PhoneticFullName PhoneticFirstName PhoneticLastName Alias Notes""")
_TASK = words("""ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts DelegationState
Delegator DueDate IsAssignmentEditable IsComplete IsRecurring IsTeamTask Mileage Owner PercentComplete Recurrence
StartDate Status StatusDescription TotalWork""")
_ANSWER = words("Start End Location Recurrence CalendarItemType ProposedStart ProposedEnd")

#: Properties of each kind of item, by the name of its element.
ORDER: dict[str, list[str]] = {
    "Item": _ITEM,
    "Message": _ITEM + _MESSAGE,
    "PostItem": _ITEM + words("ConversationIndex ConversationTopic From InternetMessageId IsRead PostedTime"),
    "MeetingRequest": _ITEM + _MESSAGE + _MEETING + _REQUEST,
    "MeetingResponse": _ITEM + _MESSAGE + _MEETING + _ANSWER,
    "MeetingCancellation": _ITEM + _MESSAGE + _MEETING + _ANSWER[:5],
    "CalendarItem": _ITEM + _CALENDAR,
    "Contact": _ITEM + _CONTACT,
    "Task": _ITEM + _TASK,
}
#: What Exchange leaves out of FindItem and SyncFolderItems: only GetItem reads it. ("Get item properties by EWS")
_ONLY_GET = frozenset(
    words("""Body UniqueBody TextBody NormalizedBody Attachments ToRecipients CcRecipients BccRecipients ReplyTo
    MimeContent InternetMessageHeaders ResponseObjects Organizer RequiredAttendees OptionalAttendees Resources
    UID Recurrence ModifiedOccurrences DeletedOccurrences FirstOccurrence LastOccurrence ReceivedBy
    ReceivedRepresenting""")
)
#: What FindItem refuses, where it could have left it out.
_REFUSED_BY_FIND = frozenset({"item:TextBody", "item:UniqueBody", "item:NormalizedBody", "item:MimeContent"})
_DEFAULT = frozenset(
    words("""ItemId Subject Sensitivity Body Attachments DateTimeSent Size HasAttachments ToRecipients CcRecipients From
    IsRead Start End Location LegacyFreeBusyStatus CalendarItemType Organizer DisplayName CompanyName
    EmailAddresses DueDate PercentComplete Status StartDate ResponseObjects IsReadReceiptRequested
    IsDeliveryReceiptRequested""")
)
_SETS = {
    "meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
    "appointment": "00062002-0000-0000-c000-000000000046",
    "common": "00062008-0000-0000-c000-000000000046",
    "publicstrings": "00020329-0000-0000-c000-000000000046",
    "address": "00062004-0000-0000-c000-000000000046",
    "internetheaders": "00020386-0000-0000-c000-000000000046",
    "calendarassistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "task": "00062003-0000-0000-c000-000000000046",
}
#: (set of properties or "" for a tag, tag or name, type)
ExtendedKey = tuple[str, int | str, str]
MEETING_SET = _SETS["meeting"]
INTERNET_HEADERS = _SETS["internetheaders"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for: local names, extended properties as their element was sent, dictionary entries."""

    names: frozenset[str]
    extended: tuple[tuple[ExtendedKey, Element], ...] = ()
    #: (field, key), e.g. ("contacts:EmailAddress", "EmailAddress1")
    indexed: tuple[tuple[str, str], ...] = ()
    #: Best, HTML or Text
    body_type: str = "Best"
    #: The shape of FindItem and SyncFolderItems: some properties are left out, others are shorter.
    is_view: bool = False

    def as_view(self) -> Shape:
        """The same as FindItem and SyncFolderItems answer it."""
        return replace(self, names=self.names - _ONLY_GET, is_view=True)


def read_shape(element: Element | None, kinds: frozenset[str] | None = None) -> Shape:
    """An ItemShape or FolderShape; `kinds` are all names there are, for AllProperties."""
    if element is None:
        return Shape(frozenset({"ItemId"}))
    base = text_of(element, "BaseShape")
    names = {"ItemId", "FolderId"}
    if base == "Default":
        names |= _DEFAULT
    elif base == "AllProperties":
        names |= (kinds or frozenset().union(*ORDER.values())) - {"MimeContent", "ExtendedProperty"}
    if text_of(element, "IncludeMimeContent") == "true":
        names.add("MimeContent")
    extended: list[tuple[ExtendedKey, Element]] = []
    indexed: list[tuple[str, str]] = []
    for path in find(element, "AdditionalProperties") or ():
        if local(path) == "ExtendedFieldURI":
            extended.append((extended_key(path), path))
        elif local(path) == "IndexedFieldURI":
            indexed.append((path.get("FieldURI", ""), path.get("FieldIndex", "")))
        else:
            names.add(path.get("FieldURI", "").partition(":")[2])
    return Shape(frozenset(names), tuple(extended), tuple(indexed), text_of(element, "BodyType") or "Best")


def refused_by_find(element: Element | None) -> str | None:
    """The property of this ItemShape that FindItem does not answer."""
    paths = () if element is None else (find(element, "AdditionalProperties") or ())
    return next((path.get("FieldURI") for path in paths if path.get("FieldURI") in _REFUSED_BY_FIND), None)


def extended_key(element: Element) -> ExtendedKey:
    """What an ExtendedFieldURI names, whatever way it was written."""
    kind = element.get("PropertyType", "")
    tag = element.get("PropertyTag")
    if tag is not None:
        return "", int(tag, 0), kind
    group = element.get("PropertySetId") or _SETS.get(element.get("DistinguishedPropertySetId", "").lower(), "")
    name = element.get("PropertyName")
    return group.lower(), name.lower() if name is not None else int(element.get("PropertyId", "0")), kind


def ordered(kind: str, found: dict[str, Element]) -> Element:
    """The element of an item with these properties, in the order of the schema."""
    return t(kind, [found[name] for name in ORDER[kind] if name in found])
