"""Notifications: Subscribe, GetStreamingEvents, GetEvents, Unsubscribe. ([MS-OXWSNTIF])"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from xml.etree.ElementTree import Element

from tests.servers.ews.context import Context, Handler, child
from tests.servers.ews.store import Event, Store
from tests.servers.ews.wire import EwsError, envelope, find, local, m, response, success, t, text_of, value
from tests.servers.scripted_http import CUT

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(slots=True)
class Subscription:
    """What one client wants to hear of one mailbox; `folders` is None for all."""

    id: str
    user: str
    mailbox: Store
    folders: set[int] | None
    types: set[str]
    is_pull: bool
    #: (number, time, event) as yet untold; of a pull subscription all since it began.
    events: list[tuple[int, datetime, Event]] = field(default_factory=list)

    def wants(self, event: Event) -> bool:
        """Is it told of this?"""
        return event.name in self.types and (
            self.folders is None or bool({event.folder, event.old_folder} & self.folders)
        )


class Streams:
    """All subscriptions of a server; what tests do with them stands first."""

    def __init__(self, ended: threading.Event) -> None:
        #: Seconds between signs of life in a stream.
        self.heartbeat = 30.0
        #: Seconds that a minute of ConnectionTimeout takes.
        self.minute = 60.0
        #: How many streams are open, and how many one user may have (HangingConnectionLimit).
        self.open = 0
        self.most = 3
        #: Who has them: one entry a stream.
        self.holders: list[str] = []
        #: A balancer stands before many servers: only one of them knows a subscription.
        self.is_balanced = True
        self.subscriptions: dict[str, Subscription] = {}
        self._ended = ended
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._closings = 0
        self._cuts = 0

    def close(self) -> None:
        """End all streams as a server does that has no more time for them: ConnectionStatus Closed."""
        with self._changed:
            self._closings += 1
            self._changed.notify_all()

    def cut(self) -> None:
        """Break all streams."""
        with self._changed:
            self._cuts += 1
            self._changed.notify_all()

    def lose(self) -> None:
        """Forget all subscriptions, and break their streams."""
        with self._changed:
            self.subscriptions.clear()
        self.cut()

    def wake(self) -> None:
        """Let streams look whether the server has ended."""
        with self._changed:
            self._changed.notify_all()

    def hear(self, mailbox: Store, event: Event) -> None:
        """Something has happened."""
        with self._changed:
            for one in self.subscriptions.values():
                if one.mailbox is mailbox and one.wants(event):
                    one.events.append((next(self._numbers), datetime.now(UTC), event))
            self._changed.notify_all()

    def subscribe(self, context: Context, request: Element) -> Element:
        """Of folders, or of the user's whole mailbox."""
        asked = request[0]
        kind = local(asked)
        if kind == "PushSubscriptionRequest":
            raise EwsError("ErrorInvalidRequest", "Push subscriptions are not known here.")
        targets = find(asked, "FolderIds")
        if targets is None:
            mailbox, folders = context.mailbox(None), None
        else:
            found = [context.folder(one) for one in targets]
            mailbox, folders = found[0][0], {folder.number for _, folder in found}
        types = {one.text or "" for one in child(asked, "EventTypes")}
        raw = b"\x01\x12\x00" + mailbox.guid.encode() + next(self._numbers).to_bytes(8, "big")
        made = Subscription(
            base64.b64encode(raw).decode(), context.address, mailbox, folders, types, kind[:4] == "Pull"
        )
        with self._changed:
            self.subscriptions[made.id] = made
        watermark = m("Watermark", text=_watermark(next(self._numbers))) if made.is_pull else None
        return success("Subscribe", m("SubscriptionId", text=made.id), watermark)

    def unsubscribe(self, context: Context, request: Element) -> Element:
        """[MS-OXWSNTIF] section 3.1.4.6."""
        with self._changed:
            known = self._known(context, text_of(request, "SubscriptionId") or "")
            del self.subscriptions[known.id]
            self._changed.notify_all()
        return success("Unsubscribe")

    def get_events(self, context: Context, request: Element) -> Element:
        """What a pull subscription was not told yet."""
        with self._changed:
            known = self._known(context, text_of(request, "SubscriptionId") or "")
            if not known.is_pull:
                raise EwsError("ErrorInvalidSubscription")
            given = text_of(request, "Watermark") or ""
            after = _number(given)
            events = [_event(known, *one, is_pull=True) for one in known.events if one[0] > after]
        events = events or [t("StatusEvent", t("Watermark", text=_watermark(next(self._numbers))))]
        told = (t("SubscriptionId", text=known.id), t("PreviousWatermark", text=given), value("MoreEvents", False))
        return success("GetEvents", m("Notification", told, events))

    def answer(self, context: Context, request: Element, *, is_at_home: bool = True) -> Iterator[bytes]:
        """The pieces of a stream: envelopes one after another, each a chunk of its own.

        `is_at_home`: the request came to the one of many servers that knows its subscription.
        """
        asked = [one.text or "" for one in child(request, "SubscriptionIds")]
        until = time.monotonic() + int(text_of(request, "ConnectionTimeout") or "1") * self.minute
        yield _HEAD
        with self._changed:
            is_known_here = is_at_home or not self.is_balanced
            missing = [one for one in asked if one not in self.subscriptions or not is_known_here]
            mine = [one for one in asked if one not in missing and self._is_mine(context, one)]
            begun = (self._closings, self._cuts)
        if len(mine) < len(asked):
            code = "ErrorSubscriptionNotFound" if missing else "ErrorSubscriptionAccessDenied"
            wrong = m("ErrorSubscriptionIds", [t("SubscriptionId", text=one) for one in asked if one not in mine])
            yield self._chunk(context, EwsError(code).message("GetStreamingEvents", wrong))
            yield b"0\r\n\r\n"
            return
        with self._changed:
            if self.holders.count(context.address) >= self.most:
                text = "You have exceeded the available concurrent connections for your account."
                yield self._chunk(context, EwsError("ErrorExceededConnectionCount", text).message("GetStreamingEvents"))
                yield b"0\r\n\r\n"
                return
            self.open += 1
            self.holders.append(context.address)
        try:
            yield self._chunk(context, success("GetStreamingEvents", m("ConnectionStatus", text="OK")))
            while True:
                told = self._wait(mine, until, begun)
                if self._cuts != begun[1] or self._ended.is_set():
                    yield CUT
                    return
                if told is None:
                    break
                yield self._chunk(context, success("GetStreamingEvents", m("Notifications", told)))
            yield self._chunk(context, success("GetStreamingEvents", m("ConnectionStatus", text="Closed")))
            yield b"0\r\n\r\n"
        finally:
            with self._changed:
                self.open -= 1
                self.holders.remove(context.address)

    def _wait(self, asked: list[str], until: float, begun: tuple[int, int]) -> list[Element] | None:
        """The next notifications, or signs of life; None where the stream is over."""
        beat = min(until, time.monotonic() + self.heartbeat)
        with self._changed:
            while True:
                known = [self.subscriptions[one] for one in asked if one in self.subscriptions]
                if (self._closings, self._cuts) != begun or self._ended.is_set() or not known:
                    return None
                told = [_notification(one) for one in known if one.events]
                if told:
                    return told
                left = beat - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
        if time.monotonic() >= until:
            return None
        return [m("Notification", t("SubscriptionId", text=one.id), value("MoreEvents", False), t("StatusEvent"))
                for one in known]  # fmt: skip

    def _is_mine(self, context: Context, subscription: str) -> bool:
        return self.subscriptions[subscription].user == context.address

    def _known(self, context: Context, subscription: str) -> Subscription:
        found = self.subscriptions.get(subscription)
        if found is None:
            raise EwsError("ErrorSubscriptionNotFound")
        if found.user != context.address:
            raise EwsError("ErrorSubscriptionAccessDenied", "Access to the subscription is denied.")
        return found

    def _chunk(self, context: Context, message: Element) -> bytes:
        document = envelope(response("GetStreamingEvents", [message]))
        context.server.check_answer(document)
        return b"%x\r\n%s\r\n" % (len(document), document)


