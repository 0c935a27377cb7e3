"""Servers of mail that lie, break off, refuse or flood: what is right is read, the rest is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat

import pytest

from connectors.api import Message, Unavailable, Unreadable
from connectors.conformance import ids, mail, message_id, read
from tests.hostile.running import Case
from tests.unit.connectors.scripted_imap import CUT, TAG, Answer, ScriptedImap, uids
from tests.unit.connectors.test_imap_hostile import INBOX, bad_message, connect, read_all

DONE = TAG + b" OK done\r\n"
MAILS = {n: mail(n) for n in range(1, 6)}
ALL = sorted(map(message_id, MAILS))
_MB = 1024 * 1024


@contextmanager
def world() -> Iterator[ScriptedImap]:
    """A server of one folder with five mails."""
    with ScriptedImap(MAILS) as server:
        yield server


def good(server: ScriptedImap) -> None:
    """It is a server as others again, and all is read."""
    server.answer = lambda command: None
    server.greeting, server.capabilities = b"* OK ready\r\n", "IMAP4rev1"
    server.uidvalidity, server.uidnext, server.mails = 7, 6, MAILS
    assert ids(read_all(server)) == ALL


def told(word: str, said: bytes | Callable[[], Iterable[bytes]]) -> Answer:
    """A server that says this to commands with that word."""
    return lambda command: (said if isinstance(said, bytes) else said()) if word in command else None


def about(line: bytes) -> Answer:
    """A server that says this about each message, and gives them as they are."""

    def lines() -> Iterator[bytes]:
        for n, body in MAILS.items():
            said = b"* %d FETCH (%s)\r\n" % (n, line.replace(b"%d", b"%d" % n))
            yield said[:-3] + b" BODY[]<0> {%d}\r\n%s)\r\n" % (len(body), body)
        yield DONE

    return told("RFC822.SIZE", lines)


def _all_is_read(answer: Answer, server: ScriptedImap) -> str:
    server.answer = answer
    assert ids(read_all(server)) == ALL
    return "all five are read"


def _one_is_lost(answer: Answer, number: int, server: ScriptedImap) -> str:
    """At most one is lost, and then it is told why, or that it is empty."""
    server.answer = answer
    changes = read_all(server)
    ref = f"7:{number}"
    assert set(ids(changes)) >= set(ALL) - {message_id(number)}
    found = [each for each in changes if each.ref == ref]
    assert len(found) == 1
    if isinstance(found[0], Unreadable):
        return found[0].reason
    assert isinstance(found[0], Message)
    return "it is read as it was told: " + (found[0].message_id or "without a Message-ID")


def _one_is_unreadable(said: bytes, server: ScriptedImap) -> str:
    server.answer = bad_message(2, said)
    changes = read_all(server)
    assert ids(changes) == [each for each in ALL if each != message_id(2)]
    (unreadable,) = (each for each in changes if isinstance(each, Unreadable))
    assert unreadable.ref == "7:2"
    return unreadable.reason


def _read_streams(server: ScriptedImap) -> None:
    with connect(server) as connector:
        for stream in connector.streams():
            read(connector.pages(stream, None))


def _unavailable(answer: Answer, match: str, server: ScriptedImap) -> str:
    server.answer = answer
    with pytest.raises(Unavailable, match=match) as caught:
        _read_streams(server)
    assert caught.value.step
    return caught.value.problem


def _others_are_read(said: bytes, server: ScriptedImap) -> str:
    """A folder that is refused costs itself alone."""

    def answer(command: str) -> bytes | None:
        if command.startswith("LIST"):
            return b'* LIST () "/" Old\r\n* LIST () "/" INBOX\r\n' + DONE
        return TAG + b" " + said + b"\r\n" if command.startswith("EXAMINE") and "Old" in command else None

    server.answer = answer
    with connect(server) as connector:
        old, inbox = sorted(connector.streams(), key=lambda stream: stream.name == "INBOX")
        assert ids(read(connector.pages(inbox, None))) == ALL
        with pytest.raises(Unavailable) as caught:
            list(connector.pages(old, None))
    assert caught.value.step == "select"
    return caught.value.problem


def _with(noise: bytes) -> Answer:
    """Said before, between and after messages."""

    def answer(command: str) -> Iterable[bytes] | None:
        if "UID FETCH" not in command:
            return None
        usual = ScriptedImap(MAILS)
        return [noise, *(noise + usual.fetched(n, command) for n in uids(command)), noise, DONE]

    return answer


def _body(said: bytes) -> Answer:
    """Instead of the content of message 2."""

    def answer(command: str) -> bytes | None:
        if "BODY.PEEK" not in command:
            return None
        usual = ScriptedImap(MAILS)
        odd = b"* 2 FETCH (UID 2 %s)\r\n" % said
        return b"".join(odd if n == 2 else usual.fetched(n, command) for n in uids(command)) + DONE

    return answer


def _literal(size: int) -> Answer:
    """Message 1 with a literal of so many bytes, made as it is sent, whatever was asked for."""

    def answer(command: str) -> Iterable[bytes] | None:
        if "BODY.PEEK" not in command or 1 not in uids(command):
            return None
        usual = ScriptedImap(MAILS)
        block = b"x" * 65_536
        others = b"".join(usual.fetched(n, command) for n in uids(command) if n != 1)
        return chain(
            [b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % size], repeat(block, size // len(block)), [b")\r\n", others, DONE]
        )

    return answer


def _greeted(greeting: bytes, match: str, server: ScriptedImap) -> str:
    server.greeting = greeting
    return _unavailable(lambda command: None, match, server)


def _listed(lines: Callable[[], Iterable[bytes]], least: int, server: ScriptedImap) -> str:
    server.answer = told("LIST", lambda: chain(lines(), [b'* LIST () "/" INBOX\r\n', DONE]))
    with connect(server) as connector:
        streams = connector.streams()
        assert len(streams) >= least
        assert ids(read(connector.pages(INBOX, None))) == ALL
    return f"{len(streams)} folders are listed"


def _read(name: str, answer: Answer) -> Case[ScriptedImap]:
    return Case(name, partial(_all_is_read, answer))


def _lost(name: str, answer: Answer, number: int = 2) -> Case[ScriptedImap]:
    return Case(name, partial(_one_is_lost, answer, number))


def _away(name: str, answer: Answer, match: str = ".") -> Case[ScriptedImap]:
    return Case(name, partial(_unavailable, answer, match))


_WORDS = ("CAPABILITY", "LOGIN", "LIST", "EXAMINE", "SEARCH")
_NONSENSE = {
    "nonsense": b"nonsense\r\n",
    "the end of another command": b"X9 OK done\r\n",
    "NUL and no UTF-8": b"\0\xff\0\r\n",
    "a star alone": b"* \r\n",
    "nothing": CUT,
    "half a line": b"* 5" + CUT,
}
_NOISE = {
    "a message that goes": b"* 2 EXPUNGE\r\n",
    "an empty folder": b"* 0 EXISTS\r\n",
    "more messages": b"* 7 EXISTS\r\n* 2 RECENT\r\n",
    "flags of a number": b"* 1 FETCH (FLAGS (\\Deleted))\r\n",
    "vanished ones": b"* VANISHED 2:3\r\n",
    "an alert": b"* OK [ALERT] go away\r\n",
    "flags": b"* FLAGS (\\Seen)\r\n",
    "a warning": b"* NO disk nearly full\r\n",
    "a modification sequence": b"* 1 FETCH (UID 1 MODSEQ (99))\r\n",
    "another folder": b'* LIST () "/" Other\r\n',
    "what nobody sought": b"* SEARCH 99\r\n",
    "a message nobody asked for": b"* 9 FETCH (UID 99 BODY[] {2}\r\nhi)\r\n",
}
_FIELDS = {
    "nothing but UIDs": b"UID %d",
    "NIL for everything": b"UID %d FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL",
    "fields told twice": b"UID %d RFC822.SIZE 9 RFC822.SIZE 8 FLAGS () FLAGS (a)",
    "an unknown field": b'UID %d X-ODD (((a) "b)")) RFC822.SIZE 9',
    "names in lower case": b"uid %d flags ()",
    "an impossible date": b'UID %d INTERNALDATE "99-Foo-2025 99:99:99 +9999"',
    "a date without quotes": b"UID %d INTERNALDATE 06-Jan-2025",
    "a date at the end of time": b'UID %d INTERNALDATE "31-Dec-9999 23:59:59 -9959"',
    "a date before all time": b'UID %d INTERNALDATE "01-Jan-0001 00:00:00 +1400"',
    "10,000 flags": b"UID %d FLAGS (" + b" ".join(b"$flag%d" % n for n in range(10_000)).replace(b"%", b"") + b")",
    "flags that are no text": b'UID %d FLAGS (\xff\xfe \\\\ "a")',
    "a sequence of 100 digits": b"UID %d MODSEQ (" + b"9" * 100 + b")",
}
_SIZES = (b"0", b"1", b"-5", b"x", b"NIL", b"419430400", b"99999999999999999999", b"(1)", b"4294967296", b"9" * 4400)
_NAMELESS = {
    "two UIDs": b"UID %d UID 77",
    "UID NIL": b"UID NIL",
    "UID 0": b"UID 0 FLAGS ()",
    "UIDs of 33 bits": b"UID 4294967296 FLAGS ()",
    "UIDs below nothing": b"UID -1 FLAGS ()",
    "no UID": b"FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL ENVELOPE NIL",
    "UID alone": b"UID",
}
_BODIES = {
    "NIL": b"BODY[] NIL",
    "no value": b"BODY[]",
    "another section": b'BODY[TEXT] "x"',
    "no body": b"",
    "an empty list": b"BODY[] ()",
    "an empty literal": b"BODY[] {0}\r\n",
    "a short string": b'BODY[] "From: a@b\\r\\n"',
    "a literal of bytes": b"BODY[] ~{5}\r\nA: b\n",
    "a literal that is longer than it says": b"BODY[] {5}\r\n" + MAILS[2],
    "only NUL": b"BODY[] {3}\r\n\0\0\0",
    "open parentheses": b"BODY[] " + b"(" * 50_000,
}
_REFUSALS = {
    "a refusal as a bug": TAG + b" NO [SERVERBUG] no such file\r\n",
    "a refusal": TAG + b" NO can't read it\r\n",
    "no such command": TAG + b" BAD what?\r\n",
    "the end of the connection": CUT,
    "goodbye": b"* BYE FETCH failed\r\n" + CUT,
    "goodbye in the middle": b"* 2 FETCH (UID 2)\r\n* BYE no\r\n" + CUT,
    "nonsense": b"nonsense\r\n",
    "a literal of a terabyte": b"* 2 FETCH (UID 2 BODY[] {999999999999}\r\n" + CUT,
    "a literal below nothing": b"* 2 FETCH (UID 2 BODY[] {-1}\r\n" + CUT,
    "a literal of 5,000 digits": b"* 2 FETCH (UID 2 BODY[] {" + b"9" * 5000 + b"}\r\n" + CUT,
    "a part of a literal": b"* 2 FETCH (UID 2 BODY[] {30}\r\nonly a part" + CUT,
}
_SEARCHES = {
    "out of order and twice": b"* SEARCH 5 4 3 2 1 5 4\r\n",
    "UIDs that cannot be": b"* SEARCH 0 1 2 3 4 5 4294967296 99999999999999999999 -1 x 1.5\r\n",
    "in two answers": b"* SEARCH 5 1\r\n* SEARCH 2 3 4 (MODSEQ 12)\r\n",
    "100,000 times the same": b"* SEARCH" + b" 1 2 3 4 5" * 20_000 + b"\r\n",
}
_GONE = (b"NO [NONEXISTENT] gone", b"NO [NOPERM] no", b"NO Mailbox does not exist", b"BAD no")
_COMMANDS = b'x"\r\nA1 DELETE INBOX\r\nA2 '
_FOLDERS: dict[str, tuple[Callable[[], Iterable[bytes]], int]] = {
    "the same folder 10,000 times": (lambda: [b'* LIST () "/" "A/B"\r\n' * 10_000], 2),
    "folders in folders without end": (
        lambda: [b'* LIST () "/" %s\r\n' % b"/".join([b"loop"] * depth) for depth in range(1, 300)],
        299,
    ),
    "names in broken UTF-7": (lambda: [b'* LIST () "/" "&////-"\r\n* LIST () "/" "&2AA-"\r\n* LIST () "/" "&"\r\n'], 1),
    "names with NUL and no UTF-8": (lambda: [b'* LIST () "/" "\xff\xfe"\r\n* LIST () "/" {3}\r\na\0b\r\n'], 1),
    "names that are paths": (lambda: [b'* LIST () "/" "../../etc/passwd"\r\n* LIST () "/" "/"\r\n'], 1),
    "a name of 100,000 letters": (lambda: [b'* LIST () "/" "' + b"n" * 100_000 + b'"\r\n'], 1),
    "a name with commands": (lambda: [b'* LIST () "/" {%d}\r\n%s\r\n' % (len(_COMMANDS), _COMMANDS)], 1),
}


def _flood(line: bytes, times: int) -> Callable[[], Iterable[bytes]]:
    return lambda: repeat(line * 1000, times // 1000)


CASES: tuple[Case[ScriptedImap], ...] = (
    *(
        _away(f"{name} instead of an answer to {word}", told(word, said + CUT))
        for word in _WORDS
        for name, said in _NONSENSE.items()
    ),
    *(_read(f"told meanwhile: {name}", _with(said)) for name, said in _NOISE.items()),
    *(_read(f"fields: {name}", about(line)) for name, line in _FIELDS.items()),
    *(_read(f"a size of {size[:24].decode()}", about(b"UID %d FLAGS () RFC822.SIZE " + size)) for size in _SIZES),
    *(_away(f"messages without a name: {name}", about(line)) for name, line in _NAMELESS.items()),
    *(_lost(f"content: {name}", _body(said)) for name, said in _BODIES.items()),
    *(Case(f"instead of a message: {name}", partial(_one_is_unreadable, said)) for name, said in _REFUSALS.items()),
    *(_read(f"UIDs {name}", told("SEARCH", said + DONE)) for name, said in _SEARCHES.items()),
    *(Case(f"a folder that is gone: {said.decode()}", partial(_others_are_read, said)) for said in _GONE),
    *(
        _away(f"a UIDVALIDITY {text!r}", told("EXAMINE", b"* OK [UIDVALIDITY %s]\r\n" % text + DONE), "UIDVALIDITY")
        for text in (b"abc", b"-1", b"", b"NIL")
    ),
    *(Case(f"folders: {name}", partial(_listed, lines, least)) for name, (lines, least) in _FOLDERS.items()),
    *(_lost(f"a literal of {size >> 20} MiB", _literal(size), 1) for size in (17 * _MB, 60 * _MB)),
    _away("a line without end", told("LIST", lambda: repeat(b"x" * 65_536, 10_000))),
    _away(
        "lines without end",
        told("EXAMINE", _flood(b"* OK still here, wait a little longer\r\n", 4_000_000)),
        "far more",
    ),
    Case("a greeting without end", partial(_greeted, b"* OK " + b"x" * 65_536 * 400, ".")),
    Case("goodbye instead of a greeting", partial(_greeted, b"* BYE too many\r\n", "too many")),
    Case("a greeting of HTTP", partial(_greeted, b"HTTP/1.1 400 Bad Request\r\n\r\n", ".")),
    Case("a greeting of SSH", partial(_greeted, b"SSH-2.0-OpenSSH_9\r\n", ".")),
    _away("goodbye between two commands", told("EXAMINE", b"* BYE shutting down\r\n" + CUT)),
    _away("a server that forgets who we are", told("EXAMINE", TAG + b" BAD not authenticated\r\n")),
    *(
        _away(f"a login that is refused for a while: {said.decode()}", told("LOGIN", TAG + b" " + said + b"\r\n"))
        for said in (b"NO [UNAVAILABLE] Temporary failure", b"NO [INUSE] later", b"NO [LIMIT] too many")
    ),
)
