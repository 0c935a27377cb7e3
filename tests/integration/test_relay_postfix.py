"""Mails through the relay to Postfix and from there to Dovecot: each arrives once, and those left alone to the byte."""

from __future__ import annotations

import contextlib
import io
import random
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from email.utils import formatdate
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from daemon.cli.main import main
from daemon.environment import Environment, open_store
from daemon.service import Service
from daemon.session import Session
from matching.consent import Consent
from tests.conftest import require
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.chromium import open_page
from tests.servers.dovecot import Dovecot, Options
from tests.servers.faultproxy import FaultProxy
from tests.servers.postfix import Postfix
from tests.servers.process import HOST, find, free_ports
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.relay_house import LINK, LOGIN, Relay, new_authority, plain_login
from tests.unit.daemon.tracking_house import ALICE, ANN, BEA, CHROME, Tracking, config_in

T = TypeVar("T")

pytestmark = [pytest.mark.server, pytest.mark.slow]

CY, NOBODY = "cy@client.example", "nobody@client.example"
BASE = b"https://t.acme.example/x/"
#: Clients at once.
CLIENTS = 4
_MESSAGE_ID = re.compile(rb"^Message-ID: <(\d+)@acme\.example>", re.MULTILINE)
#: What the relay puts in: the image, and URLs in links.
_OURS = re.compile(rb"<img [^>]+>|" + re.escape(BASE) + rb"c/[\w-]+")
_HTML = f'<html><body>سلام <a href="{LINK}">offer</a></body></html>\r\n'


class World(NamedTuple):
    """Ann and Bea agreed, Cy did not."""

    at: Tracking
    relay: Relay
    servers: Servers

    def arrived(self, numbers: range) -> dict[tuple[int, str], list[bytes]]:
        """(number, user) -> the copies of a mail there, with the line ends of the wire."""
        found: dict[tuple[int, str], list[bytes]] = {}
        for user in ("ann", "bea", "cy"):
            folder = self.servers.dovecot.maildir(user) / "new"
            for file in folder.iterdir() if folder.is_dir() else ():
                raw = file.read_bytes().replace(b"\n", b"\r\n")
                match = _MESSAGE_ID.search(raw)
                assert match
                if int(match[1]) in numbers:
                    found.setdefault((int(match[1]), user), []).append(raw)
        return found


class Servers(NamedTuple):
    """Postfix, whose logins Dovecot judges, and to which it delivers."""

    dovecot: Dovecot
    postfix: Postfix
    authority: CertificateAuthority
    certificate: Certificate


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    authority, certificate = new_authority(tmp_path_factory.mktemp("authority"))
    (sasl,) = free_ports(1)
    extra = f"service auth {{\n inet_listener sasl {{\n address = {HOST}\n port = {sasl}\n }}\n}}"
    for dovecot in require(Dovecot(dict([LOGIN]), Options(extra=extra))):
        for postfix in require(Postfix(certificate, dovecot.lmtp_port, refused=NOBODY, sasl=sasl)):
            yield Servers(dovecot, postfix, authority, certificate)