def _notification(subscription: Subscription) -> Element:
    events, subscription.events = subscription.events, []
    told = (t("SubscriptionId", text=subscription.id), value("MoreEvents", False))
    return m("Notification", told, [_event(subscription, *one) for one in events])


def _event(subscription: Subscription, number: int, at: datetime, event: Event, *, is_pull: bool = False) -> Element:
    mailbox = subscription.mailbox

    def place(name: str, folder: int) -> Element:
        return t(name, Id=mailbox.folder_identifier(folder), ChangeKey="AQAAAA==")

    above = mailbox.folders[event.folder].parent if event.folder in mailbox.folders else event.folder
    parts: list[Element | None] = [t("Watermark", text=_watermark(number)) if is_pull else None, value("TimeStamp", at)]
    if event.item is None:
        parts += [place("FolderId", event.folder), place("ParentFolderId", above)]
    else:
        parts += [t("ItemId", Id=event.item, ChangeKey="CQAAAA=="), place("ParentFolderId", event.folder)]
    if event.name in {"MovedEvent", "CopiedEvent"} and event.old_folder is not None:
        old = t("OldItemId", Id=event.old_item, ChangeKey="CQAAAA==") if event.old_item else None
        parts.append(place("OldFolderId", event.folder) if old is None else old)
        parts.append(place("OldParentFolderId", event.old_folder))
    return t(event.name, parts)


def _watermark(number: int) -> str:
    return base64.b64encode(b"\x01\x00\x00\x00" + number.to_bytes(16, "big")).decode()


def _number(watermark: str) -> int:
    try:
        return int.from_bytes(base64.b64decode(watermark, validate=True)[4:], "big")
    except ValueError:
        raise EwsError(
            "ErrorInvalidWatermark", "The watermark used for creating this subscription was not found."
        ) from None


def _one(name: str) -> Handler:
    def handle(context: Context, request: Element) -> Element:
        return context.each([request], lambda asked: getattr(context.server.streams, name)(context, asked))

    return handle


HANDLERS: dict[str, Handler] = {
    "Subscribe": _one("subscribe"),
    "Unsubscribe": _one("unsubscribe"),
    "GetEvents": _one("get_events"),
}
