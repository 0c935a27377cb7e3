"""The floors and the house rules hold, and what breaks them is caught."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("daemon", "store", "matching", "connectors")
#: The command has no `-m` form.
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A copy of what the contracts are about."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


#: (package, forbidden import, the contract that it breaks)
AGAINST = (
    ("connectors", "store", "imports run downward only"),
    ("matching", "daemon", "imports run downward only"),
    ("store", "connectors.records", "the connectors are entered by connectors.api and found by entry point"),
    ("daemon", "imapclient", "the connectors are entered by connectors.api and found by entry point"),
    ("daemon", "sqlalchemy", "SQL lives in store"),
    ("connectors", "exchangelib", "exchangelib is known to connectors.ews alone"),
    ("matching", "starlette", "the web server is known to daemon.tracking, and to daemon.health, alone"),
    ("store", "aiosmtpd", "the SMTP server is known to daemon.relay alone"),
)


@pytest.mark.slow
def test_imports_run_downward_and_those_against_the_floors_are_caught(packages: Path) -> None:
    done = run(packages, "-c", LINT_IMPORTS)
    assert done.returncode == 0, done.stdout
    for number, (package, forbidden, _contract) in enumerate(AGAINST):
        (packages / package / f"planted{number}.py").write_text(f"import {forbidden}\n")
    done = run(packages, "-c", LINT_IMPORTS)
    assert done.returncode == 1
    assert done.stdout.count(" BROKEN") == len({contract for _package, _forbidden, contract in AGAINST})
    for number, (package, forbidden, contract) in enumerate(AGAINST):
        # the part of the answer that is headed by the contract's name
        told = done.stdout.partition(f"\n{contract}\n-")[2].partition("\n---")[0]
        assert f"{package}.planted{number} -> {forbidden}" in told, (contract, done.stdout)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_of_a_floor_is_on_its_map_and_nothing_else(package: str) -> None:
    source = (ROOT / package / "__init__.py").read_text("utf-8")
    # a line has the names behind what they are about, or goes on with names
    lines = re.findall(r"^ {4}(?:\S+(?: \S+)*)? {2,}(\S.*)$", source, flags=re.MULTILINE)
    named = Counter(name for line in lines for name in line.split())
    there = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert (there - named.keys(), named.keys() - there) == (set(), set())
    assert max(named.values()) == 1, named.most_common(1)


def load_house_rules() -> ModuleType:
    """The script of that name, which lies in no package."""
    spec = importlib.util.spec_from_file_location("house_rules", ROOT / ".ci" / "house_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOUSE_RULES = load_house_rules()


def test_files_over_400_lines_are_caught_among_those_that_git_knows_or_would_add(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name, lines in {"long.py": 401, "fine.py": 400, "Makefile": 401, "build.py": 401, "list.txt": 401}.items():
        (tmp_path / name).write_text("#\n" * lines)
    (tmp_path / ".gitignore").write_text("build.py\n")
    subprocess.run(["git", "add", "Makefile"], cwd=tmp_path, check=True)
    done = run(tmp_path, ROOT / ".ci" / "house_rules.py")
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            "Makefile:401: 401 lines; a file of more than 400 needs splitting",
            "long.py:401: 401 lines; a file of more than 400 needs splitting",
        ],
    )
    (tmp_path / "Makefile").unlink()
    (tmp_path / "long.py").unlink()
    assert run(tmp_path, ROOT / ".ci" / "house_rules.py").returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # type: ignore",
        "x = 1  # type: ignore[assignment]",
        "x = 1  # noqa: E501",
        "x = 1  # type:ignore  # because",
        "# ruff: noqa",
        "pytest.skip()",
        "pytest.skip('')",
        "pytest.xfail(reason='')",
        "mark = pytest.mark.skip",
        "mark = pytest.mark.skipif(True)",
        "mark = pytest.mark.xfail(strict=True)",
        "module = pytest.importorskip('psycopg')",
        "raise SkipTest",
        "skip()",
    ],
)
def test_putting_a_check_off_without_a_reason_is_caught(tmp_path: Path, line: str) -> None:
    imports = "import pytest\nfrom unittest import SkipTest\nfrom pytest import skip\n"
    (tmp_path / "planted.py").write_text(imports + line + "\n")
    assert [number for number, _ in HOUSE_RULES.problems(tmp_path / "planted.py")] == [4]


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # type: ignore[assignment]  # the library's stub is wrong",
        "x = 1  # noqa: E501  # a literal of the standard",
        "x = 1  # noqa: E501 - a literal of the standard",
        "text = '# type: ignore'",
        "pytest.skip('no labelled mail here')",
        "pytest.skip(f'{x} is missing')",
        "mark = pytest.mark.skipif(True, reason='Linux only')",
        "mark = pytest.mark.xfail(reason='until caldav 4')",
        "module = pytest.importorskip('psycopg', reason='an extra')",
        "raise SkipTest('needs a terminal')",
        "itertools.skip(1)",
    ],
)
def test_a_reason_on_the_line_is_enough(tmp_path: Path, line: str) -> None:
    imports = "import pytest\nfrom unittest import SkipTest\n"
    (tmp_path / "planted.py").write_text(imports + line + "\n")
    assert list(HOUSE_RULES.problems(tmp_path / "planted.py")) == []


def test_a_circle_of_imports_is_caught_also_where_only_types_need_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "house").mkdir()
    for name, source in {
        "__init__": "",
        "roof": "from house import walls\nfrom house.walls import brick\n",
        "walls": "def brick():\n    import house.floor\n",
        "floor": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.roof import Roof\n",
    }.items():
        (tmp_path / "house" / f"{name}.py").write_text(source)
    done = run(tmp_path, ROOT / ".ci" / "house_rules.py")
    assert done.returncode == 1
    assert "a circle of imports: " in done.stdout
    assert {"house.roof", "house.walls", "house.floor"} <= set(done.stdout.split())
    (tmp_path / "house" / "floor.py").write_text("")
    assert run(tmp_path, ROOT / ".ci" / "house_rules.py").stdout == ""
