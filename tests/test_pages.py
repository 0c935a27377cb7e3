"""The manual page and the completion of bash are those of this command line; users and folders are made as told."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from daemon.cli.main import parser
from tests.test_docs import commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = runpy.run_path(str(ROOT / ".ci" / "pages.py"))


@pytest.mark.later
def test_what_is_shipped_is_of_this_command_line() -> None:
    built = parser()
    assert PAGES["MAN"].read_text("utf-8") == PAGES["man_page"](built), "make pages"
    assert PAGES["COMPLETION"].read_text("utf-8") == PAGES["completion"](built), "make pages"


@pytest.mark.later
def test_the_manual_page_names_every_command_and_option() -> None:
    page = PAGES["MAN"].read_text("utf-8")
    whole, *sections = page.split("\n.SS keeptouch ")
    plain = [section.replace("\\-", "-") for section in sections]
    for command, options in commands(parser()):
        found = [section for section in plain if section.partition("\n")[0].startswith(command)]
        assert found, command
        for option in options:
            assert any(f"\\fB{option}\\fR" in each for each in (whole.replace("\\-", "-"), *found)), (
                f"{command} {option}"
            )
    if shutil.which("groff"):
        made = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", str(PAGES["MAN"])], capture_output=True, text=True, check=True
        )
        assert made.stderr == ""


def completed(*words: str) -> Sequence[str]:
    """What bash offers for the last of these words."""
    script = (
        f'source "{PAGES["COMPLETION"]}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _keeptouch;'
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    bash = shutil.which("bash")
    assert bash is not None
    made = subprocess.run(
        [bash, "-uc", script, "bash", "keeptouch", *words], capture_output=True, text=True, check=True
    )
    assert made.stderr == ""
    return made.stdout.split()


@pytest.mark.later
def test_bash_completes_commands_verbs_options_and_choices() -> None:
    assert completed("do") == ["doctor"]
    assert completed("doctor", "--f") == ["--fix"]
    assert completed("contacts", "im") == ["import"]
    assert completed("--config", "x.toml", "contacts", "import", "--dry") == ["--dry-run"]
    assert completed("--log-level", "de") == ["debug"]
    # names of files, which bash finds itself
    assert completed("--config", "") == []
    assert completed("doctor", "--config", "c") == []
    top = completed("")
    assert {command.split()[0] for command, _options in commands(parser())} <= set(top)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders to others")
@pytest.mark.slow
def test_users_and_folders_are_made(tmp_path: Path) -> None:
    programs = [shutil.which(f"systemd-{name}") for name in ("sysusers", "tmpfiles")]
    if None in programs:
        pytest.skip("systemd is not installed")
    (tmp_path / "etc").mkdir()
    for program, words in zip(programs, ([], ["--create"]), strict=True):
        kind = Path(str(program)).name.removeprefix("systemd-")
        file = ROOT / "systemd" / f"{kind}.d" / "keeptouch.conf"
        subprocess.run([str(program), f"--root={tmp_path}", *words, str(file)], check=True, capture_output=True)
    [user] = [line for line in (tmp_path / "etc" / "passwd").read_text().splitlines() if line.startswith("keeptouch:")]
    uid, gid, _name, home = user.split(":")[2:6]
    assert home == "/var/lib/keeptouch"
    for folder, mode, owner in (
        ("etc/keeptouch", 0o750, "0"),
        ("etc/keeptouch/secrets", 0o750, "0"),
        ("var/lib/keeptouch", 0o700, uid),
        ("var/backups/keeptouch", 0o700, uid),
    ):
        state = (tmp_path / folder).stat()
        assert (state.st_mode & 0o7777, str(state.st_uid), str(state.st_gid)) == (mode, owner, gid), folder
