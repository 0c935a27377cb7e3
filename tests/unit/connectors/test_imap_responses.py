"""Answers of IMAP servers, well formed and otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.imap.responses import (
    Fetched,
    Listed,
    Piece,
    answers,
    parse_date,
    parse_list,
    parse_search,
    sequence_set,
    take_fetch,
    values,
)


def parse_fetch(data: list[Piece | None]) -> dict[int, Fetched]:
    found: dict[int, Fetched] = {}
    for pieces in answers(data):
        take_fetch(found, pieces)
    return found


def test_a_fetch_answer_with_literals_between_lines() -> None:
    data: list[Piece | None] = [
        (b'1 (UID 7 FLAGS (\\Seen $Forwarded) INTERNALDATE "06-Jan-2025 10:00:00 +0330" BODY[]<0> {5}', b"a)\r\n("),
        b" RFC822.SIZE 5)",
        b"2 (FLAGS (\\Seen))",
        (b"3 (BODY[] ~{2}", b"hi"),
        b" UID 9)",
    ]
    assert parse_fetch(data) == {
        7: Fetched(
            7,
            size=5,
            received_at=datetime(2025, 1, 6, 6, 30, tzinfo=UTC),
            flags=frozenset({"\\Seen", "$Forwarded"}),
            body=b"a)\r\n(",
            has_body=True,
        ),
        9: Fetched(9, body=b"hi", has_body=True),
    }


def test_answers_about_one_message_are_put_together() -> None:
    data: list[Piece | None] = [
        b"1 (UID 7 RFC822.SIZE 3)",
        (b"1 (UID 7 BODY[] {3}", b"abc"),
        b")",
        b"1 (UID 7 FLAGS (\\Recent x))",
    ]
    assert parse_fetch(data) == {7: Fetched(7, size=3, flags=frozenset({"x"}), body=b"abc", has_body=True)}


@pytest.mark.parametrize(
    ("data", "body"),
    [(b'1 (UID 1 BODY[] "")', b""), (b'1 (UID 1 BODY[] "a \\"b\\\\")', b'a "b\\'), (b"1 (UID 1 BODY[] nil)", None)],
)
def test_short_bodies_come_as_strings_and_missing_ones_as_nil(data: bytes, body: bytes | None) -> None:
    assert parse_fetch([data]) == {1: Fetched(1, body=body, has_body=True)}


def test_an_answer_that_was_cut_is_left_out() -> None:
    assert parse_fetch([b"1 (UID 1 RFC822.SIZE 3)", (b"2 (UID 2 BODY[] {3}", b"ab")]).keys() == {1}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b" 7-jul-1996 02:44:25 +0000", datetime(1996, 7, 7, 2, 44, 25, tzinfo=UTC)),
        (b"06-Jan-2025 10:00:00 +0330", datetime(2025, 1, 6, 6, 30, tzinfo=UTC)),
        (b"31-Jun-2025 10:00:00 +0000", None),
        (b"01-Foo-2025 10:00:00 +0000", None),
        (b"01-Jan-2025 10:00:00 +9900", None),
        (b"31-Dec-9999 23:59:59 -0100", None),
        (b"yesterday", None),
    ],
)
def test_times(text: bytes, wanted: datetime | None) -> None:
    assert parse_date(text) == wanted


def test_folders() -> None:
    data: list[Piece | None] = [
        b'(\\HasNoChildren \\Sent) "/" "Sent \\"Items\\""',
        b'() "." INBOX.&BkQGMQ-',
        (b'(\\NoInferiors) "\\\\" {4}', b"a(b)"),
        b"",
        b"() NIL NIL",
        b"nonsense",
        b'(\\Noselect "/" broken',
    ]
    assert parse_list(data) == [
        Listed(frozenset({b"\\hasnochildren", b"\\sent"}), b"/", b'Sent "Items"'),
        Listed(frozenset(), b".", b"INBOX.&BkQGMQ-"),
        Listed(frozenset({b"\\noinferiors"}), b"\\", b"a(b)"),
        Listed(frozenset(), None, b"NIL"),
    ]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ([b"1 2 3"], [1, 2, 3]),
        ([b""], []),
        ([None], []),
        ([b"3 1", b"2 2 (MODSEQ 99)"], [1, 2, 3]),
        ([b"0 4294967295 4294967296 5"], [5, 4294967295]),
    ],
)
def test_found_uids(data: list[bytes | None], wanted: list[int]) -> None:
    assert list(parse_search(data)) == wanted


@given(st.sets(st.integers(1, 2**32 - 1)))
def test_a_sequence_set_names_exactly_its_uids(uids: set[int]) -> None:
    named: set[int] = set()
    for run in sequence_set(uids).decode().split(",") if uids else []:
        first, _, last = run.partition(":")
        named.update(range(int(first), int(last or first) + 1))
    assert named == uids


def test_neighbours_are_written_as_a_range() -> None:
    assert sequence_set([9, 1, 2, 3, 5]) == b"1:3,5,9"


_pieces = st.binary(max_size=60) | st.tuples(st.binary(max_size=40).map(lambda b: b + b"{3}"), st.binary(max_size=9))
_likely = st.lists(
    st.sampled_from([b"1 (", b"UID 7", b"BODY[]", b"BODY[", b"NIL", b'"', b"\\", b"(", b")", b" ", b"{5}", b"FLAGS (",
                     b'INTERNALDATE "01-Jan-2025 00:00:00 +0000"', b"RFC822.SIZE", b"9" * 5000])
).map(b"".join)  # fmt: skip


@given(st.lists(_pieces | _likely | st.tuples(_likely, _likely) | st.none()))
def test_nothing_that_a_server_says_is_an_exception(data: list[bytes | tuple[bytes, bytes] | None]) -> None:
    for uid, fetched in parse_fetch(data).items():
        assert uid == fetched.uid
    assert all(isinstance(folder, Listed) for folder in parse_list(data))
    found = list(parse_search(data))
    assert found == sorted(set(found))


def test_a_line_of_open_parentheses_is_no_recursion() -> None:
    with pytest.raises(ValueError, match="missing"):
        values([b"(" * 100_000])
