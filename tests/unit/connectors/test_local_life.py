"""Whatever happens to files between two readings, each of them is handed over."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

import pytest

from connectors.api import Change, Cursor, Deleted, Message, Unreadable
from connectors.conformance import mail, message_id
from connectors.local import LocalConnector, LocalSettings, listing
from connectors.local.listing import Entry


class Life:
    """Entries that come and go, read with interruptions."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.there: dict[str, Entry] = {}
        self.seen: set[str] = set()
        self.cursor: Cursor | None = None
        self._numbers = count()

    def come(self) -> None:
        """Some with the newest times, some with old ones."""
        for _ in range(self.rng.randrange(1, 30)):
            n = next(self._numbers)
            when = n if self.rng.random() < 0.6 else self.rng.randrange(0, n + 1)
            self.there[f"m{n}"] = Entry(when, f"m{n}", f"m{n}", f"m{n}")

    def go(self) -> None:
        for mark in self.rng.sample(sorted(self.there), len(self.there) // 4):
            del self.there[mark]

    def read(self, stop_after: int | None = None) -> int:
        """Read pages, perhaps not all; gives how many changes came."""
        amount = 0
        for at, page in enumerate(listing.pages(list(self.there.values()), self.cursor, self._take)):
            amount += len(page.changes)
            self.seen |= {change.ref for change in page.changes}
            self.cursor = page.cursor
            if at == stop_after:
                break
        return amount

    def _take(self, entry: Entry) -> tuple[Change, int] | None:
        # now and then one vanishes between the list and the reading
        if self.rng.random() < 0.02:
            self.there.pop(entry.mark, None)
            return None
        return Unreadable(entry.ref, "not read at all"), 1


@pytest.mark.parametrize("seed", range(10))
def test_each_file_is_handed_over_whenever_it_comes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_MAILS", 7)
    life = Life(seed)
    for _ in range(60):
        match life.rng.randrange(4):
            case 0 | 1:
                life.come()
            case 2:
                life.go()
            case _:
                life.read(stop_after=life.rng.choice([None, 0, 1, 2]))
    while life.read():
        pass
    assert set(life.there) <= life.seen


def test_new_files_alone_are_read_again_only_if_they_are_new() -> None:
    life = Life(1)
    life.there = {f"m{n}": Entry(n, f"m{n}", f"m{n}", f"m{n}") for n in range(5000)}
    life.rng = random.Random(99)
    while life.read():
        pass
    life.there |= {f"x{n}": Entry(n, f"x{n}", f"x{n}", f"x{n}") for n in range(20)}
    assert life.read() < 60


@pytest.mark.parametrize("seed", range(4))
def test_a_growing_mbox_is_handed_over_in_order_and_once(tmp_path: Path, seed: int) -> None:
    path, rng, numbers = tmp_path / "box", random.Random(seed), count()
    path.touch()
    connector = LocalConnector(LocalSettings(path=tmp_path, format="mbox"))
    (stream,) = connector.streams()
    got: dict[str, str] = {}
    cursor: Cursor | None = None
    written: list[int] = []
    for _ in range(25):
        for n in (next(numbers) for _ in range(rng.randrange(3))):
            with path.open("ab") as file:
                file.write(b"From x Mon Jan  6 06:30:00 2025\n" + mail(n).replace(b"\r\n", b"\n") + b"\n")
            written.append(n)
        for page in connector.pages(stream, cursor):
            cursor = page.cursor
            for change in page.changes:
                assert isinstance(change, Message | Deleted)
                if isinstance(change, Message):
                    got[change.ref] = change.message_id or ""
                else:
                    del got[change.ref]
    assert list(got.values()) == [message_id(n) for n in written]
