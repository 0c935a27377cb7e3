"""[oauth.NAME] and the option that names it: what is taken, and what is said of mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from daemon.config import Config, ConfigError, Problem, load
from daemon.oauth.settings import Grant, Provider
from tests.unit.daemon.test_config import COMPANY, TODAY

IDP = {"provider": '"google"', "client_id": '"x.apps.example"', "client_secret_file": '"secret"'}
OPTIONS = {"host": '"imap.example"', "username": '"alice@acme.example"', "oauth": '"idp"'}


def loaded(
    folder: Path,
    idp: dict[str, str] = IDP,
    options: dict[str, str] = OPTIONS,
    *,
    kind: str = "imap",
    server: dict[str, str] | None = None,
) -> Config:
    for name in ("secret", "cert.pem", "key.pem", "robot.json", "password"):
        (folder / name).write_text("geheim\n")
    lines = [COMPANY, "[oauth.idp]", *table(idp)]
    if server is not None:
        lines += ["[servers.main]", f'kind = "{kind}"', *table(server)]
    lines += ["[[accounts]]", 'name = "alice"', 'owner = "alice@acme.example"']
    lines += ['server = "main"' if server is not None else f'kind = "{kind}"', "[accounts.options]", *table(options)]
    (folder / "config.toml").write_text("\n".join(lines))
    return load(folder / "config.toml", environ={}, today=TODAY)


def table(values: dict[str, str]) -> Sequence[str]:
    return [f"{key} = {value}" for key, value in values.items() if value]


def problem(folder: Path, idp: dict[str, str] = IDP, options: dict[str, str] = OPTIONS, **more: object) -> Problem:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, idp, options, **more)  # type: ignore[arg-type]  # one keyword or another
    [found] = caught.value.problems
    assert "geheim" not in f"{found}{found.hint}"
    return found


def test_an_account_names_its_client(tmp_path: Path) -> None:
    [account] = loaded(tmp_path).accounts
    assert account.secret is None
    assert account.oauth is not None
    assert (account.oauth.name, account.mailbox) == ("idp", "alice@acme.example")
    assert account.oauth.settings.provider is Provider.GOOGLE
    assert account.oauth.settings.grant is Grant.AUTHORIZATION_CODE
    assert "geheim" not in repr(account)


def test_a_server_names_it_for_many_and_an_account_may_differ(tmp_path: Path) -> None:
    server = {"host": '"imap.example"', "oauth": '"idp"'}
    mailboxes = {"mailboxes": '["alice@acme.example", "bob@acme.example"]'}
    config = loaded(tmp_path, options=mailboxes, server=server)
    assert [each.oauth.name for each in config.accounts if each.oauth] == ["idp", "idp"]
    assert [each.mailbox for each in config.accounts] == ["alice@acme.example", "bob@acme.example"]
    own = {"username": '"alice"', "password_file": '"password"'}
    [account] = loaded(tmp_path, options=own, server=server).accounts
    assert account.oauth is None
    assert account.secret is not None
    [account] = loaded(tmp_path, server={"password_file": '"password"'}).accounts
    assert account.oauth is not None
    assert account.secret is None


@pytest.mark.parametrize(
    ("idp", "said"),
    [
        ({"provider": '"yahoo"'}, 'must be one of "google", "microsoft", "discovery"'),
        ({"client_id": ""}, "needs client_id"),
        ({"issuer": '"https://id.example"'}, 'takes issuer with provider = "discovery" alone'),
        ({"provider": '"discovery"'}, 'needs issuer = "https://…"'),
        ({"provider": '"discovery"', "issuer": '"https://id.example"'}, "needs scopes"),
        ({"provider": '"discovery"', "issuer": '"http://id.example"'}, "issuer must be an https:// URL"),
        ({"provider": '"discovery"', "issuer": '"https://a:b@id.example"'}, "issuer must be an https:// URL"),
        ({"provider": '"discovery"', "issuer": '"https://id.example/?a=b"'}, "issuer must be an https:// URL"),
        ({"tenant": '"acme"'}, 'takes tenant with provider = "microsoft" alone'),
        ({"provider": '"microsoft"', "tenant": '"a/../b"'}, "takes tenant"),
        ({"grant": '"client_credentials"'}, 'no grant = "client_credentials" at Google'),
        ({"provider": '"microsoft"', "grant": '"client_credentials"'}, "needs the tenant"),
        ({"provider": '"microsoft"', "grant": '"client_credentials"', "tenant": '"Common"'}, "needs the tenant"),
        (
            {"provider": '"microsoft"', "grant": '"client_credentials"', "tenant": '"t"', "client_secret_file": ""},
            "needs client_secret_… or client_certificate_file",
        ),
        ({"client_certificate_file": '"cert.pem"'}, "has both client_secret_… and client_certificate_file"),
        ({"client_key_file": '"key.pem"'}, "has client_key_… without client_certificate_file"),
        ({"grant": '"service_account"'}, "needs service_account_file"),
        ({"service_account_file": '"robot.json"'}, "needs service_account_file with grant"),
        ({"client_secret": '"geheim"'}, "is no known key"),
        ({"client_secret_command": '["cat", "secret"]'}, "is given beside client_secret_command"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, idp: dict[str, str], said: str) -> None:
    found = problem(tmp_path, {**IDP, **idp})
    assert found.key.startswith("oauth.idp")
    assert said in found.problem


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"oauth": '"ipd"'}, "there is no [oauth.ipd]"),
        ({"oauth": "7"}, "must be text"),
        ({"password_file": '"password"'}, "is given beside a password"),
    ],
)
def test_an_option_that_names_no_client_is_said(tmp_path: Path, options: dict[str, str], said: str) -> None:
    found = problem(tmp_path, options={**OPTIONS, **options})
    assert found.key == "accounts[alice].options.oauth"
    assert said in found.problem


def test_kinds_that_take_no_tokens_say_so(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    found = problem(tmp_path, options={"path": '"mail"', "format": '"eml"', "oauth": '"idp"'}, kind="local")
    assert found.problem == "is for kinds that take tokens"


def test_microsoft_takes_a_certificate(tmp_path: Path) -> None:
    idp = {
        "provider": '"microsoft"',
        "client_id": '"x"',
        "tenant": '"acme.example"',
        "grant": '"client_credentials"',
        "client_certificate_file": '"cert.pem"',
        "client_key_file": '"key.pem"',
    }
    [account] = loaded(tmp_path, idp).accounts
    assert account.oauth is not None
    assert account.oauth.settings.client_certificate_file == tmp_path / "cert.pem"


def test_clients_belong_into_the_main_file(tmp_path: Path) -> None:
    loaded(tmp_path)
    (tmp_path / "accounts.d").mkdir()
    (tmp_path / "accounts.d" / "x.toml").write_text('[oauth.other]\nprovider = "google"\n')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", environ={}, today=TODAY)
    assert "it belongs into config.toml" in caught.value.problems[0].hint
