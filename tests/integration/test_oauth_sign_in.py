"""From the sign-in of a person to the mail: Dovecot takes the tokens of a provider, and keeptouch gets them."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.conformance import mail
from tests import warm_start
from tests.conftest import require
from tests.integration.company import Account, Company
from tests.servers.dovecot import Dovecot, Options
from tests.servers.oauth_provider import OAuthProvider
from tests.servers.process import HOST
from tests.unit.daemon.oauth_company import SECRETS_KEY, Signed, company_at

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def started() -> Iterator[OAuthProvider]:
    with OAuthProvider() as made:
        yield made


@pytest.fixture
def provider(started: OAuthProvider) -> OAuthProvider:
    """As it was when it was started."""
    started.reset()
    return started


@pytest.fixture(scope="module")
def server(started: OAuthProvider) -> Iterator[Dovecot]:
    for made in require(Dovecot({"alice": "x", "bob": "y"}, Options(tls=False, oauth_url=started.url))):
        made.deliver("alice", [mail(1)])
        made.deliver("bob", [mail(2)])
        yield made


@pytest.fixture
def company(tmp_path: Path, provider: OAuthProvider, server: Dovecot) -> Company:
    return company_at(tmp_path / "company", provider, port=server.imap_port)


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def sent_to(url: str) -> str:
    """Where a browser is sent after the person has agreed."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(_Unfollowed).open(url, timeout=10)
    with caught.value as answer:
        assert answer.code == 302
        return str(answer.headers["Location"])


def opened(url: str) -> int:
    """The status of what a browser is shown."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class Login:
    """`keeptouch accounts login alice`, and what the person in front of it sees."""

    def __init__(self, company: Company, *words: str) -> None:
        command = company.command("accounts", "login", *words, "alice")
        pipe = subprocess.PIPE
        self.process = warm_start.Popen[str](command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.seen = ""

    def line(self, begins: str) -> str:
        """The next line that begins so."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.seen += line
            if line.startswith(begins):
                return line.strip()
        raise AssertionError(self.seen)

    def ended(self, typed: str = "") -> tuple[int, str, str]:
        """(exit code, stdout, stderr)"""
        out, err = self.process.communicate(typed, timeout=60)
        self.seen += err
        return self.process.returncode, out, self.seen


def signed_in(company: Company) -> None:
    """Alice signs in by her browser."""
    login = Login(company)
    assert opened(sent_to(login.line("http"))) == 200
    code, out, err = login.ended()
    assert (code, out) == (0, "alice: signed in as alice\n"), err


def texts(company: Company) -> int:
    return int(company.rows("SELECT count(*) FROM v1_interaction")[0][0])


def test_a_person_signs_in_and_the_mail_is_read(company: Company, provider: OAuthProvider) -> None:
    before = company.run("check")
    assert before.code == 1
    assert "nobody has signed in yet" in before.err
    assert "keeptouch accounts login alice" in before.err
    signed_in(company)
    assert company.run("check").code == 0
    answer = company.sync()
    assert answer.account("alice")["seen"] == 1
    asked = next(form for _method, path, form in provider.requests if path == "/authorize")
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["login_hint"] == "alice"
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")


def test_an_expired_token_is_replaced_and_a_revoked_sign_in_told(company: Company, provider: OAuthProvider) -> None:
    provider.rotates = True
    provider.expires_in = 1
    signed_in(company)
    for _time in range(2):
        assert company.run("sync", "--json").code == 0
    # it ended early at the provider, and only the mail server knows
    provider.expires_in = 3600
    assert company.run("sync", "--json").code == 0
    provider.access.clear()
    assert company.run("sync", "--json").code == 0
    provider.revoke("alice")
    answer = company.run("sync", "--json")
    assert answer.code == 1
    error = answer.account("alice")["error"]
    assert error["step"] == "token"
    assert "has expired or was revoked" in error["problem"]
    assert error["hint"] == "keeptouch accounts login alice"
    # who names the account has it tried at once, and the second refusal parks it
    assert company.run("sync", "--account", "alice").code == 1
    assert company.rows("SELECT state FROM v1_account_status") == [("auth_failed",)]
    signed_in(company)
    assert company.run("sync", "--json").code == 0
    assert company.rows("SELECT state FROM v1_account_status") == [("ok",)]


