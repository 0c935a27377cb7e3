"""The relay beside the service, its configuration and certificate, and what `check` says of them."""

from __future__ import annotations

import json
import shutil
import smtplib
import socket
import ssl
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main
from daemon.environment import Environment, open_store
from daemon.problems import ConfigError
from daemon.relay import listener as listeners
from daemon.service import Service
from daemon.session import Session
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.relay_house import LOGIN, Relay, letter, new_authority
from tests.unit.daemon.tracking_house import ALICE, Tracking, config_in

pytestmark = pytest.mark.slow


def relay_toml(**values: object) -> str:
    table = {
        "enabled": True, "listen": "127.0.0.1:0", "certificate_file": "relay.pem", "certificate_key_file": "relay.key",
        "host": "localhost", "connect_seconds": 3, **values,
    }  # fmt: skip
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items() if value is not None)
    return f'[company]\ndomains = ["acme.example"]\n[relay]\n{lines}'


def test_run_takes_mails_and_a_changed_configuration_ends_it(tmp_path: Path) -> None:
    authority, certificate = new_authority(tmp_path / "authority")
    with SmtpSink(certificate, is_tls=True, login=LOGIN) as sink:
        text = relay_toml(
            certificate_file=str(certificate.chain),
            certificate_key_file=str(certificate.key),
            port=sink.port,
            ca_file=str(authority.file),
        )
        config = config_in(tmp_path, text)
        with (
            Session(config, open_store(config, {}), Environment({}, clock=lambda: NOON)) as session,
            Service(session, 3600, threading.Event()) as service,
        ):
            listener = service.relaying.listener
            assert listener is not None
            assert listener.is_up.wait(10)
            trusted = ssl.create_default_context(cafile=authority.file)
            with closing(smtplib.SMTP_SSL("localhost", listener.port, "x", timeout=10, context=trusted)) as smtp:
                smtp.login(*LOGIN)
                smtp.sendmail(ALICE, "ann@client.example", letter(1))
            assert sink.taken[-1][2] == letter(1), "[tracking] is off"
            off = config_in(tmp_path, text.replace("true", "false"))
            service.relaying.follow(Session(off, session.store, Environment({}, clock=lambda: NOON)))
            assert service.relaying.listener is None
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", listener.port), timeout=10)


def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "_LOOK", 0.05)
    authority, certificate = new_authority(tmp_path / "authority")
    with House(tmp_path) as house, SmtpSink() as sink:
        at = Tracking(house, config_in(tmp_path))
        with Relay(at, certificate, authority, sink.port, "none") as relay:

            def shown() -> str:
                return ssl.get_server_certificate(("127.0.0.1", relay.listener.port), timeout=10)

            before = shown()
            certificate.chain.write_text("no certificate")
            time.sleep(0.2)
            assert shown() == before
            other = authority.issue()
            # as renewing programs do: one file after the other
            shutil.copyfile(other.key, certificate.key)
            time.sleep(0.1)
            shutil.copyfile(other.chain, certificate.chain)
            until = time.monotonic() + 5
            while shown() == before:
                assert time.monotonic() < until
                time.sleep(0.05)


def test_check_tells_what_is_wrong_with_certificate_and_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    authority, certificate = new_authority(tmp_path / "authority")
    expired = authority.issue(expired=True)

    def checked(*words: str, **values: object) -> tuple[int, Any]:
        ours = {"certificate_file": str(certificate.chain), "certificate_key_file": str(certificate.key)}
        (tmp_path / "config.toml").write_text(relay_toml(**{**ours, "ca_file": str(authority.file), **values}), "utf-8")
        code = main(["check", "--json", *words])
        found = json.loads(capsys.readouterr().out)
        return code, [each["problem"] for each in found["problems"] + found["warnings"]]

    with SmtpSink(certificate, is_tls=True, login=LOGIN) as good, SmtpSink(certificate) as bare:
        assert checked(port=good.port) == (0, [])
        assert not any(each.startswith((b"MAIL", b"RCPT")) for each in good.heard)
        assert checked(port=good.port, ca_file=None)[0] == 1
        code, problems = checked(port=bare.port, security="starttls")
        assert (code, problems) == (1, ["localhost offers no login that can be passed on: none at all"])
        (code, (problem,)) = checked(port=1)
        assert code == 1
        assert problem.startswith("localhost")
        assert checked("--config-only", port=1) == (0, [])
        code, (problem,) = checked("--config-only", certificate_key_file=str(expired.key))
        assert code == 1
        assert "can't be used with" in problem
        ended = {"certificate_file": str(expired.chain), "certificate_key_file": str(expired.key)}
        code, (problem,) = checked(port=good.port, **ended)
        assert code == 1
        assert "the certificate ended on 20" in problem
        soon = authority.issue()
        monkeypatch.setattr("daemon.relay.certificate.SOON", timedelta(days=91))
        ours = {"certificate_file": str(soon.chain), "certificate_key_file": str(soon.key)}
        code, (problem,) = checked(port=good.port, **ours)
        assert code == 0
        assert "the certificate ends on 20" in problem


def test_a_configuration_that_is_not_safe_is_refused(tmp_path: Path) -> None:
    for name in ("relay.pem", "relay.key"):
        (tmp_path / name).write_text("")
    config_in(tmp_path, relay_toml())
    config_in(tmp_path, relay_toml(security="none", host="127.0.0.1", listen="[::1]:465", listen_starttls="0.0.0.0:25"))
    for values, problem in (
        ({"host": None}, "relay.host: is missing"),
        ({"certificate_file": None}, "relay.certificate_file: is missing"),
        ({"certificate_key_file": None}, "relay.certificate_key_file: is missing"),
        ({"security": "none"}, ""),
        (
            {"security": "none", "host": "mail.acme.example"},
            "relay.security: can't be none: passwords would travel open",
        ),
        ({"listen": "localhost:465"}, "relay.listen: must be an address and a port"),
        ({"listen_starttls": "8587"}, "relay.listen_starttls: must be an address and a port"),
        ({"listen": ""}, "relay.listen: is empty, and so is listen_starttls"),
        ({"max_connections": 0}, "relay.max_connections: must be from 1 to 65535"),
        ({"timeout_seconds": 0}, "relay.timeout_seconds: must be from 1 to 65535"),
        ({"port": 65_536}, "relay.port: must be from 1 to 65535"),
        ({"upstream": "x"}, "relay.upstream"),
    ):
        if not problem:
            config_in(tmp_path, relay_toml(**values))
            continue
        with pytest.raises(ConfigError, match=problem.replace(".", r"\.")):
            config_in(tmp_path, relay_toml(**values))
