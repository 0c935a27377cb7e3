"""Sections on paper and in colour: the same words, with or without a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from daemon.cli.output import write_line, write_table, write_text
from daemon.demo.sections import Section
from daemon.printable import printable


def write_plain(parts: Iterable[Section]) -> None:
    """For files and pipes, on stdout."""
    for number, part in enumerate(parts):
        if number:
            write_line("")
        write_text(part.title)
        write_line("-" * len(part.title))
        for text in (*part.intro, *part.commands):
            write_text(text)
        if part.rows:
            write_table(part.header, part.rows)
        for text in (*part.answer, *part.outro):
            write_text(text)


def write_rich(parts: Iterable[Section], console: Console) -> None:
    """For a terminal, or a console that records."""
    for part in parts:
        console.print()
        console.print(Text(printable(part.title), style="bold cyan"))
        for text in part.intro:
            console.print(Text(printable(text)))
        for text in part.commands:
            # a command must come out of the terminal in one piece
            console.print(Text(printable(text), style="green"), soft_wrap=True)
        if part.rows:
            console.print(_table(part))
        for text in (*part.answer, *part.outro):
            console.print(Text(printable(text)))
    console.print()


def _table(part: Section) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in part.header:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for row in part.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
