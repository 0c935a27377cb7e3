"""Mails through the relay: which get a pixel, that all others are the same to the byte, and what the server hears."""

from __future__ import annotations

import base64
import smtplib
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from matching.consent import Consent
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.faultproxy import FaultProxy
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.relay_house import LINK, LOGIN, Relay, letter, new_authority, plain_login
from tests.unit.daemon.tracking_house import ALICE, ANN, BEA, Tracking, config_in

pytestmark = pytest.mark.slow

CY = "cy@client.example"
NAMES = "SELECT display_name FROM v1_signal s LEFT JOIN v1_contact c ON c.id = s.contact_id WHERE s.kind = 'open'"
BASE = "https://t.acme.example/x/"


class World(NamedTuple):
    """Ann and Bea agreed, Cy did not."""

    at: Tracking
    sink: SmtpSink
    relay: Relay
    authority: CertificateAuthority
    certificate: Certificate

    def sent(self, raw: bytes, *to: str, **more: object) -> bytes:
        """What the server takes of a mail that is sent to them."""
        self.relay.send(raw, *to, **more)
        return self.sink.taken[-1][2]

    def tokens(self) -> list[tuple[str, str]]:
        """(mail, address) of what was given out."""
        return self.at.house.rows("SELECT t.id, r.base FROM tracked t JOIN tracked_recipient r ON r.tracked_id = t.id")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("relay")
    authority, certificate = new_authority(folder / "authority")
    with House(folder) as house, SmtpSink(certificate, is_tls=True, login=LOGIN) as sink:
        at = Tracking(house, config_in(folder))
        for who, state in ((ANN, Consent.GRANTED), (BEA, Consent.GRANTED), (CY, Consent.REFUSED)):
            at.contact(who, state)
        with Relay(at, certificate, authority, sink.port) as relay:
            yield World(at, sink, relay, authority, certificate)


@pytest.fixture
def world(shared: World) -> World:
    """As it was made."""
    shared.sink.answers.clear()
    shared.sink.heard.clear()
    shared.sink.taken.clear()
    shared.sink.extensions = [b"8BITMIME", b"SMTPUTF8"]
    return shared


def test_a_mail_to_people_who_agreed_bears_a_pixel_and_links(world: World) -> None:
    raw = letter(1)
    altered = world.sent(raw, ANN)
    _page, _, rest = altered.partition(b"</p>")
    head = raw.partition(b"<p>")[0]
    assert altered.startswith(head + '<p>سلام <a href="'.encode() + BASE.encode() + b"c/")
    assert LINK.encode() not in altered
    assert rest.startswith(f'<img src="{BASE}o/'.encode())
    assert rest.endswith(b'.gif" width="1" height="1" alt="">\r\n')
    # one recipient: whose it is
    pixel = f"{BASE}o/" + rest.partition(b"/o/")[2].partition(b'"')[0].decode()
    world.at.send("1@acme.example", ANN)
    world.at.ask(pixel, 60)
    assert world.at.verdicts() == [("open", "probable_human")]
    assert world.at.house.rows(NAMES) == [("Ann",)]
    # several: one of theirs
    altered = world.sent(letter(2, to=f"{ANN}, {BEA}"), ANN, BEA)
    pixel = f"{BASE}o/" + altered.partition(b"/o/")[2].partition(b'"')[0].decode()
    world.at.send("2@acme.example", ANN, BEA, minute=1)
    world.at.ask(pixel, 600)
    assert sorted(world.at.house.rows(NAMES), key=str) == [("Ann",), (None,)]


def test_every_other_mail_arrives_to_the_byte(world: World) -> None:
    before = world.tokens()
    dotted = (
        b"Subject: =?utf-8?q?x?=\r\nX-Odd:\tkept \r\nTo: ann@client.example\r\n\r\n.\r\n..\r\n. .\r\n\r\n\0\xff\x80\r\n"
    )
    made = world.at.create(ANN, mid="7@acme.example")
    for name, raw, to in [
        ("one refused", letter(3), (ANN, CY)),
        ("one in Cc alone", letter(3, head=f"Cc: {CY}\r\n"), (ANN,)),
        ("one in Bcc alone", letter(3, head=f"Bcc: {CY}\r\n"), (ANN,)),
        ("a colleague", letter(3), (ANN, "bob@acme.example")),
        ("to a stranger", letter(3, to="who@ever.example"), ("who@ever.example",)),
        ("DKIM", letter(3, head="DKIM-Signature: v=1; a=rsa-sha256; bh=x; b=y\r\n"), (ANN,)),
        ("text", dotted, (ANN,)),
        ("asked for by a program", letter(7), (ANN,)),
        ("marked by a program", letter(8, head=f"X-Keeptouch-Tracking: {made.id}\r\n"), (ANN,)),
        ("empty", b"\r\n", (ANN,)),
        ("no blank line", b"To: ann@client.example\r\n", (ANN,)),
    ]:  # fmt: skip
        assert world.sent(raw, *to) == raw, name
    assert len(world.tokens()) == len(before) + 1, "nothing was given out but for the program"


