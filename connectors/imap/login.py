"""Who we are: TLS before any secret is sent, then SASL PLAIN (RFC 4616), LOGIN, or a token of OAuth."""

from __future__ import annotations

import base64
import re
import ssl
from imaplib import IMAP4
from typing import Any

from connectors.imap.bearer import Exchange
from connectors.imap.errors import LOGIN_CODES, login_refused, response_code, token_refused, translated
from connectors.imap.settings import ImapSettings
from connectors.imap.wire import Client
from connectors.records import AuthFailed, Bearer, ConnectorError, Misconfigured, Secret

_CONTROLS = re.compile(r"[\x00\r\n]")


def secure(client: Client, settings: ImapSettings, context: ssl.SSLContext) -> None:
    """STARTTLS where the options ask for it; without it, or with a session that began before it, nothing goes on.

    A greeting of PREAUTH before TLS is how STARTTLS is stripped (RFC 9051, section 11.1).
    """
    host = settings.host
    is_authenticated = client.wire.state == "AUTH"
    if is_authenticated and not (settings.security == "tls" and settings.client_cert):
        raise Misconfigured(
            f"{host} takes us for somebody already, before we said who we are",
            step="login",
            hint="use security = 'tls', and another port",
        )
    if settings.security != "starttls":
        return
    if "STARTTLS" not in client.wire.capabilities:
        raise Misconfigured(
            f"{host} offers no STARTTLS on this port", step="tls", hint="use security = 'tls' with port 993"
        )
    with translated("tls", host):
        client.starttls(context)


def log_in(client: Client, settings: ImapSettings, secret: Secret | None) -> None:
    """Authenticate, unless the server knows us by our certificate; raises AuthFailed, Unavailable, Misconfigured."""
    if client.wire.state == "AUTH":
        return
    if isinstance(secret, Bearer):
        _log_in_bearing(client.wire, settings, secret)
        return
    password = _password(secret)
    try:
        with translated("login", settings.host):
            _authenticate(client.wire, settings, password)
    except _RefusedError as refused:
        raise login_refused(refused.text, settings.host) from None
    except ConnectorError as error:
        if response_code(error.problem) in LOGIN_CODES:
            raise login_refused(error.problem, settings.host) from None
        raise


def _log_in_bearing(wire: Any, settings: ImapSettings, bearer: Bearer) -> None:
    """With a token; one that the server refuses may have been revoked, and is replaced once."""
    token = bearer.reveal()
    try:
        _bear(wire, settings, token, is_fresh=False)
    except AuthFailed:
        other = bearer.instead_of(token)
        if other == token:
            raise
        _bear(wire, settings, other, is_fresh=True)


def _bear(wire: Any, settings: ImapSettings, token: str, *, is_fresh: bool) -> None:
    """One attempt; raises AuthFailed, Unavailable, Misconfigured."""
    offered = set(wire.capabilities)
    mailbox = settings.authorize_as or settings.username
    exchange = Exchange.of(settings, token, offered)
    try:
        with translated("login", settings.host):
            _checked(wire, lambda: exchange.run(wire, initial="SASL-IR" in offered))
    except _RefusedError as refused:
        raise token_refused(refused.text, exchange.told, settings.host, mailbox, is_fresh=is_fresh) from None
    except ConnectorError as error:
        if response_code(error.problem) in LOGIN_CODES:
            said = error.problem
            raise token_refused(said, exchange.told, settings.host, mailbox, is_fresh=is_fresh) from None
        raise


class _RefusedError(Exception):
    def __init__(self, text: str) -> None:
        self.text = text


def _password(secret: Secret | None) -> str:
    password = secret.reveal() if secret is not None else ""
    if not password or _CONTROLS.search(password):
        raise Misconfigured(
            "there is no password" if not password else "the password has a line break in it",
            step="login",
            hint="set password_file, password_command or password_credential",
        )
    return password


def _authenticate(wire: Any, settings: ImapSettings, password: str) -> None:
    offered = set(wire.capabilities)
    if "AUTH=PLAIN" in offered:
        identity = f"{settings.authorize_as or ''}\0{settings.username}\0{password}".encode()
        # held, so that it is masked where a server quotes it
        _response = Secret(base64.b64encode(identity).decode())
        _checked(wire, lambda: _plain(wire, identity, initial="SASL-IR" in offered))
    elif settings.authorize_as is not None:
        raise Misconfigured(f"{settings.host} offers no SASL PLAIN, which authorize_as needs", step="capability")
    elif "LOGINDISABLED" in offered:
        raise Misconfigured(
            f"{settings.host} takes no password on this connection",
            step="capability",
            hint="use security = 'tls'; the server may want OAuth instead of a password",
        )
    else:
        _checked(wire, lambda: _login(wire, settings.username, password))


def _checked(wire: Any, command: Any) -> None:
    try:
        status, data = command()
    except IMAP4.abort:
        raise
    except IMAP4.error as error:
        raise _RefusedError(str(error)) from None
    text = data[-1].decode("utf-8", "replace")
    if status == "NO":
        raise _RefusedError(text)
    if status != "OK":
        # no judgement of the password: two of those would park the account
        raise IMAP4.error(f"{status} {text}")
    wire.state = "AUTH"


def _plain(wire: Any, identity: bytes, *, initial: bool) -> Any:
    if initial:
        return wire.xatom("AUTHENTICATE", "PLAIN", base64.b64encode(identity))
    return wire.authenticate("PLAIN", lambda _: identity)


def _login(wire: Any, username: str, password: str) -> Any:
    if password.isascii():
        return wire.xatom("LOGIN", quote(username.encode()), quote(password.encode()))
    # a literal takes any bytes, a quoted string ASCII alone
    wire.literal = password.encode()
    return wire.xatom("LOGIN", quote(username.encode()))


def quote(text: bytes) -> bytes:
    """A quoted string (RFC 3501, section 4.3)."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
