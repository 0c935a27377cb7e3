"""Tokens are got, kept sealed, and exchanged by one process at a time, whatever the provider does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from daemon.health.counting import Counting
from daemon.oauth import http
from daemon.oauth import tokens as module
from daemon.oauth.client import Granted
from store.accounts import tokens as token_store
from store.errors import StoreError
from tests import forked
from tests.integration.company import Company
from tests.servers.oauth_provider import OAuthProvider
from tests.unit.daemon.oauth_company import SECRETS_KEY, Signed, company_at


@pytest.fixture
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider() as made:
        yield made


@pytest.fixture
def company(tmp_path: Path, provider: OAuthProvider, new_url: Callable[[str], str]) -> Company:
    url = new_url("keeptouch")
    return company_at(tmp_path / "company", provider, url="" if url.startswith("sqlite") else url)


@pytest.fixture
def signed(company: Company, provider: OAuthProvider) -> Iterator[Signed]:
    """Alice has signed in; her access token has ended."""
    with Signed.of(company) as made:
        made.sign_in(granted(provider, lifetime=0))
        yield made


def granted(provider: OAuthProvider, lifetime: float = 3600, user: str = "alice") -> Granted:
    refresh = Secret(provider.mint_refresh(user))
    return Granted(access=Secret(provider.mint(user)), lifetime=lifetime, refresh=refresh, claims={})


def failure(signed: Signed, refused: str = "") -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        signed.tokens.supply(signed.account, refused)
    return caught.value


def refreshes(provider: OAuthProvider) -> int:
    return sum(form.get("grant_type") == "refresh_token" for _method, _path, form in provider.requests)


def test_a_good_token_is_asked_for_once(signed: Signed, provider: OAuthProvider) -> None:
    given = {signed.tokens.supply(signed.account) for _time in range(3)}
    assert len(given) == 1
    assert refreshes(provider) == 1
    with Signed.of(Company(signed.config.folder, key=None)) as other:
        assert other.tokens.supply(other.account) in given
    assert refreshes(provider) == 1


def test_nothing_lies_in_the_store_in_clear(signed: Signed) -> None:
    token = signed.tokens.supply(signed.account)
    kept = signed.kept()
    assert kept is not None
    assert kept.refresh is not None
    with signed.store.read() as transaction:
        row = repr(transaction.exec_driver_sql("SELECT * FROM oauth_token").one())
    assert row.count("v1:") == 2
    assert token not in row
    assert kept.refresh.reveal() not in row
    assert token not in repr(kept)


def test_a_rotating_token_is_stored_before_it_is_used(signed: Signed, provider: OAuthProvider) -> None:
    provider.rotates = True
    provider.expires_in = 0
    signed.tokens.observer = counting = Counting(registry := CollectorRegistry())
    for _time in range(5):
        used = signed.tokens.supply(signed.account)
        kept = signed.kept()
        assert kept is not None
        assert kept.access is not None
        assert kept.refresh is not None
        assert kept.access.reveal() == used
        assert kept.refresh.reveal() not in provider.spent
    assert len(provider.spent) == 5
    counting.token_fetched("discovery", Unavailable("it is away", step="token"))
    name, told = "keeptouch_token_refresh_total", {"provider": "discovery"}
    assert registry.get_sample_value(name, told | {"result": "ok"}) == 5
    assert registry.get_sample_value(name, told | {"result": "failed"}) == 1


def test_a_refresh_token_that_stays_is_kept(signed: Signed, provider: OAuthProvider) -> None:
    before = signed.kept()
    signed.tokens.supply(signed.account)
    after = signed.kept()
    assert before is not None
    assert after is not None
    assert before.refresh is not None
    assert after.refresh is not None
    assert after.refresh.reveal() == before.refresh.reveal()


def test_a_refused_token_is_replaced_unless_it_is_new(
    signed: Signed, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = signed.tokens.supply(signed.account)
    assert signed.tokens.supply(signed.account, first) == first
    monkeypatch.setattr(module, "_NEW", -1.0)
    second = signed.tokens.supply(signed.account, first)
    assert second != first
    assert refreshes(provider) == 2


def test_threads_of_a_process_fetch_one_token(signed: Signed, provider: OAuthProvider) -> None:
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda: given.append(signed.tokens.supply(signed.account))) for _thread in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 8
    assert len(set(given)) == 1
    assert refreshes(provider) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (500, "server_error", Unavailable),
        (502, "", Unavailable),
        (400, "temporarily_unavailable", Unavailable),
        (403, "", Unavailable),
        (400, "something_new", Unavailable),
        (400, "invalid_grant", AuthFailed),
        (400, "interaction_required", AuthFailed),
        (401, "invalid_client", Misconfigured),
        (400, "unauthorized_client", Misconfigured),
        (400, "invalid_scope", Misconfigured),
    ],
)
def test_what_the_token_endpoint_says_is_told_apart(
    signed: Signed,
    provider: OAuthProvider,
    status: int,
    error: str,
    kind: type[ConnectorError],
) -> None:
    provider.fail(error, status)
    found = failure(signed)
    assert (type(found), found.step) == (kind, "token")
    if isinstance(found, AuthFailed):
        assert found.hint == "keeptouch accounts login alice"
    elif isinstance(found, Misconfigured):
        assert "[oauth.idp]" in found.problem
        assert found.hint
    # nothing is lost, and nobody has to wait for a claim
    assert signed.tokens.supply(signed.account).startswith("at_")


@pytest.mark.parametrize("status", [429, 503])
def test_a_rest_that_is_asked_for_is_given_by_all(
    signed: Signed, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    provider.fail("temporarily_unavailable", status, headers={"Retry-After": "120"})
    first = failure(signed)
    assert isinstance(first, Unavailable)
    assert first.retry_after == 120.0
    asked = len(provider.requests)
    again = failure(signed)
    assert isinstance(again, Unavailable)
    assert again.retry_after is not None
    assert 100 < again.retry_after <= 120
    assert len(provider.requests) == asked
    monkeypatch.setattr(http, "monotonic", lambda: time.monotonic() + 121)
    assert signed.tokens.supply(signed.account).startswith("at_")


def test_a_provider_that_is_silent_is_waited_for_by_one(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(5)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        endpoints = replace(signed.client.endpoints, token=f"{url}/token")
        monkeypatch.setattr(signed.client, "_endpoints", endpoints)
        signed.client.http.timeout = 0.3
        failures = [failure(signed) for _time in range(3)]
        assert [type(each) for each in failures] == [Unavailable] * 3
        silent.accept()[0].close()
        silent.settimeout(0.1)
        with pytest.raises(TimeoutError):
            silent.accept()


def test_a_provider_that_is_away_is_no_wrong_password(company: Company) -> None:
    with OAuthProvider() as provider:
        company = company_at(company.folder / "other", provider)
        with Signed.of(company) as signed:
            signed.sign_in(granted(provider, lifetime=0))
            provider.__exit__(None, None, None)
            assert type(failure(signed)) is Unavailable


def test_who_has_not_signed_in_is_told_to(company: Company) -> None:
    with Signed.of(company) as signed:
        error = failure(signed)
    assert type(error) is AuthFailed
    assert (error.problem, error.hint) == ("nobody has signed in yet", "keeptouch accounts login alice")


def test_a_token_that_is_good_needs_no_provider(company: Company, provider: OAuthProvider) -> None:
    with Signed.of(company) as signed:
        signed.sign_in(granted(provider))
        provider.requests.clear()
        assert signed.tokens.supply(signed.account).startswith("at_")
    assert provider.requests == []


def test_a_revoked_sign_in_asks_for_a_new_one(signed: Signed, provider: OAuthProvider) -> None:
    provider.revoke("alice")
    error = failure(signed)
    assert type(error) is AuthFailed
    assert "has expired or was revoked (invalid_grant)" in error.problem
    assert error.hint == "keeptouch accounts login alice"
    signed.sign_in(granted(provider))
    assert signed.tokens.supply(signed.account).startswith("at_")


def test_tokens_are_sent_to_the_client_and_provider_that_gave_them(signed: Signed, tmp_path: Path) -> None:
    folder = signed.config.folder
    text = (folder / "config.toml").read_text()
    with OAuthProvider() as other:
        for old, new in (('"testclient"', '"another"'), (f'issuer = "{issuer_of(signed)}"', f'issuer = "{other.url}"')):
            (folder / "config.toml").write_text(text.replace(old, new))
            with Signed.of(Company(folder, key=None)) as changed:
                error = failure(changed)
            assert type(error) is AuthFailed
            assert "another client" in error.problem
        assert other.requests == []


def issuer_of(signed: Signed) -> str:
    return signed.client.issuer


def test_without_its_key_nothing_opens_and_it_is_said_what_to_do(signed: Signed) -> None:
    (signed.config.folder / "secrets.key").write_text("cd" * 32)
    error = failure(signed)
    assert type(error) is Unavailable
    assert "which is not at hand" in error.problem
    (signed.config.folder / "secrets.key").write_text("cd" * 32 + "\n" + SECRETS_KEY)
    assert signed.tokens.supply(signed.account).startswith("at_")


def test_a_claim_of_a_process_that_died_runs_out(
    signed: Signed, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = signed.kept()
    assert kept is not None
    account_id = signed.session.account_ids["alice"]
    now = signed.session.clock()

    def claim(seconds: float) -> bool:
        until = now + timedelta(seconds=seconds)
        return signed.store.transact(
            lambda transaction: token_store.claim(transaction, account_id, kept.version, now=now, until=until)
        )

    assert claim(0.3)
    assert not claim(0.3)
    assert signed.tokens.supply(signed.account).startswith("at_")
    assert refreshes(provider) == 1


def test_a_claim_that_does_not_end_is_told(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = signed.kept()
    assert kept is not None
    now, account_id = signed.session.clock(), signed.session.account_ids["alice"]
    until = now + timedelta(days=1)
    assert signed.store.transact(
        lambda transaction: token_store.claim(transaction, account_id, kept.version, now=now, until=until)
    )
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    error = failure(signed)
    assert type(error) is Unavailable
    assert "another process" in error.problem


def test_who_is_overtaken_takes_the_token_of_the_other(
    signed: Signed, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine slept between claim and answer; another one took over and spent the refresh token."""
    provider.rotates = True
    client, refresh = signed.client, signed.client.refresh

    def overtaken(token: Secret) -> Granted:
        monkeypatch.setattr(client, "refresh", refresh)
        signed.sign_in(granted(provider))
        provider.spent.add(token.reveal())
        raise AuthFailed("spent", step="token")

    monkeypatch.setattr(client, "refresh", overtaken)
    kept_by_other = signed.tokens.supply(signed.account)
    kept = signed.kept()
    assert kept is not None
    assert kept.access is not None
    assert kept.access.reveal() == kept_by_other