def test_what_the_server_offers_works_through_the_relay(world: World) -> None:
    offers = [b"SIZE 100000", b"8BITMIME", b"SMTPUTF8", b"DSN", b"CHUNKING", b"BINARYMIME", b"XCLIENT", b"STARTTLS"]
    world.sink.extensions = offers
    raw = letter(11, body="<p>" + "x" * 400)
    with closing(world.relay.client()) as smtp:
        found = {name: smtp.esmtp_features[name] for name in ("size", "dsn", "chunking", "binarymime", "smtputf8")}
        assert found == {"size": "100000", "dsn": "", "chunking": "", "binarymime": "", "smtputf8": ""}
        assert "xclient" not in smtp.esmtp_features
        assert "starttls" not in smtp.esmtp_features
        line = f"FROM:<{ALICE}> SIZE={len(raw)} BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+3Db"
        assert smtp.docmd("MAIL", line)[0] == 250
        to = ("TO:<ann@client.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann@client.example", "TO:<سلام@مثال.example>")
        for each in to:
            smtp.send(b"RCPT " + each.encode() + b"\r\n")
            assert smtp.getreply()[0] == 250
        smtp.send(b"BDAT 100\r\n" + raw[:100])
        assert smtp.getreply()[0] == 250
        smtp.send(b"BDAT %d LAST\r\n" % len(raw[100:]) + raw[100:])
        assert smtp.getreply() == (250, b"fine")
        assert world.sink.taken[-1][2] == raw, "somebody did not agree"
        heard = b"\n".join(world.sink.heard)
        assert b"MAIL " + line.replace(f"SIZE={len(raw)}", f"SIZE={len(raw) + 65536}").encode() in heard
        assert all(b"RCPT " + each.encode() in heard for each in to)
        assert b"BDAT %d LAST" % len(raw) in heard
        # and with a pixel: one chunk, as the mail is told to be longer
        smtp.mail(ALICE)
        smtp.rcpt(ANN)
        smtp.send(b"BDAT %d LAST\r\n" % len(raw) + raw)
        assert smtp.getreply()[0] == 250
        assert BASE.encode() in world.sink.taken[-1][2]
        assert smtp.mail(ALICE, ["SIZE=100001"])[0] == 250, "the server's to refuse"
        assert smtp.docmd("MAIL", f"FROM:<{ALICE}> SIZE=99999999999")[0] == 552


def test_each_recipient_is_the_servers_to_refuse_and_a_refused_mail_leaves_no_tokens(world: World) -> None:
    world.sink.answers = {f"RCPT TO:<{BEA}>": b"550-5.1.1 nobody\r\n550 5.1.1 here"}
    assert world.relay.send(letter(21), ANN, BEA) == {BEA: (550, b"5.1.1 nobody\n5.1.1 here")}
    # whoever was refused has no say
    world.sink.answers = {f"RCPT TO:<{CY}>": b"550 5.1.1 nobody"}
    assert BASE.encode() in world.sent(letter(20), ANN, CY)
    before = world.tokens()
    world.sink.answers = {".": b"554 5.7.1 looks like spam"}
    with pytest.raises(smtplib.SMTPDataError) as refused:
        world.relay.send(letter(22), ANN)
    assert refused.value.args == (554, b"5.7.1 looks like spam")
    until = time.monotonic() + 5
    while world.tokens() != before:
        assert time.monotonic() < until
        time.sleep(0.01)
    # the connection is good for another mail
    world.sink.answers = {"DATA": b"451 4.3.0 not now"}
    with closing(world.relay.client()) as smtp:
        with pytest.raises(smtplib.SMTPDataError):
            smtp.sendmail(ALICE, ANN, letter(23))
        words = [each.split(b" ")[0] for each in world.sink.heard]
        assert words[-3:] == [b"DATA", b"RSET", b"RSET"], "once by the relay, once by the client"
        world.sink.answers = {}
        assert smtp.sendmail(ALICE, ANN, letter(24)) == {}


