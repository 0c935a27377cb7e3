"""What a server and a network answer, as the four errors; translated here and nowhere else."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from connectors.records import AuthFailed, ConnectorError, Unavailable

_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
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

_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_IP = 10, 9, 62, 64
_UNTRUSTED = {2, 18, 19, 20, 21, 27}


def quoted(text: object) -> str:
    """A server's own words for an error text: one line, bounded."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return _CONTROLS.sub(" ", str(text)).strip()[:300]


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


def _certificate(error: ssl.SSLCertVerificationError, host: str, step: str) -> ConnectorError:
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


def _tls(error: ssl.SSLError, host: str, step: str) -> ConnectorError:
    reason = error.reason or quoted(error)
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        hint = "use the port for TLS (993), or security = 'starttls' with port 143"
        return Unavailable(f"{host} does not speak TLS on this port", step="tls", hint=hint)
    if "PROTOCOL" in reason:
        return Unavailable(f"{host} offers no TLS 1.2 or later", step="tls")
    return Unavailable(f"TLS with {host} failed: {quoted(reason)}", step="tls")


def _unresolved(error: socket.gaierror, host: str, step: str) -> ConnectorError:
    if error.errno == socket.EAI_AGAIN:
        return Unavailable(f"the address of {host} can't be looked up now", step="resolve")
    return Unavailable(f"there is no host {host}", step="resolve", hint="check the option host, and the DNS")


def _os(error: OSError, host: str, step: str) -> ConnectorError:
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(f"{host} refused the connection", step=step, hint="check host and port")
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Unavailable(f"{host} did not answer in time", step=step, hint="check host, port and firewall")
    return Unavailable(f"the connection to {host} failed: {error.strerror or quoted(error)}", step=step)


def _protocol(error: Exception, host: str, step: str) -> ConnectorError:
    text = quoted(error)
    if isinstance(error, IMAP4.abort):
        return refused(text, step=step, what=f"{host} ended the connection")
    return refused(text, step=step, what=f"{host} can't be understood")


#: Library error -> ours; the first that fits.
_TABLE: tuple[tuple[type[Exception], Callable[..., ConnectorError]], ...] = (
    (ssl.SSLCertVerificationError, _certificate),
    (ssl.SSLError, _tls),
    (socket.gaierror, _unresolved),
    (OSError, _os),
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