def test_a_provider_that_is_away_is_no_authentication_failure(company: Company, provider: OAuthProvider) -> None:
    provider.expires_in = 1
    signed_in(company)
    provider.fail("", 503, headers={"Retry-After": "7"})
    answer = company.run("sync", "--json")
    assert answer.code == 1
    assert answer.account("alice")["error"]["step"] == "token"
    assert company.rows("SELECT state FROM v1_account_status") == [("backoff",)]


@pytest.mark.parametrize("tells", [True, False])
def test_another_persons_token_is_refused_and_said_so(company: Company, provider: OAuthProvider, tells: bool) -> None:
    provider.user = "bob"
    provider.tells_identity = tells
    login = Login(company)
    opened(sent_to(login.line("http")))
    code, out, err = login.ended()
    assert (code, out) == (1, "")
    if tells:
        assert "bob signed in, but the account is the mailbox alice of alice@acme.example" in err
    else:
        assert "refused the token: it has expired, was revoked, or belongs to somebody else than alice" in err
    assert company.rows("SELECT * FROM oauth_token") == []


def test_of_a_provider_that_names_nobody_the_mail_server_says_who_it_is(
    company: Company, provider: OAuthProvider
) -> None:
    provider.tells_identity = False
    login = Login(company)
    opened(sent_to(login.line("http")))
    code, out, err = login.ended()
    assert (code, out) == (0, "alice: signed in\n"), err
    assert company.sync().account("alice")["seen"] == 1


def test_the_address_line_of_a_browser_elsewhere_is_pasted(company: Company) -> None:
    login = Login(company, "--paste")
    url = login.line("http")
    login.line("Then the browser shows an error page")
    code, out, err = login.ended(f"  {sent_to(url)}\n")
    assert (code, out) == (0, "alice: signed in as alice\n"), err


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "that is no URL with an answer"),
        ("hello", "that is no URL with an answer"),
        ("http://127.0.0.1/?code=x&state=guessed", "its state is not ours"),
        ("http://127.0.0.1/?code=x&state=a&state=b", "that is no URL with an answer"),
    ],
)
def test_what_is_pasted_wrongly_is_refused(company: Company, provider: OAuthProvider, pasted: str, said: str) -> None:
    login = Login(company, "--paste")
    login.line("Then the browser shows an error page")
    code, _out, err = login.ended(pasted + "\n")
    assert code == 1
    assert said in err
    assert not any(path == "/token" for _method, path, _form in provider.requests)


def test_answers_that_are_not_ours_change_nothing(company: Company, provider: OAuthProvider) -> None:
    login = Login(company, "--json")
    url = login.line("http")
    good = sent_to(url)
    base = good.partition("?")[0]
    query = {name: values[0] for name, values in parse_qs(urlsplit(good).query).items()}
    assert query["iss"] == provider.url
    for other in (
        base,
        f"{base}favicon.ico",
        f"{base}?code=stolen&state=guessed",
        f"{base}?code=stolen",
        f"{base}?error=access_denied",
    ):
        assert opened(other) == 400
    assert opened(good) == 200
    code, out, err = login.ended()
    assert code == 0, err
    document = json.loads(out)
    assert document == {"format": 1, "ok": True, "account": "alice", "signed_in": "alice", "lasts": True}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("error=access_denied", "the provider let nobody in (access_denied)"),
        ("code=x&iss=https://evil.example", "another provider"),
    ],
)
def test_a_refusal_is_told(company: Company, provider: OAuthProvider, more: str, said: str) -> None:
    login = Login(company)
    url = login.line("http")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert opened(f"{asked['redirect_uri']}?state={asked['state']}&{more}") == 200
    code, _out, err = login.ended()
    assert code == 1
    assert said in err
    assert not any(path == "/token" for _method, path, _form in provider.requests)


def test_a_device_shows_a_code(company: Company, provider: OAuthProvider) -> None:
    login = Login(company, "--device")
    line = login.line("Open")
    assert f"{provider.url}/verify" in line
    assert "TEST-CODE" in line
    code, out, err = login.ended()
    assert (code, out) == (0, "alice: signed in as alice\n"), err
    assert sum(path == "/token" for _method, path, _form in provider.requests) == 2


