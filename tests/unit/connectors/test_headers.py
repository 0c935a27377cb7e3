"""Header sections and unstructured values."""

from __future__ import annotations

import pytest

from connectors.headers import parse_ids, plain, read_head, skip_to_head, unfolded


def fields(raw: bytes, limit: int = 1 << 18) -> dict[bytes, list[bytes]]:
    return {name: list(values) for name, values in read_head(raw, 0, len(raw), limit).fields.items()}


def body(raw: bytes) -> bytes:
    return raw[read_head(raw, 0, len(raw), 1 << 18).body :]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_fields_are_unfolded_and_the_body_begins_behind_the_blank_line(end: bytes) -> None:
    raw = end.join([b"Subject: one", b"  two", b"\tthree", b"To: a", b"To: b", b"", b"body", b""])
    assert fields(raw) == {b"subject": [b" one  two\tthree"], b"to": [b" a", b" b"]}
    assert body(raw) == b"body" + end


def test_a_section_without_body_ends_with_the_mail() -> None:
    assert fields(b"To: a") == {b"to": [b" a"]}
    assert body(b"To: a") == b""
    assert fields(b"\nbody") == {}
    assert body(b"\nbody") == b"body"


def test_an_envelope_line_of_an_mbox_is_no_field() -> None:
    raw = b"From joe@example.org Mon Jan  2 15:04:05 2006\nTo: a\n\nbody"
    assert fields(raw)[b"to"] == [b" a"]
    assert b"from joe@example.org mon jan  2 15" not in fields(raw)
    assert body(raw) == b"body"
    assert fields(b"From : joe\n\n") == {b"from": [b" joe"]}


def test_a_field_broken_without_a_blank_is_mended() -> None:
    raw = b"Content-Type: application/zip;\nname=x.zip\nSubject: hello\n\nbody"
    assert fields(raw) == {b"content-type": [b" application/zip; name=x.zip"], b"subject": [b" hello"]}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_without_a_blank_line_the_body_begins_where_no_field_can_be(end: bytes) -> None:
    raw = end.join([b"To: a", b"Subject: b", b"Dear John,", b"note: see below", b"", b"bye"])
    assert fields(raw) == {b"to": [b" a"], b"subject": [b" b"]}
    assert body(raw) == end.join([b"Dear John,", b"note: see below", b"", b"bye"])


def test_blank_lines_before_the_first_field_are_skipped_only_before_real_fields() -> None:
    assert skip_to_head(b"\r\n\nFrom: a\n\nb") == 3
    assert skip_to_head(b"\n\nNote: this is text\n") == 0


def test_past_the_limit_fields_are_dropped_and_the_body_is_found() -> None:
    raw = b"A: 1\n" + b"B: 22222222\n" * 10 + b"\nbody"
    for limit, count in ((124, 9), (125, 10), (126, 10)):
        head = read_head(raw, 0, len(raw), limit)
        assert len(head.fields[b"b"]) == count
        assert head.is_truncated == (limit < 125)
        assert raw[head.body :] == b"body"


def test_nul_and_lone_carriage_returns_leave_no_trace() -> None:
    assert fields(b"To: a\0b\rc\n\n") == {b"to": [b" ab c"]}


def test_a_value_is_unfolded_up_to_the_next_field() -> None:
    assert unfolded(" FWD: \n Saying Hello \nX-Mailer: 123\r\n") == " FWD:  Saying Hello "
    assert unfolded("a\r\n\tb\r\n") == "a\tb"


def test_a_subject_is_one_line() -> None:
    assert plain(" =?utf-8?Q?two=0D=0Alines?=\t") == "two lines"
    assert plain("می\u200cروم") == "می\u200cروم"


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<1234@local.machine.example>", ["1234@local.machine.example"]),
        ("<a@x> <b@x>\n <c@x>", ["a@x", "b@x", "c@x"]),
        ("<a@x><b@x>", ["a@x", "b@x"]),
        ("<very-long\r\n -id@host>", ["very-long-id@host"]),
        ("<unclosed@x", ["unclosed@x"]),
        ("   m \n", ["m"]),
        ("a@x, b@x", ["a@x", "b@x"]),
        ('Your message of "Mon, 1 Jan" <user@host>', ["user@host"]),
        ('Message from Jo <jo@host> of "Mon, 1 Jan" <id@host>', ["jo@host", "id@host"]),
        ("your mail of Monday", []),
        ("<>", []),
        ("", []),
    ],
)
def test_ids_stand_in_brackets_or_look_like_ids(value: str, ids: list[str]) -> None:
    assert list(parse_ids(value)) == ids
    assert list(parse_ids(value.encode())) == ids
