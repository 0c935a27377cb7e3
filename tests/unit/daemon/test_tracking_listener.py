"""The public listener: what the world is answered, whoever asks, and how."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from daemon.config import Config
from daemon.environment import Environment, open_store
from daemon.service import Service
from daemon.session import Session
from daemon.tracking.answers import MAX_HEAD, PIXEL, Answers, asker
from daemon.tracking.api import OPENAPI, Api
from daemon.tracking.creating import Order, create, key_of
from daemon.tracking.limits import ALL_BURST, EACH_BURST, Limits, network_name
from daemon.tracking.listener import CONNECTIONS_EACH, Listener
from daemon.tracking.serving import is_proxy
from matching.consent import Consent, Statement
from matching.opens.networks import ranges
from store.contacts.entered import enter
from store.contacts.records import Entry, EntryAddress
from store.opens.tracking_keys import TOKEN_LENGTH
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.test_service import wait
from tests.unit.daemon.tracking_house import ANN, BEA, KEY, Tracking, config_in

pytestmark = pytest.mark.slow

LINK = "https://acme.example/offer?id=7"
WORD = "the key of programs"
#: How long a connection lasts here.
SECONDS = 0.4


class Open:
    """A listener, and who asks it."""

    def __init__(self, at: Tracking) -> None:
        self.at = at
        rules = at.house.company.rules
        made = partial(_made, at)
        # one that fills at each look: only the tests of limits run into them
        self.limits = Limits(lambda: time.monotonic() * 1e6)
        answers = Answers(
            at.house.store,
            KEY,
            at.recorder,
            self.limits,
            lambda: NOON,
            partial(is_proxy, ranges(["127.0.0.2"])),
            Api(WORD, made),
        )
        self.app = answers.app
        self.listener = Listener(self.app, ("127.0.0.1", 0), connection_seconds=SECONDS)
        self.rules = rules

    def __enter__(self) -> Open:
        self.listener.begin()
        assert self.listener.is_up.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.listener.stop(5)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=10)) as line:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
            return answer.status, fields, answer.read()

    def post(self, document: Any, word: str = WORD, **headers: str) -> tuple[int, Any]:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        fields = {"Content_Type": "application/json", "Authorization": f"Bearer {word}", **headers}
        status, _fields, answer = self.ask("/v1/tracking", "POST", body, **fields)
        return status, json.loads(answer) if answer else None

    def send(self, raw: bytes) -> bytes:
        """Bytes as they are; what comes back until the end."""
        with socket.create_connection(("127.0.0.1", self.listener.port), timeout=10) as line:
            with contextlib.suppress(ConnectionError):
                line.sendall(raw)
            found = bytearray()
            with contextlib.suppress(ConnectionError):
                while part := line.recv(65536):
                    found += part
            return bytes(found)


def _made(at: Tracking, order: Any) -> Any:
    return create(at.house.store, at.config, at.house.company.rules, KEY, order, "api", NOON)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("listener")
    with House(folder) as house:
        at = Tracking(house, config_in(folder))
        at.contact(ANN, Consent.GRANTED)
        with Open(at) as found:
            yield found


def path_of(url: str) -> str:
    return url.removeprefix("https://t.acme.example/x")


def test_good_and_bad_tokens_have_the_same_image(world: Open) -> None:
    made = world.at.create(ANN, links=[LINK])
    good = world.ask(path_of(made.pixel))
    assert good[0] == 200
    assert good[2] == PIXEL
    assert len(PIXEL) == 43
    fields = good[1]
    assert (fields["content-type"], fields["referrer-policy"]) == ("image/gif", "no-referrer")
    assert "no-store" in fields["cache-control"]
    assert "server" not in fields
    for token in ("A" * TOKEN_LENGTH, path_of(made.pixel)[4:-4]):
        assert world.ask(f"/o/{token}.gif") == good
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert world.ask(path_of(made.pixel), method)[0] in (404, 405)


def test_a_link_leads_where_it_was_told_and_nowhere_else(world: Open) -> None:
    made = world.at.create(ANN, links=[LINK])
    path = path_of(made.links[0][1])
    status, fields, body = world.ask(path)
    assert (status, fields["location"], body) == (302, LINK, b"")
    assert fields["referrer-policy"] == "no-referrer"
    others = [
        *(f"/c/{each}" for each in ("A" * TOKEN_LENGTH, "x", secrets.token_urlsafe(32))),
        path_of(made.pixel).replace("/o/", "/c/").removesuffix(".gif"),
        "/c/https://evil.example/",
        "/c/https%3A%2F%2Fevil.example",
        "//evil.example/%2f..",
        path + "/../../evil.example",
        path + "?url=https://evil.example/",
    ]
    for each in others:
        status, fields, _body = world.ask(each)
        assert (status, fields.get("location")) in ((404, None), (302, LINK)), each
    assert world.ask(path, "HEAD")[0] == 302


def test_hits_are_written_and_told_by_whom_they_are(world: Open) -> None:
    made = world.at.create(ANN)
    world.at.recorder._waiting.clear()
    world.ask(path_of(made.pixel), User_Agent="curl/8", X_Forwarded_For="198.51.100.7")
    world.ask(path_of(made.pixel), User_Agent="Mozilla/5.0", X_Forwarded_For="1.2.3.4")
    world.ask(path_of(made.pixel), "HEAD", User_Agent="Mozilla/5.0")
    while world.at.recorder._waiting:
        world.at.recorder.write()
    found = world.at.house.rows(f"SELECT agent_family, address FROM tracking_hit WHERE tracked_id = '{made.id}'")  # noqa: S608 - an id of ours
    assert found == [("apple_mpp", "127.0.0.1"), ("named", "127.0.0.1"), ("none", "127.0.0.1")], "nobody is believed"


def test_a_proxy_of_ours_is_believed_and_nobody_before_it() -> None:
    believed = partial(is_proxy, ranges(["127.0.0.2", "10.0.0.0/8"]))
    chains = {
        "": "127.0.0.2",
        "1.1.1.1": "1.1.1.1",
        "6.6.6.6, 1.1.1.1": "1.1.1.1",
        "6.6.6.6, 1.1.1.1, 10.0.0.9": "1.1.1.1",
    }
    for named, whom in chains.items():
        fields = [(b"x-forwarded-for", named.encode())] if named else []
        scope = {"type": "http", "client": ("127.0.0.2", 1), "headers": fields}
        assert asker(Request(scope), believed) == whom


def test_programs_ask_with_a_key(world: Open) -> None:
    status, made = world.post({"to": [ANN], "links": [LINK]})
    assert status == 201
    assert made["ok"]
    assert world.ask(path_of(made["pixel"]))[2] == PIXEL
    assert world.post({"to": [ANN], "cc": [BEA]}) == (
        403,
        {
            "format": 1,
            "ok": False,
            "problem": f"not everybody agreed that opens are recorded: {BEA} (unknown)",
            "without_consent": [{"address": BEA, "consent": "unknown"}],
        },
    )
    assert world.post({"to": [ANN]}, word="another")[0] == 401


def test_what_programs_may_ask_is_described(world: Open) -> None:
    status, _fields, body = world.ask("/openapi.json")
    assert status == 200
    described: Any = json.loads(body)
    assert described == json.loads(json.dumps(OPENAPI))
    post = described["paths"]["/v1/tracking"]["post"]
    assert set(post["responses"]) >= {"201", "400", "401", "403", "413", "415", "429", "503"}
    known = post["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(known) == {"to", "cc", "bcc", "links", "message_id"}
    text = Path(__file__).parents[3].joinpath("docs", "tracking.md").read_text("utf-8")
    assert set(re.findall(r"^\| (\d{3})", text, re.MULTILINE)) <= set(post["responses"])


def test_oversized_broken_and_slow_requests_end(world: Open) -> None:
    head = b"GET /o/x.gif HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
    assert world.send(head + b"X: " + b"a" * (MAX_HEAD // 2) + b"\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert world.send(head + b"X: " + b"a" * (2 * MAX_HEAD) + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    assert not world.send(b"\x16\x03\x01" * 100).startswith(b"HTTP/1.1 2")
    assert not world.send(b"GET " + b"/" * 300_000).startswith(b"HTTP/1.1 2")
    # who says nothing more is let go; otherwise this would never end
    for slow in (b"", head, b"POST /v1/tracking HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n{"):
        assert not world.send(slow).startswith(b"HTTP/1.1 2")
    assert world.ask("/o/x.gif")[0] == 200


def test_one_address_holds_so_many_connections_and_no_more(world: Open) -> None:
    listener = Listener(world.app, ("127.0.0.1", 0), connection_seconds=60.0)
    listener.begin()
    assert listener.is_up.wait(10)
    try:
        with contextlib.ExitStack() as lines:
            held = [
                lines.enter_context(socket.create_connection(("127.0.0.1", listener.port)))
                for _each in range(CONNECTIONS_EACH + 5)
            ]
            wait(lambda: sum(map(_is_closed, held)) == 5)
            time.sleep(0.05)
            assert sum(map(_is_closed, held)) == 5
    finally:
        listener.stop(5)


def _is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_floods_are_refused_in_bounded_memory() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    allowed = sum(limits.allow("203.0.113.9") for _each in range(1000))
    assert allowed == EACH_BURST
    assert limits.allow("203.0.113.10")
    now = 1.0
    assert sum(limits.allow("203.0.113.9") for _each in range(1000)) == 50
    now = 100.0
    assert sum(limits.allow(f"2001:db8:{each:x}::1") for each in range(20_000)) == ALL_BURST
    assert len(limits._buckets) == 10_000
    assert network_name("2001:db8::1") == network_name("2001:db8::ffff:1")
    assert network_name("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_name("unix:") == "unix:"


def test_its_failure_stops_nothing_and_its_log_names_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = (
            '[company]\ndomains = ["acme.example"]\n[tracking]\nenabled = true\nurl = "http://127.0.0.1"\n'
            f'listen = "127.0.0.1:{port}"\n'
        )
        config = config_in(tmp_path, text)
        with (
            capture_logs() as logs,
            Session(config, open_store(config, {}), Environment({}, clock=lambda: NOON)) as session,
            Service(session, 3600, threading.Event()) as service,
        ):
            end = time.monotonic() + 5
            while not any(each["event"] == "listener failed" for each in logs):
                assert time.monotonic() < end
                time.sleep(0.01)
            service.tick()
        (failed,) = [each for each in logs if each["event"] == "listener failed"]
        assert (failed["listener"], failed["listen"]) == ("tracking", f"127.0.0.1:{port}")
        assert "in use" in failed["problem"]


def test_the_service_records_and_a_changed_configuration_ends_it(tmp_path: Path) -> None:
    text = (
        '[company]\ndomains = ["acme.example"]\n[tracking]\nenabled = true\nurl = "http://127.0.0.1"\n'
        'listen = "127.0.0.1:0"\n'
    )
    config = config_in(tmp_path, text)
    with Session(config, open_store(config, {}), Environment({}, clock=lambda: NOON)) as session:
        entry = Entry(
            line=1,
            origin="import",
            source="test",
            external_id=None,
            name="Ann",
            addresses=(EntryAddress(ANN, ANN, ANN),),
            consent=Statement(Consent.GRANTED, None, "a form"),
        )
        with session.store.write() as transaction:
            enter(transaction, session.store.key, [entry], NOON)
        order = Order(recipients=(ANN,), links=(LINK,))
        made = create(session.store, config, session.company.rules, key_of(config, {}), order, "command", NOON)
        with Service(session, 3600, threading.Event()) as service:
            listener = service.tracking.listener
            assert listener is not None
            assert listener.is_up.wait(10)
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)) as line:
                line.request("GET", made.pixel.removeprefix("http://127.0.0.1"))
                assert line.getresponse().read() == PIXEL
            service.tracking.follow(replaced(session, config_in(tmp_path, text.replace("true", "false"))))
            assert service.tracking.listener is None
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", listener.port), timeout=10)
        with session.store.read() as transaction:
            found = transaction.exec_driver_sql("SELECT position, agent_kind FROM tracking_hit").all()
        assert [tuple(each) for each in found] == [(0, "bot")], "what waited was written"


def replaced(session: Session, config: Config) -> Session:
    """Another session on the same store, as SIGHUP makes one."""
    return Session(config, session.store, Environment({}, clock=lambda: NOON))


@pytest.mark.soak
def test_strangers_learn_nothing_by_asking_often(world: Open) -> None:
    """10,000 tokens that are none, beside as many that are: none is accepted, and the times tell them apart no better
    than chance (Mann-Whitney; the quantity is the share of pairs in which the good one took longer)."""
    made = world.at.create(ANN, links=[LINK])
    good, count = path_of(made.pixel), 10_000
    strangers = [f"/o/{secrets.token_urlsafe(32)}.gif" for _each in range(count)]
    # in no order that could make one of them the quicker
    paths = random.sample([*strangers, *[good] * count], 2 * count)
    times: dict[bool, list[float]] = {True: [], False: []}
    for path in paths:
        start = time.perf_counter()
        answer = world.ask(path)
        times[path == good].append(time.perf_counter() - start)
        assert answer[2] == PIXEL
        world.at.recorder._waiting.clear()
    for path in strangers:
        assert world.ask(path.replace("/o/", "/c/").removesuffix(".gif"))[0] == 404
    ranked = sorted((seconds, is_good) for is_good, found in times.items() for seconds in found)
    ranks = sum(rank for rank, (_seconds, is_good) in enumerate(ranked, 1) if is_good)
    share = (ranks - count * (count + 1) / 2) / count**2
    medians = {is_good: sorted(found)[count // 2] for is_good, found in times.items()}
    print(f"good {medians[True] * 1e6:.0f} us, bad {medians[False] * 1e6:.0f} us, good longer in {share:.4f} of pairs")
    # the standard deviation of chance is .004
    assert 0.48 < share < 0.52
