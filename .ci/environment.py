"""Builds .venv beside this folder: all packages by the hashes of requirements.lock, and keeptouch, editable.

The environment is built in .venv.tmp and renamed when it is whole, so .venv is either missing, old or good,
wherever the set-up was killed. A second set-up waits for the first. A stamp says what it was built from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FINAL = ROOT / ".venv"
FRESH = ROOT / ".venv.tmp"
OLD = ROOT / ".venv.old"
LOCKED = ROOT / "requirements.lock"
#: A change of any of these, or of the folder, makes a new environment.
SOURCES = (ROOT / "pyproject.toml", LOCKED, Path(__file__).resolve())
ATTEMPTS = 2


class SetupError(Exception):
    """What stopped the set-up, and what to do."""


def stamp() -> str:
    """What an environment built now would be built from."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for source in SOURCES:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def is_ready(expected: str) -> bool:
    """Is .venv built from `expected`, and does its Python, which an upgrade may remove, still run?"""
    try:
        if (FINAL / "keeptouch.stamp").read_text() != expected:
            return False
        return subprocess.run([FINAL / "bin" / "python", "-I", "-c", "import pip"], check=False).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """One set-up at a time; the kernel frees the lock of one that was killed."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pip_command(python: Path) -> list[str]:
    """pip for a new environment without one: a wheel on this machine, else this interpreter's pip."""
    folders = [Path("/usr/share/python-wheels")]
    if named := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.insert(0, Path(named))
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin:
        folders.insert(0, Path(ensurepip.origin).parent / "_bundled")
    for folder in folders:
        for wheel in sorted(folder.glob("pip-*.whl"), reverse=True):
            return [str(python), f"{wheel}/pip"]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--python", str(python)]
    raise SetupError(
        "there is no pip on this machine, and Python's ensurepip is missing.\n"
        "Install them (Debian, Ubuntu): sudo apt-get install python3-venv"
    )


def locked(package: str) -> str:
    """The lines of requirements.lock that pin one package."""
    match = re.search(rf"^{re.escape(package)}==.*(\n[ ].*)*", LOCKED.read_text(), re.MULTILINE)
    if match is None:
        raise SetupError(f"{LOCKED.name} does not pin {package}; write it anew with: make lock")
    return match[0] + "\n"


def add(extra: str) -> None:
    """Install what requirements.lock pins for one extra alone, where this machine can have it."""
    only = f"extra == '{extra}' and "
    names = re.findall(rf"^([\w.-]+)==.* ; {re.escape(only)}", LOCKED.read_text(), re.MULTILINE)
    if not names:
        raise SetupError(f"{LOCKED.name} pins nothing for the extra {extra}")
    python = FINAL / "bin" / "python"
    with tempfile.NamedTemporaryFile("w", suffix=".lock") as own:
        own.write("".join(map(locked, names)).replace(only, ""))
        own.flush()
        run_pip([str(python), "-m", "pip"], "--require-hashes", "--only-binary=:all:", "-r", own.name)


def run_pip(command: list[str], *words: str | Path) -> None:
    """`pip install`, whatever the user's own settings make it do elsewhere."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET")}
    env.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONNOUSERSITE="1")
    whole = [*command, "install", "-qq", "--progress-bar=off", "--no-compile", *map(str, words)]
    for left in reversed(range(ATTEMPTS)):
        done = subprocess.run(
            whole, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        sys.stderr.write(done.stderr)
        if done.returncode == 0:
            return
        # an index fails now and then; a wrong package stays wrong
        if left and "DO NOT MATCH THE HASHES" not in done.stderr:
            say("that did not work; trying again in 5 seconds")
            time.sleep(5)
        else:
            break
    raise SetupError("the packages could not be installed; pip's words are above.")


def move_scripts(folder: Path, final: Path) -> None:
    """Let what names the folder of a new environment name the one that it will lie in."""
    before, after = os.fsencode(folder), os.fsencode(final)
    for file in [folder / "pyvenv.cfg", *(folder / "bin").iterdir()]:
        if file.is_symlink() or not file.is_file():
            continue
        data = file.read_bytes()
        if before in data:
            file.write_bytes(data.replace(before, after))


def remove(folder: Path) -> None:
    """Remove a folder, or a link to one, that may not be there."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def build(expected: str) -> None:
    """Build the environment and put it in its place."""
    remove(FRESH)
    venv.EnvBuilder(symlinks=True, prompt="keeptouch").create(FRESH)
    python = FRESH / "bin" / "python"
    # the locked pip first: it takes half the time of Debian's for the rest
    own = FRESH / "pip.lock"
    own.write_text(locked("pip"))
    run_pip(pip_command(python), "--require-hashes", "-r", own)
    pip = [str(python), "-m", "pip"]
    run_pip(pip, "--require-hashes", "-r", LOCKED)
    run_pip(pip, "--no-deps", "--no-index", "--no-build-isolation", "--editable", ROOT)
    move_scripts(FRESH, FINAL)
    # on all cores, and also where the machine's settings let no program write its own: starts take half the time
    compiling: list[str | Path] = [python, "-m", "compileall", "-qq", "-j", "0", "-s", FRESH, "-p", FINAL]
    subprocess.run([*compiling, FRESH / "lib"], check=False)
    (FRESH / "keeptouch.stamp").write_text(expected)
    remove(OLD)
    if FINAL.exists():
        FINAL.rename(OLD)
    FRESH.rename(FINAL)
    remove(OLD)


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def main(extras: list[str]) -> int:
    """Exit 0 when .venv is ready, and has these extras."""
    expected = stamp()
    if is_ready(expected) and not extras:
        return 0
    try:
        with only_one():
            if not is_ready(expected):
                say("building .venv with the packages of requirements.lock; this takes up to a minute")
                start = time.monotonic()
                build(expected)
                say(f"ready after {time.monotonic() - start:.0f} seconds")
            for extra in extras:
                add(extra)
            return 0
    except SetupError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.strerror}: {error.filename}")
    except KeyboardInterrupt:
        say("stopped; run it again to go on")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
