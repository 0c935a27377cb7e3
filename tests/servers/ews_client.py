"""exchangelib as the tests of the double use it: no retries, no caches between tests, all sockets closed."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import exchangelib
from exchangelib.protocol import BaseProtocol, CachingProtocol
from exchangelib.version import EXCHANGE_2016, Version
from requests.adapters import HTTPAdapter

from tests.servers.certificates import CertificateAuthority
from tests.servers.ews import EwsServer


class Client:
    """Makes accounts, and closes what they opened."""

    def __init__(self) -> None:
        self._accounts: list[Any] = []

    def account(
        self,
        server: EwsServer,
        address: str,
        *,
        username: str = "",
        password: str = "secret",
        auth: str = "basic",
        is_guessing: bool = False,
        credentials: Any = None,
        access: Any = exchangelib.DELEGATE,
    ) -> Any:
        """An account; `is_guessing` finds out version and login by itself."""
        known: dict[str, Any] = {} if is_guessing else {"auth_type": auth, "version": Version(EXCHANGE_2016)}
        configuration = exchangelib.Configuration(
            service_endpoint=server.url,
            credentials=credentials or exchangelib.Credentials(username or address, password),
            retry_policy=exchangelib.FailFast(),
            **known,
        )
        made = exchangelib.Account(
            address,
            config=configuration,
            autodiscover=False,
            access_type=access,
            default_timezone=exchangelib.EWSTimeZone("UTC"),
        )
        self._accounts.append(made)
        return made

    @contextmanager
    def trusting(self, authority: CertificateAuthority) -> Iterator[None]:
        """Trust servers of this authority."""

        class Trusting(HTTPAdapter):
            def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
                super().cert_verify(conn, url, str(authority.file), cert)

        before = BaseProtocol.HTTP_ADAPTER_CLS
        BaseProtocol.HTTP_ADAPTER_CLS = Trusting
        try:
            yield
        finally:
            BaseProtocol.HTTP_ADAPTER_CLS = before

    def close(self) -> None:
        """Close all connections, and forget protocols that exchangelib would use again."""
        for account in self._accounts:
            account.protocol.close()
        self._accounts.clear()
        CachingProtocol.clear_cache()
        with warnings.catch_warnings():
            # after a refused NTLM login exchangelib leaves a socket to the collector
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