@pytest.fixture(scope="module")
def world(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("relay")
    with House(folder) as house:
        at = Tracking(house, config_in(folder))
        for who, state in ((ANN, Consent.GRANTED), (BEA, Consent.GRANTED), (CY, Consent.REFUSED)):
            at.contact(who, state)
        port = servers.postfix.port
        with Relay(at, servers.certificate, servers.authority, port, "starttls", timeout_seconds=60) as relay:
            yield World(at, relay, servers)


class Sending(NamedTuple):
    """A mail, whom it is to, and whether it is to bear a pixel."""

    raw: bytes
    to: tuple[str, ...]
    is_tracked: bool


def mail(number: int) -> Sending:
    """One of six kinds."""
    head = (
        f"From: {ALICE}\r\nDate: Mon, 2 Mar 2026 12:00:00 +0000\r\nSubject: {number}\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{number}@acme.example>\r\n"
    )
    page = f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{_HTML}"
    signed = (
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n\r\n'
        f"--s\r\n{page}--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--s--\r\n"
    )
    dkim = "DKIM-Signature: v=1; a=rsa-sha256; d=acme.example;\r\n\ts=x; h=from; bh=AA==; b=AA==\r\n"
    text, to, is_tracked = [
        (f"To: {ANN}\r\n{head}{page}", (ANN,), True),
        (f"To: {ANN}\r\nCc: {BEA}\r\n{head}{page}", (ANN, BEA), True),
        (f"{dkim}To: {ANN}\r\n{head}{page}", (ANN,), False),
        (f"To: {ANN}\r\n{head}{signed}", (ANN,), False),
        (f"To: {ANN}\r\n{head}{page}", (ANN, CY), False),
        (f"To: {ANN}\r\n{head}Content-Type: text/plain\r\n\r\n.\r\n..x\r\n. {LINK}\r\n", (ANN,), False),
    ][number % 6]
    return Sending(text.encode(), to, is_tracked)


def send_all(world: World, numbers: range) -> None:
    """By several clients at once; each hears for each mail that it was taken."""
    failed: list[Exception] = []

    def send(mine: range) -> None:
        try:
            with closing(world.relay.client()) as smtp:
                for number in mine:
                    each = mail(number)
                    if number % 5:
                        assert smtp.sendmail(ALICE, each.to, each.raw, ["BODY=8BITMIME", f"SIZE={len(each.raw)}"]) == {}
                    else:
                        send_in_chunks(smtp, each)
        except Exception as error:
            failed.append(error)

    clients = [threading.Thread(target=send, args=[numbers[first::CLIENTS]]) for first in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert not failed


def send_in_chunks(smtp: smtplib.SMTP, sending: Sending) -> None:
    """As Exchange does (RFC 3030)."""
    assert smtp.mail(ALICE, ["BODY=8BITMIME"])[0] == 250
    for to in sending.to:
        assert smtp.rcpt(to)[0] == 250
    for chunk, last in ((sending.raw[:70], b""), (sending.raw[70:], b" LAST")):
        smtp.send(b"BDAT %d%s\r\n%s" % (len(chunk), last, chunk))
        assert smtp.getreply()[0] == 250


def check_all(world: World, numbers: range, seconds: float) -> None:
    sent = {number: mail(number) for number in numbers}
    expected = {(number, to.partition("@")[0]) for number, each in sent.items() for to in each.to}
    until = time.monotonic() + seconds
    while (found := world.arrived(numbers)).keys() < expected:
        assert time.monotonic() < until, "Postfix did not hand them on"
        time.sleep(0.1 + len(sent) / 1000)
    assert found.keys() == expected
    for (number, user), copies in found.items():
        each = sent[number]
        (raw,) = copies
        if not each.is_tracked:
            assert raw.endswith(b"\r\n" + each.raw), (user, number)
            continue
        # all but the HTML is the same, and there the pixel and the link alone are new
        head, _, page = each.raw.partition(b"\r\n\r\n")
        before, _, altered = raw.partition(head + b"\r\n\r\n")
        assert before.endswith(b"\r\n"), number
        assert altered.count(BASE + b"o/") == altered.count(BASE + b"c/") == 1
        assert _OURS.sub(b"", altered).replace(b'href=""', f'href="{LINK}"'.encode()) == page


def test_each_mail_arrives_once_and_refusals_are_the_servers(world: World) -> None:
    numbers = range(60)
    send_all(world, numbers)
    check_all(world, numbers, 30)
    with closing(world.relay.client(None)) as smtp:
        assert {"size", "8bitmime", "dsn", "smtputf8", "chunking", "enhancedstatuscodes"} <= smtp.esmtp_features.keys()
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            smtp.login("alice", "wrong")
        # in steps, of which the server asks for each
        smtp.user, smtp.password = LOGIN
        assert smtp.docmd("AUTH LOGIN") == (334, b"VXNlcm5hbWU6")
        assert smtp.docmd("*")[0] == 501
        assert smtp.auth("LOGIN", smtp.auth_login, initial_response_ok=False)[0] == 235
        smtp.mail(ALICE, ["RET=HDRS", "ENVID=x"])
        assert smtp.rcpt(NOBODY) == (550, b"5.7.1 <nobody@client.example>: Recipient address rejected: nobody here")
        assert smtp.docmd("DATA")[0] == 503


@pytest.mark.soak
def test_two_thousand_mails_arrive_once(world: World) -> None:
    numbers = range(60, 2_060)
    send_all(world, numbers)
    check_all(world, numbers, 300)


@pytest.mark.soak
def test_a_way_to_the_server_that_breaks_anywhere_loses_and_doubles_nothing(world: World) -> None:
    chance = random.Random(7)
    at, servers = world.at, world.servers
    unclear: set[int] = set()
    broken = 0
    numbers = range(4_000, 4_150)
    with (
        FaultProxy((HOST, servers.postfix.port)) as proxy,
        Relay(at, servers.certificate, servers.authority, proxy.port, "starttls") as relay,
    ):
        for number in numbers:
            # whoever hears that nothing was sent sends again, and nobody else does
            said = b"4"
            while said[:1] == b"4" and number not in unclear:
                proxy.down.cut_after = chance.randrange(6_000)
                said = attempt(relay, mail(number))
                broken += said[:1] == b"4"
                unclear |= {number} if b"it may have accepted the mail" in said else set()
                assert said[:3] == b"250" or b"nothing" in said or number in unclear, said
    assert broken > 50
    assert len(unclear) < broken / 5
    clear = [number for number in numbers if number not in unclear]
    expected = {(number, to.partition("@")[0]) for number in clear for to in mail(number).to}
    until(lambda: [True] if world.arrived(numbers).keys() >= expected else [])
    time.sleep(2)
    found = world.arrived(numbers)
    assert all(len(copies) == 1 for copies in found.values())
    assert {number for number, _user in found.keys() - expected} <= unclear


def attempt(relay: Relay, sending: Sending) -> bytes:
    """The last that a client hears who goes on as long as it is agreed with."""
    with closing(relay.secured()) as line:
        said = line.hear()
        for command in (
            *(b"EHLO x", plain_login(), b"MAIL FROM:<alice@acme.example> BODY=8BITMIME"),
            *(f"RCPT TO:<{to}>".encode() for to in sending.to),
            *(b"DATA", sending.raw.replace(b"\r\n.", b"\r\n..") + b"."),
        ):
            if said[:1] not in (b"2", b"3"):
                break
            said = line.say(command + b"\r\n")
    return said


CONFIG = """
[store]
url = "sqlite:///store.db"
[company]
domains = ["acme.example"]
[tracking]
enabled = true
url = "http://{host}:{tracking}"
listen = "{host}:{tracking}"
[relay]
enabled = true
listen = "{host}:0"
certificate_file = "{certificate.chain}"
certificate_key_file = "{certificate.key}"
host = "localhost"
port = {postfix}
security = "starttls"
ca_file = "{authority}"
[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "imap"
[accounts.options]
host = "{host}"
port = {imap}
security = "none"
username = "{login[0]}"
password_file = "secret"
"""


def test_a_mail_opened_in_a_browser_is_one_open_by_a_person(servers: Servers, tmp_path: Path) -> None:
    find("chromium")
    (tmp_path / "secret").write_text(LOGIN[1])
    (tmp_path / "secret").chmod(0o600)
    (tracking,) = free_ports(1)
    text = CONFIG.format(
        host=HOST,
        tracking=tracking,
        certificate=servers.certificate,
        postfix=servers.postfix.port,
        authority=servers.authority.file,
        imap=servers.dovecot.imap_port,
        login=LOGIN,
    )
    config = config_in(tmp_path, text)
    (tmp_path / "ann.csv").write_text(f"id,name,email,tracking consent\n1,Ann,{ANN},granted\n")
    keeptouch(tmp_path, "contacts", "import", str(tmp_path / "ann.csv"))
    late = timedelta()
    environment = Environment({}, clock=lambda: datetime.now(UTC) + late)
    with (
        Session(config, open_store(config, {}), environment) as session,
        Service(session, 1, threading.Event()) as service,
    ):
        relay, pixels = service.relaying.listener, service.tracking.listener
        assert relay
        assert pixels
        assert relay.is_up.wait(10)
        assert pixels.is_up.wait(10)
        each = mail(3_000)
        raw = each.raw.replace(b"Mon, 2 Mar 2026 12:00:00 +0000", formatdate().encode())
        trusted = ssl.create_default_context(cafile=servers.authority.file)
        with closing(smtplib.SMTP_SSL("localhost", relay.port, "x", timeout=20, context=trusted)) as smtp:
            smtp.login(*LOGIN)
            smtp.sendmail(ALICE, each.to, raw)
        # as mail programs do, which know of no pixel
        servers.dovecot.doveadm("save", "-u", LOGIN[0], "-m", "Sent", stdin=raw)
        found = until(lambda: [file for file in (servers.dovecot.maildir("ann") / "new").glob("*")
                               if b"<3000@acme.example>" in file.read_bytes()])  # fmt: skip
        (tmp_path / "page").mkdir()
        page = message_from_bytes(found[0].read_bytes(), policy=SMTP).get_body(("html",))
        assert page
        (tmp_path / "page" / "mail.html").write_text(page.get_content(), "utf-8")
        late = timedelta(minutes=5)
        with serving(tmp_path / "page") as port:
            shown = open_page(f"http://{HOST}:{port}/mail.html", tmp_path / "profile", CHROME)
        assert f'<img src="http://{HOST}:{tracking}/o/' in shown
        lines = until(lambda: [line for line in keeptouch(tmp_path, "timeline", ANN).splitlines() if "open" in line])
        with session.store.read() as transaction:
            signals = transaction.exec_driver_sql("SELECT kind, verdict FROM v1_signal").all()
    assert len(lines) == 1
    assert "outbound, opened (probably)" in lines[0]
    assert [tuple(each) for each in signals] == [("open", "probable_human")]


def until(found: Callable[[], list[T]]) -> list[T]:
    """What is found at last."""
    end = time.monotonic() + 30
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return result


def keeptouch(folder: Path, *words: str) -> str:
    """What a command says."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["--config", str(folder / "config.toml"), *words]) == 0
    return out.getvalue()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Files of a folder over HTTP; yields the port."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
