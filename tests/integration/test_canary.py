"""No secret shows anywhere, whatever fails: a canary in every place a secret comes from, and a look at what is left.

Servers quote the password that they refuse, a plug-in quotes it as it breaks, and commands run in processes of their
own, as under systemd, while their children's words and environments are watched.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from daemon.config import load
from tests import warm_start
from tests.integration.company import Account, Company, Raw
from tests.integration.databases import TABLES
from tests.servers.receiver import Receiver
from tests.servers.scripted_http import Request, ScriptedHttp, reply
from tests.servers.tunnel_proxy import TunnelProxy
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap

pytestmark = pytest.mark.slow
PLACES = ("good", "file", "command", "credential", "tls", "dav", "sql", "leak", "proxy", "store")
CANARIES = {place: f"kanarienvogel-{place}-%7713" for place in PLACES}
HOOK = "whsec_" + base64.b64encode(b"kanarienvogel-hook-7713+++").decode()
KEY = "c0ffee7713" * 6 + "c0ff"
#: A plug-in that breaks in every way and quotes its password each time.
LEAKY = """
import logging, threading
from dataclasses import dataclass
from connectors.api import Stream, Unavailable

@dataclass(frozen=True, kw_only=True)
class Settings:
    way: str

class Leaky:
    Settings = Settings
    def __init__(self, settings, secret):
        self.way, self.password = settings.way, secret.reveal()
        self.secret = secret
    def breaks(self, way):
        if self.way == way:
            logging.getLogger("leaky").error("broken: %s", self.password)
            try:
                raise KeyError(self.password)
            except KeyError as error:
                raise RuntimeError(f"wrong password {self.password}") from error
    def __enter__(self):
        self.breaks("enter")
        if self.way == "log":
            try:
                raise KeyError(self.password)
            except KeyError:
                logging.getLogger("leaky").exception("it was %s", self.password)
        if self.way == "thread":
            thread = threading.Thread(target=self.breaks, args=["thread"])
            thread.start()
            thread.join()
        if self.way == "told":
            raise Unavailable(f"the server says {self.password}", hint=f"not {self.password}")
        return self
    def __exit__(self, *_):
        self.breaks("exit")
    def streams(self):
        self.breaks("streams")
        return (Stream("s"),)
    def pages(self, stream, since, horizon=None):
        self.breaks("pages")
        yield from ()
    def fetch(self, stream, refs):
        yield from ()
    def refs(self, stream, *, in_scope=False):
        self.breaks("refs")
        yield from ()
