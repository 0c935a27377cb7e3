"""Clients of the relay that smuggle, flood, lie about sizes, break off, and speak no SMTP; and servers behind it."""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daemon.relay.line import MAX_COMMAND
from tests.hostile.running import Case
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.relay_house import LOGIN, Raw, Relay, letter, new_authority, plain_login
from tests.unit.daemon.test_relay_bad_input import START, begun
from tests.unit.daemon.tracking_house import Tracking, config_in

_GOOD = letter(1)


class World(NamedTuple):
    """A relay before a server by TLS, and a client that has been sending through it from the beginning."""

    sink: SmtpSink
    relay: Relay
    client: smtplib.SMTP


@contextmanager
def world() -> Iterator[World]:
    """Mails may have a mebibyte."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = new_authority(folder / "authority")
        with House(folder) as house, SmtpSink(certificate, is_tls=True, login=LOGIN) as sink:
            at = Tracking(house, config_in(folder))
            with (
                Relay(at, certificate, authority, sink.port, max_mail_mib=1) as relay,
                closing(relay.client()) as client,
            ):
                yield World(sink, relay, client)
                relay.send(_GOOD, "new@ever.example")


def good(at: World) -> None:
    """The other client's mail is sent as it is, and nothing else was."""
    at.sink.answers.clear()
    at.sink.cut_after = at.sink.cut_before = ""
    at.sink.taken.clear()
    at.client.sendmail("alice@acme.example", ["who@ever.example"], _GOOD)
    assert [raw for _from, _to, raw in at.sink.taken] == [_GOOD]
    at.sink.taken.clear()


#: What is sent, and with what the reply to it begins; b"" stands for the end of the connection.
_Step = tuple[bytes, tuple[bytes, ...]]


def _secured(begin: tuple[bytes, ...], steps: tuple[_Step, ...], at: World) -> str:
    """A client under TLS, as far as `begin` brings it; nothing reaches the server as a mail."""
    with begun(at.relay, begin) as line:
        said = _talk(line, steps)
    assert at.sink.taken == [], at.sink.taken
    if len(begin) == 1:
        # who knows the password is let in, however often others were refused
        at.relay.client().close()
    return said


def _plain(steps: tuple[_Step, ...], at: World) -> str:
    """A client on the address of STARTTLS; the server hears no command of its."""
    at.sink.heard.clear()
    with closing(at.relay.plain()) as line:
        assert line.hear()[:3] == b"220"
        said = _talk(line, steps)
    assert not [each for each in at.sink.heard if not each.startswith((b"EHLO", b"QUIT"))], at.sink.heard
    return said


def _talk(line: Raw, steps: tuple[_Step, ...]) -> str:
    last = b""
    for octets, replies in steps:
        with contextlib.suppress(OSError):
            line.line.sendall(octets)
        last = line.hear()
        assert last.startswith(replies) if last else b"" in replies, (octets[:80], last)
    return last.decode("ascii", "replace").strip() or "the connection ends"


def _not_smuggled(end: bytes, at: World) -> str:
    """What looks like the end of a mail to some is refused with the mail, and the connection goes on."""
    evil = b"MAIL FROM:<evil@x>\r\nRCPT TO:<ann@client.example>\r\nDATA\r\nevil\r\n"
    with begun(at.relay) as line:
        assert line.say(b"DATA\r\n")[:3] == b"354"
        said = line.say(b"Subject: x\r\n\r\nx" + end + evil + b".\r\n")
        assert said[:3] == b"550", said
        assert [line.say(each + b"\r\n")[:3] for each in (*START[2:], b"DATA")] == [b"250", b"250", b"354"]
        assert line.say(b"x\r\n.\r\n")[:3] == b"250"
    assert [raw for _from, _to, raw in at.sink.taken] == [b"x\r\n"]
    return said.decode().strip()


def _passed_on(mail: bytes, at: World) -> str:
    """A mail that is odd is the server's matter: it gets it octet by octet (RFC 5321, section 4.5.2: its dots)."""
    with begun(at.relay) as line:
        assert line.say(b"DATA\r\n")[:3] == b"354"
        said = line.say(mail + b".\r\n")
    assert said[:3] == b"250"
    assert [raw for _from, _to, raw in at.sink.taken] == [re.sub(rb"(?m)^\.\.", b".", mail)]
    return f"it is passed on as it is: {said.decode().strip()}"


