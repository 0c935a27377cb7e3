"""Answers are timed by the clock and in the working time of who owed them, and told of each person week by week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from connectors.api import Event, EventStatus, Meeting, Message, Moment, Purpose
from daemon.cli.signal_words import short
from daemon.reprocess import apply, is_due, reprocess
from daemon.ticking import tick
from matching.policy import Company
from matching.workdays import WorkingTime, WorkingTimes
from matching.workweeks import read_week
from store.questions.signal_facts import signals_of
from tests.unit.daemon.company_mail import NOON, House, company, mail
from tests.unit.daemon.company_meetings import Calendars, at

ALICE, BOB, ANN = "alice@acme.example", "bob@acme.example", "ann@client.example"
#: 12:00 UTC of Monday, where the mails begin, is half past three in Tehran, and eight in the evening in Ulaanbaatar.
TEHRAN = WorkingTime(zone="Asia/Tehran", week=read_week(["sat-wed 08:30-17:00"]))
ULAANBAATAR = WorkingTime(zone="Asia/Ulaanbaatar", week=read_week(["mon-fri 09:00-18:00"]))
HOUR = 60
OFFER = mail(ALICE, ANN, mid="offer@acme", subject="Offer")


def policy(times: WorkingTimes | None = None) -> Company:
    return replace(company(), times=times or WorkingTimes(TEHRAN, {BOB: ULAANBAATAR}))


class Office(Calendars):
    """The company with calendars, and working hours."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, policy(), url=url)

    def settle_all(self) -> None:
        tick(self.store, self.company, lambda: NOON + timedelta(days=30))


def away(uid: str, start: Moment, end: Moment, **more: Any) -> Meeting:
    """An absence in one's own calendar."""
    found = Event(uid=uid, start=start, end=end, is_away=True, **more)
    return Meeting(ref=f"{uid}.ics", uid=uid, events=(found,))


def answer(sender: str, to: str, mid: str, answers: str, minute: int) -> Message:
    return mail(sender, to, mid=mid, in_reply_to=(answers,), references=(answers,), minute=minute, subject="Re: Offer")


def read(house: House, *mails: Message) -> None:
    for each in mails:
        who = each.participants[0].email
        account = "bob" if who == BOB else "alice"
        purpose = Purpose.INBOX if who == ANN else Purpose.SENT
        house.read(account, purpose.value, [each], purpose)
    tick(house.store, house.company, lambda: NOON + timedelta(days=30))


