"""Where secrets come from: a file, a command's answer, or a credential of systemd; never the configuration.

A secret's text exists only inside :class:`connectors.api.Secret`. No problem, log line or repr made here
holds it, and no exception that held it is chained to one that leaves.
"""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from connectors.api import Secret
from daemon.problems import refuse

#: A password or key is short; more than this is another file named by mistake.
LARGEST = 64 * 1024
#: Seconds a command may take.
TIME_LIMIT = 30.0


class SourceKind(StrEnum):
    """The last word of the key: password_file, password_command, password_credential."""

    FILE = "file"
    COMMAND = "command"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True, repr=False)
class SecretSource:
    """Where one secret comes from."""

    kind: SourceKind
    #: A path (relative: from the configuration's folder), a command's words, or a credential's name.
    value: str | tuple[str, ...]
    #: The configuration key that named it, for problems.
    key: str = ""

    def __repr__(self) -> str:
        # a careless person may have put the password among the command's words
        shown = self.value if isinstance(self.value, str) else f"{self.value[0]} …"
        return f"SecretSource({self.kind}: {shown!r})"

    def path(self, environ: Mapping[str, str], folder: Path) -> Path:
        """The file of a file or credential source; raises ConfigError where systemd gave no credentials."""
        if self.kind is SourceKind.FILE:
            return folder / str(self.value)
        where = environ.get("CREDENTIALS_DIRECTORY")
        if not where:
            raise refuse(
                self.key,
                "names a credential, but the service manager handed none over",
                f"start keeptouch as a service with LoadCredential={self.value}:…, or use …_file",
            )
        return Path(where) / str(self.value)

    def read(self, environ: Mapping[str, str], folder: Path, *, time_limit: float = TIME_LIMIT) -> Secret:
        """The secret without a newline at its end; raises ConfigError naming the key, never the content."""
        raw = (
            self._answer(environ, folder, time_limit)
            if isinstance(self.value, tuple)
            else _content(self.path(environ, folder), self.key)
        )
        if len(raw) > LARGEST:
            raise refuse(self.key, f"gives more than {LARGEST // 1024} KiB", "is it the right one?")
        text = _text(raw)
        if text is None:
            raise refuse(self.key, "gives bytes that are no UTF-8 text", "save it again as UTF-8")
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            raise refuse(self.key, "gives an empty secret", "put the secret there")
        return Secret(text)

    def exposure(self, folder: Path) -> str | None:
        """What is wrong with the mode of a secret's file; None where nothing is."""
        if self.kind is not SourceKind.FILE:
            return None
        path = folder / str(self.value)
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            return None
        if mode & 0o007:
            return f"every user of this machine can get at {path} (mode {mode:04o})"
        return None

    def _answer(self, environ: Mapping[str, str], folder: Path, time_limit: float) -> bytes:
        program = self.value[0]
        try:
            process = subprocess.Popen(
                self.value,
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds a NUL character"
            raise refuse(
                self.key, f"the program {program!r} can't be started: {reason}", "name it by its full path"
            ) from None
        expired = threading.Event()
        raw = _bounded_output(process, time_limit, expired)
        if expired.is_set():
            raise refuse(self.key, f"the program {program!r} gave no answer within {time_limit:g} s", _BY_HAND)
        if len(raw) <= LARGEST and process.returncode:
            raise refuse(self.key, f"the program {program!r} ended with {_ending(process.returncode)}", _BY_HAND)
        return raw


_BY_HAND = "run the command by hand, as the user of the service, to see what it says"


def _bounded_output(process: subprocess.Popen[bytes], time_limit: float, expired: threading.Event) -> bytes:
    """At most LARGEST + 1 bytes of its output; past them or the time limit its whole session is ended."""

    def stop() -> None:
        expired.set()
        _end_session(process)

    timer = threading.Timer(time_limit, stop)
    timer.daemon = True
    timer.start()
    try:
        with process:
            assert process.stdout is not None
            raw = process.stdout.read(LARGEST + 1)
            if len(raw) > LARGEST:
                _end_session(process)
            process.wait()
            return raw
    except BaseException:
        _end_session(process)
        raise
    finally:
        timer.cancel()


def _end_session(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ended by itself just now
        os.killpg(process.pid, signal.SIGKILL)


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"


def _content(path: Path, key: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise refuse(key, f"{path} {why_unreadable(error)}", _hint(error)) from None


def why_unreadable(error: OSError | ValueError) -> str:
    """The words after a path that can't be read."""
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, OSError):
        return f"can't be read: {error.strerror}"
    return "can't be a file's name"


def _hint(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "give it to the user of the service: chown, and chmod 0600"
    return ""


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:  # its object attribute is the secret: it must not be chained
        return None


def source_from(kind: SourceKind, value: object, key: str) -> SecretSource:
    """The source that a key of the configuration names; raises ConfigError."""
    if kind is SourceKind.COMMAND:
        return SecretSource(kind, _words(value, key), key)
    if not isinstance(value, str) or not value:
        raise refuse(key, "must be text", "")
    if kind is SourceKind.CREDENTIAL and (os.sep in value or value in (".", "..")):
        raise refuse(key, "must be a credential's name, not a path", "the part before the colon of LoadCredential=")
    return SecretSource(kind, value, key)


def _words(value: object, key: str) -> tuple[str, ...]:
    words: list[object]
    if isinstance(value, str):
        try:
            words = list(shlex.split(value))
        except ValueError:
            raise refuse(key, "has a quote that is never closed", 'write a list: ["program", "word"]') from None
    else:
        words = list(value) if isinstance(value, list) else []
    texts = tuple(word for word in words if isinstance(word, str))
    if not texts or len(texts) != len(words) or not texts[0]:
        raise refuse(key, "must be a program with its words", 'such as ["pass", "show", "mail/alice"]')
    return texts
