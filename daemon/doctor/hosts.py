"""Check of the servers that the configuration names: each is reached, but nobody is logged in: that is `check`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.api import Misconfigured
from connectors.http import Origin, proxy_for
from connectors.network import Proxy
from daemon.config import Config
from daemon.doctor.findings import Finding, warning
from daemon.doctor.patient import Patient
from daemon.doctor.reaching import Host, Reached, reach
from daemon.oauth.endpoints import issuer_of
from daemon.relay.certificate import certificate_troubles

_AT_ONCE = 8
#: A certificate that ends sooner is told, and failed when it ends within the second.
SOON, VERY_SOON = timedelta(days=21), timedelta(days=3)


def hosts_of(config: Config) -> list[Host]:
    """All servers, each once."""
    found: dict[Host, list[str]] = {}
    named: list[tuple[str, Any]] = [(account.name, account.settings) for account in config.followed]
    named += [(f"contacts of {source.name}", source.settings) for source in config.sources]
    clients = [(account.name, account.oauth.settings) for account in config.followed if account.oauth is not None]
    for user, client in clients:
        host = _of_url(issuer_of(client), client.ca_file, None, client.proxy)
        if host is not None:
            found.setdefault(host, []).append(user)
    for user, settings in named:
        host = _of_settings(settings)
        if host is not None:
            found.setdefault(host, []).append(user)
    posted = (config.alerts.webhook,) if config.alerts.webhook is not None else ()
    for webhook in (*config.webhooks, *posted):
        origin, ca_file = webhook.target.origin, webhook.ca_file
        host = Host(origin.host, origin.port, "https" if origin.is_tls else "none", ca_file)
        found.setdefault(host, []).append(f"webhook {webhook.name}")
    if (mail := config.mail_server) is not None and config.sends_mail:
        way = "smtp" if mail.security == "starttls" else mail.security
        found.setdefault(Host(*mail.reached_at, way, mail.ca_file), []).append("mail of keeptouch")
    if (relay := config.relay).enabled:
        way = "smtp" if relay.security == "starttls" else relay.security
        found.setdefault(Host(*relay.reached_at, way, relay.ca_file), []).append("the relay")
    return [replace(host, users=tuple(users)) for host, users in found.items()]


def _of_settings(settings: Any) -> Host | None:
    """By the options that connectors agree on: url, or address with security; None: it needs no server."""
    ca_file, client_cert = (getattr(settings, name, None) for name in ("ca_file", "client_cert"))
    proxy: str | None = getattr(settings, "proxy", None)
    url, address = getattr(settings, "url", None), getattr(settings, "address", None)
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        return _of_url(url, ca_file, client_cert, proxy)
    if isinstance(address, tuple):
        host, port = address
        security = getattr(settings, "security", "tls")
        way = "imap" if security == "starttls" else security
        return Host(host, port, way, ca_file, client_cert, Proxy.of(proxy) if proxy else None)
    return None


def _of_url(url: str, ca_file: Path | None, client_cert: Path | None, proxy: str | None) -> Host | None:
    try:
        origin, _path = Origin.of(url)
    except Misconfigured:
        return None
    way = proxy_for(origin, Proxy.of(proxy) if proxy else None)
    return Host(origin.host, origin.port, "https" if origin.is_tls else "none", ca_file, client_cert, way)


def hosts(patient: Patient) -> Iterator[Finding]:
    """Is every server there, and is its certificate good for a while?"""
    now = patient.clock()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="doctor") as pool:
        answers = list(pool.map(lambda host: reach(host, patient.clock), hosts_of(patient.known)))
    yield from _of_relay(patient, now)
    for each in answers:
        if each.skew is not None:
            patient.skews[str(each.host)] = each.skew
        yield from _judged(each, now)


def _of_relay(patient: Patient, now: datetime) -> Iterator[Finding]:
    """The certificate that mail programs see is ours."""
    relay = patient.known.relay
    for error, works in certificate_troubles(relay, now) if relay.enabled else ():
        found = warning if works else Finding
        yield found("the relay", error.problem, error.hint or "docs/tracking.md tells what it needs")


def _judged(reached: Reached, now: datetime) -> Iterator[Finding]:
    host, users = reached.host, _listed(reached.host.users)
    if (error := reached.error) is not None:
        cure = error.hint or "ask who runs the server"
        yield Finding(str(host), f"{error.step or 'connect'}: {error.problem} (needed by {users})", cure)
    elif reached.until is not None and reached.until - now < SOON:
        problem = f"the certificate of {host.host} ends on {reached.until:%Y-%m-%d} (needed by {users})"
        cure = "have it renewed: from then on nobody is let in"
        near = reached.until - now < VERY_SOON
        yield Finding(str(host), problem, cure) if near else warning(str(host), problem, cure)


def _listed(users: tuple[str, ...]) -> str:
    return ", ".join(users[:3]) + (f" and {len(users) - 3} more" if len(users) > 3 else "")