def times(house: House) -> dict[str, tuple[int | None, int | None, str | None]]:
    """Mail -> (minutes by the clock, of working time, who of ours)."""
    rows = house.rows(
        "SELECT i.message_id, i.answer_seconds, i.answer_working_seconds, p.email FROM v1_interaction i"
        " LEFT JOIN v1_person p ON p.id = i.answer_person_id"
    )
    return {mid: (clock and clock // 60, work and work // 60, who) for mid, clock, work, who in rows}


MAILS = (
    OFFER,
    # Wednesday, nine in the morning in Tehran: an hour and a half, a day, half an hour
    answer(ANN, ALICE, "yes@client", "offer@acme", 41 * HOUR + 30),
    # Alice, an hour later; Bob, who comes in the next morning in Ulaanbaatar, after an hour
    answer(ALICE, ANN, "thanks@acme", "yes@client", 42 * HOUR + 30),
    answer(BOB, ANN, "bob@acme", "yes@client", 62 * HOUR),
    # on Alice's own mail
    answer(ALICE, ANN, "also@acme", "thanks@acme", 43 * HOUR),
)
ANSWERED = {
    "offer@acme": (None, None, None),
    "yes@client": (2490, 630, ALICE),
    "thanks@acme": (60, 60, ALICE),
    # Wednesday 13:30 to 18:00 in Ulaanbaatar, and the next day from nine to ten
    "bob@acme": (1230, 330, BOB),
    "also@acme": (30, None, None),
}


def test_who_owes_an_answer_has_working_hours_of_their_own(new_house: Callable[..., House]) -> None:
    house = new_house(policy())
    read(house, *MAILS)
    assert times(house) == ANSWERED
    assert house.rows("SELECT answer_seconds, answer_working_seconds FROM v1_signal WHERE kind = 'reply'") == [
        (2490 * 60, 630 * 60)
    ]
    medians = "their_answer_seconds, their_answer_working_seconds, our_answer_seconds, our_answer_working_seconds"
    assert house.rows(f"SELECT {medians} FROM v1_engagement") == [  # noqa: S608 - the words above
        (2490 * 60, 630 * 60, (60 + 1230) * 30, (60 + 330) * 30)
    ]


def test_each_person_has_a_row_for_each_week_and_direction(new_house: Callable[..., House]) -> None:
    house = new_house(policy())
    later = answer(ALICE, ANN, "more@acme", "yes@client", 46 * HOUR)
    last = answer(ALICE, ANN, "last@acme", "yes@client", 10 * 24 * HOUR)
    read(house, *MAILS, later, last)
    rows = house.rows(
        "SELECT r.week_starts_on, p.email, r.direction, r.answer_count, r.answer_seconds / 60,"
        " r.answer_working_seconds / 60 FROM v1_response r JOIN v1_person p ON p.id = r.person_id"
    )
    assert rows == [
        ("2026-03-02", ALICE, "inbound", 1, 2490, 630),
        # of two in the middle half their sum: 60 and 270 by the clock
        ("2026-03-02", ALICE, "outbound", 2, 165, 165),
        ("2026-03-02", BOB, "outbound", 1, 1230, 330),
        # eight hours of Wednesday, and five days
        ("2026-03-09", ALICE, "outbound", 1, 11910, 3030),
    ]


def test_other_hours_change_what_is_stored(new_house: Callable[..., House]) -> None:
    house = new_house(policy())
    assert not is_due(house.store, house.company)
    read(house, *MAILS)
    house.company = policy(WorkingTimes(replace(TEHRAN, zone="America/New_York")))
    assert is_due(house.store, house.company)
    apply(house.store, house.company, lambda: NOON)
    assert not is_due(house.store, house.company)
    tick(house.store, house.company, lambda: NOON + timedelta(days=30))
    fresh = new_house(house.company)
    read(fresh, *MAILS)
    assert times(house) == times(fresh) != ANSWERED
    for view in ("v1_signal", "v1_engagement", "v1_response"):
        everything = f"SELECT * FROM {view}"  # noqa: S608 - a name of ours
        assert house.rows(everything) == fresh.rows(everything)


def test_a_store_of_before_is_timed_anew(house: House) -> None:
    read(house, *MAILS)
    before = times(house)
    apply(house.store, house.company, lambda: NOON)
    house.execute("UPDATE interaction SET answer_working_seconds = NULL, answer_person_id = NULL")
    house.execute("UPDATE signal SET answer_working_seconds = NULL")
    house.execute("DELETE FROM meta WHERE name = 'policy_times'")
    assert is_due(house.store, house.company)
    apply(house.store, house.company, lambda: NOON)
    assert times(house) == before
    assert house.rows("SELECT count(*) FROM v1_signal WHERE answer_working_seconds IS NULL") == [(0,)]


def test_a_reply_is_told_with_both_times(new_house: Callable[..., House]) -> None:
    house = new_house(policy())
    read(house, *MAILS[:2])
    with house.store.read() as transaction:
        ids = [row[0] for row in house.rows("SELECT id FROM v1_interaction WHERE message_id = 'offer@acme'")]
        [found] = signals_of(transaction, ids)[ids[0]]
    assert short(found) == "answered after 1 d (10 h of work)"
    assert short(replace(found, answer_working_seconds=found.answer_seconds)) == "answered after 1 d"


def test_leave_is_no_working_time_whenever_it_is_told_and_no_more_when_it_is_taken_back(
    new_url: Callable[[str], str], tmp_path: Path
) -> None:
    """Bob is away on the Thursday before whose end he answers; and some other things that are no absence of his."""
    thursday = away("t", Moment(date(2026, 3, 5)), Moment(date(2026, 3, 6)))
    hours = away("h", at(4, 15, "Asia/Ulaanbaatar"), at(4, 16, "Asia/Ulaanbaatar"))
    others = [
        away("c", at(4, 13, "Asia/Ulaanbaatar"), at(4, 15, "Asia/Ulaanbaatar"), status=EventStatus.CANCELLED),
        replace(hours, ref="n.ics", uid="n", events=(replace(hours.events[0], uid="n", is_away=False),)),
    ]
    found = []
    for name in ("before", "after", "between"):
        with Office(tmp_path, new_url(name)) as office:
            if name == "before":
                office.plan("bob", thursday, hours, *others)
                office.settle_all()
            read(office, *MAILS[:3])
            if name == "between":
                office.plan("bob", hours, *others, derives=False)
            read(office, *MAILS[3:])
            if name != "before":
                office.plan("bob", thursday, hours, *others)
                office.settle_all()
            found.append(times(office))
            assert office.rows("SELECT verdict, count(*) FROM placement WHERE ref LIKE '%.ics' GROUP BY 1") == [
                ("skipped", 4)
            ]
            reprocess(office.store, office.company, lambda: NOON)
            office.settle_all()
            assert times(office) == found[-1]
            office.delete("bob", "t.ics", "h.ics")
            office.settle_all()
            assert times(office) == ANSWERED
    assert found[0] == found[1] == found[2]
    # without the hour of Wednesday and the one of Thursday
    assert found[0] == {**ANSWERED, "bob@acme": (1230, 330 - 60 - 60, BOB)}


def test_leave_that_comes_again_counts_each_time(tmp_path: Path) -> None:
    """Wednesdays, by the wall clock of the place; one of them is left out."""
    start, end = at(4, 9, "Asia/Ulaanbaatar", month=2), at(4, 18, "Asia/Ulaanbaatar", month=2)
    weekly = away("w", start, end, rules=("FREQ=WEEKLY",))
    with Office(tmp_path, f"sqlite:///{tmp_path}/weekly.db") as office:
        read(office, *MAILS)
        office.plan("bob", weekly)
        office.settle_all()
        # what is left of it is an hour of Thursday
        assert times(office)["bob@acme"] == (1230, 60, BOB)
        left_out = (at(4, 9, "Asia/Ulaanbaatar"),)
        office.plan("bob", replace(weekly, events=(replace(weekly.events[0], left_out=left_out),)))
        office.settle_all()
        assert times(office) == ANSWERED
