"""The daily mail through Postfix: what arrives is what was written, and is known as keeptouch's own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from connectors.api import Message, parse_message
from store.mails import own_mail
from tests.servers.certificates import CertificateAuthority
from tests.servers.postfix import Postfix
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.test_digest import STATES, Desk

pytestmark = [pytest.mark.server, pytest.mark.soak]


def test_it_arrives_through_postfix(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "authority")
    with (
        SmtpSink() as sink,
        Postfix(authority.issue(), sink.port, refused="bob@acme.example") as postfix,
        Desk(tmp_path, sink, security="starttls", ca_file=authority.file) as desk,
    ):
        desk.config = desk.at_port(postfix.port)
        desk.wait(hours=2)
        assert desk.turn() == 1
        until = time.monotonic() + 20
        while not sink.taken:
            assert time.monotonic() < until, "Postfix did not hand it on"
            time.sleep(0.05)
        ((_sender, recipient, raw),) = sink.taken
        assert recipient == "alice@acme.example"
        mail = parse_message(raw, ref="1")
        assert isinstance(mail, Message)
        assert own_mail.is_own(desk.store.key, mail.message_id, mail.headers)
        assert "no answer 3 working days" in mail.text
        # the task becomes that of somebody whom the server does not take
        with desk.store.write() as transaction:
            transaction.exec_driver_sql(
                "UPDATE task SET person_id = (SELECT id FROM person WHERE email = 'bob@acme.example')"
            )
        assert desk.turn() == 0
        refused = [row for row in desk.rows(STATES) if row[0] == "refused"]
        assert refused == [
            (
                "refused",
                "localhost refused the mail: 550 5.7.1 <bob@acme.example>: Recipient address rejected: nobody here",
                1,
            )
        ]