"""
WAYS = ("enter", "log", "thread", "told", "exit", "streams", "pages", "refs")


def forms(secret: str) -> set[str]:
    """What a secret looks like where it is passed on."""
    encoded = {base64.b64encode(f"{before}{secret}".encode()).decode().rstrip("=") for before in ("", "u:", "\0u\0")}
    return {secret, secret.replace("%", "%25"), secret.encode().hex(), *encoded}


SOUGHT = {form.encode() for secret in (*CANARIES.values(), HOOK, HOOK[6:], KEY) for form in forms(secret)}


def sings(octets: bytes) -> set[bytes]:
    return {form for form in SOUGHT if form in octets}


def quoting(command: str) -> bytes | None:
    """A server that refuses, and says what it refused."""
    if command.startswith(("LOGIN", "AUTHENTICATE")):
        return TAG + b" NO [AUTHENTICATIONFAILED] no such user: " + command.encode() + b"\r\n"
    return None


def breaking(command: str) -> bytes | None:
    """One that does not even refuse."""
    return TAG + b" BAD what is " + command.encode() + b"\r\n" if command.startswith("LOGIN") else None


def quoting_dav(request: Request) -> bytes:
    login = request.headers["authorization"].removeprefix("Basic ")
    text = base64.b64decode(login).decode()
    return reply(302, Location=f"https://elsewhere.example/?{login}&{text}")


@dataclass(slots=True)
class Watched:
    """All that commands said, and what the system shows of them and their children."""

    environ: dict[str, str]
    #: Has this environment for all to see, and so has what it starts.
    warm: warm_start.WarmProcess
    said: list[bytes] = field(default_factory=list)
    shown: set[bytes] = field(default_factory=set)

    def run(self, config: Path, *argv: str, until: str = "") -> int:
        """One command line; `until`: it is killed once it said this."""
        with warm_start.Popen[bytes](
            ["keeptouch", "--config", str(config), *argv],
            warm=self.warm,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environ,
            start_new_session=True,
        ) as process:
            ended = threading.Event()
            watch = threading.Thread(target=self._watch, args=[ended])
            watch.start()
            limit = threading.Timer(120, os.killpg, [process.pid, signal.SIGKILL])
            limit.start()
            assert process.stdout is not None
            for line in process.stdout:
                self.said.append(line)
                if until and until.encode() in line:
                    os.killpg(process.pid, signal.SIGKILL)
            limit.cancel()
            ended.set()
            watch.join()
        return process.returncode

    def _watch(self, ended: threading.Event) -> None:
        # children have it, also those in sessions of their own
        mark = self.environ["CREDENTIALS_DIRECTORY"].encode()
        while not ended.wait(0.005):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    environ = folder.joinpath("environ").read_bytes()
                    if mark in environ:
                        self.shown |= {environ, folder.joinpath("cmdline").read_bytes()}
                except OSError:
                    continue


@dataclass(slots=True)
class House:
    company: Company
    watched: Watched
    imap: dict[str, ScriptedImap]
    dav: ScriptedHttp
    proxy: TunnelProxy


def secret_file(company: Company, place: str) -> str:
    path = company.folder / f"{place}.secret"
    path.write_text(CANARIES[place])
    path.chmod(0o600)
    return path.name


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    company = Company(tmp_path / "company", key=KEY, create="all")
    (company.folder / "identity.key").chmod(0o600)
    plugins, credentials = tmp_path / "plugins", tmp_path / "credentials"
    (plugins / "leaky-1.dist-info").mkdir(parents=True)
    (plugins / "leaky.py").write_text(LEAKY)
    (plugins / "leaky-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky\nVersion: 1\n")
    (plugins / "leaky-1.dist-info" / "entry_points.txt").write_text("[keeptouch.connectors]\nleaky = leaky:Leaky\n")
    credentials.mkdir()
    (credentials / "credential").write_text(CANARIES["credential"])
    mails = {
        uid: f"From: bea@client.example\r\nTo: good@acme.example\r\nMessage-ID: <{uid}@x>\r\n\r\n{uid}\r\n".encode()
        for uid in range(1, 400)
    }
    imap = {
        "good": ScriptedImap(mails),
        "file": ScriptedImap({}, quoting),
        "command": ScriptedImap({}, breaking),
        "credential": ScriptedImap({}, quoting),
        "tls": ScriptedImap({}),
    }
    imap["credential"].capabilities += " AUTH=PLAIN SASL-IR"
    dav, hook, proxy = ScriptedHttp(quoting_dav), Receiver(), TunnelProxy(0, b"HTTP/1.1 407 Log in\r\n\r\n")
    with dav, hook, proxy, imap["good"], imap["file"], imap["command"], imap["credential"], imap["tls"]:
        fill(company, imap, dav, hook)
        proxied = f"http://u:{CANARIES['proxy'].replace('%', '%25')}@127.0.0.1:{proxy.port}"
        environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
            "PYTHONPATH": os.pathsep.join([str(plugins), *filter(None, sys.path)]),
            "CREDENTIALS_DIRECTORY": str(credentials),
            "HTTPS_PROXY": proxied,
        }
        with closing(warm_start.WarmProcess(environ)) as warm:
            yield House(company, Watched(environ, warm), imap, dav, proxy)


def fill(company: Company, imap: dict[str, ScriptedImap], dav: ScriptedHttp, hook: Receiver) -> None:
    """The configuration: one thing for each place of a secret, and for each way to break."""
    for name, server in imap.items():
        options: dict[str, object] = {"host": "127.0.0.1", "port": server.port, "username": "u", "timeout_seconds": 5}
        options |= {"security": "tls" if name == "tls" else "none", "since": Raw("2000-01-01")}
        if name == "command":
            options["password_command"] = ["sh", "-c", f"sleep 0.2; cat {secret_file(company, name)}"]
        elif name == "credential":
            options["password_credential"] = name
        else:
            options["password_file"] = secret_file(company, name)
        company.accounts[name] = account(name, "imap", options)
    for way in WAYS:
        leaking: dict[str, object] = {"way": way, "password_file": secret_file(company, "leak")}
        company.accounts[f"leak-{way}"] = account(f"leak-{way}", "leaky", leaking)
    (company.folder / "hook.secret").write_text(HOOK)
    company.extra = f"""
