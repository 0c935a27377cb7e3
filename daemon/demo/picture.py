"""The picture in README.md: what `keeptouch demo` shows on a terminal, as SVG. `python -m daemon.demo.picture FILE`"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import threading
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from daemon.cli.opening import session_of
from daemon.cli.sync import sync_all
from daemon.config import load
from daemon.demo.folder import prepare
from daemon.demo.outcome import outcome
from daemon.demo.rendering import write_rich
from daemon.demo.sections import Shown, sections

#: The day on which the demo of the picture is made.
DAY = date(2026, 11, 22)
_NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
_COLUMNS = 104
#: rich's own drawing without its fonts, which would come from the network.
_FORM = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>What keeptouch demo shows</title>
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_CLIPPED = re.compile(r' clip-path="[^"]*"')
#: Writing whose letters join: it must not be stretched to a width.
_JOINED = re.compile(r' textLength="[0-9.]+"(?=[^<>]*>[^<]*[\u0600-\u06ff])')


def draw(folder: Path) -> str:
    """Make the demo in an empty folder and draw what it shows; the same each time."""
    place = prepare(folder, DAY)
    config = load(place.config, environ=os.environ, today=DAY)
    with session_of(config, lambda: _NOON) as session:
        stop = threading.Event()
        reports, again = (sync_all(session, config.accounts, stop, lambda *_page: None) for _round in range(2))
        found = outcome(session, reports, again)
    console = Console(
        record=True,
        width=_COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
    )
    write_rich(sections(found, Shown("demo", DAY, is_reused=False)), console)
    drawn = console.export_svg(title="keeptouch demo", code_format=_FORM, unique_id="demo")
    return _CLIPPED.sub("", _JOINED.sub("", drawn))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        Path(sys.argv[1]).write_text(draw(Path(temporary) / "demo"), "utf-8")
