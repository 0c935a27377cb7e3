"""Cursors of every connector: what is none is CursorExpired, what is one is the same after it was written again."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, NamedTuple

from connectors import memory
from connectors.api import Cursor, CursorExpired
from connectors.cursors import pack
from connectors.dav import position as dav
from connectors.ews import calendars as ews_calendars
from connectors.ews import position as ews
from connectors.imap import position as imap
from connectors.imap.responses import Standing
from connectors.local import ics, listing, mbox
from tests.fuzz.sound import check_sound


class _Kind(NamedTuple):
    load: Callable[[Cursor], Any]
    dump: Callable[[Any], Cursor]
    #: What is done with one that was read.
    use: Callable[[Any], object] = lambda position: None


_DAY = date(2025, 3, 1)


def _use_imap(position: imap.Position) -> None:
    assert position.backlog >= 0
    check_sound(position.complete_since)
    for day in (None, _DAY, position.since):
        assert imap.load(position.moved(day).dump()) == position.moved(day)
    position.reaches(datetime(2026, 1, 1, tzinfo=UTC))
    standing = Standing(position.uidvalidity, position.uidnext + position.hi + 1, 9, position.modseq)
    position.check(standing)
    position.is_at(standing, _DAY)


def _use_ews(position: ews.Position) -> None:
    assert position.backlog is None or position.backlog >= 0
    check_sound(position.complete_since)
    for day in (None, _DAY, position.since):
        moved = position.moved(day)
        assert ews.load(moved.dump()) == moved
    position.reaches(datetime(2026, 1, 1, tzinfo=UTC))


def _use_listing(found: listing.Listing) -> None:
    entry = listing.Entry(7, "mark", "ref", "path")
    for step in found.steps([entry]):
        found.took(step, [])


def _dump(position: Any) -> Cursor:
    found: Cursor = position.dump()
    return found


KINDS = (
    _Kind(imap.load, _dump, _use_imap),
    _Kind(ews.load, _dump, _use_ews),
    _Kind(ews_calendars._load, _dump),
    _Kind(dav.Position.load, _dump),
    _Kind(mbox._State.load, _dump),
    _Kind(listing.Listing.load, _dump, _use_listing),
    _Kind(ics._Seen.load, _dump),
    _Kind(memory._load, lambda at: Cursor(json.dumps(at))),
)
_GOOD = (
    imap.Position(
        uidvalidity=7,
        hi=100,
        uidnext=105,
        since=_DAY,
        gaps=(imap.Gap(None, _DAY, 50), imap.Gap(_DAY, None, 100, 40)),
        messages=80,
        modseq=2**62,
        anchor=imap.Anchor(100, 5000, datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ).dump(),
    ews.Position(state="H4sI", since=_DAY, below=datetime(2026, 3, 1, tzinfo=UTC), seen=("a",), left=9).dump(),
    ews_calendars._Position("H4sI", True).dump(),
    dav.Position(token="http://x/1", ctag="c", after="/a.ics", count=3, etags={"/a.ics": '"1"'}).dump(),
    mbox._State(at=9, last="9", size=100, written_ns=5, is_done=True).dump(),
    listing.Listing((5, "mark"), True, array("Q", bytes(8 * listing._BUCKETS))).dump(),
    ics._Seen({"a.ics": ics._File("mark", {"u": "h"})}).dump(),
    Cursor("[7,1,2,3,4]"),
)
#: In the first byte: what follows is no cursor, but chooses fields of a good one and what stands there instead.
_CHANGED = 0x80
#: The first byte is the kind.
SEEDS = (
    *(bytes([number]) + cursor.encode() for number, cursor in enumerate(_GOOD)),
    *(bytes([_CHANGED | number, 1, number, 200]) for number in range(len(KINDS))),
)
WORDS = tuple(
    each.encode()
    for each in (
        *(
            "null",
            "true",
            "-1",
            "1e999",
            "NaN",
            "Infinity",
            "[]",
            "{}",
            '""',
            "[[",
            "]]",
            ",",
            '"\\ud800"',
            "1.5",
            "9" * 30,
        ),
        *(
            '"0001-01-01"',
            '"9999-12-31T23:59:59-23:59"',
            '"2025-01-01T00:00:00"',
            '"2025-W01-1"',
            '{"a":["b",{"c":1}]}',
        ),
        pack(b'{"a":["b",{"c":1}]}'),
        pack(b"[" * 5000),
    )
)
FOUND = {
    "a number that is infinite": b"\0[2,7,1e999,1,null,[],null,null,null]",
    "lists in lists": b"\0" + b"[" * 100_000,
    "a number below nothing": b"\0[2,7,-1,1,null,[],null,null,null]",
    "a text that is a number": b'\0[2,"7",1,1,null,[],null,null,null]',
    "a time without its zone": b'\0[2,7,1,1,null,[],null,null,[1,2,"2025-01-01T00:00:00"]]',
    "a time before all time": b'\1[1,"s",null,false,"0001-01-01T00:00:00+14:00",[],0]',
    "a time of the mail's past without its zone": b'\1[1,"s",null,false,"2025-01-01T00:00:00",[],1]',
    "half of a character": b'\1[1,"\\ud800",null,false,null,[],0]',
    "a token that is a list": b"\3" + json.dumps([1, [], "c", None, 0, False, pack(b"{}")]).encode(),
    "etags that are numbers": b"\3" + json.dumps([1, None, "c", None, 0, False, pack(b'{"a":1}')]).encode(),
    "packed lists in lists": b"\3" + json.dumps([1, None, "c", None, 0, False, pack(b"[" * 100_000)]).encode(),
    "a packed text that is cut": b"\3" + json.dumps([1, None, "c", None, 0, False, "eJyrrgUAAXUA"]).encode(),
    "sums that are too many": b"\5" + json.dumps([1, None, None, True, pack(bytes(100_000_000))]).encode(),
    "meetings that are none": b"\6" + json.dumps([1, pack(b'{"a":["b",[]]}')]).encode(),
}


def check(raw: bytes) -> None:
    """Raise AssertionError, or what a reader raises beside CursorExpired, where something is wrong."""
    kind = KINDS[(raw[0] if raw else 0) % len(KINDS)]
    try:
        position = kind.load(_cursor(raw))
    except CursorExpired as error:
        expired = error
    else:
        check_sound(position, may_have_nul=True)
        assert kind.load(kind.dump(position)) == position
        kind.use(position)
        return
    assert expired.step
    assert expired.problem.startswith("this is no cursor of ")
    assert len(expired.problem) < 500


def _cursor(raw: bytes) -> Cursor:
    if not raw or raw[0] < _CHANGED:
        return Cursor(raw[1:].decode("utf-8", "replace"))
    good: Any = json.loads(_GOOD[raw[0] % len(KINDS)])
    left = iter(raw[1:])
    for place in left:
        good[place % len(good)] = _value(left)
    return Cursor(json.dumps(good))


def _value(left: Iterator[int], depth: int = 0) -> Any:
    """What the next bytes mean."""
    kind, size = next(left, 0), next(left, 0)
    match kind % 12:
        case 0:
            return None
        case 1:
            return size % 2 == 0
        case 2:
            return size
        case 3:
            return (size - 128) * 10 ** (size % 40)
        case 4:
            return size / 7
        case 5:
            return "".join(map(chr, islice(left, size % 12)))
        case 6:
            return f"{size * 37 % 9999 + 1:04}-{size % 13:02}-{size % 31 + 1:02}"
        case 7:
            return f"{size * 37 % 9999 + 1:04}-01-01T00:00:00" + ("", "Z", "+14:00", "-12:00", "+00:00")[size % 5]
        case 8:
            return pack(json.dumps(_value(left, depth + 1)).encode())
        case 9:
            return {str(number): _value(left, depth + 1) for number in range(size % 3)} if depth < 4 else {}
        case 10:
            return chr(0xD800 + size)
    return [_value(left, depth + 1) for _each in range(size % 5)] if depth < 4 else []
