"""A browser without a window, as a mail program shows a mail: it loads a page and what that asks for, and ends.

open_page("http://127.0.0.1:1/", folder, agent)   # the profile goes into the folder
Debian package: chromium.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.servers.process import ServerError, find

#: It is to ask for nothing but the page.
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


def open_page(url: str, folder: Path, agent: str, seconds: float = 60) -> str:
    """The page as it is shown in the end; `agent`: its User-Agent, since without a window it says that it has none.

    Raises MissingServer and ServerError.
    """
    words = [find("chromium"), *_QUIET, f"--user-data-dir={folder}", f"--user-agent={agent}", "--dump-dom", url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise ServerError("chromium: " + done.stderr[-800:])
    return done.stdout
