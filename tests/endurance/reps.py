"""Three kinds of people whose accounts are followed, and what they do all day: on the servers, and as we know it."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import ClassVar

from tests.crash.calendars import START, calendar, event
from tests.integration.exchange import ExchangeMailbox
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.mailboxes import letter
from tests.servers.calendars import CalendarUser
from tests.servers.ews import Attendee
from tests.servers.process import tail
from tests.servers.radicale import Radicale

#: With so many people they all have to do, with each on many accounts.
_CLIENTS = 50
_NUMBERS = count()
#: So far ahead meetings are history already: they begin within these hours.
_HOURS = 60 * 24


def client(number: int) -> str:
    """Whom the mail or meeting of this number is with."""
    return f"ann{number % _CLIENTS}@client.example"


@dataclass(slots=True)
class Truth:
    """What must be history at the end."""

    #: Message-IDs; what was deleted after it was seen stays history.
    mails: set[str] = field(default_factory=set)
    #: UID -> when it begins, of meetings that are in a calendar.
    meetings: dict[str, datetime] = field(default_factory=dict)
    #: UIDs of those that were taken out.
    removed: set[str] = field(default_factory=set)
    #: Message-IDs that the store holds already: what is deleted before anybody saw it was never there.
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Rep(ABC):
    """Somebody with an account called `name`, and all that they have done."""

    name: str
    chance: random.Random
    truth: Truth
    password: str
    kind: ClassVar[str]
    #: Message-ID -> folder of mails that may be moved or deleted; UID -> version of meetings.
    _mails: dict[str, str] = field(default_factory=dict)
    _meetings: dict[str, int] = field(default_factory=dict)
    _called_off: int = 0

    @property
    def address(self) -> str:
        return f"{self.name}@acme.example"

    @abstractmethod
    def act(self) -> None:
        """Do one thing of any kind."""

    @abstractmethod
    def begin(self) -> None:
        """Something is there before anybody reads the account."""

    @abstractmethod
    def change_password(self, password: str) -> None:
        """On the server: who is signed in stays so, but nobody else comes in with the old one."""

    @abstractmethod
    def refusals(self) -> int:
        """How often the server has refused the account's login."""


@dataclass(slots=True)
class MailRep(Rep):
    """Somebody with a mailbox."""

    @abstractmethod
    def deliver(self, folder: str, raw: bytes) -> None:
        """A mail lies in this folder of the server from now on."""

    @abstractmethod
    def move(self, message_id: str) -> None:
        """From the inbox to Archive."""

    @abstractmethod
    def remove(self, folder: str, message_id: str) -> None:
        """The mail is in this folder no more."""

    def begin(self) -> None:
        self.receive()

    def receive(self) -> None:
        """A mail comes, or one of ours is filed."""
        number = next(_NUMBERS)
        message_id = f"{number}@client.example"
        folder = self.chance.choice(("INBOX", "INBOX", "Sent", "Archive"))
        people = (client(number), self.address)
        if folder == "Sent":
            people = people[::-1]
        self.deliver(folder, letter(*people, mid=message_id, minute=number, subject=f"پیشنهاد {number}"))
        self._mails[message_id] = folder
        self.truth.mails.add(message_id)

    def tidy_up(self) -> None:
        """A mail is moved or deleted; where there is none that was seen, one comes."""
        known = [each for each, folder in self._mails.items() if folder == "INBOX" and each in self.truth.seen]
        if not known:
            self.receive()
            return
        chosen = self.chance.choice(known)
        if self.chance.random() < 0.5:
            self.move(chosen)
            self._mails[chosen] = "Archive"
        else:
            self.remove("INBOX", chosen)
            del self._mails[chosen]


