"""All checks in their order: each is made where what it needs is there, and what is safe is mended where asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from connectors.api import ConnectorError
from daemon.config import ConfigError, load, load_store
from daemon.doctor import accounts, clocks, database, files, hosts, others
from daemon.doctor.findings import Checked, Finding
from daemon.doctor.patient import Patient
from store.errors import StoreError


class Needs(Enum):
    """What has to be there for a check."""

    NOTHING = "nothing"
    #: A configuration, if only its [store].
    STORE_URL = "the configuration can't be read"
    CONFIGURATION = "the configuration is refused"
    STORE = "the store can't be opened"


class Check(NamedTuple):
    """A check; its number is its place."""

    name: str
    needs: Needs
    look: Callable[[Patient], Iterator[Finding]]


CHECKS = (
    Check("configuration", Needs.NOTHING, files.configuration),
    Check("modes", Needs.STORE_URL, files.modes),
    Check("credentials", Needs.CONFIGURATION, files.credentials),
    Check("database", Needs.STORE_URL, database.database),
    Check("integrity", Needs.STORE, database.integrity),
    Check("disk", Needs.STORE_URL, database.disk),
    Check("hosts", Needs.CONFIGURATION, hosts.hosts),
    Check("clock", Needs.CONFIGURATION, clocks.clock),
    Check("service", Needs.STORE, others.service),
    Check("accounts", Needs.STORE, accounts.accounts),
    Check("cursors", Needs.STORE, accounts.cursors),
    Check("coverage", Needs.STORE, accounts.coverage),
    Check("deliveries", Needs.STORE, others.deliveries),
)


def examine(
    path: Path, environ: Mapping[str, str], clock: Callable[[], datetime], *, is_mending: bool
) -> Iterator[Checked]:
    """Each check as it was made."""
    patient = Patient(path, environ, clock)
    try:
        patient.config = load(path, environ=environ, today=clock().date())
    except ConfigError as error:
        patient.refused = error
        patient.config = load_store(path, environ=environ) if error.path else None
    try:
        for number, check in enumerate(CHECKS, 1):
            yield _made(patient, number, check, is_mending=is_mending)
    finally:
        if patient.store is not None:
            patient.store.close()


def _made(patient: Patient, number: int, check: Check, *, is_mending: bool) -> Checked:
    checked = Checked(number, check.name, skipped=_missing(patient, check.needs))
    if checked.skipped:
        return checked
    checked.findings = _found(patient, check)
    if is_mending:
        mends = [each.mend for each in checked.findings if each.mend is not None]
        failed: list[Finding] = []
        for mend in mends:
            try:
                checked.mended.append(mend())
            except (StoreError, ConfigError, OSError) as error:
                failed.append(Finding("", f"it could not be mended: {error}", "do it by hand"))
        if mends:
            # what is told is how it is now
            checked.findings = _found(patient, check) + failed
    return checked


def _found(patient: Patient, check: Check) -> list[Finding]:
    try:
        return list(check.look(patient))
    except StoreError as error:
        return [Finding("store", error.problem, error.hint or "keeptouch store verify")]
    except ConfigError as error:  # a key or password of the store
        return [Finding(each.key, str(each), each.hint or "docs/configuration.md") for each in error.problems]
    except ConnectorError as error:
        return [Finding("", error.problem, error.hint or "docs/configuration.md")]


def _missing(patient: Patient, needs: Needs) -> str:
    """What is not there; "": all that it needs."""
    is_there = {
        Needs.NOTHING: True,
        Needs.STORE_URL: patient.config is not None,
        Needs.CONFIGURATION: patient.refused is None,
        Needs.STORE: patient.store is not None,
    }
    return "" if is_there[needs] else needs.value