[[webhooks]]
name = "hook"
url = "http://127.0.0.1:{hook.port}/"
secret_file = "hook.secret"
allow_local = true
[[webhooks]]
name = "nobody"
url = "http://127.0.0.1:1/"
secret_file = "good.secret"
allow_local = true
[[contacts.sources]]
name = "dav"
kind = "carddav"
url = "{dav.url}/"
username = "u"
password_file = "{secret_file(company, "dav")}"
[[contacts.sources]]
name = "proxied"
kind = "carddav"
url = "https://dav.acme.example/"
username = "u"
password_file = "dav.secret"
[[contacts.sources]]
name = "sql"
kind = "sql"
url = "postgresql://u@127.0.0.1:1/crm"
query = "SELECT 1"
password_file = "{secret_file(company, "sql")}"
"""


def account(name: str, kind: str, options: dict[str, object]) -> Account:
    return Account(name, f"{name}@acme.example", options, kind)


def left_behind(company: Company) -> dict[str, set[bytes]]:
    """Files of the house, but for those that hold its secrets -> what sings in them."""
    kept = [path for path in company.folder.rglob("*") if path.is_file() and path.suffix not in (".secret", ".key")]
    assert any(path.name.startswith("keeptouch.db") for path in kept) or company.url
    return {path.name: found for path in kept if (found := sings(path.read_bytes()))}


def told(house: House) -> bytes:
    return b"".join(house.watched.said)


COMMANDS = (
    ("check",),
    ("sync",),
    ("status",),
    ("accounts", "list"),
    ("accounts", "folders"),
    ("accounts", "audit"),
    ("contacts", "sync"),
    ("webhooks", "list"),
)


def rows_of(company: Company) -> bytes:
    """All that the store on PostgreSQL holds, as text."""
    with company.reading() as database:
        names = [name for (name,) in database.execute(TABLES["postgresql"]).fetchall()]
        queries = [f"SELECT t::text FROM {name} t" for name in names]  # noqa: S608 - names that the database gave
        return repr([database.execute(query).fetchall() for query in queries]).encode()


def write(company: Company, *accounts: str) -> None:
    """The configuration, with a password for the store where it lies on a server."""
    company.write(accounts)
    if company.url:
        text = company.config.read_text()
        named = f'[store]\npassword_file = "{secret_file(company, "store")}"'
        company.config.write_text(text.replace("[store]", named, 1))


def test_no_repr_of_a_configuration_sings(house: House) -> None:
    write(house.company, *house.imap)
    config = load(house.company.config, environ=house.watched.environ, today=date(2026, 1, 1))
    assert sings(repr(config).encode()) == set()
    sources = [given.secret for group in (config.accounts, config.webhooks, config.sources) for given in group]
    for source in filter(None, sources):
        secret = source.read(house.watched.environ, config.folder)
        assert sings(f"{source!r} {source} {secret!r} {secret}".encode()) == set()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def test_no_canary_sings_whatever_fails(house: House, kind: str, request: pytest.FixtureRequest) -> None:
    company, watched = house.company, house.watched
    if kind == "postgresql":
        company.url = request.getfixturevalue("postgres_url")
    # webhooks begin when all accounts have been read
    write(company, "good")
    watched.run(company.config, "run", until="webhook not taken")
    write(company)
    # killed in the middle, so that its WAL stays
    watched.run(company.config, "--log-level", "debug", "run", until='"account": "leak-refs"')
    assert company.url or (company.folder / "keeptouch.db-wal").stat().st_size > 0
    assert left_behind(company) == {}
    for command in COMMANDS:
        for more in ((), ("--json",), ("--log-level", "debug")):
            assert watched.run(company.config, *command, *more) != 2, watched.said[-5:]
    if company.url:
        assert sings(rows_of(company)) == set()
        company.url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
        write(company)
        assert watched.run(company.config, "--log-level", "debug", "status") == 2
    said = told(house)
    assert sings(said) == set()
    assert left_behind(company) == {}
    for octets in watched.shown:
        assert sings(octets.replace(house.watched.environ["HTTPS_PROXY"].encode(), b"")) == set()

    # every one was there, went where it belongs, and was quoted
    for name, server in house.imap.items():
        sent = " ".join(server.commands)
        assert any(form in sent for form in forms(CANARIES[name])) == (name != "tls"), name
    assert any("Proxy-Authorization" in head for head in house.proxy.asked)
    assert b"refused the login: " in said
    assert b"sends us to another server: https://elsewhere.example/?***" in said
    for way in WAYS:
        assert f"leak-{way}".encode() in said
    assert any(b"daemon.apart" in octets for octets in watched.shown), "the first import had a child"
    assert any(b"sleep 0.2" in octets for octets in watched.shown), "the children were seen"
