"""Labelled calendars of third parties: how well they are read. With -s the scores are shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Meeting, Moment, instant_of, occurrences, parse_calendar, parse_invitations
from connectors.recurrence import expanded, parse_rule
from tests.unit.connectors.test_corpora import DEV, scored

pytestmark = pytest.mark.skipif(not DEV.is_dir(), reason="the labelled corpora are not beside this checkout")


def rows(task: str) -> tuple[Path, list[dict[str, Any]]]:
    expected = DEV / task / "expected.json"
    return expected, json.loads(expected.read_text("utf-8"))


def test_series_take_place_as_labelled(tmp_path: Path) -> None:
    expected, cases = rows("ics-expand")
    predictions = {}
    for case in cases:
        since, until = map(datetime.fromisoformat, case["window"])
        found = set()
        for meeting in parse_calendar((expected.parent / case["file"]).read_bytes(), ref="1", with_tasks=True):
            assert isinstance(meeting, Meeting)
            for each in occurrences(meeting, since, until, case["floating_tz"]):
                starts = each.starts
                if not isinstance(starts, datetime):
                    zone = each.event.start.zone if each.event.start else ""
                    midnight = Moment(datetime.combine(starts, datetime.min.time()), zone)
                    begins = instant_of(midnight, meeting, case["floating_tz"])
                    assert isinstance(begins, datetime)
                    starts = begins
                found.add(starts.isoformat())
        predictions[case["file"]] = {"starts": sorted(found)}
    scores = scored("score_ics.py", expected, predictions, tmp_path, "--task", "expand")
    print(scores)
    assert scores["exact"] == 1


def test_rules_give_the_labelled_times(tmp_path: Path) -> None:
    expected, cases = rows("rrule")
    predictions = {}
    for case in cases:
        form = "%Y%m%dT%H%M%S" if "T" in case["dtstart"] else "%Y%m%d"
        start = datetime.strptime(case["dtstart"].rstrip("Z"), form)  # noqa: DTZ007 - wall clock
        last = datetime(2300, 1, 1)  # noqa: DTZ001 - wall clock
        times = expanded(parse_rule(case["rrule"]), start, start, last, is_day=form == "%Y%m%d")
        some = islice(times, len(case["instances"]) + case["complete"])
        predictions[f"{case['rrule']}|{case['dtstart']}"] = [f"{each:{form}}" for each in some]
    scores = scored("score_ics.py", expected, predictions, tmp_path, "--task", "rrule")
    print(scores)
    assert scores["core"] == [1, 52]
    assert scores["contested"][0] >= 0.92


def test_scheduling_messages_say_what_is_labelled(tmp_path: Path) -> None:
    expected, cases = rows("itip")

    def told(moment: Moment | None, meeting: Meeting) -> str | None:
        if moment is None:
            return None
        when = instant_of(moment, meeting, "UTC")
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(when, datetime) else when.isoformat()

    predictions = {}
    for case in cases:
        raw = (expected.parent / case["file"]).read_bytes()
        found = parse_calendar(raw, ref="1") if case["kind"] == "ics" else parse_invitations(raw, ref="1")
        meetings = [each for each in found if isinstance(each, Meeting)]
        assert len(meetings) == len(found)
        predictions[case["file"]] = {
            "method": meetings[0].method,
            "events": [
                {
                    "uid": event.uid,
                    "sequence": event.sequence,
                    "summary": event.subject,
                    "status": event.status.name,
                    "organizer": event.organizer.email.lower() if event.organizer else None,
                    "start": told(event.start, meeting),
                    "end": told(event.end, meeting),
                    "recurrence_id": told(event.recurrence_id, meeting),
                    "attendees": [
                        {"email": each.email.lower(), "partstat": each.response.name.replace("_", "-")}
                        for each in event.attendees
                    ],
                }
                for meeting in meetings
                for event in meeting.events
            ],
        }
    scores = scored("score_ics.py", expected, predictions, tmp_path, "--task", "itip")
    print(scores)
    # four files hold several messages, of which the labels tell the first
    assert scores.pop("n_events")[0] >= 33 / 37 - 0.0001
    assert {field: share for field, (share, _cases) in scores.items() if share < 1} == {}
