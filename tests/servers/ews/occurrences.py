"""Occurrences of series: by their own ids, by their number, and as a calendar's view shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from tests.servers.ews.appointments import Appointment, Occurrence, Span
from tests.servers.ews.context import Context
from tests.servers.ews.fields import Shape
from tests.servers.ews.ids import place_of
from tests.servers.ews.items import Item, show
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.wire import EwsError, local, m, moment, t

_FIND_LIMIT = 1000
_TWO_YEARS = timedelta(days=2 * 366)


def asked_item(context: Context, element: Element) -> tuple[Mailbox, Item]:
    """The item that an ItemId, OccurrenceItemId or RecurringMasterItemId names; EwsError where there is none."""
    if local(element) == "OccurrenceItemId":
        mailbox, master = context.item(t("ItemId", Id=element.get("RecurringMasterId", "")))
        return mailbox, _numbered(master, int(element.get("InstanceIndex", "0")))
    if local(element) == "RecurringMasterItemId":
        mailbox, master = context.item(t("ItemId", Id=element.get("OccurrenceId", "")))
        if not isinstance(master.content, Appointment) or master.content.recurrence is None:
            raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId", "The id is not of an occurrence.")
        return mailbox, master
    mailbox, item = context.item(element)
    place, _ = place_of(element.get("Id", ""))
    if not place.occurrence:
        return mailbox, item
    span = None
    if isinstance(item.content, Appointment):
        span = item.content.span(date.fromordinal(place.occurrence))
    if span is None:
        raise EwsError("ErrorItemNotFound")
    return mailbox, as_item(item, span)


def as_item(master: Item, span: Span) -> Item:
    """An occurrence as an item of its own; what stands alone stays itself."""
    series = master.content
    if span.original is None or not isinstance(series, Appointment):
        return master
    return replace(
        master,
        content=Occurrence(series, span, master.changed),
        changed={},
        occurrence=span.original.toordinal(),
        item_class="IPM.Appointment.Occurrence"
        if span.kind == "Occurrence"
        else "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}",
    )


def _numbered(master: Item, number: int) -> Item:
    series = master.content
    if not isinstance(series, Appointment) or series.recurrence is None:
        raise EwsError("ErrorCalendarCannotUseIdForOccurrenceId", "The id is not of a recurring master.")
    for at, day in enumerate(series.days(), 1):
        if at == number:
            span = series.span(day)
            if span is None:
                raise EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence")
            return as_item(master, span)
    raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")


def view_of(mailbox: Mailbox, items: list[Item], view: Element, shape: Shape) -> Element:
    """The RootFolder of a CalendarView: what takes place in a time, each occurrence for itself, in order."""
    start, end = moment(view.get("StartDate", "")), moment(view.get("EndDate", ""))
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    if end - start > _TWO_YEARS:
        raise EwsError("ErrorCalendarViewRangeTooBig")
    found: list[tuple[Span, Item]] = []
    for item in items:
        if isinstance(item.content, Appointment):
            # what ends when the view begins is in it, as on Exchange; what begins when it ends is not
            spans = [span for span in item.content.spans(end) if span.end >= start and span.start < end]
            found += [(span, item) for span in spans]
    found.sort(key=lambda pair: (pair[0].start, pair[1].number))
    limit = view.get("MaxEntriesReturned")
    if limit is None and len(found) > _FIND_LIMIT:
        raise EwsError(
            "ErrorExceededFindCountLimit", "You have exceeded the maximum number of objects that can be returned."
        )
    page = found[: int(limit or _FIND_LIMIT)]
    return m(
        "RootFolder",
        t("Items", [show(mailbox, as_item(item, span), shape) for span, item in page]),
        TotalItemsInView=str(len(page)),
        IncludesLastItemInRange="true" if len(page) == len(found) else "false",
    )
