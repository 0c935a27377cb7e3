"""Rows that other programs write: of wrong types, far too long, of nobody, against the rules, with commands in them."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from daemon.deadlines import apply_deadlines
from daemon.entered import apply_entered
from daemon.erasing import erase
from daemon.merging import apply_merges
from daemon.task_states import apply_task_states
from tests.hostile.running import Case
from tests.unit.daemon.company_mail import NOON, House

_UNKNOWN = "00000000-0000-8000-8000-000000000000"
_GONE = "gone@client.example"
_numbers = count(1)


@contextmanager
def world() -> Iterator[House]:
    """A store in which one person was erased."""
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        _enter(house, "0", "Gone", _GONE)
        _apply(house)
        erase(house.ingest(), _GONE)
        _apply(house)
        yield house


def good(house: House) -> None:
    """Another contact is entered, and nothing waits."""
    number = next(_numbers)
    _enter(house, f"good{number}", f"Good {number}", f"good{number}@client.example")
    _apply(house)
    name, error = house.execute(
        "SELECT c.display_name, w.error FROM w1_contact w LEFT JOIN v1_contact c ON c.external_id = w.external_id"
        " WHERE w.external_id = ?",
        f"good{number}",
    )[0]
    assert (name, error) == (f"Good {number}", None)
    assert _apply(house) == 0, "what was answered is looked at again"
    if number % 10 == 0:
        house.derive()


def _apply(house: House) -> int:
    done = apply_entered(house.store, house.company, lambda: NOON)
    done += apply_merges(house.store, lambda: NOON)
    return done + apply_deadlines(house.store, lambda: NOON) + apply_task_states(house.store, lambda: NOON)


def _enter(house: House, external_id: str, name: str, address: str) -> None:
    house.execute(
        "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', ?, ?)", external_id, name
    )
    house.execute(
        "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', ?, ?)",
        external_id,
        address,
    )


def _row(table: str, columns: dict[str, Any], *, says: str | None, taken: str = "") -> Any:
    """A row of this table: it is answered by an error with these words, or (None) taken as the case tells, or the
    database itself refuses it."""

    def run(house: House) -> str:
        number = f"h{next(_numbers)}"
        values = _of(table, number) | columns
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        refusal = _refusal(house, f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 - names of ours
        assert bool(refusal) == (says == ""), refusal
        if refusal:
            return refusal
        if table == "w1_contact_address":
            house.execute(
                "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', ?, 'Somebody')",
                number,
            )
        _apply(house)
        key = {"w1_task_state": "task_id", "w1_merge": "contact_id"}.get(table, "external_id")
        found = house.execute(f"SELECT applied_at, error FROM {table} WHERE {key} = ?", values[key])  # noqa: S608 - names of ours
        if not found:
            # of somebody who was erased: the address is taken out, and the contact's row tells why
            found = house.execute("SELECT applied_at, error FROM w1_contact WHERE external_id = ?", number)
        ((applied, error),) = found
        assert bool(applied) != bool(error), (applied, error)
        if says is None:
            assert error is None, error
            return _shown(house, table, number, taken)
        assert says
        assert says in error, error
        assert len(error) < 2_000
        return str(error)

    return run


def _refusal(house: House, sql: str, values: dict[str, Any]) -> str:
    """What the database says to this; "": it takes it."""
    try:
        house.execute(sql, *values.values())
    except (sqlite3.Error, OverflowError, UnicodeEncodeError) as refusal:
        return f"the database refuses it: {refusal}"
    return ""


def _of(table: str, number: str) -> dict[str, Any]:
    """A row that would be fine."""
    if table == "w1_merge":
        return {"contact_id": _UNKNOWN, "merged_into_id": _UNKNOWN[:-1] + "1"}
    if table == "w1_task_state":
        return {"task_id": f"{_UNKNOWN[:-6]}{next(_numbers):06}", "state": "done"}
    row = {"external_source": "crm", "external_id": number}
    if table == "w1_contact":
        return row | {"display_name": "Ann"}
    if table == "w1_contact_address":
        return row | {"address": f"{number}@client.example"}
    return row | {"contact_id": _UNKNOWN, "due_on": "2026-03-20"}


def _shown(house: House, table: str, number: str, taken: str) -> str:
    """What other tools read of it."""
    if table == "w1_contact":
        found = house.execute("SELECT display_name FROM v1_contact WHERE external_id = ?", number)
    else:
        found = house.execute(
            "SELECT address FROM v1_contact_address a JOIN v1_contact c ON c.id = contact_id WHERE external_id = ?",
            number,
        )
    shown = "; ".join(str(value) for (value,) in found)
    assert taken in shown, shown
    return f"taken: {shown[:80]!r}" if shown else "taken, and nothing is shown"


def _many(statements: tuple[tuple[str, tuple[Any, ...]], ...], house: House) -> str:
    """Whatever these write, all that waits is answered."""
    for sql, values in statements:
        house.execute(sql, *values)
    _apply(house)
    waiting = 0
    errors: set[str] = set()
    for table in ("w1_contact", "w1_contact_address", "w1_merge", "w1_deadline", "w1_task_state"):
        for applied, error in house.execute(f"SELECT applied_at, error FROM {table}"):  # noqa: S608 - names of ours
            waiting += not applied and not error
            errors |= {str(error)[:60]} if error else set()
    assert not waiting
    return f"all rows are answered, with {len(errors)} different errors"


def _case(name: str, table: str, columns: dict[str, Any], says: str | None, taken: str = "") -> Case[House]:
    return Case(f"{table}: {name}", _row(table, columns, says=says, taken=taken))


#: Some words.
_ANY = " "
_SQL = "x'); DROP TABLE contact; --"
_SURROGATE = b"\xed\xa0\x80"


def _contact(name: str, value: Any, says: str | None, taken: str = "", column: str = "display_name") -> Case[House]:
    return _case(name, "w1_contact", {column: value}, says, taken)


def _address(name: str, value: Any, says: str | None, taken: str = "", column: str = "address") -> Case[House]:
    return _case(name, "w1_contact_address", {column: value}, says, taken)


CASES: tuple[Case[House], ...] = (
    _contact("a name with commands", _SQL, None, _SQL),
    _contact("a name of 1,001 characters", "x" * 1001, "at most 1000"),
    _contact("a name of 10 MB", "x" * 10_000_000, "at most 1000"),
    _contact("a name that is bytes", b"\x00\xff", "is not text"),
    _contact("a name that is half a character", _SURROGATE, "is not text"),
    _contact("a name that is a number", 7, None, "7"),
    _contact("a name of NUL", "A\0B", None),
    _contact("a name of control characters", "\x1b[31mAnn\x07", None),
    _contact("a name that turns the reading", "Ann \u202e gnp.exe", None),
    _contact("a name of blanks", " \u3000\u200b ", None),
    _contact("a name of nothing", "", None),
    _contact("a name of 1,000 marks on a letter", "a" + "\u0301" * 999, None),
    _contact("a name that is a formula", '=HYPERLINK("http://evil.example","x")', None, "=HYPERLINK"),
    _contact("a name that is HTML", "<script>alert(1)</script>", None, "<script>"),
    _contact("an organization of 100,000 characters", "o" * 100_000, "organization", column="organization"),
    _contact("deleted: perhaps", "perhaps", "neither true nor false", column="is_deleted"),
    _contact("deleted: 7", 7, "neither true nor false", column="is_deleted"),
    _contact("deleted: a number with a fraction", 0.5, "neither true nor false", column="is_deleted"),
    _contact("deleted: bytes", b"1", "neither true nor false", column="is_deleted"),
    _contact("consent: of an unknown kind", "maybe", "consent", column="tracking_consent"),
    _contact("consent: at no time", "soon", "consent", column="tracking_consent_at"),
    _contact("an id of nothing", "", "", column="external_id"),
    _contact("an id of 201 characters", "i" * 201, "", column="external_id"),
    _contact("an id that is NULL", None, "", column="external_id"),
    _contact("a source of 101 characters", "s" * 101, "", column="external_source"),
    _contact("a number of 65 bits", 2**64, "", column="display_name"),
    _contact("a lone surrogate", "\ud800", "", column="display_name"),
    _address("no address", "not an address", "no e-mail address"),
    _address("two addresses", "a@client.example, b@client.example", "no e-mail address"),
    _address("a name and an address", "Ann <ann@client.example>", "no e-mail address"),
    _address("with commands", "x');DROP TABLE contact;--@client.example", "no e-mail address"),
    _address("with a line end", "a@client.example\r\nBcc: b@client.example", "no e-mail address"),
    _address("with NUL", "a\0b@client.example", ""),
    _address("with NUL behind three letters", "abc\0b@client.example", "no e-mail address"),
    _address("of our own", "alice@acme.example", "of our own"),
    _address("of our own in other letters", "ALICE@ACME.EXAMPLE", "of our own"),
    _address("of our own in wide letters", "ａｌｉｃｅ@acme.example", "of our own"),
    _address("of our own with what nobody sees", "ali\u200bce@acme.example", "of our own"),
    _address("of our own that turns the reading", "\u202ealice@acme.example\u202c", "of our own"),
    _address("of somebody who was erased", _GONE, "erased"),
    _address("of somebody who was erased, in other letters", "<GONE@Client.Example>", "erased"),
    _address("that is bytes", b"a@client.example", "is not text"),
    _address("that is no UTF-8", _SURROGATE + b"@client.example", "is not text"),
    _address("of 321 characters", "a" * 306 + "@client.example", ""),
    _address("of two characters", "a@", ""),
    _address("of dots", "ann@client..example", "no e-mail address"),
    _address("of a name that is no IDNA", "ann@xn--a-ecp.ru", None),
    _address("of another script that looks like ours", "alice@асме.example", None),
    _address("with a subdomain of 250 letters", "a@" + "x" * 250 + ".example", None),
    _address("primary: perhaps", "perhaps", "neither true nor false", column="is_primary"),
    _address("from a time that is none", "soon", "no instant", column="valid_from_at"),
    _address("until the year 0", "0000-01-01T00:00:00Z", "no instant", column="valid_to_at"),
    _address("until after all time", "9999-12-31T23:59:59-14:00", "no instant", column="valid_to_at"),
    _address("from a time in bytes", b"2026", "no instant", column="valid_from_at"),
    _case("of contacts that are not there", "w1_merge", {}, "no"),
    _case(
        "of a contact with itself",
        "w1_merge",
        {"contact_id": _UNKNOWN[:-1] + "7", "merged_into_id": _UNKNOWN[:-1] + "7"},
        _ANY,
    ),
    _case("an id that is none", "w1_merge", {"contact_id": "x" * 36}, "no"),
    _case("an id with commands", "w1_merge", {"contact_id": (_SQL + " " * 36)[:36]}, "no"),
    _case("an id of bytes", "w1_merge", {"contact_id": b"\xff" * 36}, _ANY),
    _case("a short id", "w1_merge", {"contact_id": "1"}, ""),
    _case("of a task that is not there", "w1_task_state", {}, "no"),
    _case("an unknown state", "w1_task_state", {"state": "exploded"}, "is none of"),
    _case("a state that nobody may say", "w1_task_state", {"state": "settled"}, "is none of"),
    _case("a state with commands", "w1_task_state", {"state": "x'; DROP TABLE a;--"}, "is none of"),
    _case("a state of bytes", "w1_task_state", {"state": b"\xff\xfe"}, "is not text"),
    _case("a state of 21 characters", "w1_task_state", {"state": "s" * 21}, ""),
    _case("a note of 10 MB", "w1_task_state", {"note": "n" * 10_000_000}, "at most 10000"),
    _case("put off to no time", "w1_task_state", {"state": "snoozed", "snoozed_until_at": "soon"}, "no instant"),
    _case("put off to a number", "w1_task_state", {"state": "snoozed", "snoozed_until_at": 7}, "no instant"),
    _case("by somebody of 201 characters", "w1_task_state", {"changed_by": "b" * 201}, "at most 200"),
    _case("of a contact that is not there", "w1_deadline", {}, "no"),
    _case("of nobody", "w1_deadline", {"contact_id": None}, _ANY),
    _case("of a contact and a conversation", "w1_deadline", {"thread_id": _UNKNOWN}, _ANY),
    _case("on a day that is none", "w1_deadline", {"due_on": "2026-02-30"}, "due_on"),
    _case("on the day of a number", "w1_deadline", {"due_on": 20260320}, "due_on"),
    _case("on no day", "w1_deadline", {"due_on": None}, ""),
    _case("with a title of 100,000 characters", "w1_deadline", {"title": "t" * 100_000}, "title"),
    _case("since a time that is none", "w1_deadline", {"since_at": "soon"}, "since_at"),
    Case(
        "2,000 rows without contacts",
        partial(
            _many,
            (
                (
                    "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2000)"
                    " INSERT INTO w1_contact_address (external_source, external_id, address)"
                    " SELECT 'hub', 'm' || n, 'm' || n || '@client.example' FROM many",
                    (),
                ),
            ),
        ),
    ),
    Case(
        "answers that others wrote",
        partial(
            _many,
            (
                (
                    "INSERT INTO w1_contact (external_source, external_id, applied_at, error)"
                    " VALUES ('hub', 'a', 'never', 'x')",
                    (),
                ),
                ("UPDATE w1_contact SET error = ? WHERE external_id = 'a'", ("e" * 100_000,)),
            ),
        ),
    ),
)
