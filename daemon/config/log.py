"""[log]: whether the log may name people."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.options import Reader


@dataclass(frozen=True, slots=True)
class LogConfig:
    """[log]"""

    #: Are addresses and subjects written as they are?
    addresses: bool = False


def read_log(table: object, reader: Reader) -> LogConfig | None:
    """[log]; None: it was refused."""
    return reader.read(LogConfig, table, "log")
