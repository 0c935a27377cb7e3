"""The company's decisions as a file: one JSON object a line, a header first and the number of records at the end.

What the kinds of lines hold is described in docs/store.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby, islice
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from matching.addresses import normalize
from matching.policy import Company
from store.engine import Store
from store.errors import StoreError
from store.keeping.backup import claimed, finish
from store.keeping.deciding import (
    Restored,
    restore_consents,
    restore_contacts,
    restore_merges,
    restore_redirects,
    restore_written,
)
from store.keeping.deciding_privacy import DecidedBlock, DecidedErasure, DecidedVisibility, restore_privacy
from store.keeping.deciding_tasks import DecidedTask, restore_tasks
from store.keeping.decisions import (
    COLUMNS,
    DecidedAddress,
    DecidedConsent,
    DecidedContact,
    DecidedMerge,
    DecidedRedirect,
    Decision,
    WrittenRow,
    decisions,
)
from store.types import instant_text

T = TypeVar("T")

#: The form of the file; a change that breaks readers would count it up.
FORMAT = 1
#: Records that take effect in one transaction.
BATCH = 500
_KINDS: Mapping[str, type[Any]] = {
    "erasure": DecidedErasure,
    "block": DecidedBlock,
    "visibility": DecidedVisibility,
    "contact": DecidedContact,
    "merge": DecidedMerge,
    "consent": DecidedConsent,
    "task": DecidedTask,
    "redirect": DecidedRedirect,
}


class BadFile(Exception):
    """The file is none of ours, or not whole; `problem` says where and why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class Imported:
    """What became of a file's records."""

    restored: int = 0
    unchanged: int = 0
    #: (line, reason)
    refused: list[tuple[int, str]] = field(default_factory=list)
    #: Consents of contacts that are not there yet.
    waiting: int = 0


def export(store: Store, path: Path, now: datetime, program: str) -> int:
    """Write all decisions to a new file of mode 0600; returns how many. Raises StoreError, and OSError.

    The file is there whole or not at all.
    """
    count = 0
    with claimed(path) as part, store.read() as transaction:
        with part.open("w", encoding="utf-8") as lines:
            header = {"format": FORMAT, "kind": "decisions", "key_check": store.key.check()}
            _write(lines.write, {**header, "exported_at": now, "program": program})
            for each in decisions(transaction):
                _write(lines.write, _document(each))
                count += 1
            _write(lines.write, {"kind": "end", "records": count})
        finish(part, path)
    return count


def _write(write: Callable[[str], object], document: Mapping[str, Any]) -> None:
    write(json.dumps(document, ensure_ascii=False, default=_text) + "\n")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} can't be written")


def _document(decision: Decision) -> dict[str, Any]:
    if isinstance(decision, WrittenRow):
        return {"kind": decision.table, **decision.values}
    kind = next(name for name, made in _KINDS.items() if isinstance(decision, made))
    return {"kind": kind, **asdict(decision)}


# -- reading ------------------------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[tuple[int, Decision]]:
    """(line, decision) of a file; raises BadFile, and OSError. Nothing is known of the whole before its end."""
    count = 0
    is_ended = False
    with path.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, 1):
                document = json.loads(line)
                if number == 1:
                    continue
                if is_ended or not isinstance(document, dict):
                    raise BadFile(f"line {number} is no record")
                kind = document.pop("kind", None)
                if kind == "end":
                    is_ended = document.get("records") == count
                    continue
                count += 1
                yield number, _decision(kind, document, number)
        except UnicodeDecodeError as error:
            raise BadFile("it is not text in UTF-8") from error
        except json.JSONDecodeError as error:
            raise BadFile(f"line {number} is no JSON: {error.msg}") from error
        except RecursionError as error:
            raise BadFile(f"line {number} is no JSON that can be read") from error
    if not is_ended:
        raise BadFile("its end is missing; it was not copied whole")


def key_check_of(path: Path) -> str:
    """The check value of the identity key of the store that a file comes from; raises BadFile, and OSError."""
    try:
        with path.open(encoding="utf-8") as lines:
            header = json.loads(lines.readline(10_000))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("kind") != "decisions":
        raise BadFile("it is no file of keeptouch decisions export")
    if header.get("format") != FORMAT:
        raise BadFile(f"its form is {header.get('format')!r}, and this keeptouch knows form {FORMAT}")
    return str(header.get("key_check"))


