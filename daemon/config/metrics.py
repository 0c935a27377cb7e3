"""[metrics]: whether health and numbers of the service can be asked for over HTTP, and where."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.listen_address import listen_address
from daemon.options import Reader

#: Where it stands unless told otherwise: whoever works on this machine may ask.
LISTEN = "127.0.0.1:8726"


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """[metrics]"""

    #: Are /livez, /readyz and /metrics answered?
    enabled: bool = False
    #: Address and port that are listened on.
    listen: str = LISTEN

    def __post_init__(self) -> None:
        _ = self.address

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) to listen on; raises ValueError."""
        return listen_address(self.listen, LISTEN)


def read_metrics(table: object, reader: Reader) -> MetricsConfig | None:
    """[metrics]; None: it was refused."""
    return reader.read(MetricsConfig, table, "metrics")
