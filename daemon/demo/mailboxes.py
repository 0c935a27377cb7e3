"""Both mailboxes of the demo: every mail in every folder that it lies in. The same day gives the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from daemon.demo.company import REPS, Rep
from daemon.demo.exchanges import Exchange, exchanges
from daemon.demo.letter import Letter
from daemon.demo.odd import late_customer, odd_ones
from daemon.demo.planned import planned
from daemon.demo.surroundings import Sent, surroundings

_SEED = 2000
#: Read mail of conversations is moved away after so many days.
_FILED_AFTER = timedelta(days=30)
_ARCHIVED_AFTER = timedelta(days=120)
_REPS = {rep.account: rep for rep in REPS}


@dataclass(frozen=True, slots=True)
class Copy:
    """A mail in a folder."""

    account: str
    folder: str
    #: When the server took it in, aware UTC.
    received_at: datetime
    #: Flags of a Maildir, in the order of the alphabet.
    flags: str
    data: bytes
    #: None: a file that is no mail.
    letter: Letter | None


def copies(today: date) -> list[Copy]:
    """All mail up to the beginning of `today` (UTC), oldest first."""
    rng = random.Random(_SEED)
    end = datetime.combine(today, time(), UTC)
    placed = list(_placed(rng, end))
    made = [_copy(rng, each, end) for each in placed]
    broken = Copy("sara", "INBOX", end - timedelta(days=33), "S", b"", None)
    return sorted([*made, broken], key=lambda each: (each.received_at, each.account, each.folder))


def _placed(rng: random.Random, end: datetime) -> Iterator[Sent]:
    for each in exchanges(_SEED, end):
        yield from _in_folders(each, end)
    question, later = late_customer(rng, end)
    yield question
    yield from _in_folders(later, end)
    yield from odd_ones(rng, end)
    yield from surroundings(rng, end)
    yield from planned(end)


def _in_folders(each: Exchange, end: datetime) -> Iterator[Sent]:
    """The folders that a conversation's mails lie in."""
    for letter in each.letters:
        is_ours = letter.sender == each.rep.address
        yield Sent(each.rep.account, "Sent" if is_ours else _folder(each, letter, end), letter)
        if each.copied is not None:
            age = end - letter.sent_at
            yield Sent(each.copied.account, "Archive" if age > _ARCHIVED_AFTER else "INBOX", letter)


def _folder(each: Exchange, letter: Letter, end: datetime) -> str:
    age = end - letter.sent_at
    if each.client.is_filed and age > _FILED_AFTER:
        return each.rep.folder
    return "Archive" if age > _ARCHIVED_AFTER else "INBOX"


def _copy(rng: random.Random, sent: Sent, end: datetime) -> Copy:
    letter = sent.letter
    rep: Rep = _REPS[sent.account]
    is_own = sent.folder in ("Sent", "Drafts")
    took = timedelta(seconds=1 if is_own else rng.randrange(3, 90))
    received_at = (letter.sent_at + took).astimezone(UTC)
    data = letter.as_sent() if is_own else letter.as_received(rep.address, received_at)
    is_new = sent.folder == "INBOX" and end - letter.sent_at < timedelta(days=1)
    flags = "DS" if sent.folder == "Drafts" else "" if is_new else "S"
    return Copy(sent.account, sent.folder, received_at, flags, data, letter)
