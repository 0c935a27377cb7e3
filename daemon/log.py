"""The log: one event a line on stderr, for people on a terminal, as JSON elsewhere.

Times are UTC. Secrets are masked by their type, and wherever an error quotes one that is held; control characters are
escaped, and a traceback never shows the values of variables. Addresses and subjects are hidden unless the
configuration has them shown (daemon.redaction). What other libraries log comes out the same way, from
warnings on: their debugging output would show what goes over the wire.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from connectors.api import MASK, Secret, masked
from daemon.printable import printable
from daemon.redaction import Redaction

LEVELS = ("debug", "info", "warning", "error")
#: What systemd's journal takes for their priorities (sd-daemon(3), syslog(3)).
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_redact = Redaction()


def show_addresses(is_wanted: bool) -> None:
    """Write addresses and subjects as they are, from now on; or no more."""
    _redact.is_off = is_wanted


def is_journal(environ: Mapping[str, str], descriptor: int = 2) -> bool:
    """Does what is written there go to systemd's journal ($JOURNAL_STREAM, systemd.exec(5))?"""
    try:
        there = os.fstat(descriptor)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def for_journal(text: str, level: str, before: str = "") -> str:
    """What is written beside the log; where it goes to the journal, each line with its priority and without addresses.

    `before`: what stays as it is.
    """
    if not is_journal(os.environ):
        return f"{before}{text}"
    lines = f"{before}{_redact.text(text)}".splitlines(keepends=True)
    return "".join(f"<{_PRIORITIES[level]}>{line}" for line in lines)


def configure(
    json: bool | None = None, level: str | None = None, *, stream: TextIO | None = None, journal: bool = False
) -> None:
    """Set the process's log up. None: JSON and "info" unless the stream is a terminal, there text and "warning".

    `level` is one of LEVELS. `journal`: lines of JSON begin with their priority, which the journal takes off.
    """
    stream = stream or cast(TextIO, _Stderr())
    on_terminal = stream.isatty()
    number = getattr(logging, (level or ("warning" if on_terminal else "info")).upper())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _renderers(not on_terminal if json is None else json, journal)
    last: list[Processor] = [structlog.processors.format_exc_info, mask, _redact, *renderers]
    structlog.configure(
        processors=[*before, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(before, last, max(number, logging.WARNING), stream)


class _Stderr(io.TextIOBase):
    """Whatever stderr is at the moment: who replaces it for a while sees the log there.

    What can't be written, as its disk is full or nobody reads it any more, is lost: no work ends for a line about it.
    """

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def _renderers(json: bool, journal: bool) -> list[Processor]:
    if json:
        render = structlog.processors.JSONRenderer(default=_shown)
        return [_prioritized(render) if journal else render]
    return [
        escape,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]


def _prioritized(render: structlog.processors.JSONRenderer) -> Processor:
    def prioritize(logger: WrappedLogger, method: str, event: EventDict) -> str:
        priority = _PRIORITIES.get(str(event.get("level")), 6)
        return f"<{priority}>{render(logger, method, event)!s}"

    return prioritize


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
    """A processor: secrets, also inside containers, become ***; where something failed, within texts too."""
    # texts are looked through for each secret that is held, and most lines tell that all is well
    in_texts = event.get("level") != "info"
    return {key: _masked(value, in_texts=in_texts) for key, value in event.items()}


def _masked(value: object, *, in_texts: bool) -> object:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, str):
        return masked(value) if in_texts else value
    if isinstance(value, Mapping):
        return {key: _masked(each, in_texts=in_texts) for key, each in value.items()}
    if isinstance(value, list | set | frozenset):
        return [_masked(each, in_texts=in_texts) for each in value]
    if isinstance(value, tuple):
        return tuple(_masked(each, in_texts=in_texts) for each in value)
    return value


def escape(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """A processor for terminals: no text can move the cursor or, but for tracebacks, begin a line of its own."""
    return {key: _escaped(key, value) if isinstance(value, str) else value for key, value in event.items()}


def _escaped(key: str, text: str) -> str:
    lines = text.split("\n") if key == "exception" else [text]
    return "\n".join(map(printable, lines))


def _shown(value: object) -> str:
    return MASK if isinstance(value, Secret) else masked(str(value))


def guard() -> None:
    """Have Python itself mask secrets, and hide addresses, in what it says of an error that nobody caught."""
    sys.excepthook = _tell
    threading.excepthook = lambda failed: _tell(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    text = _redact.text(masked("".join(traceback.format_exception(kind, error, trace))))
    sys.stderr.write(for_journal(text, "critical"))