def _server_says(word: str, answer: bytes, expected: tuple[bytes, ...], at: World) -> str:
    """The server behind answers so; the client hears of it, and the mail counts as sent only where it was taken."""
    at.sink.answers[word] = answer
    with contextlib.suppress(OSError), closing(at.relay.secured()) as line:
        said = line.hear()
        for octets in (*START, b"DATA", b"x\r\n."):
            if not said or said[:1] not in (b"2", b"3"):
                break
            said = line.say(octets + b"\r\n")
        assert said.startswith(expected) if said else b"" in expected, said
        return said.decode("ascii", "replace").strip() or "the connection ends"
    return "the connection ends"


_REFUSED = (b"5",)
_ENDED = (b"421", b"")
_LONG = b"x" * 998 + b"\r\n"


def _command(name: str, octets: bytes, *replies: bytes, begin: tuple[bytes, ...] = START[:3]) -> Case[World]:
    return Case(name, partial(_secured, begin, ((octets, replies or _REFUSED),)))


def _data(name: str, octets: bytes, *replies: bytes) -> Case[World]:
    return Case(name, partial(_secured, START, ((b"DATA\r\n", (b"354",)), (octets, replies or _REFUSED))))


def _clear(name: str, *steps: _Step) -> Case[World]:
    return Case(name, partial(_plain, ((b"EHLO x\r\n", (b"250",)), *steps)))


_AUTH = plain_login() + b"\r\n"
_ENDS = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r.\r")
_LINES = {
    "an empty line": b"",
    "NUL in a command": b"RCPT\0 TO:<a@b>",
    "a bare carriage return in a command": b"RCPT TO:<a@b>\rDATA",
    "a bare line feed in a command": b"RCPT TO:<a@b>\nDATA",
    "no ASCII": b"\xff\xfe",
    "an unknown command": b"XEXP",
    "JSON": b"{}",
    "HTTP": b"GET / HTTP/1.1",
    "a command of 64 KiB": b"RCPT TO:<" + b"a" * MAX_COMMAND + b"@b>",
    "a bell": b"\x07",
    "a command of blanks": b" " * 200,
    "a word of 500 letters": b"W" * 500,
}
_REPLIES: dict[str, tuple[str, bytes, tuple[bytes, ...]]] = {
    "a reply of nonsense": ("MAIL", b"nonsense", (b"4", b"5", b"")),
    "a reply of NUL": ("MAIL", b"\0\0\0", (b"4", b"5", b"")),
    "a code below all": ("MAIL", b"000 no", (b"4", b"5", b"")),
    "a code above all": ("MAIL", b"999 no", (b"4", b"5", b"")),
    "a code of letters": ("RCPT", b"abc no", (b"4", b"5", b"")),
    "a reply of 100,000 letters": ("RCPT", b"250 " + b"x" * 100_000, (b"4", b"5", b"")),
    "a reply of 20,000 lines": ("RCPT", b"250-x\r\n" * 20_000 + b"250 x", (b"4", b"5", b"")),
    "lines of different codes": ("RCPT", b"250-x\r\n550 y", (b"4", b"5", b"")),
    "two replies for one": ("MAIL", b"250 x\r\n550 y", (b"4", b"5", b"2", b"")),
    "a refusal of each recipient": ("RCPT", b"550 5.1.1 no such user", (b"550",)),
    "a refusal of the mail": (".", b"554 5.6.0 no", (b"554",)),
    "a wish to be left alone": ("DATA", b"421 4.3.2 going down", (b"4", b"")),
    "data before it was asked for": ("DATA", b"250 fine", (b"4", b"5", b"")),
}

