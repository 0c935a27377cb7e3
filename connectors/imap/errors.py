"""What a server and a network answer, as the four errors; translated here and nowhere else."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from connectors.network import certificate_problem, quoted, system_problem, unresolved
from connectors.records import AuthFailed, ConnectorError, Unavailable

_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)")
#: Response codes (RFC 5530 and seen) of servers that are busy or out of order, whoever asks and whatever for.
_BUSY_CODES = {"UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "THROTTLED"}
_BUSY_WORDS = re.compile(r"too many|rate limit|throttl", re.IGNORECASE)
#: What else says at the login that the password was not judged.
_PASSING_WORDS = re.compile(
    r"try again|temporar|unavailable|not connected|timed? ?out|internal (server )?error|command error: BAD",
    re.IGNORECASE,
)
#: Exchange: "Request is throttled. Suggested Backoff Time: 92415 milliseconds"
_BACKOFF = re.compile(r"Backoff Time: (\d+) milliseconds", re.IGNORECASE)


def response_code(text: str) -> str:
    """The response code in a tagged answer, e.g. "AUTHENTICATIONFAILED"; "" where there is none."""
    match = _CODE.search(text)
    return match.group(1) if match else ""


def is_busy(text: str) -> bool:
    """Does a refusal speak of the server's state, not of what was asked for?"""
    return response_code(text) in _BUSY_CODES or bool(_BUSY_WORDS.search(text))


def refused(text: str, *, step: str, what: str) -> Unavailable:
    """The error for a NO or BAD that is no judgement about a password."""
    wait = _BACKOFF.search(text)
    return Unavailable(f"{what}: {quoted(text)}", step=step, retry_after=int(wait.group(1)) / 1000 if wait else None)


def login_refused(text: str, host: str) -> ConnectorError:
    """A refused login: the wrong password, or a server that takes nobody now (RFC 5530)?"""
    code = response_code(text)
    judged = code in {"AUTHENTICATIONFAILED", "EXPIRED"}
    if code == "SERVERBUG" or (not judged and (is_busy(text) or _PASSING_WORDS.search(text))):
        return refused(text, step="login", what=f"{host} takes no login now")
    return AuthFailed(
        f"{host} refused the login: {quoted(text)}",
        step="login",
        hint="check username and password; some providers want an app password and IMAP switched on",
    )


def _tls(error: ssl.SSLError, host: str, step: str) -> ConnectorError:
    reason = error.reason or quoted(error)
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        hint = "use the port for TLS (993), or security = 'starttls' with port 143"
        return Unavailable(f"{host} does not speak TLS on this port", step="tls", hint=hint)
    if "PROTOCOL" in reason:
        return Unavailable(f"{host} offers no TLS 1.2 or later", step="tls")
    return Unavailable(f"TLS with {host} failed: {quoted(reason)}", step="tls")


def _protocol(error: Exception, host: str, step: str) -> ConnectorError:
    text = quoted(error)
    if isinstance(error, IMAP4.abort):
        return refused(text, step=step, what=f"{host} ended the connection")
    return refused(text, step=step, what=f"{host} can't be understood")


#: Library error -> ours; the first that fits.
_TABLE: tuple[tuple[type[Exception], Callable[..., ConnectorError]], ...] = (
    (ssl.SSLCertVerificationError, certificate_problem),
    (ssl.SSLError, _tls),
    (socket.gaierror, unresolved),
    (OSError, system_problem),
    (IMAP4.error, _protocol),
    # numbers of thousands of digits, letters where ASCII must be
    (ValueError, _protocol),
)


@contextmanager
def translated(step: str, host: str) -> Iterator[None]:
    """Raise what libraries raise as one of the four errors; `step` says what was being done."""
    try:
        yield
    except tuple(kind for kind, _ in _TABLE) as error:
        translate = next(make for kind, make in _TABLE if isinstance(error, kind))
        raise translate(error, host, step) from error
