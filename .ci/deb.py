"""Builds dist/keeptouch_VERSION_ARCHITECTURE.deb: an environment in /opt, by the hashes of requirements.lock.

make deb                            # ARGS="--version 0.1.0+1" for another build of the same release

The environment is for the Python of this machine's Debian, so it is built on the release that it is installed on.
The same commit and lock make the same environment; nothing in the package names this machine's folders.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from environment import LOCKED, ROOT, SetupError, move_scripts, run_pip

#: Where the environment lies once it is installed; the unit's ExecStart= names it.
HOME = Path("/opt/keeptouch/venv")
DEBIAN = ROOT / "systemd" / "debian"
PACKAGES = ("connectors", "daemon", "matching", "store")
SCRIPTS = ("postinst", "prerm", "postrm")
#: Folder in the package -> what of the checkout lies in it.
SHARED = {
    "usr/lib/systemd/system": ["systemd/keeptouch.service"],
    "usr/lib/sysusers.d": ["systemd/sysusers.d/keeptouch.conf"],
    "usr/lib/tmpfiles.d": ["systemd/tmpfiles.d/keeptouch.conf"],
    "usr/share/bash-completion/completions": ["share/bash-completion/completions/keeptouch"],
    "usr/share/keeptouch": ["config.example.toml", "systemd/debian/config.toml"],
    "usr/share/keeptouch/monitoring": [
        "systemd/monitoring/keeptouch.grafana.json",
        "systemd/monitoring/keeptouch.rules.yml",
    ],
    "usr/share/doc/keeptouch": ["README.md", "CHANGELOG.md"],
    "usr/share/doc/keeptouch/systemd": ["systemd/README.md"],
}


def output(*command: str | Path) -> str:
    """What a command prints that must succeed."""
    return subprocess.run(list(map(str, command)), cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def make_wheel(folder: Path) -> Path:
    """keeptouch's own wheel, from the four packages alone, whatever an earlier build left in the checkout."""
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    words = ["wheel", "-qq", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    output(sys.executable, "-m", "pip", *words)
    (built,) = folder.glob("keeptouch-*.whl")
    return built


def environment(stage: Path, python: Path, built: Path, bare: bool) -> None:
    """The environment of this interpreter, with keeptouch and, unless it is to be bare, all that it asks for."""
    folder = stage / HOME.relative_to("/")
    output(python, "-m", "venv", "--without-pip", "--symlinks", folder)
    pip = [sys.executable, "-m", "pip", "--python", str(folder)]
    if bare:
        run_pip(pip, "--no-deps", "--no-index", built)
    else:
        digest = hashlib.sha256(built.read_bytes()).hexdigest()
        itself = f"keeptouch[postgresql] @ {built.as_uri()}#sha256={digest}"
        run_pip(pip, "--require-hashes", "--only-binary=:all:", "-c", LOCKED, itself)
    move_scripts(folder, HOME)
    # it names the folder of the build
    for origin in folder.glob("lib/python3*/site-packages/*.dist-info/direct_url.json"):
        origin.unlink()
        record = origin.with_name("RECORD")
        lines = record.read_text("utf-8").splitlines(keepends=True)
        record.write_text("".join(line for line in lines if "/direct_url.json," not in line), "utf-8")
    # nobody may write there later; by hashes of the sources, since their times are those of the commit
    output(folder / "bin" / "python", "-m", "compileall", "-qq", "-j", "0", "-s", stage, "-p", "/", folder / "lib")


def shared(stage: Path) -> None:
    """All but the environment."""
    for folder, names in SHARED.items():
        (stage / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(ROOT / name, stage / folder)
    documents = stage / "usr/share/doc/keeptouch"
    shutil.copytree(ROOT / "docs", documents / "docs")
    shutil.copy(ROOT / "LICENSE", documents / "copyright")
    page = stage / "usr/share/man/man1/keeptouch.1.gz"
    page.parent.mkdir(parents=True)
    page.write_bytes(gzip.compress((ROOT / "share/man/man1/keeptouch.1").read_bytes(), mtime=0))
    (stage / "usr/bin").mkdir()
    (stage / "usr/bin/keeptouch").symlink_to(HOME / "bin/keeptouch")


def control(stage: Path, version: str, python: Path) -> None:
    """What dpkg asks: fields, sums and scripts."""
    files = sorted(path for path in stage.rglob("*") if path.is_file() and not path.is_symlink())
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(stage)}\n"
        for path in files
    ]
    values = {
        "VERSION": version,
        "ARCHITECTURE": output("dpkg", "--print-architecture"),
        "SIZE": str(sum(path.stat().st_size for path in files) // 1024),
        # the very one, so that an upgrade of Debian leaves it there
        "PYTHON": python.name,
    }
    folder = stage / "DEBIAN"
    folder.mkdir()
    text = (DEBIAN / "control").read_text("utf-8")
    (folder / "control").write_text(re.sub(r"@(\w+)@", lambda match: values[match[1]], text), "utf-8")
    (folder / "md5sums").write_text("".join(sums), "utf-8")
    for name in SCRIPTS:
        shutil.copy(DEBIAN / name, folder)
        (folder / name).chmod(0o755)


def check(stage: Path) -> None:
    """Nothing may name the folders of this build."""
    names = [os.fsencode(stage), os.fsencode(ROOT)]
    for path in stage.rglob("*"):
        data = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        if any(name in data for name in names):
            raise SetupError(f"{path.relative_to(stage)} names a folder of this machine")


def build(version: str, target: Path, bare: Path | None) -> Path:
    """The package's path; `bare`: of this wheel, without what it depends on, and not compressed."""
    os.umask(0o022)
    system = Path("/usr/bin/python3")
    if not system.exists() or shutil.which("dpkg-deb") is None:
        raise SetupError(
            "the package is built on Debian or Ubuntu, with their Python: sudo apt-get install python3 dpkg"
        )
    python = system.resolve()
    os.environ.setdefault("SOURCE_DATE_EPOCH", output("git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name) / "stage"
        stage.mkdir()
        environment(stage, python, bare or make_wheel(Path(name)), bare is not None)
        shared(stage)
        check(stage)
        control(stage, version, python)
        target.mkdir(parents=True, exist_ok=True)
        output("dpkg-deb", "--root-owner-group", "-Znone" if bare else "-Zxz", "--build", stage, target)
        architecture = output("dpkg", "--print-architecture")
    return target / f"keeptouch_{version}_{architecture}.deb"


def main() -> int:
    """Prints the package's path."""
    released = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    parser = argparse.ArgumentParser(prog="deb", description="Build the Debian package.")
    parser.add_argument("--version", default=released, help="of the package; default: %(default)s")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", help="the folder for it; default: dist")
    parser.add_argument(
        "--bare", type=Path, metavar="WHEEL", help="this one without what it depends on: for tests of the rest"
    )
    words = parser.parse_args()
    try:
        print(build(words.version, words.into, words.bare))
    except SetupError as error:
        print(f"deb: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"deb: {' '.join(error.cmd)}\n{error.stderr}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
