"""A small company's meetings as records, in calendars and in mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.api import (
    Attendee,
    Auth,
    Deleted,
    Event,
    Meeting,
    Message,
    Moment,
    Page,
    Purpose,
    Response,
)
from connectors.api import Cursor as PageCursor
from daemon.derive import derive
from daemon.ingest import Ingest
from daemon.ticking import tick
from store.accounts import standings
from store.accounts.standings import Standing
from store.mails import removals
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, BOB, ANN = "alice@acme.example", "bob@acme.example", "ann@client.example"
TEHRAN = "Asia/Tehran"
_ANSWERS = {"?": Response.NEEDS_ACTION, "+": Response.ACCEPTED, "-": Response.DECLINED, "~": Response.TENTATIVE}


def at(day: int, hour: int = 10, zone: str = TEHRAN, month: int = 3) -> Moment:
    """In March 2026, as a clock on the wall there shows it."""
    return Moment(datetime(2026, month, day, hour, tzinfo=UTC).replace(tzinfo=None), zone)


def who(text: str) -> Attendee:
    """ "ann@client.example+": who, and the answer: + - ~ or ?"""
    answer = _ANSWERS.get(text[-1])
    return Attendee(email=text[:-1] if answer else text, response=answer or Response.NEEDS_ACTION)


def event(start: Moment, *people: str, uid: str = "m1", organizer: str = ALICE, hours: int = 1, **more: Any) -> Event:
    """An event of some hours; other keywords are fields of Event."""
    local = start.local
    length = timedelta(hours=hours) if isinstance(local, datetime) else timedelta(days=hours)
    fields: dict[str, Any] = {
        "uid": uid,
        "start": start,
        "end": Moment(local + length, start.zone),
        "stamped_at": NOON - timedelta(days=30),
        "subject": "Offer",
        "organizer": Attendee(email=organizer) if organizer else None,
        "attendees": tuple(who(each) for each in people),
    }
    return Event(**{**fields, **more})


def meeting(*events: Event, ref: str = "1.ics", method: str = "") -> Meeting:
    """The calendar object of these events."""
    return Meeting(ref=ref, uid=events[0].uid, method=method, events=events, size=500)


def answered(record: Meeting, address: str, answer: str, recurrence_id: Moment | None = None) -> Meeting:
    """The object as somebody's own calendar has it after an answer, to all or to one occurrence."""
    said = who(address + answer)
    events = []
    for each in record.events:
        people = tuple(said if a.email == address else a for a in each.attendees)
        changed = replace(each, attendees=people)
        if recurrence_id is None:
            events.append(changed)
            continue
        events.append(each)
        end = Moment(recurrence_id.local + timedelta(hours=1), recurrence_id.zone)
        events.append(replace(changed, recurrence_id=recurrence_id, start=recurrence_id, end=end, rules=()))
    return replace(record, events=tuple(events))


def invitation(sender: str, *to: str, minute: int, record: Meeting, auth: Auth = Auth.PASS, **more: Any) -> Message:
    """A mail that brings a calendar object."""
    return mail(sender, *to, minute=minute, mid=f"i{minute}@x", auth=auth, invitations=(record,), **more)


class Calendars(House):
    """Calendars of Alice and Bob beside their mail; time goes on where it is told to."""

    now: datetime = NOON

    def ingest(self, started_at: datetime = NOON) -> Ingest:
        return replace(super().ingest(started_at), clock=lambda: self.now)

    def derive(self) -> None:
        derive(self.store, self.company, lambda: self.now)

    def plan(self, account: str, *changes: Meeting | Deleted, calendar: str = "Calendar", derives: bool = True) -> None:
        """A page of a calendar."""
        self.folders[account][calendar] = Purpose.OTHER
        place, _cursor = self.place(account, calendar)
        ingest = self.ingest()
        page = Page(changes=changes, cursor=PageCursor("c"))
        ingest.page(place, Purpose.OTHER, ingest.drafting.prepared(page, Purpose.OTHER))
        if derives:
            self.derive()

    def delete(self, account: str, *refs: str, calendar: str = "Calendar") -> None:
        """They are gone from the calendar, and all of the account was read."""
        self.plan(account, *(Deleted(ref) for ref in refs), calendar=calendar, derives=False)
        self.settle(account)
        self.derive()

    def settle(self, account: str) -> None:
        """All of the account was read: what was told to be gone is gone."""
        with self.store.write() as transaction:
            removals.settle(transaction, self.accounts[account], self.now, is_accepted=True)

    def pass_time(self, *, is_heard: bool = True, **length: float) -> None:
        """Later; what time changes is written, with all accounts read before where `is_heard`."""
        self.now += timedelta(**length)
        if is_heard:
            self.hear()
        tick(self.store, self.company, lambda: self.now)

    def hear(self, *accounts: str) -> None:
        """These accounts, or all, have been read through just now."""
        with self.store.write() as transaction:
            for account_id in [self.accounts[each] for each in accounts] or self.accounts.values():
                fine = Standing(state="ok", state_since_at=NOON, last_success_at=self.now)
                standings.save(transaction, account_id, fine)

    def invite(self, account: str, *mails: Message, folder: str = "INBOX") -> None:
        """Mails that bring calendar objects."""
        self.read(account, folder, mails, Purpose.SENT if folder == "Sent" else Purpose.INBOX)

    def contract(self) -> dict[str, list[tuple[Any, ...]]]:
        """That of mail, and all of meetings."""
        found = super().contract()
        names = "id, kind, direction, occurred_at, subject, meeting_id, visibility"
        found["v1_interaction"] = self.rows(f"SELECT {names} FROM v1_interaction")  # noqa: S608 - the words above
        views = ("v1_meeting", "v1_attendee", "v1_signal", "v1_contact_meetings")
        return found | {view: self.rows(f"SELECT * FROM {view}") for view in views}  # noqa: S608 - the words above

    def meetings(self, columns: str = "starts_at, status, moved_count") -> list[tuple[Any, ...]]:
        """Of all meetings, in the order of time."""
        rows = self.rows(f"SELECT starts_at, starts_on, {columns} FROM v1_meeting")  # noqa: S608 - words of tests
        return [row[2:] for row in sorted(rows, key=lambda row: str(row[0] or row[1]))]
