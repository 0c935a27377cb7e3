"""URLs: which server they mean, and whether what a server calls a URL may be asked at all."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from connectors.network import is_loopback
from connectors.records import Misconfigured

#: What stays as it is in a path (RFC 3986 section 3.3); the rest is written one way, so that paths can be compared.
_PLAIN = "/:@!$&'()*+,;=-._~"
_QUERY = _PLAIN + "?%"
#: In a URL nothing of that is ever meant well.
_UNWRITTEN = re.compile(r"[\x00-\x20\x7f]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
#: What the C library takes for a part of an IPv4 address: 2130706433, 0x7f.1
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: Dots that name a folder; those that are written as such urljoin has taken away (RFC 3986, section 5.2.4).
_HIDDEN_DOTS = re.compile(r"/\.\.?(?:/|\Z)")
_EXAMPLE = "such as https://dav.acme.example/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Scheme, host and port (RFC 6454): whoever is asked at the same origin is the same server."""

    is_tls: bool
    #: A name in ASCII and lower case without a dot at its end, or an address in its usual form.
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> tuple[Origin, str]:
        """(origin, path and query) of a URL; raises Misconfigured where it is none, or would send secrets in clear."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, _host(parts.hostname or "")
            if _UNWRITTEN.search(url) or "\\" in parts.netloc or port == 0:
                raise ValueError("letters that no URL has")
        except ValueError:
            raise Misconfigured("url is no URL", hint=_EXAMPLE) from None
        if parts.scheme not in ("http", "https") or not host:
            raise Misconfigured("url must begin with https:// and name a host", hint=_EXAMPLE)
        if "@" in parts.netloc:
            raise Misconfigured("url has a login in it", hint="write username, and name the file of the password")
        is_tls = parts.scheme == "https"
        if not is_tls and not is_loopback(host):
            raise Misconfigured("url must begin with https://", hint="http:// is for a server on this machine alone")
        target = canonical(parts.path or "/") + (f"?{quote(parts.query, safe=_QUERY)}" if parts.query else "")
        return cls(is_tls=is_tls, host=host, port=port or (443 if is_tls else 80)), target

    @property
    def url(self) -> str:
        """Without a path."""
        return f"{'https' if self.is_tls else 'http'}://{self.written_host}:{self.port}"

    @property
    def written_host(self) -> str:
        """As it stands in URLs: IPv6 addresses have brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def host_header(self) -> str:
        """The value of the header Host (RFC 9110, section 7.2)."""
        is_usual = self.port == (443 if self.is_tls else 80)
        return self.written_host if is_usual else f"{self.written_host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Is it this machine, by its name or address alone?"""
        return is_loopback(self.host)

    def derived(self, href: str, base: str) -> tuple[Origin, str] | None:
        """(origin, path) of what a server calls `href` in an answer about the path `base`; None: it can't be asked."""
        try:
            origin, path = Origin.of(urljoin(f"{self.url}{base}", href.strip(" \t\r\n")))
        except (Misconfigured, ValueError):
            return None
        if _HIDDEN_DOTS.search(path.partition("?")[0]):
            # "%2e%2e" stands in the folder that it is shown in, and leads out of it
            return None
        return (origin, path) if origin.is_tls or not self.is_tls else None

    def path_of(self, href: str, base: str) -> str | None:
        """The path of what a server calls `href` in an answer about `base`; None: it is of another origin."""
        found = self.derived(href, base)
        return found[1] if found is not None and found[0] == self else None


def canonical(path: str) -> str:
    """The path in the one way in which we write it: servers differ in what they escape (RFC 3986 section 6.2.2)."""
    return quote(unquote(path, errors="surrogateescape"), safe=_PLAIN, errors="surrogateescape")


def _host(text: str) -> str:
    """The host in the one way in which we write it, "" where there is none; raises ValueError where it can be none."""
    if not text:
        return ""
    if ":" in text:
        return str(ipaddress.IPv6Address(text))
    name = text if text.isascii() else text.encode("idna").decode("ascii")
    name = name.lower().removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # only in full: the C library also reads 127.1 and 2130706433 as addresses
        return str(ipaddress.IPv4Address(name))
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise ValueError("not a host's name")
    return name
