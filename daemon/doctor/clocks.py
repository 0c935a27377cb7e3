"""Does this machine's clock agree with the database's and with those of servers that tell the time?"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import timedelta

from daemon.doctor.findings import Finding, Result
from daemon.doctor.patient import Patient
from store.keeping import caring

#: A second is what HTTP rounds by, some more what an answer takes.
WRONG, VERY_WRONG = timedelta(seconds=10), timedelta(minutes=5)
#: PostgreSQL tells it exactly.
WRONG_DATABASE = timedelta(seconds=2)
_CURE = "set the clock: timedatectl set-ntp true"


def clock(patient: Patient) -> Iterator[Finding]:
    """A wrong clock breaks TLS, tokens, and the days on which tasks are due."""
    told = dict(patient.skews)
    if (skew := _database(patient)) is not None:
        told["the database"] = skew
    if not told:
        return
    middle = statistics.median(each.total_seconds() for each in told.values())
    # where most agree with us, who does not is wrong
    is_ours = len(told) < 3 or abs(middle) > WRONG.total_seconds()
    for name, skew in told.items():
        if abs(skew) <= (WRONG_DATABASE if name == "the database" else WRONG):
            continue
        way = "behind" if skew > timedelta(0) else "ahead of"
        problem = f"this machine's clock is {abs(skew.total_seconds()):.0f} seconds {way} that of {name}"
        result = Result.FAILED if abs(skew) > VERY_WRONG and is_ours else Result.WARNING
        yield Finding(name, problem, _CURE if is_ours else f"the clock of {name} is wrong: tell who runs it", result)


def _database(patient: Patient) -> timedelta | None:
    """How far its clock is ahead; None: it has none of its own."""
    if patient.store is None:
        return None
    with patient.store.read() as transaction:
        began = patient.clock()
        told = caring.server_time(transaction)
        return None if told is None else told - (began + (patient.clock() - began) / 2)
