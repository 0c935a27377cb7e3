"""What a stream of notifications spares a poll, and what it never does. The clock is the test's."""

from __future__ import annotations

import pytest

from connectors.ews import quiet
from connectors.ews.quiet import NET, Quiet
from connectors.ews.settings import EwsSettings

URL = "https://mail.acme.example/EWS/Exchange.asmx"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard(clock: Clock) -> Quiet:
    return Quiet({"f": "INBOX", "g": "Sent"}, clock)


def test_a_folder_is_settled_until_it_is_told_of_or_the_time_is_over(heard: Quiet, clock: Clock) -> None:
    assert not heard.is_settled("f", "s1")
    heard.settle("f", "s1", heard.mark("f"))
    assert heard.is_settled("f", "s1")
    # of another state, as after a restored store, nothing is known
    assert not heard.is_settled("f", "s0")
    assert not heard.is_settled("g", "s1")
    heard.tell(["g"])
    assert heard.is_settled("f", "s1")
    heard.tell(["f"])
    assert not heard.is_settled("f", "s1")
    heard.settle("f", "s2", heard.mark("f"))
    clock.now = NET - 1
    assert heard.is_settled("f", "s2")
    clock.now = NET
    assert not heard.is_settled("f", "s2")


def test_what_is_told_while_a_question_is_under_way_counts_as_after_it(heard: Quiet) -> None:
    mark = heard.mark("f")
    heard.tell(["f"])
    heard.settle("f", "s1", mark)
    assert not heard.is_settled("f", "s1")


def test_what_is_not_watched_and_a_first_reading_are_never_settled(heard: Quiet) -> None:
    heard.settle("x", "s1", heard.mark("x"))
    heard.settle("f", "", heard.mark("f"))
    assert not heard.is_settled("x", "s1")
    assert not heard.is_settled("f", "")


def test_a_stream_counts_for_its_login_and_mailbox_while_it_lives() -> None:
    def of(address: str, *, username: str = "svc", impersonate: bool = False) -> EwsSettings:
        return EwsSettings(url=URL, username=username, mailbox=address, impersonate=impersonate)

    first, second = Quiet({"f": "INBOX"}), Quiet({"f": "INBOX", "g": "Sent"})
    quiet.begin(of("a@acme.example"), first)
    assert quiet.watched(of("A@acme.example")) is first
    assert quiet.watched(of("b@acme.example")).names == {}
    assert quiet.watched(of("a@acme.example", username="other")).names == {}
    assert quiet.others_of(of("b@acme.example")) == 1
    assert quiet.others_of(of("a@acme.example")) == 0
    quiet.begin(of("c@acme.example", impersonate=True), Quiet({}))
    assert quiet.others_of(of("b@acme.example")) == 1
    quiet.begin(of("a@acme.example"), second)
    # the one before ends later, and takes nothing away
    quiet.end(of("a@acme.example"), first)
    assert quiet.watched(of("a@acme.example")) is second
    quiet.end(of("a@acme.example"), second)
    quiet.end(of("c@acme.example", impersonate=True), quiet.watched(of("c@acme.example", impersonate=True)))
    assert quiet.others_of(of("b@acme.example")) == 0
