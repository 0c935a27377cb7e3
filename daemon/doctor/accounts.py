"""Checks of how accounts fare, from the store alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from daemon.doctor.findings import Finding, Result, warning
from daemon.doctor.patient import Patient
from store.accounts.attention import Fares
from store.questions.read import AccountStatus

#: An account that fails for longer does not mend itself.
LONG = timedelta(days=1)
#: An import that has come on by no page for so long, while the account does not fail, stands still.
STILL = timedelta(hours=6)
#: An audit that is older says little.
OLD = timedelta(days=35)


def cure_of(fares: Fares | AccountStatus) -> str:
    """What to do about an account that fails: by its state, and by the step and problem in its reason."""
    name, reason = shlex.quote(fares.name), fares.reason or ""
    if is_refused(fares) and reason.startswith("token: "):
        return f"keeptouch accounts login {name}, or mend the client at its provider"
    if fares.state == "auth_failed" or reason.startswith("login: "):
        return f"correct the password or sign in anew, then: keeptouch sync --account {name}"
    if fares.state == "missing_rights":
        return f"have the mailbox granted; keeptouch check --account {name} tells how"
    if reason.startswith("tls: ") and reason.endswith("has expired"):
        return (
            f"have the server's certificate renewed; tried again by itself, or at once: keeptouch sync --account {name}"
        )
    return f"keeptouch check --account {name} tells the step that fails"


def is_refused(fares: Fares | AccountStatus) -> bool:
    """Did the server refuse the login at the last try, or the provider the sign-in?"""
    said = (fares.reason or "").startswith(("login: ", "token: "))
    return fares.state == "auth_failed" or (fares.state == "backoff" and fares.refusals > 0 and said)


def is_parked(fares: Fares) -> bool:
    """Does it wait for somebody?"""
    return fares.state in ("auth_failed", "missing_rights")


def is_still(fares: Fares, now: datetime) -> bool:
    """Does its import stand still, though it does not fail?"""
    return fares.state == "ok" and fares.still_since_at is not None and now - fares.still_since_at > STILL


def silent_since(fares: Fares, now: datetime) -> datetime | None:
    """Since when it was not read to its end, where that is a day or more and it is not parked; None: all is well."""
    if is_parked(fares) or (fares.state == "ok" and fares.backlog and not is_still(fares, now)):
        return None  # the second: it comes on
    since = fares.last_success_at
    if since is None:
        since = fares.since_at if fares.state == "backoff" else now
    return since if now - since > LONG else None


def accounts(patient: Patient) -> Iterator[Finding]:
    """Does an account wait for somebody, is its login refused, or does it fail for more than a day?"""
    now = patient.clock()
    for each in patient.fares:
        silent = silent_since(each, now)
        if is_parked(each):
            yield Finding(each.name, f"{each.state} since {each.since_at:%Y-%m-%d}: {each.reason}", cure_of(each))
        elif each.state == "backoff":
            # a login that is refused does not mend itself: people change passwords, and hear of nothing
            is_bad = is_refused(each) or now - each.since_at > LONG
            result = Result.FAILED if is_bad else Result.WARNING
            problem = f"fails since {each.since_at:%Y-%m-%d %H:%M} UTC: {each.reason}"
            yield Finding(each.name, problem, cure_of(each), result)
        elif silent is not None:
            problem = f"was not read to its end since {silent:%Y-%m-%d %H:%M} UTC"
            yield Finding(each.name, problem, "does the service run? systemctl status keeptouch")


def cursors(patient: Patient) -> Iterator[Finding]:
    """Does an import stand still, though its account does not fail?"""
    now = patient.clock()
    for each in patient.fares:
        if is_still(each, now) and (since := each.still_since_at) is not None:
            problem = f"{each.backlog:,} items are left, and no page was read since {since:%Y-%m-%d %H:%M} UTC"
            cure = f"keeptouch sync --account {shlex.quote(each.name)} shows where it stops"
            yield Finding(each.name, problem, cure)


def coverage(patient: Patient) -> Iterator[Finding]:
    """Did the last audit find all that the servers hold?"""
    now = patient.clock()
    for each in patient.fares:
        if each.coverage is not None and each.audited_at is not None and each.coverage < 100:
            problem = f"the audit of {each.audited_at:%Y-%m-%d} found {each.coverage:g} % of what the server holds"
            yield Finding(each.name, problem, f"keeptouch accounts audit --repair {shlex.quote(each.name)}")
    # what is new, or imported yet, is not to be audited
    seen = [each.audited_at or each.read_since_at for each in patient.fares]
    old = [when for when in seen if when is not None and now - when > OLD]
    if old:
        count = "1 account was" if len(old) == 1 else f"{len(old)} accounts were"
        problem = f"{count} not audited for {OLD.days} days, or never"
        yield warning("", problem, "keeptouch accounts audit, once a month or so")
