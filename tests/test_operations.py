"""docs/operations.md and what is shipped for monitoring name all that the service tells, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.alerts.conditions import KINDS
from daemon.doctor.examining import CHECKS
from daemon.health.looking import Looking
from daemon.health.serving import registry_of
from daemon.health.watched import Watched
from tests.unit.daemon.test_service import at_work

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """First word in a row of the last table under a heading of the manual -> the other cells."""
    found = re.split(rf"^#+ {re.escape(heading)}$", PAGE, maxsplit=1, flags=re.MULTILINE)
    part = re.split(r"^#+ ", found[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [
        re.split(r"(?<!\\)\|", line)[1:-1] for line in part.strip().split("\n\n")[-1].splitlines() if line[:3] == "| `"
    ]
    return {cells[0].strip().strip("`"): [cell.strip() for cell in cells[1:]] for cells in lines}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every metric and its labels, as far as it has samples in a service that has just begun."""
    with at_work(tmp_path_factory.mktemp("service"), "alice") as office:
        watched = Watched(office.service)
        registry, counting = registry_of(office.session, watched, Looking(office.session.store, patience=10))
        office.service.observe(counting)
        families = list(registry.collect())
        names = {
            f"{each.name}_total" if each.type == "counter" else each.name: {
                *getattr(each, "_labelnames", ()),
                *(label for sample in each.samples for label in sample.labels),
            }
            for each in families
        }
        counters = [each for each in vars(counting).values() if hasattr(each, "_labelnames")]
        return names | {
            (f"{each._name}_total" if each._type == "counter" else each._name): set(each._labelnames)
            for each in counters
        }


def test_every_metric_is_in_the_manual(told: dict[str, set[str]]) -> None:
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, (labels, _text) in rows("Metrics").items()}
    assert documented.keys() == told.keys()
    for name, labels in told.items():
        assert labels <= documented[name], name
        assert not labels or labels == documented[name], name


def test_every_check_of_the_doctor_is_in_the_manual() -> None:
    assert list(rows("Doctor")) == [check.name for check in CHECKS]


def test_every_kind_of_alert_is_in_the_manual() -> None:
    assert list(rows("Alerts")) == list(KINDS)


def questions() -> Iterator[tuple[str, str]]:
    """(what asks it, question) of all that is shipped for monitoring."""
    folder = ROOT / "systemd" / "monitoring"
    rules = (folder / "keeptouch.rules.yml").read_text("utf-8")
    asked = re.findall(r"- alert: (\w+)\n(?: +#.*\n)* +expr: (.*)\n", rules)
    assert len(asked) == rules.count("alert:") == len({name for name, _expr in asked})
    yield from asked
    board = json.loads((folder / "keeptouch.grafana.json").read_text("utf-8"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def test_what_is_shipped_for_monitoring_asks_for_what_there_is(told: dict[str, set[str]]) -> None:
    from_prometheus = {"job", "instance", "le"}
    used = set()
    for where, question in questions():
        names = re.findall(r"\b(?:keeptouch|process)_\w+", question)
        assert names or question.startswith("up{"), where
        for name in names:
            name = re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", name)
            assert name in told, f"{where}: {name}"
            used.add(name)
            picked = re.findall(rf"{name}(?:_bucket)?{{([^}}]*)}}", question)
            labels = {label for each in picked for label in re.findall(r"(\w+)(?:=|!)", each)}
            labels |= {label for each in re.findall(r"by \(([^)]*)\)", question) for label in each.split(", ")}
            assert labels <= told[name] | from_prometheus, f"{where}: {labels}"
    assert len(used) > 25
