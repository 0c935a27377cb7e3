"""The demo's folder: mail as Maildirs and a configuration that reads it. What is not the demo's is never touched."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from daemon.demo.company import DOMAIN, REPS
from daemon.demo.mailboxes import Copy, copies
from daemon.problems import refuse

#: Says that the folder is a demo's, and which.
MARKER = ".keeptouch-demo"
#: Counted up when the mail of the demo changes.
VERSION = 2
#: Older demos are made anew, so that their mail is of this year.
_LASTS = timedelta(days=30)
_STORE = ("keeptouch.db", "keeptouch.db-wal", "keeptouch.db-shm", "keeptouch.db.generation")
_MADE = ("config.toml", "identity.key", *_STORE, "mail")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that holds the demo."""

    folder: Path
    config: Path
    #: Its mail was there already, perhaps read by an earlier run.
    is_reused: bool
    made_on: date


def prepare(folder: Path, today: date) -> Place:
    """Make the demo in `folder`, or find the one that is there; raises ConfigError and OSError."""
    config = folder / "config.toml"
    made_on = _made_on(folder)
    is_whole = config.is_file() and (folder / "mail").is_dir()
    if made_on is not None and is_whole and timedelta() <= today - made_on <= _LASTS:
        return Place(folder, config, True, made_on)
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / MARKER
    # first the marker: what is half made is recognized and made anew
    marker.write_text(json.dumps({"version": VERSION, "made_on": None}) + "\n", "utf-8")
    for name in _MADE:
        _remove(folder / name)
    write_mail(folder / "mail", copies(today))
    config.write_text(configuration(), "utf-8")
    marker.write_text(json.dumps({"version": VERSION, "made_on": today.isoformat()}) + "\n", "utf-8")
    return Place(folder, config, False, today)


def _made_on(folder: Path) -> date | None:
    """When the finished demo in the folder was made; None where there is none. Raises ConfigError for other folders."""
    marker = folder / MARKER
    if not marker.is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise refuse("--folder", f"{folder} is there and no demo's", "name a new or an empty folder")
        return None
    try:
        written = json.loads(marker.read_text("utf-8"))
        return date.fromisoformat(written["made_on"]) if written["version"] == VERSION else None
    except (ValueError, KeyError, TypeError):
        return None


def _remove(path: Path) -> None:
    """A file, a link or a folder that an earlier demo made."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_mail(folder: Path, mail: Sequence[Copy]) -> None:
    """Each account's mail as a Maildir (Maildir++: a folder's name begins with a dot)."""
    for number, each in enumerate(mail):
        maildir = folder / each.account
        if each.folder != "INBOX":
            maildir /= f".{_file_name(each.folder)}"
        part = maildir / ("cur" if each.flags else "new")
        if not part.exists():
            for name in ("cur", "new", "tmp"):
                (maildir / name).mkdir(parents=True)
        seconds = int(each.received_at.timestamp())
        name = f"{seconds}.M{number}.{DOMAIN}" + (f":2,{each.flags}" if each.flags else "")
        path = part / name
        path.write_bytes(each.data)
        os.utime(path, (seconds, seconds))


def _file_name(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501, section 5.1.3), as mail servers name files."""

    def shifted(run: re.Match[str]) -> str:
        return f"&{base64.b64encode(run[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"

    return re.sub("[^ -~]+", shifted, folder.replace("&", "&-"))


def configuration() -> str:
    """The demo's config.toml."""
    lines = [
        "# The made-up company of `keeptouch demo`. Its mail lies in files; config.example.toml shows a mail server.",
        "[store]",
        'url = "sqlite:///keeptouch.db"',
        "",
        "[company]",
        f'domains = ["{DOMAIN}"]',
        f'timezone = "{REPS[0].time_zone}"',
        "",
        "[contacts]",
        'create = "corresponded"   # try "all" or "off", then: keeptouch sync',
    ]
    for rep in REPS:
        lines += [
            "",
            "[[people]]",
            f'email = "{rep.address.email}"',
            f'name = "{rep.address.name}"',
            f"aliases = {json.dumps(rep.aliases)}",
            f'timezone = "{rep.time_zone}"',
            f'language = "{rep.language}"',
        ]
    for rep in REPS:
        lines += [
            "",
            "[[accounts]]",
            f'name = "{rep.account}"',
            f'owner = "{rep.address.email}"',
            'kind = "local"',
            "[accounts.options]",
            f'path = "mail/{rep.account}"',
            'format = "maildir"',
        ]
    return "\n".join(lines) + "\n"
