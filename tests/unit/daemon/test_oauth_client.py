"""A client at its provider: which endpoints it trusts, how it proves who it is, and what answers become."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from daemon.credentials import SecretSource, SourceKind
from daemon.oauth.assertions import certificate_signer
from daemon.oauth.client import Client
from daemon.oauth.endpoints import endpoints_of, scopes_of
from daemon.oauth.http import Http
from daemon.oauth.settings import Grant, OAuth, OAuthSettings, Provider
from tests.servers.certificates import CertificateAuthority
from tests.servers.oauth_provider import OAuthProvider

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keeptouch")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(7)
    valid = made.not_valid_before(now).not_valid_after(now + timedelta(days=3650))
    return valid.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider(public_key=KEY.public_key()) as made:
        yield made


def source(folder: Path, name: str, text: str) -> SecretSource:
    (folder / name).write_text(text)
    return SecretSource(SourceKind.FILE, name, f"oauth.idp.{name}_file")


def client(folder: Path, provider: OAuthProvider, **more: object) -> Client:
    given: dict[str, object] = {"scopes": ("mail",), "client_id": provider.client_id, "issuer": provider.url, **more}
    settings = OAuthSettings(provider=Provider.DISCOVERY, **given)  # type: ignore[arg-type]  # one keyword or another
    return Client(OAuth("idp", settings), {}, folder)


def token_request(provider: OAuthProvider) -> dict[str, str]:
    return next(form for _method, path, form in reversed(provider.requests) if path == "/token")


def test_a_secret_travels_as_the_provider_likes_it(tmp_path: Path, provider: OAuthProvider) -> None:
    provider.client_secret = "geheim:ü&=%"
    secret = source(tmp_path, "secret", provider.client_secret)
    in_header = client(tmp_path, provider, client_secret=secret, grant=Grant.CLIENT_CREDENTIALS)
    assert in_header.endpoints.takes_basic
    provider.more["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    in_form = client(tmp_path, provider, client_secret=secret, grant=Grant.CLIENT_CREDENTIALS)
    assert not in_form.endpoints.takes_basic
    assert in_form.own().access.reveal() in provider.access
    assert token_request(provider)["client_secret"] == provider.client_secret


def test_a_secret_in_the_header_is_encoded_as_a_form_is(tmp_path: Path, provider: OAuthProvider) -> None:
    provider.client_secret = "geheim"
    secret = source(tmp_path, "secret", provider.client_secret)
    asking = client(tmp_path, provider, client_secret=secret, grant=Grant.CLIENT_CREDENTIALS)
    assert asking.own().access.reveal() in provider.access


@pytest.mark.parametrize("is_apart", [True, False])
def test_a_certificate_signs_instead_of_a_secret(tmp_path: Path, provider: OAuthProvider, is_apart: bool) -> None:
    file = tmp_path / "client.pem"
    file.write_bytes(certificate() + (b"" if is_apart else PEM.encode()))
    key = {"client_key": source(tmp_path, "key.pem", PEM)} if is_apart else {}
    asking = client(tmp_path, provider, client_certificate_file=file, grant=Grant.CLIENT_CREDENTIALS, **key)
    assert asking.own().access.reveal() in provider.access
    sent = token_request(provider)
    assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in sent
    claims = provider.signed(sent["client_assertion"])
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("testclient", "testclient", 300)
    asking.own()
    assert provider.signed(token_request(provider)["client_assertion"])["jti"] != claims["jti"]


def test_at_microsoft_it_signs_with_pss_and_names_its_thumbprint(provider: OAuthProvider) -> None:
    pem = certificate()
    signed = certificate_signer(pem, PEM, is_pss=True).sign({"aud": f"{provider.url}/token"})
    head = signed.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    digest = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())
    thumbprint = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    assert provider.signed(signed)["aud"] == f"{provider.url}/token"


def test_a_service_account_acts_for_each_mailbox(tmp_path: Path, provider: OAuthProvider) -> None:
    told = {
        "type": "service_account",
        "client_email": "robot@project.example",
        "private_key": PEM,
        "private_key_id": "k1",
        # a file must not decide where its assertions go
        "token_uri": "https://evil.example/token",
    }
    key = source(tmp_path, "robot.json", json.dumps(told))
    asking = client(tmp_path, provider, service_account=key, grant=Grant.SERVICE_ACCOUNT, client_id="")
    token = asking.on_behalf_of("bob@acme.example").access.reveal()
    assert provider.access[token][0] == "bob@acme.example"
    claims = provider.signed(token_request(provider)["assertion"])
    assert (claims["iss"], claims["scope"], claims["aud"]) == ("robot@project.example", "mail", f"{provider.url}/token")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"client_email": 1}', "geheim", PEM])
def test_a_file_that_is_no_service_account_is_refused_without_a_word_of_it(
    tmp_path: Path, provider: OAuthProvider, text: str
) -> None:
    key = source(tmp_path, "robot.json", text + "\n" * (not text) + " ")
    asking = client(tmp_path, provider, service_account=key, grant=Grant.SERVICE_ACCOUNT, client_id="")
    with pytest.raises(Misconfigured) as caught:
        asking.on_behalf_of("bob@acme.example")
    assert "geheim" not in f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert "PRIVATE KEY" not in str(caught.value)


def test_keys_that_cannot_sign_are_refused(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    locked = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    for pem in (curve.decode(), locked.decode(), "", "x"):
        with pytest.raises(Misconfigured, match="client_key holds no private key"):
            certificate_signer(certificate(), pem, is_pss=False)
    with pytest.raises(Misconfigured, match="holds no certificate"):
        certificate_signer(b"x", PEM, is_pss=False)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"issuer": "https://other.example"}, Misconfigured),
        ({"token_endpoint": "https://evil.example/token"}, Misconfigured),
        ({"token_endpoint": "http://127.0.0.1:1/token"}, Misconfigured),
        ({"userinfo_endpoint": "https://169.254.169.254/latest"}, Misconfigured),
        ({"authorization_endpoint": "javascript:alert(1)"}, Misconfigured),
        ({"token_endpoint": "ISSUER@evil.example/token"}, Misconfigured),
        ({"token_endpoint": "ISSUER.evil.example/token"}, Misconfigured),
        ({"token_endpoint": 7}, Misconfigured),
        ({"token_endpoint": None}, Misconfigured),
        ({"authorization_endpoint": None}, Misconfigured),
    ],
)
def test_no_answer_decides_where_secrets_go(
    tmp_path: Path, provider: OAuthProvider, more: dict[str, object], kind: type[ConnectorError]
) -> None:
    provider.more = {
        name: value.replace("ISSUER", provider.url) if isinstance(value, str) else value for name, value in more.items()
    }
    with pytest.raises(kind):
        _ = client(tmp_path, provider).endpoints
    assert [path for _method, path, _form in provider.requests] == ["/.well-known/openid-configuration"]


def test_endpoints_are_asked_for_once(tmp_path: Path, provider: OAuthProvider) -> None:
    asking = client(tmp_path, provider)
    assert asking.endpoints is asking.endpoints
    assert len(provider.requests) == 1


def test_presets_have_the_endpoints_that_their_makers_document() -> None:
    google = endpoints_of(OAuthSettings(provider=Provider.GOOGLE, client_id="x"), Http())
    assert google.token == "https://oauth2.googleapis.com/token"
    assert ("access_type", "offline") in google.asked
    settings = OAuthSettings(provider=Provider.MICROSOFT, client_id="x", tenant="acme.example")
    microsoft = endpoints_of(settings, Http())
    assert microsoft.token == "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token"
    assert microsoft.redirect_host == "localhost"
    assert "offline_access" in scopes_of(settings).split()
    own = OAuthSettings(
        provider=Provider.MICROSOFT,
        client_id="x",
        tenant="t",
        grant=Grant.CLIENT_CREDENTIALS,
        client_secret=SecretSource(SourceKind.FILE, "x"),
    )
    assert scopes_of(own) == "https://outlook.office365.com/.default"


@pytest.mark.parametrize(
    "token",
    [
        {},
        {"access_token": ""},
        {"access_token": "a\r\nb"},
        {"access_token": "ü"},
        {"access_token": 7},
        {"access_token": "x", "token_type": "mac"},
    ],
)
def test_what_is_no_token_is_not_taken(tmp_path: Path, provider: OAuthProvider, token: dict[str, object]) -> None:
    provider.failures.append((200, {"token_type": "Bearer", **token}, {}))
    with pytest.raises(Unavailable, match="no token that can be understood"):
        client(tmp_path, provider).refresh(Secret("rt"))


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [(3599, 3599.0), ("3599", 3599.0), (None, 600.0), ("x", 600.0), (-5, 0.0), (1e300, 2592000.0), ([], 600.0)],
)
def test_how_long_a_token_lives(tmp_path: Path, provider: OAuthProvider, expires_in: object, lifetime: float) -> None:
    token = {"access_token": "x", "token_type": "bearer", "expires_in": expires_in}
    provider.failures.append((200, token, {}))
    assert client(tmp_path, provider).refresh(Secret("rt")).lifetime == lifetime


@pytest.mark.parametrize(
    ("claims", "is_taken"),
    [({}, True), ({"aud": "other"}, False), ({"iss": "https://evil.example"}, False), ({"aud": ["testclient"]}, True)],
)
def test_claims_for_another_client_say_nothing(
    tmp_path: Path, provider: OAuthProvider, claims: dict[str, object], is_taken: bool
) -> None:
    told = {"iss": provider.url, "aud": "testclient", "email": "alice", **claims}
    payload = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    provider.failures.append((200, {"access_token": "x", "token_type": "Bearer", "id_token": f"e30.{payload}.x"}, {}))
    granted = client(tmp_path, provider).refresh(Secret("rt"))
    assert (granted.claims.get("email") == "alice") is is_taken


@pytest.mark.parametrize("id_token", ["", "x", "a.b.c", "e30.W10.x", 7, None, "e30." + "W" * 100_000])
def test_any_id_token_can_be_looked_at(tmp_path: Path, provider: OAuthProvider, id_token: object) -> None:
    provider.failures.append((200, {"access_token": "x", "token_type": "Bearer", "id_token": id_token}, {}))
    assert client(tmp_path, provider).refresh(Secret("rt")).claims == {}


def test_errors_quote_nothing_that_was_sent(tmp_path: Path, provider: OAuthProvider) -> None:
    canary = "rt_kanarienvogel-7713"
    asking = client(tmp_path, provider, client_secret=source(tmp_path, "secret", provider.client_secret))
    for error in ("invalid_grant", "invalid_client", canary, f"x {canary}"):
        provider.failures.append((400, {"error": error[:3], "error_description": canary}, {}))
        with pytest.raises(ConnectorError) as caught:
            asking.refresh(Secret(canary))
        assert canary not in f"{caught.value} {caught.value.hint} {caught.value.__context__!r}"
    with pytest.raises(Unavailable) as lost:
        Http().post("http://127.0.0.1:1/token", {"refresh_token": canary}, {"Authorization": f"Basic {canary}\n"})
    assert canary not in f"{lost.value} {lost.value.__cause__!r}"


def test_certificates_are_checked(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "authority")
    with OAuthProvider(certificate=authority.issue()) as provider:
        with pytest.raises(Unavailable, match="not trusted"):
            _ = client(tmp_path, provider).endpoints
        assert provider.requests == []
        assert client(tmp_path, provider, ca_file=authority.file).endpoints.issuer == provider.url


def test_redirects_are_not_followed(provider: OAuthProvider) -> None:
    with OAuthProvider() as other:
        provider.failures.append((302, {}, {"Location": f"{other.url}/token"}))
        with pytest.raises(Unavailable, match="sends us to another server"):
            Http().post(f"{provider.url}/token", {"a": "b"}, {})
        assert other.requests == []


@pytest.mark.parametrize("url", ["http://acme.example/token", "file:///etc/passwd", "https://a@b.example/", "https://"])
def test_nothing_is_sent_in_clear_or_elsewhere(url: str) -> None:
    with pytest.raises(ConnectorError):
        Http().post(url, {}, {})


class Flood:
    """Answers with `head`, and then with x for as long as anybody listens, or nothing at all."""

    def __init__(self, head: bytes, part: bytes, pause: float = 0.0) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/token"
        self._head, self._part, self._pause = head, part, threading.Event()
        self._seconds = pause
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(self._head)
                while self._part:
                    connection.sendall(self._part)
                    self._pause.wait(self._seconds)
                self._pause.wait(30)
            except OSError:
                return

    def close(self) -> None:
        self._pause.set()
        self._listener.close()


@pytest.mark.parametrize(
    ("head", "part", "pause"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000_000, 0.0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 65536, 0.0),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"x", 0.1),
        (b"", b"", 0.0),
        (b"nonsense\r\n\r\n", b"", 0.0),
    ],
)
def test_a_provider_that_answers_without_end_is_given_up(head: bytes, part: bytes, pause: float) -> None:
    flood = Flood(head, part, pause)
    try:
        with pytest.raises(Unavailable):
            Http(timeout=0.2).post(flood.url, {}, {})
    finally:
        flood.close()


def test_who_signed_in_is_asked_where_no_claim_says_it(tmp_path: Path, provider: OAuthProvider) -> None:
    asking = client(tmp_path, provider)
    assert asking.userinfo(Secret(provider.mint("alice")))["email"] == "alice"
    assert asking.userinfo(Secret("at_unknown")) == {}
    provider.more["userinfo_endpoint"] = None
    assert client(tmp_path, provider).userinfo(Secret("x")) == {}


def test_a_refused_service_account_is_no_sign_in(tmp_path: Path, provider: OAuthProvider) -> None:
    told = {"client_email": "r@p.example", "private_key": PEM, "private_key_id": "k"}
    key = source(tmp_path, "robot.json", json.dumps(told))
    asking = client(tmp_path, provider, service_account=key, grant=Grant.SERVICE_ACCOUNT, client_id="")
    provider.fail("invalid_grant")
    with pytest.raises(AuthFailed):
        asking.on_behalf_of("bob")
