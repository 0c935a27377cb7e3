"""A company's own authority in the system's store is trusted by all that speak TLS, and by none after its removal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.process import find
from tests.servers.receiver import Receiver
from tests.servers.scripted_http import ScriptedHttp, reply
from tests.unit.connectors.scripted_imap import ScriptedImap

pytestmark = [pytest.mark.server, pytest.mark.slow]
_BOOK = b"""<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:response>
<d:href>/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:addressbook/></d:resourcetype></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""
KINDS = ("imap", "carddav", "http", "webhook")
#: A service that asks each server once a line of its input, and says what came of it.
_SERVICE = """
import json, sys
from pathlib import Path
from connectors.api import ConnectorError, Secret
from connectors.carddav import CardDav
from connectors.http import HttpClient
from connectors.imap import ImapConnector
from daemon.egress import EgressError, post, target_of

imap, dav, hook, ca_file = json.loads(sys.argv[1])
ca_file = Path(ca_file) if ca_file else None

def ask_imap():
    settings = ImapConnector.Settings(host="localhost", port=imap, username="u", ca_file=ca_file)
    with ImapConnector(settings, Secret("pw")) as connector:
        connector.streams()

def ask_carddav():
    settings = CardDav.Settings(url=f"https://localhost:{dav}/", username="u", ca_file=ca_file)
    with CardDav(settings, Secret("pw")) as books:
        books.books()

def ask_http():
    with HttpClient(f"https://localhost:{dav}/", ca_file=ca_file) as client:
        client.request("GET", "/")

def ask_webhook():
    post(target_of(f"https://localhost:{hook}/", allow_local=True, ca_file=ca_file), b"{}", {})

for _line in sys.stdin:
    answers = {}
    for ask in (ask_imap, ask_carddav, ask_http, ask_webhook):
        try:
            ask()
            answers[ask.__name__[4:]] = ""
        except (ConnectorError, EgressError) as error:
            answers[ask.__name__[4:]] = str(error)
    print(json.dumps(answers), flush=True)
"""


class Servers:
    """One of each kind, under one certificate."""

    def __init__(self, imap: ScriptedImap, http: ScriptedHttp, hook: Receiver) -> None:
        self.imap, self.http, self.hook = imap, http, hook


@contextmanager
def serving(certificate: Certificate) -> Iterator[Servers]:
    imap = ScriptedImap({})
    imap.context, imap.speaks_tls = certificate.server_context(), True
    http = ScriptedHttp(lambda _request: reply(207, _BOOK), certificate)
    with imap, http, Receiver(certificate) as hook:
        yield Servers(imap, http, hook)


@contextmanager
def service(
    servers: Servers, ca_file: Path | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    words = json.dumps([servers.imap.port, servers.http.port, servers.hook.port, str(ca_file) if ca_file else None])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVICE, words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(environ or {})},
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def answers(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    found: dict[str, str] = json.loads(process.stdout.readline())
    assert tuple(found) == KINDS
    return found


def are_refused(found: dict[str, str]) -> bool:
    return all("not trusted" in text for text in found.values())


@pytest.mark.parametrize("store", ["file", "folder"])
def test_an_authority_in_the_systems_store_is_trusted_by_all_and_by_none_after_its_removal(
    tmp_path: Path, store: str
) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    other = CertificateAuthority(tmp_path / "other")
    bundle, folder = tmp_path / "bundle.pem", tmp_path / "certs"
    folder.mkdir()

    def install(*authorities: CertificateAuthority) -> None:
        """As update-ca-certificates does: a bundle, and a folder with names that are hashes."""
        new = tmp_path / "new.pem"
        new.write_bytes(b"".join(each.file.read_bytes() for each in authorities))
        new.replace(bundle)
        for path in folder.iterdir():
            path.unlink()
        for each in authorities:
            words = [find("openssl"), "x509", "-hash", "-noout", "-in", str(each.file)]
            hashed = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
            number = sum(path.name.startswith(hashed) for path in folder.iterdir())
            (folder / f"{hashed}.{number}").symlink_to(each.file)

    environ = {"SSL_CERT_FILE": str(bundle)} if store == "file" else {"SSL_CERT_DIR": str(folder)}
    install(other)
    with serving(authority.issue()) as servers, service(servers, environ=environ) as running:
        assert are_refused(answers(running))
        install(other, authority)
        assert answers(running) == dict.fromkeys(KINDS, "")
        heard = len(servers.imap.commands), len(servers.http.requests), len(servers.hook.received)
        install(other)
        assert are_refused(answers(running))
        assert (len(servers.imap.commands), len(servers.http.requests), len(servers.hook.received)) == heard


def test_an_authority_in_a_file_of_the_options_is_trusted_instead_of_the_systems(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    other = CertificateAuthority(tmp_path / "other")
    with serving(authority.issue()) as servers:
        with service(servers, authority.file) as running:
            assert answers(running) == dict.fromkeys(KINDS, "")
        with service(servers, other.file, {"SSL_CERT_FILE": str(authority.file)}) as running:
            assert are_refused(answers(running))


def test_no_list_of_authorities_that_a_package_brings_is_trusted(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    environ = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(authority.file))
    with serving(authority.issue()) as servers, service(servers, environ=environ) as running:
        assert are_refused(answers(running))


def test_certificates_that_are_bad_get_no_login(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    bad = (authority.issue(expired=True), authority.issue(names=("else.example",), ips=("127.0.0.2",)))
    for certificate in bad:
        with serving(certificate) as servers:
            with service(servers, authority.file) as running:
                assert all("certificate" in text for text in answers(running).values())
            assert (servers.imap.commands, servers.http.requests, servers.hook.received) == ([], [], [])
