"""[tracking]: whether opens and clicks are recorded, and where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from daemon.credentials import SecretSource
from daemon.listen_address import listen_address
from daemon.options import Reader
from matching.opens.networks import Range, ranges

#: Where the listener stands unless told otherwise.
LISTEN = "127.0.0.1:8725"


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """[tracking]"""

    #: Are pixels and links given out, and what is asked of them recorded?
    enabled: bool = False
    #: What pixels and links begin with, as the world sees it: https://…
    url: str = ""
    #: Address and port that are listened on.
    listen: str = LISTEN
    #: Networks of ours: what is asked from there is `self`.
    own_networks: tuple[str, ...] = ()
    #: Proxies of ours that tell in X-Forwarded-For whom they ask for.
    proxies: tuple[str, ...] = ()
    #: What tokens are made with; None: tracking.key beside the configuration. Its file may yet have to be made.
    key: SecretSource | None = field(default=None, metadata={"must_exist": False})
    #: What programs show that ask for pixels over HTTP; None: none may.
    api_key: SecretSource | None = None

    def __post_init__(self) -> None:
        _ = self.address, ranges(self.own_networks), ranges(self.proxies)
        if self.url or self.enabled:
            _checked(self.url)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) to listen on; raises ValueError."""
        return listen_address(self.listen, LISTEN)

    @property
    def base(self) -> str:
        """The URL without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def own(self) -> tuple[Range, ...]:
        """`own_networks`, read."""
        return ranges(self.own_networks)

    @property
    def trusted(self) -> tuple[Range, ...]:
        """`proxies`, read."""
        return ranges(self.proxies)


def _checked(url: str) -> None:
    """Raises ValueError where mails can't bear the URL."""
    problem = 'url must be written as "https://HOST/PATH", as mails shall bear it'
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(problem) from None
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("http", "https") or not parts.hostname or not (is_local or parts.scheme == "https"):
        raise ValueError(problem)
    if "@" in parts.netloc or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        raise ValueError("url must hold no login, nothing behind ? or #, and ASCII alone")


def read_tracking(table: object, reader: Reader) -> TrackingConfig | None:
    """[tracking]; None: it was refused."""
    return reader.read(TrackingConfig, table, "tracking")
