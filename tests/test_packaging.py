"""The wheel alone, with its locked dependencies, is the whole program; the Debian package brings both to its unit.

`make deb-test` installs, upgrades and removes the package on a new Debian.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from datetime import date
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from daemon.config import load

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
UNIT = (ROOT / "systemd" / "keeptouch.service").read_text("utf-8")
DEBIAN = ROOT / "systemd" / "debian"
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


@pytest.fixture(scope="module")
def package(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, laid open, with keeptouch but without what it depends on; DEBIAN/ has what dpkg asks."""
    if shutil.which("dpkg-deb") is None or not Path("/usr/bin/python3").exists():
        pytest.skip("a package is built on Debian alone")
    folder = tmp_path_factory.mktemp("deb")
    command = [
        sys.executable,
        str(ROOT / ".ci" / "deb.py"),
        "--bare",
        str(wheel),
        "--version",
        "9.9.9",
        "--into",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = Path(done.stdout.strip())
    assert built.parent == folder
    subprocess.run(["dpkg-deb", "--raw-extract", built, folder / "open"], check=True)
    return folder / "open"


@pytest.mark.slow
def test_the_package_is_whole_and_names_nothing_of_where_it_was_built(package: Path) -> None:
    fields = dict(line.split(": ", 1) for line in (package / "DEBIAN/control").read_text().splitlines() if ": " in line)
    assert fields["Package"] == "keeptouch"
    assert fields["Version"] == "9.9.9"
    depends = {each.split()[0] for each in fields["Depends"].split(", ")}
    assert depends == {Path("/usr/bin/python3").resolve().name, "systemd", "ca-certificates", "procps"}

    # the unit finds its program, and the program its interpreter
    command = re.findall(r"^ExecStart=(\S+)", UNIT, re.MULTILINE)[0]
    program = package / command.lstrip("/")
    assert program.read_text().splitlines()[0] == f"#!{Path(command).parent / 'python'}"
    assert (package / "usr/bin/keeptouch").readlink() == Path(command)
    python = program.parent / "python"
    assert python.resolve() == Path("/usr/bin/python3").resolve()
    assert f"command = {python.resolve()}" in (program.parent.parent / "pyvenv.cfg").read_text()

    # nothing is configuration to dpkg: the one file in /etc is made at the first installation, and then IT's own
    assert not (package / "etc").exists()
    assert not (package / "DEBIAN/conffiles").exists()
    for name, source in {
        "usr/lib/systemd/system/keeptouch.service": "systemd/keeptouch.service",
        "usr/lib/sysusers.d/keeptouch.conf": "systemd/sysusers.d/keeptouch.conf",
        "usr/lib/tmpfiles.d/keeptouch.conf": "systemd/tmpfiles.d/keeptouch.conf",
        "usr/share/keeptouch/config.toml": "systemd/debian/config.toml",
        "usr/share/keeptouch/config.example.toml": "config.example.toml",
        "usr/share/bash-completion/completions/keeptouch": "share/bash-completion/completions/keeptouch",
        "usr/share/doc/keeptouch/docs/install.md": "docs/install.md",
    }.items():
        assert (package / name).read_bytes() == (ROOT / source).read_bytes(), name
    page = gzip.decompress((package / "usr/share/man/man1/keeptouch.1.gz").read_bytes())
    assert page == (ROOT / "share/man/man1/keeptouch.1").read_bytes()

    # our packages alone, compiled, with the paths they are installed to
    modules = package / program.parent.parent.relative_to(package) / "lib" / python.resolve().name / "site-packages"
    assert {"connectors", "daemon", "matching", "store"} <= {path.name for path in modules.iterdir()}
    assert b"/opt/keeptouch/venv/lib" in next((modules / "store/__pycache__").glob("__init__.*.pyc")).read_bytes()
    here = [str(place).encode() for place in (ROOT, package.parent, Path.home() / ".")]
    files = [path for path in package.rglob("*") if path.is_file() and not path.is_symlink()]
    told = [path for path in files if any(place in path.read_bytes() for place in here if len(place) > len("/root"))]
    assert told == []
    assert [path for path in files if path.name == "direct_url.json"] == []
    assert [path for path in files if path.stat().st_mode & 0o022] == []
    sums = [line.split("  ", 1)[1] for line in (package / "DEBIAN/md5sums").read_text().splitlines()]
    assert set(sums) == {str(path.relative_to(package)) for path in files if path.parent.name != "DEBIAN"}


def test_the_scripts_of_the_package_are_those_of_a_shell() -> None:
    for name in ("postinst", "prerm", "postrm"):
        text = (DEBIAN / name).read_text("utf-8")
        assert text.startswith("#!/bin/sh\n"), name
        assert "\nset -e\n" in text, name
        assert subprocess.run(["sh", "-n", DEBIAN / name], capture_output=True, check=False).returncode == 0, name


def test_the_first_configuration_is_one_with_and_without_its_example_of_an_account(tmp_path: Path) -> None:
    text = (DEBIAN / "config.toml").read_text("utf-8")
    whole = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))
    assert tomllib.loads(text).keys() <= whole.keys()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "alice").write_text("a password\n", "utf-8")
    assert text.count("/var/lib/keeptouch/") == 3
    text = text.replace("/var/lib/keeptouch", str(tmp_path))
    head, mark, example = text.partition("# [[accounts]]")
    for expected, content in ([], text), (["alice"], head + (mark + example).replace("# ", "")):
        (tmp_path / "config.toml").write_text(content, "utf-8")
        config = load(tmp_path / "config.toml", environ={}, today=date(2026, 11, 22))
        assert [account.name for account in config.accounts] == expected
        assert config.store.url == f"sqlite:///{tmp_path}/keeptouch.db"
        assert config.metrics.enabled
