"""Signed assertions instead of a client's secret, and of service accounts (RFC 7523)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.api import Misconfigured
from daemon.oauth.http import STEP, base64url

#: Seconds that an assertion is good.
LIFETIME = 300


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A key, and what tells the provider which one it is."""

    key: RSAPrivateKey
    #: Of the assertion, beside its algorithm.
    header: Mapping[str, str]
    #: RSASSA-PSS, which Microsoft asks for, or PKCS #1 v1.5.
    is_pss: bool = False

    def sign(self, claims: Mapping[str, Any], now: float | None = None) -> str:
        """The assertion as a JWT (RFC 7519, RFC 7515), good from now on for five minutes."""
        issued = int(time.time() if now is None else now)
        header = {"alg": "PS256" if self.is_pss else "RS256", "typ": "JWT", **self.header}
        payload = {**claims, "iat": issued, "nbf": issued, "exp": issued + LIFETIME, "jti": secrets.token_urlsafe(16)}
        signed = f"{_written(header)}.{_written(payload)}"
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
        if self.is_pss:
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return f"{signed}.{base64url(self.key.sign(signed.encode(), scheme, hashes.SHA256()))}"


def certificate_signer(certificate: bytes, key: str, *, is_pss: bool) -> Signer:
    """A client's certificate and its key, both PEM; raises Misconfigured, which quotes neither."""
    try:
        thumbprint = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())
    except ValueError:
        hint = "it holds the certificate that the provider knows, PEM"
        raise Misconfigured("client_certificate_file holds no certificate", step=STEP, hint=hint) from None
    return Signer(_rsa(key, "client_key"), {"x5t#S256": base64url(thumbprint)}, is_pss)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What Google's JSON says of a service account."""

    email: str
    signer: Signer


def service_account(text: str) -> ServiceAccount:
    """From the JSON that Google hands out; its URLs are not followed. Raises Misconfigured, which quotes nothing."""
    try:
        told = json.loads(text)
        email, key, key_id = (str(told[name]) for name in ("client_email", "private_key", "private_key_id"))
    except (ValueError, KeyError, TypeError, RecursionError):
        hint = "download a key of the service account as JSON"
        raise Misconfigured("service_account is no key of a service account", step=STEP, hint=hint) from None
    return ServiceAccount(email, Signer(_rsa(key, "service_account"), {"kid": key_id}))


def _rsa(pem: str, name: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        hint = "an RSA key as PEM, without a passphrase"
        raise Misconfigured(f"{name} holds no private key that can be used", step=STEP, hint=hint)
    return key


def _written(value: Mapping[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
