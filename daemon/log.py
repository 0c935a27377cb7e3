"""The log: one event a line on stderr, for people on a terminal, as JSON elsewhere.

Times are UTC. Secrets are masked by their type, control characters are escaped, and a traceback never shows the
values of variables. What other libraries log comes out the same way, from warnings on: their debugging output would
show what goes over the wire.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from connectors.api import Secret
from daemon.printable import printable

LEVELS = ("debug", "info", "warning", "error")
MASK = "***"


def configure(json: bool | None = None, level: str | None = None, *, stream: TextIO | None = None) -> None:
    """Set the process's log up. None: JSON and "info" unless the stream is a terminal, there text and "warning".

    `level` is one of LEVELS.
    """
    stream = stream or cast(TextIO, _Stderr())
    on_terminal = stream.isatty()
    number = getattr(logging, (level or ("warning" if on_terminal else "info")).upper())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [mask, *_renderers(not on_terminal if json is None else json)]
    structlog.configure(
        processors=[*before, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(before, last, max(number, logging.WARNING), stream)


class _Stderr(io.TextIOBase):
    """Whatever stderr is at the moment: who replaces it for a while sees the log there."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def _renderers(json: bool) -> list[Processor]:
    if json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=_shown)]
    return [
        structlog.processors.format_exc_info,
        escape,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]


def _configure_libraries(before: list[Processor], last: list[Processor], level: int, stream: TextIO) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """A processor: secrets, also inside containers, become ***."""
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, list | set | frozenset):
        return [_masked(each) for each in value]
    if isinstance(value, tuple):
        return tuple(_masked(each) for each in value)
    return value


def escape(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """A processor for terminals: no text can move the cursor or, but for tracebacks, begin a line of its own."""
    return {key: _escaped(key, value) if isinstance(value, str) else value for key, value in event.items()}


def _escaped(key: str, text: str) -> str:
    lines = text.split("\n") if key == "exception" else [text]
    return "\n".join(map(printable, lines))


def _shown(value: object) -> str:
    return MASK if isinstance(value, Secret) else str(value)
