"""Several processes read calendars into one PostgreSQL store at once: nothing is lost, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.api import EventStatus, Meeting, Message, Moment, Purpose
from tests.integration.racers import Server, race, read_alone, read_folder, read_shared_folder
from tests.integration.test_racing_postgresql import finished
from tests.unit.daemon.company_mail import mail
from tests.unit.daemon.company_meetings import ALICE, BOB, TEHRAN, answered, at, event, invitation, meeting

pytestmark = [pytest.mark.server, pytest.mark.slow]


def arranged(number: int, ref: str) -> Meeting:
    """Alice's: every third weekly with a moved and a cancelled occurrence; some have been, some are to come."""
    ann = f"ann{number % 5}@client.example+"
    people = (f"{ALICE}+", f"{BOB}?", ann, f"guest{number}@client.example+")
    first = at(1 + number % 28, month=2 + number % 2)
    named: dict[str, Any] = {"uid": f"u{number}", "subject": f"Offer {number}"}
    if number % 3:
        return meeting(event(first, *people, **named), ref=ref)
    series = event(first, *people, **named, rules=("FREQ=DAILY;INTERVAL=7;COUNT=5",))
    second, third = (Moment(first.local + timedelta(days), first.zone) for days in (7, 14))
    later = Moment(second.local + timedelta(days=1), first.zone)
    moved = replace(event(later, *people, **named), recurrence_id=second, sequence=1)
    gone = replace(event(third, *people, **named), recurrence_id=third, status=EventStatus.CANCELLED, sequence=1)
    return meeting(series, moved, gone, ref=ref)


def pages(items: Sequence[Message | Meeting], size: int) -> list[list[Message | Meeting]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def company_week(number: int, size: int) -> Server:
    """Both have the same meetings in their calendars, in other orders; the mail has what was asked and answered."""
    own = [arranged(n, f"a{n}.ics") for n in range(number)]
    refused = [answered(replace(each, ref=f"b{n}.ics"), BOB, "+-~"[n % 3]) for n, each in enumerate(own)]
    replies: list[Message] = []
    for n in range(0, number, 2):
        guest = f"guest{n}@client.example"
        record = event(at(1, zone=TEHRAN), f"{guest}~", uid=f"u{n}", sequence=1)
        replies.append(invitation(guest, ALICE, minute=n, record=meeting(record, method="REPLY")))
    asked = [
        invitation(
            f"ann{n % 5}@client.example",
            BOB,
            minute=1000 + n,
            record=meeting(
                event(at(20), f"{BOB}?", organizer=f"ann{n % 5}@client.example", uid=f"by-mail{n}"), method="REQUEST"
            ),
        )
        for n in range(0, number, 3)
    ]
    letters = [mail(f"guest{n}@client.example", BOB, minute=2000 + n, mid=f"l{n}@client") for n in range(number)]
    return {
        ("alice", "Calendar"): (Purpose.OTHER, pages(own, size)),
        ("bob", "Calendar"): (Purpose.OTHER, pages(refused[::-1], size)),
        ("alice", "INBOX"): (Purpose.INBOX, pages(replies * 2, size)),
        ("bob", "INBOX"): (Purpose.INBOX, pages([*asked, *letters], 2 * size)),
    }


@pytest.mark.parametrize("number", [20, pytest.param(1_200, marks=pytest.mark.soak)])
def test_calendars_and_mail_that_processes_read_at_once_make_the_same_meetings(
    tmp_path: Path, postgres_url: str, number: int
) -> None:
    server = company_week(number, 5 if number <= 60 else 40)
    # pages in step need as many of each
    length = max(len(found) for _purpose, found in server.values())
    even = {
        where: (purpose, [*found, *([found[-1]] * (length - len(found)))]) for where, (purpose, found) in server.items()
    }
    race(postgres_url, even, read_folder, list(even))
    _check(tmp_path, postgres_url, server, number)


@pytest.mark.parametrize("number", [20, pytest.param(1_200, marks=pytest.mark.soak)])
def test_processes_that_read_the_same_calendars_double_nothing(tmp_path: Path, postgres_url: str, number: int) -> None:
    server = company_week(number, 5 if number <= 60 else 40)
    race(postgres_url, server, read_shared_folder, [*server, *server])
    _check(tmp_path, postgres_url, server, number)


def _check(folder: Path, url: str, server: Server, number: int) -> None:
    with finished(folder, url, server) as house:
        weekly = len(range(0, number, 3))
        by_mail = weekly
        assert house.rows("SELECT count(*), count(DISTINCT id) FROM v1_meeting") == [
            (number + 4 * weekly + by_mail, number + 4 * weekly + by_mail)
        ]
        assert house.rows("SELECT count(*) FROM calendar_object") == [(2 * number,)]
        assert house.contract() == read_alone(folder, server)
