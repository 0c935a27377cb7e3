"""The wheel alone, with its locked dependencies, is the whole program."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PACKAGES = {"daemon", "store", "matching", "connectors"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
#: Modules that other programs run: Alembic, and pytest in the hands of a plug-in's author.
FOREIGN = {"store.migrations.env", "connectors.conformance", "connectors.calendar_conformance"}
IMPORT_ALL = f"""
import importlib, json, pkgutil
from importlib.metadata import packages_distributions
names = []
for package in {sorted(PACKAGES)}:
    module = importlib.import_module(package)
    names.append(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        if found.name not in {sorted(FOREIGN)} and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
        names.append(found.name)
owners = packages_distributions()
print(json.dumps({{"names": names, "owners": {{name: owners[name] for name in {sorted(PACKAGES)}}}}}))
"""


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Output of a command that must succeed."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked_files() -> list[str]:
    """Files that git knows or would add, as far as they are there."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from nothing but the files that git knows."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked_files():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    words = ["wheel", "-qq", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", "dist", "."]
    run(sys.executable, "-m", "pip", *words, cwd=source)
    (built,) = (source / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it asks for, from the index, by the lock's hashes."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", symlinks=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    command = [sys.executable, "-m", "pip", "--python", str(folder / "venv"), "install", "-qq", "--no-compile"]
    words = ["--require-hashes", "--only-binary=:all:", "-c", str(LOCK), f"{wheel.as_uri()}#sha256={digest}"]
    done = subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and "Could not fetch URL" in done.stderr and os.environ.get("CI") != "true":
        pytest.skip("the package index can't be reached from here")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_four_packages_and_nothing_else(wheel: Path) -> None:
    expected = {name for name in tracked_files() if name.partition("/")[0] in PACKAGES}
    names = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in names if name.startswith(f"keeptouch-{PROJECT['project']['version']}.dist-info/")}
    assert names - metadata == expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


@pytest.mark.slow
def test_every_module_can_be_imported_and_no_other_package_owns_their_names(installed: Path) -> None:
    found = json.loads(run(installed / "venv/bin/python", "-I", "-c", IMPORT_ALL, cwd=installed))
    here = {name.removesuffix(".py").replace("/", ".") for name in tracked_files() if name.endswith(".py")}
    expected = {name.removesuffix(".__init__") for name in here if name.partition(".")[0] in PACKAGES}
    assert set(found["names"]) == expected
    assert found["owners"] == {name: ["keeptouch"] for name in PACKAGES}


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "venv/bin/keeptouch", "demo", cwd=tmp_path)


@pytest.mark.slow
def test_every_connector_named_as_entry_point_is_there(installed: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "print(*sorted(p.name for p in entry_points(group='keeptouch.connectors') if p.load().Settings))"
    )
    names = run(installed / "venv/bin/python", "-I", "-c", code, cwd=installed).split()
    assert names == sorted(PROJECT["project"]["entry-points"]["keeptouch.connectors"])


def test_the_lock_pins_what_the_project_asks_for() -> None:
    pins = re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(), re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in pins}
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for name, extra in PROJECT["project"]["optional-dependencies"].items():
        # what "kerberos" brings is built where it is installed, with headers that few machines have
        asked += extra if name != "kerberos" else []
    requirements = {canonicalize_name(Requirement(text).name): Requirement(text) for text in asked}
    stale = [
        str(requirement)
        for name, requirement in requirements.items()
        if name not in pinned or pinned[name] not in requirement.specifier
    ]
    assert stale == [], "renew it with: make lock"


def test_the_lock_has_a_hash_for_every_package_and_names_no_place() -> None:
    text = LOCK.read_text()
    packages = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert len(packages) > 50
    assert all(re.match(r"[\w.-]+==\S+.*\\\n    --hash=sha256:", package) for package in packages)
    assert not re.search(r"https?:|file:|--index|--extra|--find-links|--trusted", text)
