"""Checks of the store: can it be reached, is it of this version, is its file whole, is there room?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from daemon.config import Config
from daemon.doctor.findings import Finding, Result, warning
from daemon.doctor.patient import Patient
from daemon.environment import open_store
from store.accounts import attention
from store.engine import Store
from store.errors import NoStoreError, OlderStoreError, StoreError
from store.keeping import caring
from store.keeping.space import Space, refusal_at, space_at
from store.store_files import file_of

#: Left on the store's disk, in bytes: below the second the service will soon stop writing.
SHORT, VERY_SHORT = 2 * 1024**3, 256 * 1024**2
#: A small disk is short only when less than this share is left too.
SHORT_SHARE = 0.1
#: A WAL beyond this was not taken in for long: SQLite does it at 32 MiB.
LARGE_WAL = 256 * 1024**2


def database(patient: Patient) -> Iterator[Finding]:
    """Can the store be opened, and is it of this version?"""
    config = patient.known
    try:
        patient.store = _opened(config, patient)
    except NoStoreError as error:
        yield warning(config.store.url, error.problem, error.hint)
        return
    except StoreError as error:
        # on PostgreSQL other machines may yet work with it
        is_safe = isinstance(error, OlderStoreError) and file_of(config.store.url) is not None
        mend = partial(_upgrade, config, patient) if is_safe else None
        yield Finding(config.store.url, error.problem, error.hint or "keeptouch store verify", mend=mend)
        return
    with patient.store.read() as transaction:
        patient.fares = attention.fares(transaction)


def _opened(config: Config, patient: Patient) -> Store:
    return open_store(config, patient.environ, may_create=False, may_write=False)


def _upgrade(config: Config, patient: Patient) -> str:
    """As `keeptouch store upgrade`: in one transaction, and with a copy kept."""
    with open_store(config, patient.environ, may_create=False, may_upgrade=True) as store:
        done = store.opened.upgraded
    if done is None:
        return "the store was upgraded meanwhile"
    return f"the store is upgraded from {done.before} to {done.after}; as it was it lies in {done.copy}"


def integrity(patient: Patient) -> Iterator[Finding]:
    """Is the SQLite file whole?"""
    with patient.opened.read() as transaction:
        found = caring.damages(transaction)
    for each in found:
        cure = "keeptouch store verify tells more; put back a backup: docs/keeping.md"
        yield Finding(str(file_of(patient.known.store.url)), f"the file is damaged: {each}", cure)


def disk(patient: Patient) -> Iterator[Finding]:
    """Is there room, and is the WAL as small as it should be?"""
    file = file_of(patient.known.store.url)
    space = space_at(file) if file is not None else None
    if space is None or file is None:
        return
    yield from room_at(space, file)
    if space.wal > LARGE_WAL:
        problem = f"the WAL has grown to {mebibytes(space.wal)}: somebody reads in one transaction for very long"
        cure = "end that reader; keeptouch doctor --fix takes the WAL in"
        yield Finding(f"{file}-wal", problem, cure, Result.WARNING, partial(_take_in, patient))


def room_at(space: Space, file: Path) -> Iterator[Finding]:
    """As `room`; where all seems well it is tried, because a quota, or a mount for reading alone, is in no number."""
    found = list(room(space))
    yield from found
    refusal = None if found else refusal_at(file)
    if refusal is not None:
        problem = f"nothing more can be written: {refusal}"
        cure = (
            "look at the quota of the service's user, at df -i and at mount; then as for a full disk: docs/keeping.md"
        )
        yield Finding(str(space.folder), problem, cure)


def room(space: Space) -> Iterator[Finding]:
    """Is there less left than the service may need soon?"""
    if space.free < VERY_SHORT or space.free < min(SHORT, space.total * SHORT_SHARE):
        problem = f"{mebibytes(space.free)} are left of {mebibytes(space.total)}"
        cure = "make room, or move the store: docs/keeping.md; keeptouch privacy retain lets go what has its time"
        result = Result.FAILED if space.free < VERY_SHORT else Result.WARNING
        yield Finding(str(space.folder), problem, cure, result)


def _take_in(patient: Patient) -> str:
    with open_store(patient.known, patient.environ, may_create=False) as store:
        is_done = caring.take_in_wal(store)
    return "the WAL is taken in" if is_done else "the WAL could not be taken in whole: somebody still reads or writes"


def mebibytes(count: int) -> str:
    """For people."""
    return f"{count / 1024**2:,.0f} MiB" if count < 10 * 1024**3 else f"{count / 1024**3:,.0f} GiB"