@dataclass(slots=True)
class MeetingRep(Rep):
    """Somebody with a calendar."""

    @abstractmethod
    def arrange(self, number: int, begins: datetime, version: int) -> None:
        """The meeting "mNUMBER" is in the calendar, as this version of it."""

    @abstractmethod
    def call_off(self, uid: str) -> None:
        """It is no more."""

    def begin(self) -> None:
        self.plan()

    def plan(self) -> None:
        """A meeting is arranged, moved, or taken out of the calendar."""
        uid = self.chance.choice(["", *self._meetings])
        # that most of a calendar goes within days would not be believed
        is_much = 3 * (self._called_off + 1) > self._called_off + len(self._meetings)
        if uid and not is_much and self.chance.random() < 0.4:
            self._called_off += 1
            self.call_off(uid)
            del self._meetings[uid], self.truth.meetings[uid]
            self.truth.removed.add(uid)
            return
        number = int(uid[1:]) if uid else next(_NUMBERS)
        uid = f"m{number}"
        version = self._meetings[uid] = self._meetings.get(uid, -1) + 1
        begins = START + timedelta(hours=(number + version) % _HOURS)
        self.arrange(number, begins, version)
        self.truth.meetings[uid] = begins


@dataclass(slots=True)
class ImapRep(MailRep):
    """A mailbox on Dovecot."""

    box: ImapMailbox = field(kw_only=True)
    kind = "imap"

    def act(self) -> None:
        (self.receive if self.chance.random() < 0.7 else self.tidy_up)()

    def change_password(self, password: str) -> None:
        self.password = password
        self.box.server.add_user(self.box.login.name, password)

    def refusals(self) -> int:
        lines = tail(self.box.server.log, 10**8).splitlines()
        return sum("Password mismatch" in line and f"({self.box.login.name}," in line for line in lines)

    def deliver(self, folder: str, raw: bytes) -> None:
        self.box.deliver(folder, raw)

    def move(self, message_id: str) -> None:
        self.box.move("INBOX", message_id, "Archive")

    def remove(self, folder: str, message_id: str) -> None:
        self.box.remove(folder, message_id)


@dataclass(slots=True)
class CalendarRep(MeetingRep):
    """A calendar on Radicale."""

    server: Radicale = field(kw_only=True)
    user: CalendarUser = field(kw_only=True)
    kind = "caldav"

    def act(self) -> None:
        self.plan()

    def change_password(self, password: str) -> None:
        self.password = password
        self.user = replace(self.user, password=password)
        self.server.set_password(self.name, password)

    def refusals(self) -> int:
        lines = tail(self.server.log, 10**8).splitlines()
        return sum("Failed login attempt" in line and f"'{self.name}'" in line for line in lines)

    def arrange(self, number: int, begins: datetime, version: int) -> None:
        people = (f"ACCEPTED:{self.address}", f"ACCEPTED:{client(number)}")
        raw = calendar(event(number, begins, f"SEQUENCE:{version}", people=people, stamped=min(version, 59)))
        self.user.put("work", f"m{number}.ics", raw)

    def call_off(self, uid: str) -> None:
        self.user.remove("work", f"{uid}.ics")


@dataclass(slots=True)
class ExchangeRep(MailRep, MeetingRep):
    """A mailbox with a calendar on the double of Exchange."""

    box: ExchangeMailbox = field(kw_only=True)
    kind = "ews"

    def act(self) -> None:
        self.chance.choice((self.receive, self.receive, self.tidy_up, self.plan))()

    def change_password(self, password: str) -> None:
        self.password = password
        self.box.server.doorkeeper.accounts[self.address].password = password

    def refusals(self) -> int:
        return self.box.server.doorkeeper.refused[self.address]

    def deliver(self, folder: str, raw: bytes) -> None:
        self.box.deliver(folder, raw)

    def move(self, message_id: str) -> None:
        self.box.mailbox.move(self.box.mailbox.find("inbox", message_id), "Archive")

    def remove(self, folder: str, message_id: str) -> None:
        self.box.remove(folder, message_id)

    def arrange(self, number: int, begins: datetime, version: int) -> None:
        people = [Attendee(client(number), "Ann", "Accept")]
        self.box.mailbox.put_event("calendar", f"m{number}", begins, organizer=("", self.address), attendees=people)

    def call_off(self, uid: str) -> None:
        self.box.mailbox.remove(self.box.mailbox.event_id("calendar", uid))
