"""A server of the relay's that fails at each of its answers: nothing lost, nothing doubled, and the client knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from daemon.relay import upstream
from matching.consent import Consent
from tests.servers.faultproxy import FaultProxy
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.relay_house import LOGIN, Relay, letter, new_authority, plain_login
from tests.unit.daemon.tracking_house import ANN, BEA, Tracking, config_in

pytestmark = pytest.mark.slow

#: How long an impatient relay waits for its server, in seconds, and how long a slow server takes.
WAITS, SLOW = 0.9, 1.3
UNCLEAR, NOT_SENT = "may have accepted", "nothing of this mail was sent"
#: Answers of the server, in order, by the words of its that tell them apart.
STEPS = {
    "220": b"220 greeting", "EHLO": b"", "AUTH": b"235 fine", "MAIL": b"250 from whom",
    f"RCPT TO:<{ANN}>": b"250 to ann", f"RCPT TO:<{BEA}>": b"250 to bea", "DATA": b"354 go on", ".": b"250 fine",
}  # fmt: skip


class Fault(NamedTuple):
    """How a server fails at an answer."""

    name: str
    apply: Callable[[SmtpSink, FaultProxy, str], object]
    #: Did the server take the mail, where it fails so behind its end?
    takes: bool = False


def _answers(text: bytes) -> Callable[[SmtpSink, FaultProxy, str], object]:
    return lambda sink, _proxy, step: sink.answers.__setitem__(step, text)


def _reset(sink: SmtpSink, proxy: FaultProxy, step: str) -> None:
    proxy.down.cut_on = STEPS[step] or b"250-sink"


def _half(sink: SmtpSink, proxy: FaultProxy, step: str) -> None:
    """The answer's first two octets, and then the end."""
    proxy.down.cut_on = STEPS[step][2:]


FAULTS = [
    Fault("closes instead", lambda sink, _proxy, step: setattr(sink, "cut_before", step)),
    Fault("is reset", _reset, takes=True),
    Fault("is cut off in its answer", _half, takes=True),
    Fault("is too slow", lambda sink, _proxy, step: sink.on(step, lambda: time.sleep(SLOW)), takes=True),
    Fault("says 4xx", _answers(b"451 4.3.0 later")),
    Fault("says 5xx", _answers(b"550 5.7.1 never")),
    Fault("says 421", _answers(b"421 4.3.2 closing")),
    Fault("speaks no SMTP", _answers(b"hello world")),
]
#: The sink hooks no greeting, and knows not how to cut what it has yet to say; of the others some are enough.
_NOT = {
    *(("is cut off in its answer", step) for step in ("220", "EHLO", "AUTH", "DATA")),
    *(("is too slow", step) for step in ("220", "AUTH", "MAIL", f"RCPT TO:<{ANN}>", "DATA")),
    *(("is reset", step) for step in ("220", "AUTH", f"RCPT TO:<{ANN}>", "DATA")),
}


class Outcome(NamedTuple):
    """What a client that sends one mail hears."""

    #: The last answer; 0: the connection ended without.
    code: int
    text: str
    #: Recipients refused, the others having been sent the mail.
    refused: tuple[str, ...] = ()


def attempt(relay: Relay, raw: bytes) -> Outcome:
    """A client goes on as long as it is agreed with, and does not try again."""
    refused: list[str] = []
    with closing(relay.secured()) as line:
        said = line.hear()
        for command in (
            *(b"EHLO client", plain_login(), b"MAIL FROM:<alice@acme.example>"),
            *(f"RCPT TO:<{each}>".encode() for each in (ANN, BEA)),
            *(b"DATA", raw + b"."),
        ):
            if said[:1] not in (b"2", b"3"):
                break
            said = line.say(command + b"\r\n")
            if command.startswith(b"RCPT") and said[:1] in (b"4", b"5") and said[:3] != b"421":
                refused.append(command.decode())
                said = b"250 the others are to have it"
    return Outcome(int(said[:3] or 0), said[4:].decode().strip(), tuple(refused))


class World(NamedTuple):
    """The server fails, or the way to it does."""

    at: Tracking
    sink: SmtpSink
    proxy: FaultProxy
    relay: Relay
    impatient: Relay


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    authority, certificate = new_authority(tmp_path / "authority")
    with House(tmp_path) as house, SmtpSink(login=LOGIN) as sink, FaultProxy(("127.0.0.1", sink.port)) as proxy:
        at = Tracking(house, config_in(tmp_path))
        for each in (ANN, BEA):
            at.contact(each, Consent.GRANTED)
        times = {"connect_seconds": WAITS, "timeout_seconds": WAITS}
        with (
            Relay(at, certificate, authority, proxy.port, "none") as relay,
            Relay(at, certificate, authority, proxy.port, "none", **times) as impatient,
        ):
            yield World(at, sink, proxy, relay, impatient)


def tokens(at: Tracking) -> list[str]:
    return [row[0] for row in at.house.rows("SELECT id FROM tracked")]


def until(holds: Callable[[], bool], what: object) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def test_at_each_answer_a_client_hears_what_is_known_and_nothing_is_lost_or_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [(fault, step) for fault in FAULTS for step in STEPS if (fault.name, step) not in _NOT]
    assert len(cases) >= 50
    for number, (fault, step) in enumerate(cases):
        with monkeypatch.context() as patched:
            if fault.name == "is too slow":
                patched.setattr(upstream, "END_SECONDS", WAITS)
            fail_once(world, fault, step, number)


def fail_once(world: World, fault: Fault, step: str, number: int) -> None:
    at, sink, proxy = world.at, world.sink, world.proxy
    sink.taken.clear()
    sink.heard.clear()
    sink.answers = {key: text for key, text in STEPS.items() if text and key not in ("AUTH", "DATA", ".")}
    sink.cut_before, proxy.down.cut_on, sink.hooks = "", None, {}
    before = set(tokens(at))
    fault.apply(sink, proxy, step)
    relay = world.impatient if fault.name == "is too slow" else world.relay
    outcome = attempt(relay, letter(number, to=f"{ANN}, {BEA}"))
    case = (fault.name, step, outcome)
    until(lambda: not relay.listener.held, case)
    if fault.name == "is too slow" and step == ".":
        time.sleep(SLOW)
    assert sum(line.startswith(b"MAIL") for line in sink.heard) <= 1, case
    taken = len(sink.taken)
    is_refused = fault.name in ("says 4xx", "says 5xx", "says 421")
    is_partial = step.startswith("RCPT") and fault.name in ("says 4xx", "says 5xx")
    is_unclear = UNCLEAR in outcome.text
    # whoever is not told that it was taken knows whether it may have been
    assert is_unclear == (step == "." and not is_refused), case
    if is_partial:
        assert (outcome.code, taken, len(outcome.refused)) == (250, 1, 1), case
    elif is_unclear:
        assert (outcome.code, taken) == (451, int(fault.takes)), case
    else:
        assert outcome.code >= 400, case
        assert taken == 0, case
        if is_refused and step not in ("220", "EHLO"):
            assert outcome.text == sink.answers[step][4:].decode(), "as the server said it"
        else:
            assert "nothing" in outcome.text, case
    kept = int(bool(taken or is_unclear))
    until(lambda: len(set(tokens(at)) - before) == kept, (*case, kept))
