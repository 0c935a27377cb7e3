"""Who we are to a server: a name and password, or a token of OAuth that is exchanged once where it is refused."""

from __future__ import annotations

from connectors.http.client import Authorization, basic
from connectors.records import Bearer, Misconfigured, Secret


class Login:
    """Gives the header Authorization of each request."""

    def __init__(self, username: str, secret: Secret | None) -> None:
        if secret is None:
            raise Misconfigured(
                "a password is missing", step="login", hint="give password_file, or another of its kind"
            )
        self._bearer = secret if isinstance(secret, Bearer) else None
        self._basic: Authorization | None = None if self._bearer else basic(username, secret)
        self._token: Secret | None = None

    def __call__(self) -> Secret:
        """The header's value."""
        if self._bearer is None:
            assert self._basic is not None
            return self._basic()
        if self._token is None:
            self._token = Secret(self._bearer.reveal())
        return Secret(f"Bearer {self._token.reveal()}")

    def forget(self) -> None:
        """The next connection asks for a token again."""
        self._token = None

    def renew(self) -> bool:
        """After a refusal: is there another token to try?"""
        if self._bearer is None or self._token is None:
            return False
        other = self._bearer.instead_of(self._token.reveal())
        is_other = other != self._token.reveal()
        self._token = Secret(other)
        return is_other
