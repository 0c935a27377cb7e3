"""Waiting for a person: codes of devices, and the listener that takes one answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Unavailable
from daemon.oauth import loopback
from daemon.oauth.client import Client, Granted
from daemon.oauth.loopback import Loopback, Returned, returned_by
from daemon.oauth.settings import Grant, OAuth, OAuthSettings, Provider
from daemon.oauth.signin import Browsing, Device, ask_device, wait_for_device
from tests.servers.oauth_provider import OAuthProvider


@pytest.fixture
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider() as made:
        yield made


@pytest.fixture
def client(tmp_path: Path, provider: OAuthProvider) -> Client:
    settings = OAuthSettings(
        provider=Provider.DISCOVERY,
        issuer=provider.url,
        client_id=provider.client_id,
        scopes=("openid", "mail"),
        grant=Grant.DEVICE_CODE,
    )
    return Client(OAuth("idp", settings), {}, tmp_path)


def waits(client: Client, device: Device) -> tuple[list[float], object]:
    """How long was slept each time, and what came of it."""
    slept: list[float] = []
    try:
        return slept, wait_for_device(client, device, slept.append)
    except ConnectorError as error:
        return slept, error


def test_a_device_waits_as_it_is_told(client: Client, provider: OAuthProvider) -> None:
    device = ask_device(client)
    assert (device.code, device.interval, device.expires_in) == ("TEST-CODE", 1.0, 300.0)
    assert device.device_code.reveal() not in repr(device)
    provider.fail("authorization_pending")
    provider.fail("slow_down", times=2)
    provider.fail("authorization_pending")
    slept, granted = waits(client, device)
    assert slept == [1.0, 1.0, 6.0, 11.0, 11.0, 11.0]
    assert isinstance(granted, Granted)
    assert granted.refresh is not None
    assert provider.refresh[granted.refresh.reveal()] == "alice"


def test_a_provider_that_stumbles_does_not_lose_the_code(client: Client, provider: OAuthProvider) -> None:
    device = ask_device(client)
    provider.device_polls = 0
    provider.failures.append((500, {}, {}))
    slept, granted = waits(client, device)
    assert slept[:2] == [1.0, 2.0]
    assert isinstance(granted, Granted)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("expired_token", AuthFailed, "nobody entered the code in time"),
        ("access_denied", AuthFailed, "let nobody in"),
        ("invalid_client", Misconfigured, "does not take the client"),
        ("invalid_grant", AuthFailed, "no longer takes"),
    ],
)
def test_what_ends_a_device(
    client: Client, provider: OAuthProvider, error: str, kind: type[ConnectorError], said: str
) -> None:
    device = ask_device(client)
    provider.fail(error)
    _slept, found = waits(client, device)
    assert type(found) is kind
    assert said in str(found)


def test_a_code_that_nobody_enters_ends(client: Client, provider: OAuthProvider) -> None:
    provider.device_polls = 10_000
    slept, found = waits(client, ask_device(client))
    assert type(found) is AuthFailed
    assert sum(slept) == 300.0


def test_a_provider_without_devices_says_so(client: Client, provider: OAuthProvider) -> None:
    provider.more["device_authorization_endpoint"] = None
    with pytest.raises(Misconfigured, match="lets no devices sign in"):
        ask_device(client)


def test_each_sign_in_has_secrets_of_its_own(client: Client) -> None:
    one, other = (Browsing(client, "http://127.0.0.1:1/", "alice") for _time in range(2))
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert 43 <= len(one.verifier) <= 128
    assert one.verifier not in one.url
    assert one.state not in repr(one)


class Asked:
    """A listener that waits in a thread of its own for an answer whose state is "ours"."""

    def __init__(self, patience: float = 20.0) -> None:
        self.result: Returned | ConnectorError | None = None
        self._listener = Loopback().__enter__()
        self.port = self._listener.port
        self._thread = threading.Thread(target=self._wait, args=[patience])
        self._thread.start()

    def _wait(self, patience: float) -> None:
        try:
            self.result = self._listener.wait(lambda returned: returned["state"] == "ours", patience)
        except ConnectorError as error:
            self.result = error
        finally:
            self._listener.__exit__(None, None, None)

    def send(self, request: bytes, *, stays: bool = False) -> bytes:
        """What is answered to a request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            answer = b""
            # a listener that read enough resets the connection while the rest of a long request
            # is still on its way: any step may meet that, as ENOTCONN where it is shut down
            with suppress(ConnectionError):
                connection.sendall(request)
                if not stays:
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    answer += part
        return answer

    def end(self) -> Returned | ConnectorError | None:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.result


GOOD = b"GET /?code=c&state=ours HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_one_answer_ends_the_listener() -> None:
    asked = Asked()
    answer = asked.send(GOOD)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"code" not in answer.partition(b"\r\n\r\n")[2].lower().replace(b"utf-8", b"")
    assert asked.end() == {"code": "c", "state": "ours"}
    with pytest.raises(ConnectionError):
        asked.send(GOOD)


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\r\n\r\n",
        b"POST /?code=c&state=ours HTTP/1.1\r\n\r\n",
        b"GET /?code=c&state=theirs HTTP/1.1\r\n\r\n",
        b"GET /?code=c&code=d&state=ours HTTP/1.1\r\n\r\n",
        b"GET /?code=c HTTP/1.1\r\n\r\n",
        b"GET /favicon.ico HTTP/1.1\r\n\r\n",
        b"GET /?state=ours",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /?" + b"a=b&" * 2000 + b"state=ours HTTP/1.1\r\n\r\n",
        b"GET /?state=ours&code=" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_good_answer_changes_nothing(request_: bytes) -> None:
    asked = Asked()
    answer = asked.send(request_)
    assert not answer.startswith(b"HTTP/1.1 200")
    asked.send(GOOD)
    assert asked.end() == {"code": "c", "state": "ours"}


def test_nobody_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(Asked(patience=0.2).end()) is Unavailable
    monkeypatch.setattr(loopback, "_CONNECTIONS", 3)
    asked = Asked()
    for _time in range(3):
        asked.send(b"GET / HTTP/1.1\r\n\r\n")
    assert type(asked.end()) is Unavailable


def test_who_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "_CONNECTION", 0.2)
    asked = Asked()
    assert asked.send(b"GET /?co", stays=True) == b""
    asked.send(GOOD)
    assert asked.end() == {"code": "c", "state": "ours"}


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port} can't be listened on"), Loopback(port):
            pass


@pytest.mark.parametrize("url", ["", "x", "http://[", "?state=a&state=b", "http://127.0.0.1/#state=a"])
def test_what_holds_no_answer_is_none(url: str) -> None:
    assert returned_by(url) is None
