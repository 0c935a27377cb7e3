"""What a server and a network answer, as the four errors; translated here and nowhere else."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from connectors.network import certificate_problem, quoted, system_problem, unresolved
from connectors.records import AuthFailed, ConnectorError, Misconfigured, NotPermitted, Unavailable

_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)", re.IGNORECASE)
#: Response codes (RFC 5530) of servers that have looked at the password, and of those that want another hand to help.
_JUDGED_CODES = {"AUTHENTICATIONFAILED", "EXPIRED"}
_FORBIDDING_CODES = {"AUTHORIZATIONFAILED", "NOPERM"}
#: What tells a refused login in a goodbye from a server that goes away.
LOGIN_CODES = _JUDGED_CODES | _FORBIDDING_CODES | {"PRIVACYREQUIRED", "CONTACTADMIN"}
#: Response codes (RFC 5530 and seen) of servers that are busy or out of order, whoever asks and whatever for.
_BUSY_CODES = {"UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "THROTTLED"}
_BUSY_WORDS = re.compile(r"too many|rate limit|throttl", re.IGNORECASE)
#: What else says at the login that the server is full, not that it has looked at the password.
_FULL_WORDS = re.compile(
    r"(too many|maximum number of|number of|limit of) (\w+ )?(connections|sessions)"
    r"|connections? limit|rate limit|throttl",
    re.IGNORECASE,
)
#: Statuses of tokens that are good, but not for this (RFC 6750, section 3.1).
_NOT_ALLOWED = {"insufficient_scope", "403"}
#: What says that a folder is not there.
_GONE = re.compile(r"\[NONEXISTENT\]|(doesn.?t|does not) exist|no such (mailbox|folder)|unknown mailbox", re.IGNORECASE)
#: What says at the login that the password was not judged, though a careless server may say it of a wrong one too.
_PASSING_WORDS = re.compile(
    r"try again|temporar|unavailable|not (connected|available|running|responding|ready)|timed? ?-?out|busy|overload"
    r"|shut(ting)? ?down|maintenance|(internal|system|server|database|backend|service|ldap) (\w+ )?(error|failure)"
    r"|(connect\w*|lookup|query) (\w+ ){0,5}(failed|refused|reset|lost|closed)"
    r"|(can.?t|cannot|unable to|fail\w* to) connect"
    r"|auth\w* (process|server|service|daemon|backend) (\w+ )?(died|broke\w*|gone|down)|command error: BAD",
    re.IGNORECASE,
)
#: Seconds between two logins of which nobody knows whether they count as refused: at most two in any quarter of an
#: hour, below what directories lock an account for.
UNSURE_REST = 600.0
#: Characters of an answer that are looked at.
_JUDGED_BY = 1000
#: Exchange: "Request is throttled. Suggested Backoff Time: 92415 milliseconds"
_BACKOFF = re.compile(r"Backoff Time: (\d+) milliseconds", re.IGNORECASE)


def response_code(text: str) -> str:
    """The response code in a tagged answer, e.g. "AUTHENTICATIONFAILED"; "" where there is none."""
    match = _CODE.search(text)
    return match.group(1).upper() if match else ""


def is_busy(text: str) -> bool:
    """Does a refusal speak of the server's state, not of what was asked for?"""
    return response_code(text) in _BUSY_CODES or bool(_BUSY_WORDS.search(text))


def refused(text: str, *, step: str, what: str) -> Unavailable:
    """The error for a NO or BAD that is no judgement about a password."""
    problem, wait = f"{what}: {quoted(text)}", _BACKOFF.search(text)
    if response_code(text) in _FORBIDDING_CODES:
        return NotPermitted(problem, step=step, hint="have the rights to list and read granted to the user")
    return Unavailable(problem, step=step, retry_after=int(wait.group(1)) / 1000 if wait else None)


def folder_refused(name: bytes, text: str) -> Unavailable:
    """The error for a folder that is not opened.

    Who may not even look into a folder is told that it is not there; of the inbox, which everybody has, that can mean
    nothing else (RFC 3501, section 5.1).
    """
    error = refused(text, step="select", what="the server refuses to open the folder")
    if name.upper() == b"INBOX" and _GONE.search(text[:_JUDGED_BY]):
        return NotPermitted(error.problem, step="select", hint="have the rights to list and read granted to the user")
    return error


def login_refused(text: str, host: str) -> ConnectorError:
    """A refused login: the wrong password, a right that is missing, or a server that takes nobody now (RFC 5530)?"""
    text = text[:_JUDGED_BY]
    code = response_code(text)
    if code in _FORBIDDING_CODES:
        return NotPermitted(
            f"{host} knows the user and does not let it at the mailbox: {quoted(text)}",
            step="login",
            hint="grant the user the mailbox (full access, or a master user's right), or correct authorize_as",
        )
    if code == "PRIVACYREQUIRED":
        problem = f"{host} takes no password on a connection without TLS: {quoted(text)}"
        return Misconfigured(problem, step="login", hint="use security = 'tls' or 'starttls'")
    if code not in _JUDGED_CODES:
        is_full = code in _BUSY_CODES or code == "SERVERBUG" or _FULL_WORDS.search(text)
        if is_full or is_busy(text) or _PASSING_WORDS.search(text):
            error = refused(text, step="login", what=f"{host} takes no login now")
            error.retry_after = error.retry_after or (None if is_full else UNSURE_REST)
            return error
    return AuthFailed(
        f"{host} refused the login: {quoted(text)}",
        step="login",
        hint="check username and password; some providers want an app password and IMAP switched on",
    )


def token_refused(text: str, told: str, host: str, mailbox: str, *, is_fresh: bool) -> ConnectorError:
    """A refused token. `told` is the status of the server's error object (RFC 7628, section 3.2.2), if it sent one.

    Most servers say the same of every token that they do not take; one that was given just now has not expired.
    """
    error = login_refused(text, host)
    if not isinstance(error, AuthFailed):
        return error
    if told in _NOT_ALLOWED:
        why = f"it does not allow reading {mailbox}"
    elif is_fresh:
        why = f"it is new, so it belongs to somebody else than {mailbox}, or does not allow reading it"
    else:
        why = f"it has expired, was revoked, or belongs to somebody else than {mailbox}"
    said = ", ".join(filter(None, (told, quoted(text))))
    return AuthFailed(
        f"{host} refused the token: {why} ({said})",
        step="login",
        hint="sign in again, as the person whose mailbox it is: keeptouch accounts login",
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
