"""A first import of a calendar derives what it has read while the next is read; later readings do so less often."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.local.connector import LocalSettings
from daemon import streams
from daemon.apart import Opening
from daemon.derive import derive
from daemon.plugins import installed
from daemon.report import Report
from daemon.worker import Worker
from tests.unit.daemon.company_mail import House

EVENT = (
    "BEGIN:VEVENT\nUID:{n}@x\nDTSTART:202603{day:02}T100000Z\nDTEND:202603{day:02}T110000Z\nSUMMARY:{title}\n"
    "ORGANIZER:mailto:alice@acme.example\nATTENDEE:mailto:ann@client.example\nEND:VEVENT\n"
)


def test_meetings_are_derived_while_more_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.local.ics._PAGE", 2)
    monkeypatch.setattr(streams, "MEETINGS", 4)
    monkeypatch.setattr(streams, "DERIVE_EVERY", 6)
    file = tmp_path / "work.ics"
    seen: list[int] = []
    derived_at: list[int] = []

    def counted(*given: object, **more: object) -> int:
        derived_at.append(sum(seen))
        return derive(*given, **more)  # type: ignore[arg-type]  # passes on what it is given

    def read(title: str) -> list[int]:
        events = "".join(EVENT.format(n=n, day=1 + n % 28, title=title) for n in range(9))
        file.write_text(f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n", encoding="utf-8")
        seen.clear()
        derived_at.clear()
        opening = Opening(installed().get("local"), LocalSettings(path=file, format="ics"), None)
        worker = Worker(house.ingest(), house.accounts["alice"], progress=lambda _name, count: seen.append(count))
        report = Report("alice")
        worker.turn(opening.open(), report)
        assert report.error is None
        return derived_at.copy()

    monkeypatch.setattr(streams, "derive", counted)
    with House(tmp_path) as house:
        assert read("جلسه") == [4, 8, 9]
        # each derivation looks at the contacts now
        assert read("уулзалт") == [6, 9]
