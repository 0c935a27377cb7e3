"""A rule that is tried says what the running service would have done, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from daemon.ticking import tick
from daemon.trying import tried
from matching.followups import State
from store.engine import Store
from store.errors import StoreError
from tests.unit.daemon.company_mail import KEY
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.daemon.test_followups import BUSY, STORED
from tests.unit.matching.followups.language import Line, Scenario, read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK
from tests.unit.matching.followups.other_scenarios import QUIET
from tests.unit.matching.followups.relations import RULES

pytestmark = pytest.mark.later

#: A contact with a rhythm falls silent, and is written to late.
RHYTHM = NEW_YORK + "\n".join(
    f"2026-02-{day:02} 10:00 {who} Order thanks"
    for day, who in ((2, "ann > alice"), (5, "alice > ann"), (9, "ann > alice"), (12, "alice > ann"))
)
SCENARIOS = {
    "busy": BUSY,
    "rhythm": read(RHYTHM + "\n2026-03-20 09:00 alice > ann Spring\n2026-03-24 09:00 ann > alice Spring"),
    **{name: read(text) for place, (name, text) in enumerate({**STORED, **QUIET}.items()) if place % 20 == 11},
}
#: (rule, whose, when due and by what settled; its states)
Raised = tuple[str, list[tuple[datetime, str]]]
RAISED = """SELECT t.contact_id, t.rule, t.due_at, t.settled_how, t.settled_by, t.person_id, h.changed_at, h.state
    FROM task t JOIN task_history h ON h.task_id = t.id ORDER BY h.task_id, h.position"""


class Watched(Office):
    """Somebody looks whenever something happens or is due."""

    def go_to(self, at: datetime) -> None:
        """Time goes on until then."""
        while (found := self.rows("SELECT min(look_at) FROM task_look")[0][0]) is not None:
            look_at = datetime.fromisoformat(found)
            if look_at > at:
                break
            self.now = max(look_at, self.now + timedelta(microseconds=1))
            self.look()
        self.now = max(self.now, at)

    def look(self) -> None:
        """At what time brought."""
        self.hear()
        tick(self.store, self.company, lambda: self.now)

    def live(self, scenario: Scenario) -> datetime:
        """Go through all of it and two months more; returns when it began."""
        mails, began_at = Mails(scenario), self.now
        events: list[tuple[datetime, Line | None]] = []
        for line in scenario.lines:
            if line.verb == "meet":
                minutes = next(int(each) for each in line.words if each.isdigit())
                events += [(line.at - timedelta(days=7), line), (line.at + timedelta(minutes=minutes), None)]
            elif line.verb in (">", "away", "lost"):
                events.append((line.at, line))
        for at, happened in sorted(events, key=lambda each: each[0]):
            self.go_to(at)
            if happened is not None:
                self.take(happened, mails)
            self.look()
        self.go_to(self.now + timedelta(days=60))
        self.look()
        return began_at

    def raised(self) -> list[Raised]:
        """What was open at any time, with when it was and when it was done."""
        found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for contact_id, rule, due_at, how, by, person_id, at, state in self.rows(RAISED):
            found.setdefault((contact_id, rule, due_at, how, by, person_id), []).append((at, state))
        return sorted(
            (repr(key), [(datetime.fromisoformat(at), state) for at, state in steps])
            for key, steps in found.items()
            if steps[0][1] == State.OPEN
        )

    def replayed(self, since: datetime) -> list[Raised]:
        """The same as rules that are tried say it."""
        found: list[Raised] = []
        for rule in RULES:
            for each in tried(self.store, self.company, rule, since, self.now):
                due, settled, steps = each.found.task.due, each.found.task.settled, each.found.steps
                if steps[-1].state is None:
                    continue
                at = None if due.is_suggested else f"{due.due_at:%Y-%m-%dT%H:%M:%S.%fZ}"
                how = settled.how.value if settled else None
                key = (each.contact_id, due.rule, at, how, settled.by if settled else None, due.person_id)
                found.append((repr(key), [(step.at, step.state.value) for step in steps if step.state]))
        return sorted(found)


def test_on_both_databases(new_url: Callable[[str], str], tmp_path: Path) -> None:
    scenario = SCENARIOS["rhythm"]
    with Watched(tmp_path, scenario, url=new_url("trying")) as office:
        began_at = office.live(scenario)
        raised = office.raised()
        assert office.replayed(began_at) == raised
        assert any("gone_quiet" in str(each) for each in raised)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "busy" else n for n in SCENARIOS if n != "rhythm"]
)
def test_what_is_tried_is_what_the_service_does(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    with Watched(tmp_path, scenario) as office:
        began_at = office.live(scenario)
        raised = office.raised()
        assert office.replayed(began_at) == raised
        assert name != "busy" or len(raised) > 4


def test_nothing_is_written_and_nothing_could_be(tmp_path: Path) -> None:
    with Watched(tmp_path, BUSY) as office:
        office.run(BUSY)
        began_at = office.now - timedelta(days=30)
    path = tmp_path / "store.db"
    before = path.read_bytes()
    reading = Store.open(f"sqlite:///{path}", key_text=KEY, key_file=tmp_path / "unused", may_write=False)
    with reading as store:
        assert len(list(tried(store, office.company, "no_reply", began_at, office.now + timedelta(days=9)))) == 2
        with pytest.raises(StoreError, match="opened for reading"), store.write():
            pass
        with pytest.raises(OperationalError, match="readonly"), store.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM task")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("store.db-")] == []
