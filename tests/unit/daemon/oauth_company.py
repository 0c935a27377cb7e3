"""A company whose accounts sign in by OAuth at a provider of the tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from daemon.config import Account, Config, load
from daemon.environment import Environment, open_store
from daemon.oauth.client import Client, Granted
from daemon.oauth.tokens import Tokens
from daemon.session import Session
from store.accounts import tokens as token_store
from store.accounts.tokens import Token
from store.engine import Store
from store.sealing import parse_keys
from tests.integration.company import Account as Entry
from tests.integration.company import Company
from tests.servers.oauth_provider import OAuthProvider
from tests.servers.process import HOST
from tests.unit.daemon.company_mail import KEY

SECRETS_KEY = "ab" * 32


def company_at(folder: Path, provider: OAuthProvider, *, port: int = 143, url: str = "", **more: str) -> Company:
    """Alice's account on an IMAP server at `port`; `more` are further lines of [oauth.idp], in TOML."""
    made = Company(folder, key=KEY, url=url, store_lines=['secrets_key_file = "secrets.key"'])
    (folder / "secrets.key").write_text(SECRETS_KEY + "\n")
    (folder / "secrets.key").chmod(0o600)
    (folder / "client.secret").write_text(provider.client_secret + "\n")
    (folder / "client.secret").chmod(0o600)
    lines = {
        "provider": '"discovery"',
        "issuer": f'"{provider.url}"',
        "client_id": f'"{provider.client_id}"',
        "client_secret_file": '"client.secret"',
        "scopes": '["openid", "email", "mail"]',
    } | more
    made.extra = "\n".join(["[oauth.idp]", *(f"{key} = {value}" for key, value in lines.items() if value)])
    options = {"host": HOST, "port": port, "security": "none", "username": "alice", "oauth": "idp"}
    made.accounts["alice"] = Entry("alice", "alice@acme.example", options)
    made.write()
    return made


@dataclass(slots=True)
class Signed:
    """What a process of the company has at hand."""

    config: Config
    session: Session

    @classmethod
    def of(cls, company: Company) -> Self:
        config = load(company.config, environ={}, today=date(2026, 11, 22))
        session = Session(config, open_store(config, {}), Environment(os.environ))
        session.__enter__()
        return cls(config, session)

    def close(self) -> None:
        self.session.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def account(self) -> Account:
        return self.config.accounts[0]

    @property
    def store(self) -> Store:
        return self.session.store

    @property
    def tokens(self) -> Tokens:
        return self.session.tokens

    @property
    def client(self) -> Client:
        assert self.account.oauth is not None
        return self.tokens.client(self.account.oauth)

    def sign_in(self, granted: Granted) -> None:
        self.tokens.keep(self.account, granted)

    def kept(self) -> Token | None:
        """What the store holds, opened."""
        with self.store.read() as transaction:
            account_id = self.session.account_ids[self.account.name]
            return token_store.read(transaction, parse_keys(SECRETS_KEY), account_id)