def test_a_token_that_the_store_did_not_take_is_stored_later(
    signed: Signed, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.rotates = True
    provider.expires_in = 0
    advance = token_store.advance
    with monkeypatch.context() as full:
        full.setattr(token_store, "advance", lambda *_args, **_more: throw(StoreError("the disk is full")))
        assert "the disk is full" in failure(signed).problem
        assert "the disk is full" in failure(signed).problem
    assert token_store.advance is advance
    assert refreshes(provider) == 1
    assert signed.tokens.supply(signed.account).startswith("at_")
    kept = signed.kept()
    assert kept is not None
    assert kept.refresh is not None
    assert kept.refresh.reveal() not in provider.spent


def throw(error: Exception) -> bool:
    raise error


def exchange(folder: Path, times: int) -> None:
    """Fetch a token again and again, as a service would that finds each one expired."""
    with Signed.of(Company(folder, key=None)) as signed:
        for _time in range(times):
            signed.tokens.supply(signed.account)


def race(company: Company, provider: OAuthProvider, times: int) -> None:
    """Two processes, each of which finds every token expired."""
    provider.rotates = True
    provider.expires_in = 0
    children = [forked.begin(partial(exchange, company.folder, times)) for _ in range(2)]
    assert [forked.end(child) for child in children] == [0, 0]
    with Signed.of(company) as signed:
        kept = signed.kept()
        assert kept is not None
        assert kept.refresh is not None
        assert kept.version == 1 + len(provider.spent)
        assert kept.refresh.reveal() not in provider.spent
        assert provider.refresh[kept.refresh.reveal()] == "alice"
    assert len(provider.spent) == refreshes(provider)
    assert len(provider.spent) == 2 * times


@pytest.mark.slow
def test_two_processes_exchange_one_rotating_token(company: Company, signed: Signed, provider: OAuthProvider) -> None:
    race(company, provider, 25)


@pytest.mark.soak
@pytest.mark.slow
def test_two_processes_exchange_one_rotating_token_a_thousand_times(
    company: Company, signed: Signed, provider: OAuthProvider
) -> None:
    race(company, provider, 500)
