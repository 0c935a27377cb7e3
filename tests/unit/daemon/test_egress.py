"""Requests to where a configuration says, and to nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.network import is_local
from daemon.egress import EgressError, post, target_of
from tests.servers.certificates import CertificateAuthority
from tests.servers.process import MissingServer
from tests.servers.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def local(receiver: Receiver, path: str = "/hook?a=1") -> str:
    return f"http://127.0.0.1:{receiver.port}{path}"


def test_a_request_and_its_answer(receiver: Receiver) -> None:
    receiver.answers = [(503, {"Retry-After": "120"})]
    target = target_of(local(receiver), allow_local=True, ca_file=None)
    answer = post(target, "سلام".encode(), {"webhook-id": "1"})
    assert (answer.status, answer.retry_after) == (503, 120.0)
    assert post(target, b"", {}).status == 204
    (first, _second) = receiver.received
    assert (first.path, first.body, first.headers["webhook-id"]) == ("/hook?a=1", "سلام".encode(), "1")
    assert first.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(307, {"Location": local(receiver, "/elsewhere")})]
    assert post(target_of(local(receiver), allow_local=True, ca_file=None), b"", {}).status == 307
    assert [each.path for each in receiver.received] == ["/hook?a=1"]


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "100.100.100.200", "fd00:ec2::254", "168.63.129.16"),
    ],
)
def test_local_addresses(text: str) -> None:
    assert is_local(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["10.0.0.7", "192.168.1.1", "93.184.215.14", "fd12::1", "2606:4700::1111"])
def test_a_company_s_own_network_is_not_local(text: str) -> None:
    assert not is_local(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_however_it_is_written(receiver: Receiver, host: str) -> None:
    with pytest.raises((EgressError, ValueError), match=r"local address|must be written as"):
        post(target_of(f"https://{host}:{receiver.port}/", allow_local=False, ca_file=None), b"", {})
    assert receiver.received == []


def test_a_name_that_means_a_local_address_too_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(EgressError, match=r"169\.254\.169\.254"):
        post(target_of("https://crm.example/", allow_local=False, ca_file=None), b"", {})


def test_http_is_for_this_machine_alone() -> None:
    with pytest.raises(ValueError, match="must be"):
        target_of("http://crm.example/", allow_local=True, ca_file=None)


@pytest.mark.parametrize(
    "url",
    [
        "crm.example",
        "ftp://crm.example",
        "https://",
        "https://u:geheim@crm.example/",
        "https://crm.example/#x",
        "http://x/",
    ],
)
def test_urls_that_can_not_be_used(url: str) -> None:
    with pytest.raises(ValueError, match="must") as error:
        target_of(url, allow_local=False, ca_file=None)
    assert "geheim" not in str(error.value)


@pytest.mark.slow
def test_certificates_are_checked(tmp_path: Path) -> None:
    try:
        authority = CertificateAuthority(tmp_path / "ca")
    except MissingServer as missing:
        pytest.skip(f"{missing}; install it with: sudo make servers")
    other = CertificateAuthority(tmp_path / "other")
    with Receiver(authority.issue()) as receiver:
        url = f"https://localhost:{receiver.port}/"
        assert post(target_of(url, allow_local=True, ca_file=authority.file), b"x", {}).status == 204
        for ca_file in (None, other.file):
            with pytest.raises(EgressError, match="certificate"):
                post(target_of(url, allow_local=True, ca_file=ca_file), b"x", {})
    for bad in (authority.issue(expired=True), authority.issue(names=("else.example",), ips=("127.0.0.2",))):
        with Receiver(bad) as receiver:
            target = target_of(f"https://localhost:{receiver.port}/", allow_local=True, ca_file=authority.file)
            with pytest.raises(EgressError, match="certificate"):
                post(target, b"x", {})


def test_a_receiver_that_answers_byte_by_byte_is_given_up() -> None:
    ended = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            for _ in range(600):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                if ended.wait(0.1):
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=[server], daemon=True).start()
        target = target_of(f"http://127.0.0.1:{server.getsockname()[1]}/", allow_local=True, ca_file=None)
        with pytest.raises(EgressError, match="did not answer in time"):
            post(target, b"", {}, time_limit=0.7)
        ended.set()
    with pytest.raises(EgressError, match="refused the connection"):
        post(target, b"", {})
