"""What a mail is to us, whom it makes a contact, and whether it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.api import Message, Participant, Purpose, Role
from matching.addresses import AddressRules, OwnAddresses
from matching.policy import (
    Assessment,
    Company,
    Create,
    Direction,
    Verdict,
    assess,
    bulk_reason,
    created_by,
    credible,
    decide,
    occurred_at,
)

RULES = AddressRules()
COMPANY = Company(OwnAddresses.of(["acme.example"], ["boss@private.example"], RULES), RULES, Create.CORRESPONDED)


def mail(*people: tuple[Role, str], **more: Any) -> Message:
    return Message(ref="1", participants=tuple(Participant(role, email) for role, email in people), **more)


def of(*people: tuple[Role, str], **more: Any) -> Assessment:
    return assess(mail(*people, **more), COMPANY)


@pytest.mark.parametrize(
    ("sender", "to", "direction"),
    [
        ("alice@acme.example", "ann@client.example", Direction.OUTBOUND),
        ("Alice@Sub.ACME.example", "ann@client.example", Direction.OUTBOUND),
        ("boss@private.example", "ann@client.example", Direction.OUTBOUND),
        ("ann@client.example", "alice@acme.example", Direction.INBOUND),
        ("alice@acme.example", "boss@private.example", Direction.INTERNAL),
        ("not an address", "alice@acme.example", Direction.INBOUND),
        ("alice@acme.example", "undisclosed-recipients:;", Direction.INTERNAL),
    ],
)
def test_direction_follows_author_and_recipients(sender: str, to: str, direction: Direction) -> None:
    assert of((Role.FROM, sender), (Role.TO, to)).direction is direction


def test_sender_stands_in_for_a_missing_from() -> None:
    assert of((Role.SENDER, "alice@acme.example"), (Role.TO, "ann@client.example")).direction is Direction.OUTBOUND


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"list_id": "dev.lists.example"}, "list"),
        ({"precedence": "bulk"}, "precedence"),
        ({"has_unsubscribe": True}, "unsubscribe"),
        ({"auto_submitted": "auto-generated"}, "automated"),
        ({"auto_submitted": "no"}, ""),
        ({"auto_submitted": "auto-replied", "precedence": "bulk"}, ""),
        ({"report_type": "delivery-status", "auto_submitted": "auto-generated"}, ""),
    ],
)
def test_bulk_is_told_by_headers_and_machine_answers_are_not_bulk(fields: dict[str, Any], reason: str) -> None:
    assert bulk_reason(mail(**fields)) == reason


@pytest.mark.parametrize(
    ("create", "people", "made"),
    [
        (Create.CORRESPONDED, [(Role.FROM, "alice@acme.example"), (Role.TO, "ann@c.example")], ["ann@c.example"]),
        (Create.OFF, [(Role.FROM, "alice@acme.example"), (Role.TO, "ann@c.example")], []),
        (Create.CORRESPONDED, [(Role.FROM, "ann@c.example"), (Role.TO, "alice@acme.example")], []),
        (Create.ALL, [(Role.FROM, "ann@c.example"), (Role.TO, "alice@acme.example")], ["ann@c.example"]),
        (Create.ALL, [(Role.FROM, "noreply@c.example"), (Role.TO, "alice@acme.example")], []),
        (Create.CORRESPONDED, [(Role.FROM, "alice@acme.example"), (Role.TO, "info@c.example")], []),
        (Create.CORRESPONDED, [(Role.FROM, "alice@acme.example"), (Role.REPLY_TO, "x@c.example")], []),
    ],
)
def test_who_becomes_a_contact(create: Create, people: list[tuple[Role, str]], made: list[str]) -> None:
    assessment = of(*people)
    assert [p.normal for p in created_by(assessment.parties, False, create)] == made


def test_mail_to_more_than_twenty_makes_no_contacts() -> None:
    people = [(Role.FROM, "alice@acme.example")] + [(Role.TO, f"p{i}@c.example") for i in range(20)]
    assert len(created_by(of(*people).parties, False, Create.CORRESPONDED)) == 20
    people.append((Role.CC, "one.more@c.example"))
    assert created_by(of(*people).parties, False, Create.CORRESPONDED) == ()
    assert created_by(of(*people[:5]).parties, True, Create.CORRESPONDED) == ()


@pytest.mark.parametrize(
    ("direction", "is_bulk", "purpose", "concerns", "is_copy", "expected"),
    [
        (Direction.INBOUND, False, Purpose.INBOX, True, False, (Verdict.STORED, "contact")),
        (Direction.INBOUND, False, Purpose.INBOX, False, False, (Verdict.SKIPPED, "no_contact")),
        (Direction.INBOUND, True, Purpose.INBOX, True, False, (Verdict.SKIPPED, "bulk")),
        (Direction.OUTBOUND, True, Purpose.SENT, True, False, (Verdict.STORED, "contact")),
        (Direction.INTERNAL, False, Purpose.INBOX, False, False, (Verdict.SKIPPED, "internal")),
        (Direction.INBOUND, True, Purpose.OTHER, True, True, (Verdict.STORED, "copy")),
        (Direction.INTERNAL, False, Purpose.INBOX, False, True, (Verdict.STORED, "copy")),
        (Direction.INBOUND, False, Purpose.JUNK, True, True, (Verdict.SKIPPED, "junk")),
        (Direction.INBOUND, False, Purpose.TRASH, True, False, (Verdict.SKIPPED, "trash")),
        (Direction.OUTBOUND, False, Purpose.DRAFTS, True, False, (Verdict.SKIPPED, "draft")),
    ],
)
def test_decisions(
    direction: Direction, is_bulk: bool, purpose: Purpose, concerns: bool, is_copy: bool, expected: tuple[Verdict, str]
) -> None:
    assert decide(direction, is_bulk, purpose, concerns_contact=concerns, is_copy=is_copy) == expected


ARRIVED = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "is_sent_copy", "believed"),
    [
        (0, False, True),
        (-7, False, True),
        (-7.01, False, False),
        (1, False, True),
        (1.01, False, False),
        (-700, True, True),
        (1.01, True, False),
    ],
)
def test_the_date_is_believed_near_the_arrival_and_in_our_sent_mail(
    days: float, is_sent_copy: bool, believed: bool
) -> None:
    sent = ARRIVED + timedelta(days=days)
    assert occurred_at(sent, ARRIVED, is_sent_copy=is_sent_copy) == (sent if believed else ARRIVED)


def test_one_time_alone_is_the_time() -> None:
    assert occurred_at(None, ARRIVED, is_sent_copy=False) == ARRIVED
    assert occurred_at(ARRIVED, None, is_sent_copy=False) == ARRIVED
    assert occurred_at(None, None, is_sent_copy=False) is None


@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_all_times_are_none_of_a_mail(end: datetime) -> None:
    assert occurred_at(end, ARRIVED, is_sent_copy=False) == ARRIVED
    assert occurred_at(ARRIVED, end, is_sent_copy=False) == end
    found = credible(mail(sent_at=end, received_at=ARRIVED, transported_at=end))
    assert (found.sent_at, found.received_at, found.transported_at) == (None, ARRIVED, None)
    early = mail(sent_at=datetime(1969, 12, 31, tzinfo=UTC))
    assert credible(early) is early
