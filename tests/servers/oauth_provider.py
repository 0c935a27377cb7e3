"""A provider of OAuth 2.0 on loopback: consents by itself, and fails as it is told.

Authorization code with PKCE, device code, refresh tokens (also such that are good once), client credentials with a
secret or a signed assertion, assertions of service accounts, introspection, userinfo and discovery.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.servers import plain_http
from tests.servers.certificates import Certificate
from tests.servers.process import HOST

Form = dict[str, str]
#: (status, document, headers)
Reply = tuple[int, dict[str, Any], dict[str, str]]


def _refusal(error: str, status: int = 400) -> Reply:
    return status, {"error": error, "error_description": f"this is {error}"}, {}


@dataclass(slots=True)
class OAuthProvider:
    """`user` is who consents; tokens name a user, and access tokens an end."""

    user: str = "alice"
    client_id: str = "testclient"
    client_secret: str = "testsecret"
    #: Seconds that an access token lives.
    expires_in: float = 3600
    certificate: Certificate | None = None
    #: A refresh token is good once; used again, all of its user's tokens are revoked (RFC 9700, section 4.14.2).
    rotates: bool = False
    #: Is an id_token handed out, and can userinfo be asked?
    tells_identity: bool = True
    #: How often a device is told to wait before it is let in.
    device_polls: int = 1
    #: Whose signature assertions bear.
    public_key: RSAPublicKey | None = None
    #: Replies to the next requests for tokens.
    failures: list[Reply] = field(default_factory=list)
    #: (method, path, form)
    requests: list[tuple[str, str, Form]] = field(default_factory=list)
    #: What discovery tells beside the usual.
    more: dict[str, Any] = field(default_factory=dict)
    access: dict[str, tuple[str, float]] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    codes: dict[str, Form] = field(default_factory=dict)
    devices: dict[str, int] = field(default_factory=dict)
    port: int = 0
    _lock: Any = field(default_factory=threading.RLock)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The issuer."""
        return f"https://localhost:{self.port}" if self.certificate else f"http://{HOST}:{self.port}"

    def mint(self, user: str, lifetime: float | None = None) -> str:
        """An access token."""
        token = "at_" + secrets.token_urlsafe(24)
        self.access[token] = (user, time.time() + (self.expires_in if lifetime is None else lifetime))
        return token

    def mint_refresh(self, user: str) -> str:
        """A refresh token."""
        token = "rt_" + secrets.token_urlsafe(24)
        self.refresh[token] = user
        return token

    def revoke(self, user: str) -> None:
        """Let no token of the user be good any more."""
        with self._lock:
            self.access = {token: kept for token, kept in self.access.items() if kept[0] != user}
            self.refresh = {token: kept for token, kept in self.refresh.items() if kept != user}

    def fail(self, error: str, status: int = 400, *, times: int = 1, headers: Mapping[str, str] | None = None) -> None:
        """The next requests for tokens fail so."""
        self.failures += [(status, {"error": error}, dict(headers or {}))] * times

    def reset(self) -> None:
        """Forget everything but where we listen."""
        for each in fields(self):
            if each.name not in ("port", "certificate", "_lock", "_server"):
                value = each.default if each.default_factory is MISSING else each.default_factory()
                setattr(self, each.name, value)

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                form = {name: values[0] for name, values in parse_qs(parts.query).items()}
                bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
                self._reply(provider.asked("GET", parts.path, form, bearer))

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                login = self.headers.get("Authorization", "")
                if login.startswith("Basic "):
                    named = base64.b64decode(login[6:]).decode().partition(":")
                    form |= {"client_id": named[0], "client_secret": named[2]}
                self._reply(provider.asked("POST", self.path, form, ""))

            def _reply(self, reply: Reply) -> None:
                status, document, headers = reply
                body = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = plain_http.begin(Handler, self.certificate)
        self.port = self._server.server_address[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        plain_http.end(self._server)

    def asked(self, method: str, path: str, form: Form, bearer: str) -> Reply:
        """The reply to a request."""
        with self._lock:
            self.requests.append((method, path, form))
            match path:
                case "/.well-known/openid-configuration":
                    return 200, self.discovery, {}
                case "/authorize":
                    return self._consent(form)
                case "/token":
                    return self.failures.pop(0) if self.failures else self._token(form)
                case "/device":
                    code = secrets.token_urlsafe(12)
                    self.devices[code] = self.device_polls
                    told = {"device_code": code, "user_code": "TEST-CODE", "verification_uri": f"{self.url}/verify"}
                    return 200, told | {"expires_in": 300, "interval": 1}, {}
                case "/introspect":
                    user = self._user_of(form.get("token", ""))
                    return 200, {"active": "true", "username": user} if user else {"active": "false"}, {}
                case "/userinfo" if self.tells_identity:
                    user = self._user_of(bearer)
                    return (200, {"sub": user, "email": user}, {}) if user else _refusal("invalid_token", 401)
        return _refusal("not_found", 404)

    @property
    def discovery(self) -> dict[str, Any]:
        """What it tells of itself."""
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "device_authorization_endpoint": f"{self.url}/device",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        }
        return told | self.more

    def _user_of(self, token: str) -> str:
        user, end = self.access.get(token, ("", 0.0))
        return user if end > time.time() else ""

    def _consent(self, form: Form) -> Reply:
        code = secrets.token_urlsafe(16)
        self.codes[code] = form
        answer = {"code": code, "state": form["state"], "iss": self.url}
        return 302, {}, {"Location": f"{form['redirect_uri']}?{urlencode(answer)}"}

    def _token(self, form: Form) -> Reply:
        grant = form.get("grant_type", "").rpartition(":")[2]
        if grant == "jwt-bearer":
            claims = self.signed(form.get("assertion", ""))
            return self._granted(claims["sub"], form, None) if claims else _refusal("invalid_grant")
        if form.get("client_id") != self.client_id or not self._is_client(form):
            return _refusal("invalid_client", 401)
        if grant == "client_credentials":
            return self._granted(self.user, form, None)
        if grant == "refresh_token":
            return self._refreshed(form)
        if grant == "device_code":
            left = self.devices.get(form.get("device_code", ""), -1)
            if left:
                self.devices[form["device_code"]] = left - 1
                return _refusal("authorization_pending" if left > 0 else "expired_token")
            return self._granted(self.user, form, self.mint_refresh(self.user))
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not asked or asked["redirect_uri"] != form.get("redirect_uri") or asked["code_challenge"] != challenge:
            return _refusal("invalid_grant")
        return self._granted(self.user, asked, self.mint_refresh(self.user))

    def _refreshed(self, form: Form) -> Reply:
        token = form.get("refresh_token", "")
        user = self.refresh.get(token)
        if user is None:
            return _refusal("invalid_grant")
        if token in self.spent:
            self.revoke(user)
            return _refusal("invalid_grant")
        if not self.rotates:
            return self._granted(user, form, None)
        self.spent.add(token)
        return self._granted(user, form, self.mint_refresh(user))

    def _is_client(self, form: Form) -> bool:
        if "client_assertion" in form:
            claims = self.signed(form["client_assertion"])
            return bool(claims) and claims["iss"] == claims["sub"] == self.client_id
        return form.get("client_secret", self.client_secret) == self.client_secret

    def signed(self, assertion: str) -> dict[str, Any]:
        """The claims of an assertion that is signed, for us, and in time; else none."""
        head, _, signature = assertion.rpartition(".")
        header, claims = (json.loads(_decoded(part)) for part in head.split("."))
        assert self.public_key is not None
        scheme: Any = padding.PKCS1v15()
        if header["alg"] == "PS256":
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        self.public_key.verify(_decoded(signature), head.encode(), scheme, hashes.SHA256())
        is_good = claims["aud"] == f"{self.url}/token" and claims["iat"] <= time.time() < claims["exp"]
        return dict(claims) if is_good else {}

    def _granted(self, user: str, form: Form, refresh: str | None) -> Reply:
        told: dict[str, Any] = {"access_token": self.mint(user), "token_type": "Bearer", "expires_in": self.expires_in}
        if refresh is not None:
            told["refresh_token"] = refresh
        if self.tells_identity and "openid" in form.get("scope", ""):
            claims = {"iss": self.url, "aud": self.client_id, "sub": user, "email": user, "nonce": form.get("nonce")}
            payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
            told["id_token"] = f"e30.{payload}."
        return 200, told, {}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
