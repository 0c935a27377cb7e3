"""The double of Exchange Web Services beside another server: a recorded session is played again, answer by answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest
import requests

from tests.servers.ews import EwsServer
from tests.servers.ews.schema import schema_folder
from tests.servers.ews.wire import MESSAGES, local

# a server works in the same process
pytestmark = pytest.mark.slow

_PART = re.compile(r"^=== \d+\. POST .*?\n\n(.*?)^--- (\d+) ?(.*?)\n(.*?)(?=^=== |\Z)", re.MULTILINE | re.DOTALL)
#: Names of traces in which that server is known to answer otherwise than Exchange, and why they are left out.
_OTHERWISE = {
    "01": "the errors of an impossible id differ",
    "04": "it has other folders of its own",
    "13": "it tells an id of another form",
    "23": "it does not expand series in a view",
    "24": "it does not expand series in a view",
    "34": "a stream is read in pieces",
    "36": "it knows no pull subscriptions",
    "37": "it knows no pull subscriptions",
    "38": "the double knows no push subscriptions",
    "41": "the double is asked with the right password here",
    "42": "it knows no time zones",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request, and what was answered."""

    name: str
    request: str
    status: int
    answer: str


def recorded() -> Iterator[Recorded]:
    """All exchanges in the order in which they were made."""
    folder = schema_folder()
    traces = Path() if folder is None else folder.parent / "ews-traces"
    for file in sorted(traces.glob("[0-9]*.txt")):
        for request, status, _, answer in _PART.findall(file.read_text()):
            yield Recorded(file.name, request.strip(), int(status), answer.strip())


def skeleton(document: str) -> list[str]:
    """What an answer is made of, without what depends on the server's data.

    Names down to each message, its class and code; in it kinds of items and changes, and a view's attributes.
    """
    whole = ET.fromstring(document)
    found = [local(whole), *(local(one) for part in whole if local(part) == "Header" for one in part)]
    for content in (one for part in whole if local(part) == "Body" for one in part):
        found.append(local(content))
        for message in content.iter():
            if local(message).endswith("ResponseMessage"):
                found += [f"{local(message)} {message.get('ResponseClass')}", *_inside(message)]
    return found


def _inside(message: Element) -> list[str]:
    found: list[str] = []
    for one in message:
        name = local(one)
        if name in {"MessageText", "DescriptiveLinkKey"}:
            continue
        found.append(f"{name}={one.text}" if name in {"ResponseCode", "IncludesLastItemInRange"} else name)
        if name == "RootFolder":
            found += sorted(one.attrib)
        if name in {"Items", "Folders", "Changes"}:
            found += sorted({local(item) for item in one})
    return found


class Replay:
    """Plays recorded requests on the double; ids of then become ids of now."""

    def __init__(self, server: EwsServer) -> None:
        self._server = server
        self._known: dict[str, str] = {}

    def ask(self, exchange: Recorded) -> requests.Response:
        """The double's answer."""
        text = exchange.request
        for then, now in self._known.items():
            text = text.replace(f'"{then}"', f'"{now}"').replace(f">{then}<", f">{now}<")
        user = "svc@example.test" if "ExchangeImpersonation" in text else "alice@example.test"
        answer = requests.post(
            self._server.url,
            data=text.encode(),
            auth=(user, "secret"),
            headers={"Content-Type": "text/xml"},
            timeout=20,
        )
        if answer.status_code == exchange.status == 200:
            self._learn(exchange.answer, answer.text)
        return answer

    def _learn(self, then: str, now: str) -> None:
        old, new = _names(then), _names(now)
        if [kind for kind, _ in old] == [kind for kind, _ in new]:
            for (_, a), (_, b) in zip(old, new, strict=True):
                if a and b:
                    # lists come in another order; what was named once keeps its name
                    self._known.setdefault(a, b)


def _names(document: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in ET.fromstring(document).iter():
        if local(one) in {"ItemId", "SubscriptionId", "SyncState"}:
            found.append((local(one), one.get("Id") or one.text or ""))
    return found


def test_a_session_that_was_recorded_elsewhere_gets_answers_of_the_same_make() -> None:
    exchanges = [one for one in recorded() if one.request.startswith("<")]
    if not exchanges:
        pytest.skip("the recorded session is not beside the repository")
    compared = 0
    with EwsServer() as server:
        server.oddities.read_flags_as_updates = True
        server.add_mailbox("alice@example.test", "secret", name="Alice Test")
        server.add_mailbox("bob@example.test", "secret", name="Bob Test")
        server.add_account("svc@example.test", "secret", impersonates=["alice@example.test"])
        replay = Replay(server)
        for exchange in exchanges:
            if exchange.name[:2] in _OTHERWISE or "GetStreamingEvents" in exchange.request:
                continue
            answer = replay.ask(exchange)
            if exchange.status == 401:
                continue
            assert answer.status_code in {exchange.status, 500}, exchange.name
            if "Fault" in exchange.answer:
                assert "ErrorImpersonateUserDenied" in answer.text
                continue
            assert skeleton(answer.text) == skeleton(exchange.answer), exchange.name
            compared += 1
    assert compared >= 30
    assert MESSAGES in exchanges[0].request
