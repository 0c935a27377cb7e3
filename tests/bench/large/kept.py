"""The stores of the bench on the disk: made once, used again while numbers, schema and recipe are the same."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from store import migrate
from store.engine import Store
from tests.bench.large.filling import fill, prepare
from tests.bench.large.postgres_sink import PostgresSink
from tests.bench.large.shape import KEY, Shape
from tests.bench.large.sqlite_sink import SQLiteSink
from tests.bench.measure import BenchError
from tests.servers.postgres import Postgres

DATABASES = ("SQLite", "PostgreSQL")
#: Bytes for each interaction, measured at 10 million: the store, and while it is filled.
BYTES = {"SQLite": (2_400, 3_400), "PostgreSQL": (2_800, 3_000)}
#: As on a small server of a company; without replicas, so that filling needs no log.
SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
}
_HERE = Path(__file__).parent
_RECIPE = ("shape.py", "mails.py", "contacts.py", "filling.py", "sqlite_sink.py", "postgres_sink.py")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stores of a shape lie."""

    folder: Path
    shape: Shape

    @property
    def file(self) -> Path:
        return self.folder / "store.db"

    @property
    def cluster(self) -> Path:
        return self.folder / "postgresql"

    def marker(self, database: str) -> Path:
        """Written when all is there."""
        return self.folder / f"{database.lower()}.json"

    def is_made(self, database: str) -> bool:
        """Does the store lie there, as it would be made today?"""
        try:
            return bool(json.loads(self.marker(database).read_text()) == self._made())
        except (OSError, ValueError):
            return False

    def note(self, database: str) -> None:
        """All is there."""
        self.marker(database).write_text(json.dumps(self._made()) + "\n")

    def _made(self) -> dict[str, object]:
        # the schema's version stays while a release is in the making, so what makes it counts too
        parts = [*sorted((migrate.MIGRATIONS / "versions").glob("*.py")), *(_HERE / name for name in _RECIPE)]
        recipe = sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
        shape = {"interactions": self.shape.interactions, "each": self.shape.each}
        return {**shape, "schema": migrate.revisions()[-1], "recipe": recipe}

    def forget(self, database: str) -> None:
        """Make room for another one."""
        self.marker(database).unlink(missing_ok=True)
        if database == "SQLite":
            for left in self.folder.glob("store.*"):
                left.unlink()
        else:
            shutil.rmtree(self.cluster, ignore_errors=True)

    def size(self, database: str) -> int:
        """Bytes on the disk."""
        if database == "SQLite":
            return self.file.stat().st_size
        return sum(each.stat().st_size for each in self.cluster.rglob("*") if each.is_file())


def missing(place: Place, databases: Sequence[str], tell: Callable[[str], None]) -> list[str]:
    """The databases that have to be filled; says what disk that takes. Raises BenchError where it is not there.

    What was begun and not ended, or made of something else, is removed.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    found = [each for each in databases if not place.is_made(each)]
    for each in databases:
        if each not in found:
            tell(f"{each}: the store in {place.folder} is used again")
    if not found:
        return []
    for each in found:
        place.forget(each)
    many = place.shape.interactions
    kept = sum(BYTES[each][0] for each in found) * many
    needed = sum(BYTES[each][1] for each in found) * many
    free = shutil.disk_usage(place.folder).free
    told = f"{many:,} interactions on {' and '.join(found)} take {_gib(kept)}, {_gib(needed)} while they are filled"
    tell(f"{told}; free in {place.folder}: {_gib(free)}")
    if needed > free:
        raise BenchError(f"the disk is too small: {told}; {_gib(free)} are free. --interactions N makes a smaller one")
    return found


def make(shape: Shape, targets: Sequence[tuple[str, Store, Path | None]], tell: Callable[[str], None]) -> None:
    """Fill empty stores, (database, store, file of SQLite), in one pass."""
    every = max(shape.interactions // 20, 1)
    told = 0

    def progress(done: int) -> None:
        nonlocal told
        if done // every > told:
            told = done // every
            tell(f"{done:,} of {shape.interactions:,} interactions")

    with ExitStack() as open_sinks:
        sinks: list[SQLiteSink | PostgresSink] = []
        for _database, store, file in targets:
            boxes = prepare(store, shape)
            if file is not None:
                sinks.append(open_sinks.enter_context(SQLiteSink(store, file, tell)))
            else:
                sinks.append(open_sinks.enter_context(PostgresSink(store, tell)))
        # millions of tuples without a cycle: looking for one takes a third of the time
        gc.disable()
        try:
            first_seq, last_seq = fill(shape, boxes, sinks, progress)
        finally:
            gc.enable()
        for sink in sinks:
            sink.finish(first_seq, last_seq)


@contextmanager
def stores(place: Place, databases: Sequence[str], tell: Callable[[str], None]) -> Iterator[dict[str, Store]]:
    """Database -> its filled store, open; the server of PostgreSQL runs meanwhile. Raises BenchError, ServerError."""
    lacking = missing(place, databases, tell)
    with ExitStack() as stack:
        found: dict[str, Store] = {}
        for database in databases:
            if database == "SQLite":
                url = f"sqlite:///{place.file}"
            else:
                server = stack.enter_context(Postgres(durable=True, kept=place.cluster, settings=SETTINGS))
                url = server.url("postgres")
            found[database] = _opened(url, place)
            stack.callback(found[database].close)
        if lacking:
            targets = [(each, found[each], place.file if each == "SQLite" else None) for each in lacking]
            make(place.shape, targets, tell)
            for each in lacking:
                place.note(each)
        if "SQLite" in lacking:
            # the connections of before know another file
            found["SQLite"].close()
            found["SQLite"] = _opened(f"sqlite:///{place.file}", place)
            stack.callback(found["SQLite"].close)
        yield found


def _opened(url: str, place: Place) -> Store:
    return Store.open(url, key_text=KEY.reveal().hex(), key_file=place.folder / "unused")


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
