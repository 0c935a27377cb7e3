"""From calendars on real servers to the history of a contact: series, exceptions, two reps, and how far back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.api import Secret
from connectors.dav import CalDavConnector, CalDavSettings
from tests.conftest import require
from tests.integration.company import Account, Company, Raw, Rows
from tests.servers.calendars import CalendarUser
from tests.servers.cyrus import Cyrus
from tests.servers.radicale import Radicale
from tests.unit.daemon.company_mail import KEY

pytestmark = pytest.mark.server

ANN = "ann@client.example"
#: Whose calendars Cyrus delivers to.
DOMAIN = "example.org"
#: A Monday, three weeks from now.
START = (datetime.now(UTC) + timedelta(days=21 + 7 - datetime.now(UTC).weekday())).replace(
    hour=8, minute=0, second=0, microsecond=0
)


@pytest.fixture(scope="module")
def radicale() -> Iterator[Radicale]:
    yield from require(Radicale({"alice": "secret", "bob": "secret"}))


def stamp(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"


def meeting(*events: str) -> bytes:
    """A calendar object."""
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//keeptouch//tests//EN\n"
    return (head + "".join(events) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()


def vevent(start: datetime, *lines: str, uid: str = "series", answers: str = "+?") -> str:
    """An hour that Alice arranges with Bob and Ann; `answers` are theirs."""
    words = {"+": "ACCEPTED", "-": "DECLINED", "?": "NEEDS-ACTION"}
    bob, ann = (words[each] for each in answers)
    said = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{stamp(start)}",
        f"DTEND:{stamp(start + timedelta(hours=1))}",
        "SUMMARY:Offer",
        "ORGANIZER:mailto:alice@acme.example",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@acme.example",
        f"ATTENDEE;PARTSTAT={bob}:mailto:bob@acme.example",
        f"ATTENDEE;PARTSTAT={ann}:mailto:{ANN}",
        *lines,
        "END:VEVENT",
        "",
    ]
    return "\n".join(said)


def company_of(
    folder: Path, domain: str = "acme.example", since: str = "2026-01-01", url: str = "", **urls: str
) -> Company:
    """Accounts of kind caldav by their owners, in a store at `url`."""
    made = Company(folder, domains=(domain,), create="all", key=KEY, url=url)
    for name, url in urls.items():
        secret = made.folder / f"{name}.secret"
        secret.write_text("secret")
        secret.chmod(0o600)
        options = {"url": url, "username": name, "password_file": secret.name, "since": Raw(since)}
        made.accounts[name] = Account(name, f"{name}@{domain}", options, kind="caldav")
    made.write()
    return made


def occurrences(company: Company) -> Rows:
    return company.rows(
        "SELECT m.recurrence_id, m.starts_at, m.status, m.moved_count FROM v1_meeting m ORDER BY m.recurrence_id"
    )


def instant(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S.000000Z}"


def test_two_reps_and_a_customer_are_in_one_series(tmp_path: Path, radicale: Radicale) -> None:
    week = timedelta(days=7)
    moved, gone = START + week, START + 2 * week
    rule = "RRULE:FREQ=WEEKLY;COUNT=4"
    exceptions = (
        vevent(moved + timedelta(hours=3), f"RECURRENCE-ID:{stamp(moved)}", "SEQUENCE:1"),
        vevent(gone, f"RECURRENCE-ID:{stamp(gone)}", "STATUS:CANCELLED", "SEQUENCE:1"),
    )
    users = {name: CalendarUser(radicale.url, name, "secret", f"/{name}/") for name in ("alice", "bob")}
    for user in users.values():
        user.make("plans")
    users["alice"].put("plans", "a.ics", meeting(vevent(START, rule), *exceptions))
    # what Bob said of one occurrence stands in his own calendar alone
    refusal = vevent(START, f"RECURRENCE-ID:{stamp(START)}", answers="-?")
    users["bob"].put("plans", "b.ics", meeting(vevent(START, rule), refusal, *exceptions))
    company = company_of(tmp_path / "company", alice=radicale.url, bob=radicale.url)
    company.sync()
    assert occurrences(company) == [
        (f"{START:%Y-%m-%dT%H:%M:%SZ}", instant(START), "planned", 0),
        (f"{moved:%Y-%m-%dT%H:%M:%SZ}", instant(moved + timedelta(hours=3)), "planned", 1),
        (f"{gone:%Y-%m-%dT%H:%M:%SZ}", instant(gone), "cancelled", 0),
        (f"{START + 3 * week:%Y-%m-%dT%H:%M:%SZ}", instant(START + 3 * week), "planned", 0),
    ]
    answers = (
        "SELECT m.starts_at, a.response FROM v1_attendee a JOIN v1_meeting m ON m.id = a.meeting_id"
        " WHERE a.address = 'bob@acme.example' ORDER BY m.recurrence_id"
    )
    assert [response for _at, response in company.rows(answers)] == ["declined", "accepted", "accepted", "accepted"]
    before = company.contract()
    company.sync()
    assert company.contract() == before
    assert company.run("accounts", "audit").code == 0


def test_since_says_from_when_on_meetings_are_history(tmp_path: Path, radicale: Radicale) -> None:
    user = CalendarUser(radicale.url, "alice", "secret", "/alice/")
    user.make("past")
    old = datetime(2024, 3, 4, 9, tzinfo=UTC)
    user.put("past", "old.ics", meeting(vevent(old, "RRULE:FREQ=MONTHLY;COUNT=30", uid="old")))
    company = company_of(tmp_path / "company", alice=f"{radicale.url}alice/past/")
    options = company.accounts["alice"].options
    company.sync()
    found = "SELECT min(starts_at), count(*) FROM v1_meeting"
    assert company.rows(found) == [("2026-01-04T09:00:00.000000Z", 8)]
    options["since"] = Raw("2025-08-01")
    company.sync()
    assert company.rows(found) == [("2025-08-04T09:00:00.000000Z", 13)]


def test_what_a_server_delivers_to_an_attendee_meets_the_organizers_copy(tmp_path: Path, cyrus: Cyrus) -> None:
    users = {}
    for name in ("alice", "bob"):
        cyrus.add_user(name, "secret")
        users[name] = CalendarUser(cyrus.url, name, "secret", f"/dav/calendars/user/{name}/")
        assert refs(cyrus, name) == []
    company = company_of(tmp_path / "company", domain=DOMAIN, alice=cyrus.url, bob=cyrus.url)

    def arranged(start: datetime, *lines: str) -> None:
        raw = meeting(vevent(start, *lines, uid="one", answers="??"))
        users["alice"].put("Default", "m.ics", raw.replace(b"acme.example", DOMAIN.encode()))

    arranged(START)
    # the server has put it into Bob's calendar
    [ref] = refs(cyrus, "bob")
    company.sync()
    [(_rid, at, status, moves)] = occurrences(company)
    assert (at, status, moves) == (instant(START), "planned", 0)
    assert company.rows("SELECT count(DISTINCT account_id) FROM v1_interaction_person WHERE account_id <> ''") == [(2,)]
    assert answer_of(company, f"bob@{DOMAIN}") == "needs_action"
    file = ref.rpartition("/")[2]
    own = users["bob"].get("Default", file)
    assert own.count(b"PARTSTAT=NEEDS-ACTION") == 2
    head, mark, tail = own.partition(b"mailto:bob@")
    users["bob"].put("Default", file, head.replace(b"NEEDS-ACTION", b"ACCEPTED") + mark + tail)
    company.sync()
    assert answer_of(company, f"bob@{DOMAIN}") == "accepted"
    later = START + timedelta(days=1)
    arranged(later, "SEQUENCE:1")
    company.sync()
    [(_rid, at, status, moves)] = occurrences(company)
    assert (at, status, moves) == (instant(later), "planned", 1)
    users["alice"].remove("Default", "m.ics")
    company.sync()
    company.sync()
    [(_rid, _at, status, _moves)] = occurrences(company)
    assert status == "cancelled"


def refs(cyrus: Cyrus, name: str) -> list[str]:
    """What lies in the calendar of a user, whose first request makes it."""
    with CalDavConnector(CalDavSettings(url=cyrus.url, username=name), Secret("secret")) as connector:
        [calendar] = connector.streams()
        return list(connector.refs(calendar))


def answer_of(company: Company, address: str) -> str:
    [(said,)] = company.rows("SELECT response FROM v1_attendee WHERE address = ?", address)
    return str(said)
