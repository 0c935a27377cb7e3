"""Address lists of mail headers."""

from __future__ import annotations

import time

import pytest

from connectors.mailboxes import MAX_MAILBOXES, parse_addresses


def read(value: str | bytes) -> list[tuple[str, str]]:
    return [(box.name, box.email) for box in parse_addresses(value)]


@pytest.mark.parametrize(
    ("value", "boxes"),
    [
        ("John Doe <jdoe@machine.example>", [("John Doe", "jdoe@machine.example")]),
        ("jdoe@example.org", [("", "jdoe@example.org")]),
        ("<test@example.org>", [("", "test@example.org")]),
        ('"Doe, John" <j@example.org>, c@d.example', [("Doe, John", "j@example.org"), ("", "c@d.example")]),
        ('"\\"Q\\" x" <a@b.example>', [('"Q" x', "a@b.example")]),
        ("c@d.example (Jo Doe)", [("Jo Doe", "c@d.example")]),
        ("Jo (Sales) <c@d.example>", [("Jo (Sales)", "c@d.example")]),
        ("Who? <one@y.example>", [("Who?", "one@y.example")]),
        ("Mary Smith\n    \n\t<mary@example.net>", [("Mary Smith", "mary@example.net")]),
        ('"<phil@example.com>" <phil@example.com>', [("<phil@example.com>", "phil@example.com")]),
    ],
)
def test_names_and_addresses(value: str, boxes: list[tuple[str, str]]) -> None:
    assert read(value) == boxes


@pytest.mark.parametrize(
    ("value", "emails"),
    [
        ("A Group:Ed <c@a.example>,joe@b.example;", ["c@a.example", "joe@b.example"]),
        ("One: a@x.example; Two: b@x.example, c@x.example; d@x.example", list("abcd")),
        ("undisclosed-recipients:;", []),
        ("Friends: ;, a@x.example", ["a"]),
    ],
)
def test_groups_are_flattened(value: str, emails: list[str]) -> None:
    assert [email for _, email in read(value)] == [e if "@" in e else f"{e}@x.example" for e in emails]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("=?utf-8?B?2LnZhNuMINqp2LHbjNmF24w=?= <a@x.example>", "علی کریمی"),
        ("=?utf-8?Q?Doe,_John?= <a@x.example>", "Doe, John"),
        ('"=?ISO-8859-1?Q?a?= b" <a@x.example>', "a b"),
        ('=?ISO-8859-1?Q?a?= "=?ISO-8859-2?Q?_b?=" <a@x.example>', "a b"),
        ('"John" =?utf-8?q?Doe?= <a@x.example>', "John Doe"),
        ("<a@x.example> =?utf-8?q?Doe?=", "Doe"),
        ("a@x.example (=?utf-8?q?Doe?=)", "Doe"),
    ],
)
def test_encoded_words_in_names(value: str, name: str) -> None:
    assert read(value) == [(name, "a@x.example")]


def test_raw_names_are_utf_8_or_guessed() -> None:
    assert read("علی <a@x.example>".encode()) == [("علی", "a@x.example")]
    assert read("Иван Щукин <a@x.example>".encode("koi8-r")) == [("Иван Щукин", "a@x.example")]


@pytest.mark.parametrize(
    ("value", "email"),
    [
        ("John . Doe @ example . com", "John.Doe@example.com"),
        ('"john doe"@example.com', '"john doe"@example.com'),
        ('Jo <"john doe"@example.com>', '"john doe"@example.com'),
        ("Pete <pete(his account)@silly.example(his host)>", "pete@silly.example"),
        ("<@a.example,@b.example:joe@c.example>", "joe@c.example"),
        ("<mailto:joe@c.example>", "joe@c.example"),
        ("Jo <joe@c.example", "joe@c.example"),
        ('"Jo <joe@c.example>', "joe@c.example"),
        ("Jo (Sales <joe@c.example>", "joe@c.example"),
        ("Jo Doe joe@c.example", "joe@c.example"),
        ("'joe@c.example'", "joe@c.example"),
        ("joe@c@d.example", "joe@c@d.example"),
        ("joe@مثال.ایران", "joe@مثال.ایران"),
        ("Jo <=?utf-8?Q?joe=40c.example?=>", "joe@c.example"),
    ],
)
def test_obsolete_and_broken_addresses(value: str, email: str) -> None:
    assert [found for _, found in read(value)] == [email]


@pytest.mark.parametrize(
    "value", ["a@x.example; b@x.example", "A <a@x.example> B <b@x.example>", "a@x.example b@x.example"]
)
def test_other_separators_than_commas(value: str) -> None:
    assert [email for _, email in read(value)] == ["a@x.example", "b@x.example"]


def test_a_name_alone_has_no_address_and_nothing_is_nobody() -> None:
    assert read("Someone") == [("Someone", "")]
    assert read("root (Cron Daemon)") == [("Cron Daemon", "root")]
    assert read("MAILER-DAEMON <>") == [("MAILER-DAEMON", "")]
    for nothing in ("", " ", ",", "<>", "()", "(a)", ",,;;", "\r\n"):
        assert read(nothing) == []


def test_a_value_ends_where_its_line_is_not_folded() -> None:
    assert read("a@x.example\nb@x.example\n") == [("", "a@x.example")]


@pytest.mark.parametrize("count", [MAX_MAILBOXES - 1, MAX_MAILBOXES, MAX_MAILBOXES + 1])
@pytest.mark.parametrize("form", ["a@x.example, ", '"a" (b) <a@x.example>, '])
def test_no_more_mailboxes_than_the_limit_are_read(count: int, form: str) -> None:
    assert len(parse_addresses(form * count)) == min(count, MAX_MAILBOXES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["(", "()", "<", '<"', '"', '"\\', ",", "a@", "=?a?q?x", " ", "a ", "a:", "<a ", "(\\", "@", ". ", 'a@b "', "<()"],
)
def test_hostile_values_take_time_in_proportion(unit: str) -> None:
    value = unit * (64 * 1024 // len(unit))
    start = time.process_time()
    parse_addresses(value)
    parse_addresses("<" + value + ">")
    assert time.process_time() - start < 1
