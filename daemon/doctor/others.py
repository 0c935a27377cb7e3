"""Checks of what goes on beside reading: the service itself, webhooks, lists of contacts and of tasks, daily mails."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import timedelta

from daemon.doctor.findings import Finding, warning
from daemon.doctor.patient import Patient
from daemon.reloading import refusal
from store.contacts.contact_sources import states
from store.followups import digests, task_entries
from store.published import webhooks
from store.questions.alerts import alerts
from store.store_files import file_of


def service(patient: Patient) -> Iterator[Finding]:
    """Does it run, and under the configuration that lies there?"""
    with patient.opened.read() as transaction:
        refused = refusal(transaction)
    if refused is not None:
        for each in refused.problems:
            problem = f"the service refused the configuration on {refused.at:%Y-%m-%d %H:%M} UTC: {each}"
            yield Finding(each.key, problem, each.hint or "mend it, then systemctl reload keeptouch")
    file = file_of(patient.known.store.url)
    if file is not None and not is_locked(f"{file}.lock"):
        yield warning("", "no service works on this store", "systemctl start keeptouch")


def is_locked(path: str) -> bool:
    """Does `keeptouch run` hold the lock of its store?"""
    try:
        with open(path, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def deliveries(patient: Patient) -> Iterator[Finding]:
    """Does what goes out, and what comes in beside mail, arrive?"""
    config, now = patient.known, patient.clock()
    with patient.opened.read() as transaction:
        hooks = {each.name: webhooks.state(transaction, each.name) for each in config.webhooks}
        sources = states(transaction, [each.name for each in config.sources])
        lists = task_entries.standings(transaction, [each.name for each in config.followed if each.tasks])
        since = (now - timedelta(days=2)).date()
        untold = {
            f"alerts by {each.channel.partition(':')[0]}": f"were not taken {each.attempts} times"
            for each in alerts(transaction)
            if each.attempts
        }
        mails = digests.status(transaction, since).troubles if config.digest else ()
    for name, state in hooks.items():
        if state is not None and state.is_dead:
            yield Finding(f"webhook {name}", f"is dead: {state.reason}", f"keeptouch webhooks replay {name}")
    for source in sources.values():
        if source.state != "ok":
            cure = f"keeptouch contacts sync {source.name} tells more"
            yield Finding(f"contacts of {source.name}", source.reason or source.state, cure)
    for each in lists:
        if each.problem is not None:
            yield Finding(f"task list of {each.account}", each.problem, each.hint or "keeptouch check")
    for channel, problem in untold.items():
        yield warning(channel, problem, "keeptouch check; the log tells why")
    for mail in mails:
        yield warning(f"digest of {mail.person}", f"{mail.sent_on}: {mail.state}, {mail.problem}", "keeptouch check")
