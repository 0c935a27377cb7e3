"""Mail to the company's own SMTP server (RFC 5321), with verified TLS (RFC 3207, RFC 8314).

What went wrong comes as an error that says what to do next: after `Unavailable` and `AuthFailed` nothing was taken, and
it is tried again later; `NotTaken` is of one mail, which the server refused for good; `Unclear` is of one mail too: it
was sent, and its answer was lost.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from types import TracebackType
from typing import Self

from connectors.api import AuthFailed, ConnectorError, Secret, Unavailable, masked
from connectors.network import certificate_problem, quoted, shared_context, system_problem, unresolved
from daemon.config.digest import DigestConfig


class NotTaken(Exception):
    """The server refuses this mail for good."""


class Unclear(Exception):
    """The server may have taken this mail, or not."""


class Relay:
    """A connection to the server, for one mail after another. Used by one thread."""

    def __init__(self, config: DigestConfig, password: Secret | None) -> None:
        self._config = config
        # held, so that it is masked where the server quotes it
        self._password = password
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Connect and log in; raises Unavailable, AuthFailed, Misconfigured."""
        try:
            self._smtp = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise self._translated(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _connected(self) -> smtplib.SMTP:
        config, (host, port) = self._config, self._config.reached_at
        # else the machine's own name would be looked up, which may take long
        name = config.address.rpartition("@")[2]
        if config.security == "tls":
            context = shared_context(config.ca_file)
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, name, timeout=config.timeout_seconds, context=context)
        else:
            smtp = smtplib.SMTP(host, port, name, timeout=config.timeout_seconds)
        try:
            smtp.ehlo_or_helo_if_needed()
            if config.security == "starttls":
                smtp.starttls(context=shared_context(config.ca_file))
                smtp.ehlo()
            if config.username is not None and self._password is not None:
                smtp.login(config.username, self._password.reveal())
        except BaseException:
            smtp.close()
            raise
        return smtp

    def send(self, message: EmailMessage, recipient: str, promise: Callable[[], bool]) -> bool:
        """Hand one mail over. `promise` is asked when the server would take it, before any of it is sent: it notes that
        from now on nobody else is to send it, and says False where somebody does already; then nothing is sent, and
        False is returned. Raises NotTaken, Unclear (after `promise` alone), and as `__enter__`.
        """
        smtp = self._smtp
        assert smtp is not None
        is_wide = not recipient.isascii()
        if is_wide and not smtp.has_extn("smtputf8"):
            raise NotTaken(f"{self._config.host} takes no address that is not ASCII")
        body = message.as_bytes(policy=WIRE.clone(utf8=is_wide))
        try:
            options = ["SMTPUTF8", "BODY=8BITMIME"] if is_wide else []
            self._expect(smtp.mail(self._config.address, options))
            self._expect(smtp.rcpt(recipient))
        except (OSError, smtplib.SMTPException) as error:
            raise self._translated(error) from None
        if not promise():
            self._reset()
            return False
        try:
            self._expect(smtp.data(body))
        except smtplib.SMTPDataError as error:
            raise self._refused(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException):
            raise Unclear(f"{self._config.host} had the mail, and its answer was lost") from None
        return True

    def _expect(self, answer: tuple[int, bytes]) -> None:
        """Go on where the server agrees; a refusal of the next mail begins anew."""
        code, said = answer
        if not 200 <= code < 300:
            self._reset()
            raise self._refused(code, said)

    def _reset(self) -> None:
        """Begin anew with the next mail; a connection that is lost is noticed then."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.rset()

    def _refused(self, code: int, said: bytes | str) -> Exception:
        """4xx passes, 5xx stays (RFC 5321, section 4.2.1)."""
        problem = masked(f"{self._config.host} refused the mail: {code} {quoted(said)}")
        return NotTaken(problem) if 500 <= code < 600 else Unavailable(problem, step="send")

    def _translated(self, error: Exception) -> ConnectorError:
        host = self._config.host
        if isinstance(error, smtplib.SMTPAuthenticationError):
            hint = "check digest.username and its password"
            return AuthFailed(f"{host} refused the login", step="login", hint=hint)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            hint = 'security = "tls" with port 465, or another server'
            return Unavailable(f"{host} does not offer what is needed: {quoted(error)}", step="tls", hint=hint)
        if isinstance(error, ssl.SSLCertVerificationError):
            return certificate_problem(error, host, "tls")
        if isinstance(error, ssl.SSLError):
            problem = f"TLS with {host} failed: {quoted(error.reason or error)}"
            return Unavailable(problem, step="tls", hint="check digest.port and digest.security")
        if isinstance(error, socket.gaierror):
            return unresolved(error, host, "resolve")
        if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
            return system_problem(error, host, "connect")
        return Unavailable(f"{host} does not take mail now: {quoted(error)}", step="send")
