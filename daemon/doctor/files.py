"""Checks of files: the configuration, modes, secrets."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from daemon.config import ConfigError
from daemon.config.files import DROP_INS
from daemon.doctor.findings import Finding, Result, warning
from daemon.doctor.patient import Patient
from daemon.environment import identity_of
from daemon.exposure import secret_sources
from daemon.sealing import sealing_keys
from daemon.webhooks import key_of
from store.store_files import files_of

_OTHERS = stat.S_IRWXO
#: Files beside a store that hold nothing of it.
_EMPTY = (".generation", ".lock")


def configuration(patient: Patient) -> Iterator[Finding]:
    """Is the configuration right?"""
    if patient.refused is not None:
        for each in patient.refused.problems:
            yield Finding(each.key, str(each), each.hint or "docs/configuration.md")
    elif not patient.known.followed:
        yield warning(str(patient.path), "there is no account yet", "add [[accounts]]: docs/configuration.md")


def modes(patient: Patient) -> Iterator[Finding]:
    """Can others read secrets and the store, or change what is believed?"""
    config, folder = patient.known, patient.known.folder
    for path in (patient.path, *sorted((folder / DROP_INS).glob("*.toml"))):
        yield from _open_to_others(path, stat.S_IWOTH, "every user of this machine can change it")
    secrets = {
        source.path(patient.environ, folder): account
        for account, source in secret_sources(config, config.accounts)
        if source.kind == "file"
    }
    own = config.relay.certificate_key_file if config.relay.enabled else None
    for path in (folder / "identity.key", folder / "tracking.key", *((own,) if own is not None else ())):
        secrets.setdefault(path, None)
    for path, account in secrets.items():
        yield from _open_to_others(path, _OTHERS, "every user of this machine can get at the secret", account)
    for path in files_of(config.store.url):
        yield from _open_to_others(path, stat.S_IWOTH, "every user of this machine can change the store")
        if not path.name.endswith(_EMPTY) and _mode(path) & _OTHERS == stat.S_IROTH:
            problem = f"every user of this machine can read the store (mode {_mode(path):04o})"
            cure = f"chmod o= {path}, where a group was meant: keeptouch store grant"
            yield Finding(str(path), problem, cure, Result.WARNING, partial(_close, path, _OTHERS))


def _open_to_others(path: Path, bits: int, problem: str, account: str | None = None) -> Iterator[Finding]:
    mode = _mode(path)
    if mode & bits:
        whose = f"{account}: {path}" if account else str(path)
        cure = f"chmod o= {path}" if bits == _OTHERS else f"chmod o-w {path}"
        cure += ", and change the secret: it may have been read" if bits == _OTHERS else ""
        yield Finding(whose, f"{problem} (mode {mode:04o})", cure, mend=partial(_close, path, bits))


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _close(path: Path, bits: int) -> str:
    before = _mode(path)
    path.chmod(before & ~bits)
    return f"{path}: mode {before:04o} is {before & ~bits:04o} now"


def credentials(patient: Patient) -> Iterator[Finding]:
    """Can every secret be read, by its file, its command or from systemd?"""
    config = patient.known
    key = config.store.key
    for account, source in secret_sources(config, config.followed):
        try:
            if source is key:
                identity_of(config, patient.environ)
            elif (
                source is config.tracking.key
                and source.kind == "file"
                and not source.path(patient.environ, config.folder).exists()
            ):
                continue  # made when it is first needed
            else:
                source.read(patient.environ, config.folder)
        except ConfigError as error:
            for each in error.problems:
                yield Finding(account or each.key, str(each), each.hint or "keeptouch check tells more")
    yield from _unfit(patient)
    if config.store.secrets_key is not None:
        try:
            sealing_keys(config, patient.environ)
        except ConfigError as error:
            yield from (Finding(each.key, str(each), each.hint) for each in error.problems)


def _unfit(patient: Patient) -> Iterator[Finding]:
    """Secrets of webhooks that sign nothing; those that can't be read are told already."""
    config = patient.known
    hook = config.alerts.webhook
    for webhook in (*config.webhooks, *((hook,) if hook is not None else ())):
        with contextlib.suppress(ConfigError):
            secret = webhook.secret.read(patient.environ, config.folder)
            try:
                key_of(secret)
            except ValueError as error:
                yield Finding(webhook.secret.key, str(error), 'printf "whsec_%s" "$(openssl rand -base64 32)"')
