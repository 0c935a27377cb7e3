"""Servers that lie, change their mind or answer what was not asked: what is right is read, the rest is told."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.api import CursorExpired, Misconfigured, Stream, Unavailable, Unreadable
from connectors.conformance import ids, last_cursor, mail, message_id, read
from connectors.imap import fetch
from tests.servers.certificates import CertificateAuthority
from tests.unit.connectors.bounds import bounded
from tests.unit.connectors.scripted_imap import CUT, TAG, ScriptedImap, uids
from tests.unit.connectors.test_imap_hostile import INBOX, connect, read_all

__all__ = ["bounded"]
pytestmark = pytest.mark.usefixtures("bounded")
DONE = TAG + b" OK done\r\n"
MAILS = {n: mail(n) for n in range(1, 6)}
ALL = sorted(map(message_id, MAILS))


def told(word: str, said: bytes) -> Callable[[str], bytes | None]:
    """A server that says this to commands with that word."""
    return lambda command: said if word in command else None


def once(word: str, said: bytes) -> Callable[[str], bytes | None]:
    """A server that says this to the first command with that word."""
    left = [said]
    return lambda command: left.pop() if word in command and left else None


def about(*lines: bytes) -> Callable[[str], bytes | None]:
    """A server that says these lines about messages, and gives them as they are."""
    return told("RFC822.SIZE", b"".join(b"* " + _with_body(line) + b"\r\n" for line in lines) + DONE)


def _with_body(line: bytes) -> bytes:
    body = MAILS.get(int(b"0" + line.partition(b" ")[0][:3])) if line[:1].isdigit() and line.endswith(b")") else None
    return line if body is None else line[:-1] + b" BODY[]<0> {%d}\r\n%s)" % (len(body), body)


# GNU mailutils 3.15


def test_what_is_not_found_up_to_a_star_is_found_by_numbers() -> None:
    with ScriptedImap({n: MAILS[n] for n in (1, 2)}) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.mails, server.uidnext = dict(MAILS), 6
        server.answer = told(":* ", b"* SEARCH\r\n" + DONE)
        assert ids(read(connector.pages(INBOX, cursor))) == ALL[2:]


@pytest.mark.parametrize(
    ("flags", "forwarded"), [(b"* FLAGS (\\Seen)\r\n", 0), (b"* FLAGS ($FORWARDED \\Seen)\r\n", 5), (b"", 5)]
)
def test_a_keyword_is_looked_for_where_mails_may_bear_it(flags: bytes, forwarded: int) -> None:
    """A server that knows no keywords says of any that all mails bear it."""
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        server.answer = told("EXAMINE", flags + server.usual("EXAMINE INBOX"))
        found = connector.marked(INBOX)
        assert len(found["$Forwarded"]) == forwarded
        assert not [each for each in server.commands if "KEYWORD" in each] or forwarded


# folders that are made anew, go back, or go away


@pytest.mark.parametrize("uidvalidity", [6, 8, 4294967295])
def test_a_folder_made_anew_while_it_is_read_expires_its_cursor(
    uidvalidity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAGE_MESSAGES", 2)
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        pages = connector.pages(INBOX, None)
        assert len(next(pages).changes) == 2
        server.uidvalidity = uidvalidity
        server.answer = once("UID FETCH", CUT)
        with pytest.raises(CursorExpired):
            list(pages)


def test_a_folder_that_is_as_it_was_after_a_lost_connection_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PAGE_MESSAGES", 2)
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        pages = connector.pages(INBOX, None)
        changes = list(next(pages).changes)
        server.answer = once("UID FETCH", CUT)
        changes += read(pages)
    assert ids(changes) == ALL


@pytest.mark.parametrize("uidvalidity", [b"abc", b"-1", b"", b"NIL", b"99999999999999999999"])
def test_a_uidvalidity_that_is_no_number_is_told_or_kept(uidvalidity: bytes) -> None:
    with ScriptedImap(MAILS, told("EXAMINE", b"* OK [UIDVALIDITY %s]\r\n" % uidvalidity + DONE)) as server:
        if uidvalidity.isdigit():
            assert len(read_all(server)) == 5
        else:
            with pytest.raises(Unavailable, match="UIDVALIDITY"):
                read_all(server)


def test_a_line_that_ends_without_carriage_return_is_a_line() -> None:
    """As GNU mailutils 3.15 ends its answer to AUTHENTICATE."""
    with ScriptedImap(MAILS, told("LOGIN", TAG + b" OK authentication successful\n")) as server:
        assert ids(read_all(server)) == ALL


def test_a_uidvalidity_that_is_told_twice_is_the_last_one() -> None:
    said = b"* OK [UIDVALIDITY 3]\r\n* 5 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 6]\r\n" + DONE
    with ScriptedImap(MAILS, told("EXAMINE", said)) as server:
        assert {change.ref for change in read_all(server)} == {f"7:{n}" for n in MAILS}


def test_uids_that_are_given_to_other_mails_after_a_restore_are_read_anew() -> None:
    """UIDNEXT went back below what was seen: the UIDs from there on mean other mails now."""
    with ScriptedImap(MAILS) as server, connect(server) as connector:
        cursor = last_cursor(connector.pages(INBOX, None))
        server.mails, server.uidnext = {1: mail(1), 2: mail(22)}, 3
        with pytest.raises(CursorExpired):
            list(connector.pages(INBOX, cursor))
        assert ids(read(connector.pages(INBOX, None))) == sorted(map(message_id, (1, 22)))


@pytest.mark.parametrize("modseq", [b"1", b"0", b"x", b"99999999999999999999999999", b"NIL"])
def test_whatever_highestmodseq_does_new_mail_is_found_or_the_cursor_expires(modseq: bytes) -> None:
    def answer(command: str) -> bytes | None:
        if not command.startswith("EXAMINE"):
            return None
        return b"* OK [HIGHESTMODSEQ %s]\r\n" % said[-1] + server.usual(command)

    said = [b"50"]
    with ScriptedImap(MAILS, answer) as server, connect(server) as connector:
        server.capabilities = "IMAP4rev1 CONDSTORE ENABLE QRESYNC"
        cursor = last_cursor(connector.pages(INBOX, None))
        said.append(modseq)
        server.mails, server.uidnext = MAILS | {6: mail(6)}, 7
        try:
            found = ids(read(connector.pages(INBOX, cursor)))
        except CursorExpired:
            found = ids(read(connector.pages(INBOX, None)))
    assert message_id(6) in found


def test_a_folder_that_is_renamed_between_two_runs_is_no_empty_folder() -> None:
    name = [b"Old"]

    def answer(command: str) -> bytes | None:
        if command.startswith("LIST"):
            return b'* LIST () "/" %s\r\n' % name[-1] + DONE
        wanted = b'"%s"' % name[-1]
        return TAG + b" NO no such folder\r\n" if "EXAMINE" in command and wanted.decode() not in command else None

    with ScriptedImap(MAILS, answer) as server:
        with connect(server) as connector:
            assert len(read(connector.pages(Stream(name="Old"), None))) == 5
        name.append(b"New")
        with connect(server) as connector, pytest.raises(Unavailable):
            list(connector.pages(Stream(name="Old"), None))


# while messages are read


def test_two_contents_for_one_message_are_one_record() -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command:
            return None
        return b"".join(server.fetched(n, command) * 2 for n in uids(command)) + DONE

    with ScriptedImap(MAILS, answer) as server:
        assert ids(read_all(server)) == ALL


@pytest.mark.parametrize(
    "said", [b'* ESEARCH (TAG "x") UID ALL 1:5\r\n', b"", b"* SEARCH\r\n", b"* SEARCH x -1 1.5\r\n"]
)
def test_a_search_that_finds_nothing_or_answers_otherwise_is_no_exception(said: bytes) -> None:
    with ScriptedImap(MAILS, told("SEARCH", said + DONE)) as server:
        assert len(read_all(server)) <= 5


# the session


def test_a_server_that_hangs_at_logout_is_left() -> None:
    with ScriptedImap(MAILS, told("LOGOUT", b"")) as server:
        assert ids(read_all(server, timeout_seconds=0.3)) == ALL


def test_a_session_that_began_by_itself_in_tls_gets_no_trust_without_our_certificate(
    certificates: CertificateAuthority, tmp_path: Path
) -> None:
    with _tls(certificates) as server:
        server.speaks_tls, server.greeting = True, b"* PREAUTH welcome\r\n"
        with pytest.raises(Misconfigured, match="before we said who we are"):
            read_all(server, security="tls", ca_file=certificates.file)


def test_what_is_injected_before_tls_is_forgotten(certificates: CertificateAuthority) -> None:
    """An attacker adds answers to the plain text behind STARTTLS (CVE-2011-0411 and its kin)."""
    injected = b"* CAPABILITY IMAP4rev1 AUTH=EVIL LOGINDISABLED\r\n* 99 EXISTS\r\nX1 OK [UIDVALIDITY 666] done\r\n"
    with _tls(certificates) as server:
        server.capabilities = "IMAP4rev1 STARTTLS"
        server.answer = told("STARTTLS", TAG + b" OK go on\r\n" + injected)
        found = set()
        # what lies in the kernel still is no beginning of TLS
        with contextlib.suppress(Unavailable):
            found = {change.ref for change in read_all(server, security="starttls", ca_file=certificates.file)}
    assert found in (set(), {f"7:{n}" for n in MAILS})
    assert not [command for command in server.commands if "EVIL" in command]


def test_capabilities_told_before_tls_count_for_nothing_after_it(certificates: CertificateAuthority) -> None:
    with _tls(certificates) as server:
        server.capabilities = "IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR"
        server.answer = once("CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n" + DONE)
        assert ids(read_all(server, security="starttls", ca_file=certificates.file)) == ALL
        assert [command for command in server.commands if command.startswith("AUTHENTICATE PLAIN ")]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_that_is_cut_in_a_message_costs_that_message_at_most(
    certificates: CertificateAuthority, security: str
) -> None:
    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command or 3 not in uids(command):
            return None
        return b"* 3 FETCH (UID 3 BODY[] {4000}\r\nonly a part" + CUT

    with _tls(certificates) as server:
        server.capabilities, server.speaks_tls = "IMAP4rev1 STARTTLS", security == "tls"
        server.answer = answer
        changes = read_all(server, security=security, ca_file=certificates.file)
    assert ids(changes) == [message_id(n) for n in (1, 2, 4, 5)]
    assert [change.ref for change in changes if isinstance(change, Unreadable)] == ["7:3"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


def _tls(certificates: CertificateAuthority) -> ScriptedImap:
    """A server that can speak TLS."""
    server = ScriptedImap(MAILS)
    chain, key = certificates.issue()
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(chain, key)
    return server


def _read_streams(server: ScriptedImap) -> None:
    with connect(server) as connector:
        for stream in connector.streams():
            read(connector.pages(stream, None))