def test_a_service_account_reads_many_mailboxes(tmp_path: Path, provider: OAuthProvider, server: Dovecot) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.public_key = key.public_key()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    folder = tmp_path / "company"
    company = company_at(
        folder,
        provider,
        port=server.imap_port,
        grant='"service_account"',
        service_account_file='"robot.json"',
        client_id="",
        client_secret_file="",
    )
    told = {"client_email": "robot@p.example", "private_key": pem, "private_key_id": "k"}
    (folder / "robot.json").write_text(json.dumps(told))
    (folder / "robot.json").chmod(0o600)
    options = {"host": HOST, "port": server.imap_port, "security": "none", "oauth": "idp"}
    everybody = {**options, "mailboxes": ["alice", "bob"]}
    company.accounts = {"all": Account("all", "alice@acme.example", everybody)}
    # no token of it is kept, so no key is needed
    company.store_lines = ()
    answer = company.sync()
    assert [answer.account(f"all/{who}")["seen"] for who in ("alice", "bob")] == [1, 1]
    assert company.rows("SELECT * FROM oauth_token") == []
    refused = company.run("accounts", "login", "all/bob")
    assert refused.code == 2
    assert "nobody signs in to" in refused.err


def test_a_client_reads_by_itself(tmp_path: Path, provider: OAuthProvider, server: Dovecot) -> None:
    company = company_at(tmp_path / "company", provider, port=server.imap_port, grant='"client_credentials"')
    assert company.sync().account("alice")["seen"] == 1
    assert sum(path == "/token" for _method, path, _form in provider.requests) == 1


def test_no_secret_is_seen_anywhere(company: Company, provider: OAuthProvider) -> None:
    provider.rotates = True
    provider.expires_in = 1
    signed_in(company)
    said = ""
    for words in (("check",), ("sync",), ("sync", "--json"), ("status", "--json"), ("accounts", "folders")):
        answer = company.run("--log-level", "debug", *words)
        said += answer.out + answer.err
    provider.fail("invalid_client", 401)
    provider.access.clear()
    said += company.run("--log-level", "debug", "sync").err
    provider.revoke("alice")
    said += company.run("--log-level", "debug", "sync").err
    assert "has expired or was revoked" in said
    secrets = [*provider.access, *provider.refresh, *provider.spent, provider.client_secret, SECRETS_KEY]
    secrets += sent_in(provider.requests)
    assert len(secrets) > 8
    stored = b"".join(path.read_bytes() for path in company.folder.glob("keeptouch.db*"))
    for secret in secrets:
        assert secret not in said
        assert secret.encode() not in stored


def sent_in(requests: Sequence[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """Every secret that was sent."""
    names = ("refresh_token", "code", "code_verifier", "client_secret", "token")
    return [form[name] for _method, _path, form in requests for name in names if name in form]


def test_a_key_is_needed_before_anybody_signs_in(company: Company) -> None:
    company.store_lines = ()
    answer = company.run("accounts", "login", "alice")
    assert answer.code == 2
    assert "store.secrets_key_file: is missing" in answer.err


def test_tokens_go_on_after_their_key_was_exchanged(company: Company, provider: OAuthProvider) -> None:
    signed_in(company)
    (company.folder / "secrets.key").write_text("cd" * 32 + "\n" + SECRETS_KEY + "\n")
    assert company.run("keys", "rotate", "--json").document["resealed"] == 2
    (company.folder / "secrets.key").write_text("cd" * 32 + "\n")
    provider.access.clear()
    assert company.sync().account("alice")["seen"] == 1
    with Signed.of(company) as signed:
        assert signed.account.oauth is not None


def test_a_removed_account_leaves_no_token(company: Company) -> None:
    signed_in(company)
    tokens = "SELECT count(*) FROM oauth_token"
    assert company.rows(tokens) == [(1,)]
    company.sync()
    del company.accounts["alice"]
    assert company.run("sync", "--json").code in (0, 2)
    assert company.rows(tokens) == [(0,)]
