"""The relay's own certificate, read anew when its files change."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509

from connectors.api import Misconfigured
from daemon.config.relay import RelayConfig

log = structlog.get_logger()


class ServerTls:
    """`context` stays the same; what it shows to clients is renewed."""

    def __init__(self, config: RelayConfig) -> None:
        """Raises Misconfigured."""
        self._config = config
        self._versions = _versions(config)
        self.context = server_context(config)

    def renew(self) -> None:
        """Where the files have changed and can be read, new clients are shown the new certificate."""
        versions = _versions(self._config)
        if versions == self._versions or None in versions:
            return
        try:
            server_context(self._config)
            _load(self.context, self._config)
        except Misconfigured as error:
            log.error("the relay keeps its old certificate", problem=error.problem)
        else:
            log.info("the relay has a new certificate")
        self._versions = versions


def server_context(config: RelayConfig) -> ssl.SSLContext:
    """TLS 1.2 or later under the relay's certificate; raises Misconfigured."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, config)
    return context


def _load(context: ssl.SSLContext, config: RelayConfig) -> None:
    certificate, key = config.certificate_file, config.certificate_key_file
    if certificate is None:
        raise Misconfigured("relay.certificate_file is missing", step="tls")
    try:
        # an encrypted key would ask for its passphrase on the terminal
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        problem = f"relay.certificate_file: {certificate} can't be used with {key}: {error}"
        raise Misconfigured(problem, step="tls", hint="a certificate and its key without a passphrase, PEM") from error


def ends_at(path: Path) -> datetime | None:
    """When the first certificate of the file ends; None: it holds none that can be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.astimezone(UTC)
    except (OSError, ValueError):
        return None


def _versions(config: RelayConfig) -> tuple[tuple[int, int, int] | None, ...]:
    return tuple(_version(path) for path in (config.certificate_file, config.certificate_key_file))


def _version(path: Path | None) -> tuple[int, int, int] | None:
    try:
        state = path.stat() if path is not None else None
    except OSError:
        return None
    return None if state is None else (state.st_mtime_ns, state.st_ino, state.st_size)
