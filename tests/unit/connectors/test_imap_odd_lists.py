"""Lists of folders as bad as no real server makes them: what can be opened is followed, and nothing else is lost."""

from __future__ import annotations

import pytest

from connectors.api import NotPermitted
from connectors.choices import Choice
from connectors.conformance import ids, read
from tests.unit.connectors.bounds import bounded
from tests.unit.connectors.scripted_imap import ScriptedImap
from tests.unit.connectors.test_imap_hostile import INBOX, connect
from tests.unit.connectors.test_imap_odd_servers import ALL, DONE, MAILS, told

__all__ = ["bounded"]
pytestmark = pytest.mark.usefixtures("bounded")


@pytest.mark.parametrize(
    "name", [b"&", b"&AAA", b"&-&", b"a&b", b"&2AA-", b"&AGEA", b"\xd9\x81", b"\xff\xfe", b'"&Jjo!"', b"~peter", b"NIL"]
)
def test_a_name_in_no_right_encoding_is_a_folder_and_is_opened_as_it_was_written(name: bytes) -> None:
    with ScriptedImap(MAILS, told("LIST", b'* LIST () "/" %s\r\n' % name + DONE)) as server:
        with connect(server) as connector:
            (stream,) = connector.streams()
            assert ids(read(connector.pages(stream, None))) == ALL
        plain = name.strip(b'"').decode("utf-8", "replace")
        assert f'EXAMINE "{plain}"' in server.commands


@pytest.mark.parametrize(
    "line",
    [b"NIL NIL NIL", b'() "/"', b'() "/" ()', b'(() ()) "/" a', b"() NIL NIL", b'(\\Noselect) "/" x', b"() / x y",
     b"", b'() "/" {3}\r\na\nb', b'() "/" ""', b'(\\NonExistent \\Sent) "/" x', b'() () x', b'("a" {1}\r\nb) "/" x'],
)  # fmt: skip
def test_a_line_of_the_list_that_makes_no_sense_hides_no_other_folder(line: bytes) -> None:
    said = b"* LIST %s\r\n" % line + b'* LIST () "/" INBOX\r\n' + DONE
    with ScriptedImap(MAILS, told("LIST", said)) as server, connect(server) as connector:
        streams = connector.streams()
        assert INBOX.name in {stream.name for stream in streams}
        assert not [stream for stream in streams if "\n" in stream.name]
        assert ids(read(connector.pages(INBOX, None))) == ALL


def test_folders_that_the_options_leave_out_are_known_beside_those_that_are_followed() -> None:
    said = b"".join(b'* LIST () "/" %s\r\n' % name for name in (b"INBOX", b"Work", b"Work/Old", b"Other")) + DONE
    with ScriptedImap(MAILS, told("LIST", said)) as server:
        with connect(server, folders=Choice(exclude=("Work/*",))) as connector:
            assert {stream.name for stream in connector.streams()} == {"INBOX", "Work", "Other"}
            assert connector.left_out == ("Work/Old",)
        with connect(server) as connector:
            connector.streams()
            assert connector.left_out == ()


def test_a_mailbox_that_shows_not_even_an_inbox_is_one_that_may_not_be_looked_at() -> None:
    with ScriptedImap(MAILS, told("LIST", DONE)) as server, connect(server) as connector:
        with pytest.raises(NotPermitted, match="not even the inbox") as caught:
            connector.streams()
        assert caught.value.step == "list"
