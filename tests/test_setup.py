"""The set-up of a checkout: whole or not at all, wherever it is stopped, in any folder, and only one at a time."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: A project small enough to be set up in seconds, by the same scripts.
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "keeptouch"
version = "1"
scripts = {keeptouch = "daemon:entry"}
[tool.setuptools]
packages = ["daemon"]
"""


def pinned(*packages: str) -> str:
    """The lines of requirements.lock for some packages."""
    lock = (ROOT / "requirements.lock").read_text()
    lines = []
    for package in packages:
        match = re.search(rf"^{package}==.*(\n .*)*", lock, re.MULTILINE)
        assert match is not None
        lines.append(match[0])
    return "\n".join(lines) + "\n"


def make_checkout(folder: Path) -> Path:
    """A checkout of the small project."""
    shutil.copytree(ROOT / ".ci", folder / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PROJECT)
    extra = pinned("iniconfig").replace(" \\", " ; extra == 'more' and python_version >= '3.11' \\", 1)
    (folder / "requirements.lock").write_text(pinned("pip", "setuptools") + extra)
    (folder / "daemon").mkdir()
    (folder / "daemon" / "__init__.py").write_text("def entry() -> None:\n    print('hello')\n")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout not set up, in a folder with a blank and letters beyond ASCII."""
    return make_checkout(tmp_path / "my پروژه")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that was set up; without the package index, which that needs, fail in CI and skip elsewhere."""
    folder = make_checkout(tmp_path_factory.mktemp("setup") / "my پروژه")
    with start(folder) as process:
        said = process.communicate()[1]
    if process.returncode and "Could not fetch URL" in said and os.environ.get("CI") != "true":
        pytest.skip("the package index can't be reached from here")
    assert (process.returncode, "ready after" in said) == (0, True), said
    return folder


def start(checkout: Path, *extras: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHON": sys.executable}
    command = [str(checkout / ".ci" / "setup"), *extras]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)


def set_up(checkout: Path, *extras: str) -> str:
    """Run the set-up to its good end; what it said."""
    with start(checkout, *extras) as process:
        said = process.communicate()[1]
    assert process.returncode == 0, said
    return said


def kill(checkout: Path, after: float) -> None:
    """Start a set-up and kill it with all its children, some seconds later."""
    with start(checkout) as process:
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)


def kill_at_work(checkout: Path) -> None:
    """Start a set-up and kill it while it builds an environment."""
    with start(checkout) as process:
        assert process.stderr is not None
        assert any("building .venv" in line for line in process.stderr)
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)


def greeting(checkout: Path) -> str:
    """What the installed command prints."""
    command = [checkout / ".venv" / "bin" / "keeptouch"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_a_second_set_up_has_nothing_to_do(ready: Path) -> None:
    assert greeting(ready) == "hello\n"
    assert set_up(ready) == ""


@pytest.mark.slow
def test_an_extra_is_there_only_where_it_was_asked_for(ready: Path) -> None:
    importing = [str(ready / ".venv" / "bin" / "python"), "-c", "import iniconfig"]
    assert subprocess.run(importing, capture_output=True, check=False).returncode == 1
    assert set_up(ready, "more") == ""
    assert subprocess.run(importing, capture_output=True, check=False).returncode == 0
    with start(ready, "unknown") as process:
        said = process.communicate()[1]
    assert (process.returncode, "pins nothing for the extra unknown" in said) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["pyproject.toml", "requirements.lock", ".ci/environment.py"])
def test_a_change_of_what_it_was_built_from_makes_a_new_one_and_the_old_stays_until_it_is_whole(
    ready: Path, source: str
) -> None:
    before = (ready / source).read_text()
    (ready / source).write_text(before + "\n# changed\n")
    kill_at_work(ready)
    assert greeting(ready) == "hello\n"
    (ready / source).write_text(before)
    assert set_up(ready) == ""


@pytest.mark.slow
def test_an_environment_that_was_moved_or_lost_its_python_is_built_anew(ready: Path) -> None:
    moved = ready.rename(ready.with_name("moved"))
    kill_at_work(moved)
    moved.rename(ready)
    python = ready / ".venv" / "bin" / "python"
    aside = python.rename(python.with_name("aside"))
    kill_at_work(ready)
    aside.rename(python)
    assert set_up(ready) == ""


@pytest.mark.slow
@pytest.mark.usefixtures("ready")
def test_after_a_kill_two_at_once_make_one_good_environment(checkout: Path) -> None:
    kill_at_work(checkout)
    assert not (checkout / ".venv").exists()
    with start(checkout) as one, start(checkout) as two:
        waited, built = sorted([one.communicate()[1], two.communicate()[1]], key=lambda said: "ready after" in said)
    assert (one.returncode, two.returncode) == (0, 0)
    assert "another set-up is at work" in waited
    assert "ready after" not in waited
    assert "ready after" in built
    assert not {".venv.tmp", ".venv.old"} & {path.name for path in checkout.iterdir()}
    assert greeting(checkout) == "hello\n"
    assert set_up(checkout) == ""


@pytest.mark.soak
@pytest.mark.usefixtures("ready")
def test_a_set_up_may_be_killed_at_any_moment(checkout: Path) -> None:
    rng = random.Random(1)
    for version in range(2, 22):
        (checkout / "pyproject.toml").write_text(PROJECT.replace('version = "1"', f'version = "{version}"'))
        kill(checkout, rng.uniform(0.0, 5.0))
        set_up(checkout)
        assert greeting(checkout) == "hello\n"


@pytest.mark.slow
@pytest.mark.usefixtures("ready")
def test_a_package_with_another_hash_is_refused_and_leaves_no_environment(checkout: Path) -> None:
    wrong = re.sub(r"sha256:\w{8}", "sha256:00000000", pinned("setuptools"))
    (checkout / "requirements.lock").write_text(pinned("pip") + wrong)
    with start(checkout) as process:
        said = process.communicate()[1]
    assert process.returncode == 1
    assert "DO NOT MATCH THE HASHES" in said
    assert "the packages could not be installed" in said
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        [shutil.which("sh") or "sh", ROOT / ".ci" / "setup"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in done.stderr
    assert "apt-get install python3" in done.stderr
