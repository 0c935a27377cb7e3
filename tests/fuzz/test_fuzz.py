"""Any bytes to the pure parsers: made by chance everywhere, and led by what they reach where Atheris is installed."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutating import TARGETS, run

_ROOT = Path(__file__).resolve().parents[2]
#: Seconds that an input of a table or by chance never takes, however busy the machine is.
_PATIENCE = 120


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_what_was_found_once_are_sound(name: str) -> None:
    target = TARGETS[name]
    for raw in (*target.SEEDS, *target.FOUND.values()):
        target.check(raw)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 7))])
def test_mutants_are_sound(name: str, seed: int) -> None:
    """The same ones each time for a seed."""
    assert run(TARGETS[name], seconds=_PATIENCE, seed=seed, most=1_000 if seed == 1 else 10_000) >= 1_000


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seconds", [2, pytest.param(80, marks=pytest.mark.soak)])
def test_what_leads_to_new_places_is_sound(name: str, seconds: int, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("Atheris is not installed (make soak does, where it can be had); the mutants above need no more")
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(tmp_path)]
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, errors="replace", timeout=_PATIENCE + seconds, check=False
    )
    found = {path.name: path.read_bytes() for path in tmp_path.glob(f"{name}-*")}
    assert done.returncode == 0, f"{found}\n{done.stderr[-6_000:]}"
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs is not None, done.stderr[-2_000:]
    assert int(runs[1]) > 10 * seconds


def test_what_is_not_sound_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot fail is none."""
    monkeypatch.setattr("tests.fuzz.quotes.trim", lambda text: _Lost())
    with pytest.raises(AssertionError) as caught:
        run(TARGETS["quotes"], seconds=_PATIENCE, seed=1, most=10)
    assert "raised this of b" in caught.value.__notes__[0]


class _Lost:
    """A text in whose parts a word stands that nobody wrote."""

    new_text = own_text = signature = quoted = forwarded = "never-written"
