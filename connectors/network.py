"""What every connector needs of a network: TLS contexts, and the errors of names, sockets and certificates as ours."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from functools import lru_cache
from pathlib import Path

from connectors.records import ConnectorError, Misconfigured, Unavailable

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_IP = 10, 9, 62, 64
_UNTRUSTED = {2, 18, 19, 20, 21, 27}


def quoted(text: object) -> str:
    """A server's own words for an error text: one line, bounded."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return _CONTROLS.sub(" ", str(text)).strip()[:300]


def shared_context(ca_file: Path | None, client_cert: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later, certificates checked against the system's authorities, or those of `ca_file` alone.

    Shared by all connections that trust the same, because one takes 0.8 MB and 40 ms.
    """
    authorities = ca_file or ssl.get_default_verify_paths().cafile
    return _context(ca_file, client_cert, _version(authorities), _version(client_cert))


@lru_cache(maxsize=8)
def _context(ca_file: Path | None, client_cert: Path | None, *_versions: float) -> ssl.SSLContext:
    """The versions of the files make new ones be read."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca_file: {ca_file} can't be used: {error}", step="tls") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client_cert is not None:
        try:
            # an encrypted key would ask for its passphrase on the terminal
            context.load_cert_chain(client_cert, password="")
        except (OSError, ssl.SSLError) as error:
            problem = f"client_cert: {client_cert} can't be used: {error}"
            raise Misconfigured(problem, step="tls", hint="it holds a certificate and its key, PEM") from error
    return context


def _version(path: Path | str | None) -> float:
    try:
        return 0.0 if path is None else Path(path).stat().st_mtime
    except OSError:
        return 0.0


def certificate_problem(error: ssl.SSLCertVerificationError, host: str, step: str) -> ConnectorError:
    """A server's certificate that can't be trusted."""
    hint = "have the server's certificate renewed"
    if error.verify_code == _EXPIRED:
        problem = f"the certificate of {host} has expired"
    elif error.verify_code == _NOT_YET:
        problem, hint = f"the certificate of {host} is not valid yet", "check this machine's clock"
    elif error.verify_code in {_WRONG_HOST, _WRONG_IP}:
        problem = f"the certificate is not for {host}"
        hint = "write the name that the certificate is for as host"
    elif error.verify_code in _UNTRUSTED:
        problem = f"the certificate of {host} is signed by an authority that is not trusted"
        hint = "name the authority's certificate as ca_file, if it is your own"
    else:
        problem = f"the certificate of {host} is refused: {quoted(error.verify_message)}"
    return Unavailable(problem, step="tls", hint=hint)


def unresolved(error: socket.gaierror, host: str, step: str) -> ConnectorError:
    """A name that has no address."""
    if error.errno == socket.EAI_AGAIN:
        return Unavailable(f"the address of {host} can't be looked up now", step="resolve")
    return Unavailable(f"there is no host {host}", step="resolve", hint="check the option host, and the DNS")


def system_problem(error: OSError, host: str, step: str) -> ConnectorError:
    """A connection that failed."""
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(f"{host} refused the connection", step=step, hint="check host and port")
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Unavailable(f"{host} did not answer in time", step=step, hint="check host, port and firewall")
    return Unavailable(f"the connection to {host} failed: {error.strerror or quoted(error)}", step=step)
