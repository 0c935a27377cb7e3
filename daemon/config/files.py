"""The configuration's files: which one is read, and the drop-ins of accounts.d beside it."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.credentials import why_unreadable
from daemon.problems import Problem, refuse

DROP_INS = "accounts.d"
_SYSTEM = Path("/etc/keeptouch/config.toml")


@dataclass(frozen=True, slots=True)
class Source:
    """One file's content. `label` goes before its key paths: "" or "accounts.d/sales.toml: "."""

    label: str
    table: Mapping[str, object]


def find_config(argument: str | None, environ: Mapping[str, str]) -> Path:
    """--config, else $KEEPTOUCH_CONFIG, else ./config.toml, else /etc/keeptouch/config.toml; absolute.

    Raises ConfigError where none of the last two is there; a file that was named may still be missing.
    """
    named = argument or environ.get("KEEPTOUCH_CONFIG")
    if named:
        return Path(named).absolute()
    here = Path("config.toml").absolute()
    # it may be the home of the administrator who says sudo -u keeptouch, which the service may not look into
    with contextlib.suppress(PermissionError):
        if here.is_file():
            return here
    if _SYSTEM.is_file():
        return _SYSTEM
    raise refuse(
        "--config",
        f"no configuration was found: neither {here} nor {_SYSTEM} is there",
        "name one by --config or KEEPTOUCH_CONFIG; config.example.toml is a beginning",
    )


def read_sources(path: Path, problems: list[Problem]) -> list[Source]:
    """The file and its drop-ins in the order of their names; what can't be read is noted and left out."""
    folder = path.parent / DROP_INS
    files = [(path, "")]
    try:
        names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        problems.append(Problem(DROP_INS, f"{folder} {why_unreadable(error)}"))
        names = []
    files += [(folder / name, f"{DROP_INS}/{name}: ") for name in names if _is_drop_in(name)]
    tables = [(label, _read(file, label, problems)) for file, label in files]
    return [Source(label, table) for label, table in tables if table is not None]


def _is_drop_in(name: str) -> bool:
    return name.endswith(".toml") and not name.startswith(".")


def _read(path: Path, label: str, problems: list[Problem]) -> dict[str, object] | None:
    key = label.removesuffix(": ") or path.name
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problems.append(Problem(key, f"is not UTF-8 text (at line {line})", "save it again as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(key, f"is not valid TOML: {error}", _toml_hint(str(error))))
    except RecursionError:
        problems.append(Problem(key, "is nested too deeply"))
    except (OSError, ValueError) as error:
        problems.append(Problem(key, f"{path} {why_unreadable(error)}"))
    return None


def _toml_hint(problem: str) -> str:
    if "Invalid value" in problem:
        return 'text stands in quotes: name = "alice"'
    return ""