def test_a_store_that_is_slow_or_gone_keeps_no_mail(world: World, tmp_path: Path) -> None:
    count = len(world.tokens())
    with (
        Relay(world.at, world.certificate, world.authority, world.sink.port, patience=0.2) as relay,
        world.at.house.store.write() as transaction,
    ):
        transaction.execute(text("UPDATE contact SET display_name = display_name"))
        relay.send(letter(31), ANN)
        assert world.sink.taken[-1][2] == letter(31)
    until = time.monotonic() + 5
    while len(world.tokens()) != count:
        assert time.monotonic() < until, "what came too late is taken back"
        time.sleep(0.05)
    with House(tmp_path) as house:
        at = Tracking(house, config_in(tmp_path))
        at.contact(ANN, Consent.GRANTED)
        with house.store.write() as transaction:
            transaction.execute(text("DROP TABLE tracking_token"))
        with Relay(at, world.certificate, world.authority, world.sink.port) as relay:
            relay.send(letter(32), ANN)
            assert world.sink.taken[-1][2] == letter(32)


def test_whoever_is_left_or_leaves_while_it_is_decided_has_sent_nothing(world: World) -> None:
    count = len(world.tokens())
    relay = Relay(world.at, world.certificate, world.authority, world.sink.port, patience=10)
    with relay, closing(relay.secured()) as leaving, closing(relay.secured()) as left:
        with world.at.house.store.write():
            for line in (leaving, left):
                line.hear()
                for command in (
                    b"EHLO x",
                    plain_login(),
                    b"MAIL FROM:<alice@acme.example>",
                    f"RCPT TO:<{ANN}>".encode(),
                ):
                    assert line.say(command + b"\r\n")[:1] == b"2"
                assert line.say(b"DATA\r\n")[:3] == b"354"
                line.line.sendall(letter(71) + b".\r\n")
            leaving.close()
            relay.listener.stop(0.3)
            assert left.hear() == b"421 4.3.2 the relay ends; nothing of this mail was sent\r\n"
        until = time.monotonic() + 5
        while len(world.tokens()) != count:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert world.sink.taken == []
        assert b"DATA" not in world.sink.heard


def test_a_way_that_ends_within_the_mail_sends_nothing(world: World) -> None:
    with (
        SmtpSink(login=LOGIN) as sink,
        FaultProxy(("127.0.0.1", sink.port)) as proxy,
        Relay(world.at, world.certificate, world.authority, proxy.port, "none") as relay,
        closing(relay.client()) as smtp,
    ):
        proxy.up.cut_on = b"the middle"
        smtp.mail(ALICE)
        smtp.rcpt(ANN)
        # more than what lies between can hold
        code, said = smtp.data(b"Subject: x\r\n\r\nthe middle\r\n" + (b"x" * 900 + b"\r\n") * 16_000)
        assert (code, sink.taken) == (451, [])
        assert said.endswith(b"nothing of this mail was sent")


def test_the_server_is_kept_awake_while_a_mail_comes_slowly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.relay.dialogue.AWAKE_SECONDS", 0.05)
    with closing(world.relay.secured()) as line:
        line.hear()
        for command in (b"EHLO x", plain_login(), b"MAIL FROM:<alice@acme.example>", b"RCPT TO:<ann@client.example>"):
            assert line.say(command + b"\r\n")[:1] == b"2"
        assert line.say(b"DATA\r\n")[:3] == b"354"
        for piece in letter(51).split(b"\r\n")[:-1]:
            line.line.sendall(piece + b"\r\n")
            time.sleep(0.03)
        assert line.say(b".\r\n")[:3] == b"250"
    heard = [each.split(b" ")[0] for each in world.sink.heard]
    assert heard.index(b"NOOP") < heard.index(b"DATA")
    assert BASE.encode() in world.sink.taken[-1][2]


def test_credentials_are_the_servers_alone(world: World) -> None:
    with closing(world.relay.client(None)) as smtp:
        assert smtp.esmtp_features["auth"].split() == ["PLAIN"]
        assert smtp.mail(ALICE)[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            smtp.login("alice", "wrong")
        assert refused.value.args == (535, b"wrong")
        smtp.login(*LOGIN)
        assert smtp.sendmail(ALICE, ANN, letter(61)) == {}
    held = base64.b64encode(b"right").rstrip(b"=")
    assert not any(held in each for each in world.sink.heard)