CASES: tuple[Case[World], ...] = (
    *(Case(f"a second mail behind {end!r}", partial(_not_smuggled, end)) for end in _ENDS),
    *(_command(f"a line: {name}", line + b"\r\n", b"500", b"501", b"502", b"503") for name, line in _LINES.items()),
    _command("a line without end", b"x" * 2_600_000, *_ENDED, b"500"),
    _command("a mail without recipients", b"DATA\r\n", b"503", b"554", begin=START[:3]),
    _command("a mail without a login", b"MAIL FROM:<a@b.example>\r\n", b"530", begin=START[:1]),
    _command("a size beyond the limit", b"MAIL FROM:<a@b.example> SIZE=2000000\r\n", b"552", begin=START[:2]),
    # it is none (RFC 1870, section 6.1), and up to the server; what is sent has its limit all the same
    _command("a size of 40 digits", b"MAIL FROM:<a@b.example> SIZE=" + b"9" * 40 + b"\r\n", b"2", begin=START[:2]),
    _command("a size below nothing", b"MAIL FROM:<a@b.example> SIZE=-5\r\n", b"2", b"5", begin=START[:2]),
    _command("chunks that were not offered", b"BDAT 5 LAST\r\nabcde\r\n", b"421", begin=START),
    _command("chunks below nothing", b"BDAT -5\r\n", *_ENDED, b"5", begin=START),
    _command("chunks of 30 digits", b"BDAT " + b"9" * 30 + b"\r\nabc", *_ENDED, b"5", begin=START),
    _command("chunks in words", b"BDAT five LAST\r\n", *_ENDED, b"5", begin=START),
    _command("a login twice", _AUTH, b"503", begin=START[:2]),
    _command("TLS inside TLS", b"STARTTLS\r\n", b"503", b"5", begin=START[:2]),
    _command("a login that is no base64", b"AUTH PLAIN %%%\r\n", b"5", begin=START[:1]),
    _command("a login of nothing", b"AUTH PLAIN =\r\n", b"5", begin=START[:1]),
    _command("a login of an unknown kind", b"AUTH HOSTILE\r\n", b"5", begin=START[:1]),
    _command("a login of NUL", b"AUTH PLAIN " + base64.b64encode(bytes(300)) + b"\r\n", b"5", begin=START[:1]),
    _command(
        "a login of 30,000 letters",
        b"AUTH PLAIN " + base64.b64encode(b"\0a\0" + b"p" * 30_000) + b"\r\n",
        b"5",
        begin=START[:1],
    ),
    _command(
        "a login with a line end in it",
        b"AUTH PLAIN " + base64.b64encode(b"\0alice\r\nMAIL FROM:<a@b>\0right") + b"\r\n",
        b"5",
        begin=START[:1],
    ),
    Case(
        "three wrong passwords",
        partial(
            _secured,
            START[:1],
            (*((plain_login(("mallory", "wrong")) + b"\r\n", (b"535",)),) * 3, (b"NOOP\r\n", (b"421",))),
        ),
    ),
    Case(
        "21 unknown commands", partial(_secured, START[:1], (*((b"XYZ\r\n", (b"500",)),) * 20, (b"XYZ\r\n", (b"421",))))
    ),
    _data("a mail beyond the limit", _LONG * 1_100 + b".\r\n", b"552"),
    _data("a mail of one line beyond the limit", b"x" * 1_200_000 + b"\r\n.\r\n", *_ENDED, b"5"),
    Case("NUL in a mail", partial(_passed_on, b"Subject: x\r\n\r\na\0b\r\n")),
    Case("no UTF-8 in a mail", partial(_passed_on, b"Subject: \xff\xfe\r\n\r\n\x80\r\n")),
    Case("a mail of dots", partial(_passed_on, b"..\r\n..x\r\n...\r\n")),
    Case("a mail of nothing", partial(_passed_on, b"")),
    _data("a bare line feed in a mail", b"Subject: x\n\nbody\r\n.\r\n", b"550"),
    _data("a bare carriage return in a mail", b"Subject: x\rEvil: y\r\n\r\nbody\r\n.\r\n", b"550"),
    _clear("a login in clear", (_AUTH, (b"538",))),
    _clear("a sender in clear", (b"MAIL FROM:<a@b>\r\n", (b"530",))),
    _clear("a recipient in clear", (b"RCPT TO:<a@b>\r\n", (b"530",))),
    _clear("a mail in clear", (b"DATA\r\n", (b"530",))),
    _clear("no handshake behind STARTTLS", (b"STARTTLS\r\n", (b"220",)), (b"no handshake at all\r\n", (b"", b"\x15"))),
    _clear("STARTTLS with words", (b"STARTTLS now\r\n", (b"501", b"220"))),
    *(Case(f"behind it: {name}", partial(_server_says, *said)) for name, said in _REPLIES.items()),
)
