"""A person signs in: in a browser (RFC 6749, section 4.1, with PKCE, RFC 7636), or on another device (RFC 8628)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from daemon.oauth.client import Client, Granted, RefusedError
from daemon.oauth.http import base64url
from daemon.oauth.loopback import Returned, returned_by
from daemon.oauth.settings import is_safe_url
from daemon.printable import printable

_STEP = "login"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
#: Seconds that are added when a provider finds us too quick (RFC 8628, section 3.5).
_SLOWER = 5.0
_LONGEST_DEVICE = 1800.0


@dataclass(frozen=True, slots=True, repr=False)
class Browsing:
    """One sign-in in a browser; what is secret in it is made anew each time."""

    client: Client
    redirect_uri: str
    #: Whom the provider is to offer.
    login_hint: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64))

    @property
    def url(self) -> str:
        """What the person opens."""
        endpoints = self.client.endpoints
        if endpoints.authorization is None:
            raise Misconfigured("the provider has no page to sign in at", step=_STEP, hint="check grant")
        asked = {
            "response_type": "code",
            "client_id": self.client.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.client.scopes,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64url(sha256(self.verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
            "login_hint": self.login_hint,
            **dict(endpoints.asked),
        }
        return f"{endpoints.authorization}?{urlencode(asked)}"

    def is_ours(self, returned: Returned) -> bool:
        """Does an answer belong to this sign-in?"""
        return secrets.compare_digest(returned.get("state", "").encode(), self.state.encode())

    def finished(self, returned: Returned) -> Granted:
        """What the provider gives for its answer; raises ConnectorError."""
        if not self.is_ours(returned):
            problem = "the answer belongs to another sign-in (its state is not ours)"
            raise AuthFailed(problem, step=_STEP, hint="begin again, and use the last URL that is shown")
        if returned.get("iss", self.client.issuer) != self.client.issuer:
            # another provider would get the code (RFC 9207)
            raise AuthFailed("the answer comes from another provider", step=_STEP, hint="begin again")
        if "code" not in returned:
            error = printable(returned.get("error", "no code"))[:60]
            raise AuthFailed(f"the provider let nobody in ({error})", step=_STEP, hint="begin again, and agree there")
        granted = self.client.granted(
            {
                "grant_type": "authorization_code",
                "code": returned["code"],
                "redirect_uri": self.redirect_uri,
                "code_verifier": self.verifier,
            }
        )
        if granted.claims and granted.claims.get("nonce", self.nonce) != self.nonce:
            raise AuthFailed("the answer belongs to another sign-in (its nonce is not ours)", step=_STEP)
        return granted

    def pasted(self, text: str) -> Granted:
        """As `finished`, of the URL that the browser was sent to; raises ConnectorError."""
        returned = returned_by(text)
        if returned is None:
            hint = "copy all of the address line when the browser shows an error page for 127.0.0.1 or localhost"
            raise AuthFailed("that is no URL with an answer of the provider", step=_STEP, hint=hint)
        return self.finished(returned)


@dataclass(frozen=True, slots=True)
class Device:
    """A code that a person enters on another device."""

    #: Where.
    url: str
    code: str
    #: Ours.
    device_code: Secret
    interval: float
    expires_in: float


def ask_device(client: Client) -> Device:
    """A code for a new sign-in; raises ConnectorError."""
    told = client.ask_device()
    url = told.get("verification_uri") or told.get("verification_url")
    code, device_code = told.get("user_code"), told.get("device_code")
    if not isinstance(url, str) or not is_safe_url(url) or not isinstance(code, str) or not device_code:
        raise Unavailable("the provider's code for a device can't be understood", step=_STEP)
    return Device(
        url,
        printable(code)[:60],
        Secret(str(device_code)),
        _seconds(told.get("interval"), 5.0),
        min(_seconds(told.get("expires_in"), 900.0), _LONGEST_DEVICE),
    )


def wait_for_device(client: Client, device: Device, sleep: Callable[[float], None] = time.sleep) -> Granted:
    """Ask until the person has entered the code; raises ConnectorError."""
    form = {"grant_type": DEVICE_CODE, "device_code": device.device_code.reveal()}
    interval, waited = device.interval, 0.0
    while waited < device.expires_in:
        sleep(interval)
        waited += interval
        try:
            return client.attempt(form)
        except RefusedError as refused:
            if refused.error == "slow_down":
                interval += _SLOWER
            elif refused.error != "authorization_pending":
                raise _judged(refused) from None
        except Unavailable:
            # a time-out must not lose the code (RFC 8628, section 3.5)
            interval *= 2
    raise AuthFailed("nobody entered the code in time", step=_STEP, hint="begin again")


def _judged(refused: RefusedError) -> ConnectorError:
    if refused.error == "expired_token":
        return AuthFailed("nobody entered the code in time", step=_STEP, hint="begin again")
    if refused.error == "access_denied":
        return AuthFailed("the provider let nobody in (access_denied)", step=_STEP, hint="begin again, and agree there")
    return refused.meaning


def _seconds(value: object, usual: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 86_400
    return float(value) if is_number else usual  # type: ignore[arg-type]  # looked at in the line above