def _decision(kind: object, document: Mapping[str, Any], number: int) -> Decision:
    try:
        if isinstance(kind, str) and kind in COLUMNS:
            return WrittenRow(table=kind, values=_values(COLUMNS[kind], document))
        if kind == "contact":
            listed = document.get("addresses")
            held = tuple(_made(DecidedAddress, each) for each in (listed if isinstance(listed, list) else [None]))
            if any(normalize(each.normal) != each.normal for each in held):
                raise ValueError("an address is not in its normal form")
            return _made(DecidedContact, {**document, "addresses": held})
        if isinstance(kind, str) and kind in _KINDS:
            decision: Decision = _made(_KINDS[kind], document)
            return decision
    except (ValueError, OverflowError) as error:
        raise BadFile(f"line {number}, of kind {kind}: {error}") from error
    raise BadFile(f"line {number} is of a kind that this keeptouch does not know: {kind!r}")


def _made(record: type[T], document: object) -> T:
    """A record of the values of a JSON object; raises ValueError."""
    if not isinstance(document, dict):
        raise ValueError("no object")
    return record(**_values(get_type_hints(record), document))


def _values(types: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these names, each of its type; raises ValueError."""
    if missing := [name for name in types if name not in document]:
        raise ValueError(f"{missing[0]} is missing")
    return {name: _value(name, kind, document[name]) for name, kind in types.items()}


def _value(name: str, kind: Any, value: Any) -> Any:
    kinds = get_args(kind) or (kind,)
    if datetime in kinds and isinstance(value, str):
        made = datetime.fromisoformat(value)
        if made.tzinfo is None:
            raise ValueError(f"{name} has no time zone")
        return made.astimezone(UTC)
    if date in kinds and isinstance(value, str):
        return date.fromisoformat(value)
    if value is None and NoneType in kinds:
        return None
    if get_origin(kind) is tuple or (type(value) in kinds and value is not None):
        return value
    raise ValueError(f"{name} is {value!r}")


# -- into a store -------------------------------------------------------------------------------------------------


def import_decisions(store: Store, company: Company, clock: Callable[[], datetime], path: Path) -> Imported:
    """Put a file's decisions into the store; what follows for links is marked dirty, for `derive`.

    Raises StoreError for a file of another identity key, BadFile, and OSError; then nothing was put in. It can be
    repeated, and a kill costs at most a batch of repeated work.
    """
    if key_check_of(path) != store.key.check():
        raise StoreError(
            f"{path} comes from a store with another identity key",
            "build the store anew with the identity key that the decisions were made under",
        )
    for _whole in read(path):
        pass
    imported = Imported()
    refused: set[tuple[str, str]] = set()
    for kind, group in groupby(read(path), key=lambda each: type(each[1])):
        while batch := list(islice(group, BATCH)):
            _put(store, company, clock, batch, kind, imported, refused)
    return imported


def _put(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    batch: Sequence[tuple[int, Any]],
    kind: type[Any],
    imported: Imported,
    refused: set[tuple[str, str]],
) -> None:
    """A batch of decisions of one kind, in one transaction."""
    found = [decision for _line, decision in batch]
    done = len(found)
    with store.write() as transaction:
        if kind is DecidedContact:
            verdicts = restore_contacts(transaction, store.key, found, company.rules.base, clock())
            done = verdicts.count(Restored.RESTORED)
            imported.unchanged += verdicts.count(Restored.UNCHANGED)
            for (line, each), verdict in zip(batch, verdicts, strict=True):
                if verdict.is_refusal:
                    imported.refused.append((line, f"{each.display_name}: {verdict}"))
                    refused.add((each.external_source or "", each.external_id or ""))
        elif kind in (DecidedErasure, DecidedBlock, DecidedVisibility):
            done = restore_privacy(transaction, found)
            imported.unchanged += len(found) - done
        elif kind is DecidedMerge:
            reasons = restore_merges(transaction, found, clock())
            refusals = [(line, why) for (line, _each), why in zip(batch, reasons, strict=True) if why]
            imported.refused += refusals
            done -= len(refusals)
        elif kind is DecidedConsent:
            waiting = restore_consents(transaction, found, clock())
            imported.waiting += len(waiting)
            done -= len(waiting)
        elif kind is DecidedTask:
            unchanged = restore_tasks(transaction, store.key, found, company.rules.base)
            imported.unchanged += unchanged
            done -= unchanged
        elif kind is DecidedRedirect:
            done = restore_redirects(transaction, found)
            imported.unchanged += len(found) - done
        else:
            restore_written(transaction, found, refused)
    imported.restored += done
