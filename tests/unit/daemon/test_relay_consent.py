"""The relay's decision: without the consent of everybody whom a mail is to, wherever it says so, it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.relay.tracking import Tracker
from matching.addresses import normalize
from matching.consent import Consent
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.relay_house import letter
from tests.unit.daemon.tracking_house import KEY, Tracking, config_in

pytestmark = pytest.mark.slow

PEOPLE = ("a@one.example", "b@one.example", "c+tag@two.example", "d@مثال.example")
#: Ways to write an address in RCPT, and in a header field; those of nobody, whom nobody can have asked.
RCPT = ("TO:<{}>", "TO: <{}> NOTIFY=NEVER", "to:<@relay.example:{}>", "TO:<{}> ORCPT=rfc822;x@y.example")
FIELD = ("{}", "<{}>", '"A, B" <{}>', "=?utf-8?q?=D8=B3?= <{}>", "group: {};", "{} (comment)")
NOBODY = ("TO:<>", "TO:<postmaster>", "TO:", "TO:<a@one.example", "TO:<a@one.example,b@one.example>", "TO:<\xff>")
states = st.fixed_dictionaries(dict.fromkeys(PEOPLE, st.sampled_from((*[Consent.GRANTED] * 4, *Consent))))


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    folder = tmp_path_factory.mktemp("consent")
    with House(folder) as house:
        yield Tracking(house, config_in(folder))


@pytest.fixture(scope="module")
def ids(at: Tracking) -> dict[str, str]:
    return {each: at.contact(normalize(each) or "") for each in PEOPLE}


@given(
    said=states,
    rcpt=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(RCPT)), min_size=1, max_size=4),
    fields=st.lists(
        st.tuples(st.sampled_from(("To", "cc", "BCC", "Resent-To")), st.sampled_from(PEOPLE), st.sampled_from(FIELD)),
        max_size=3,
    ),
    nobody=st.none() | st.none() | st.none() | st.sampled_from(NOBODY),
    is_upper=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_consent_no_pixel(
    at: Tracking,
    ids: dict[str, str],
    said: dict[str, Consent],
    rcpt: list[tuple[str, str]],
    fields: list[tuple[str, str, str]],
    nobody: str | None,
    is_upper: bool,
) -> None:
    for who, state in said.items():
        at.say(ids[who], state)
    head = "".join(f"{name}: {form.format(who)}\r\n" for name, who, form in fields)
    raw = letter(1, to=rcpt[0][0], head=head)
    named = [form.format(who.upper() if is_upper else who).encode() for who, form in rcpt]
    named += [nobody.encode()] if nobody else []
    tracker = Tracker(at.house.store, at.config, at.house.company.rules, KEY, lambda: NOON)
    before = at.house.rows("SELECT count(*) FROM tracked")
    prepared = tracker.decide(raw, named, 10**6)
    everybody = {who for who, _form in rcpt} | {who for _name, who, _form in fields}
    is_agreed = nobody is None and all(said[who] is Consent.GRANTED for who in everybody)
    assert prepared.is_tracked == is_agreed, prepared.reason
    assert (prepared.content == raw) != is_agreed
    assert (at.house.rows("SELECT count(*) FROM tracked") == before) != is_agreed
    tracker.close()


def test_tokens_go_where_a_mail_is_not_sent_and_none_are_given_twice(house: House, tmp_path: Path) -> None:
    """On each of the two databases."""
    at = Tracking(house, config_in(tmp_path))
    at.contact(PEOPLE[0], Consent.GRANTED)
    to = [f"TO:<{PEOPLE[0]}>".encode()]
    tracker = Tracker(house.store, at.config, house.company.rules, KEY, lambda: NOON)
    first = tracker.decide(letter(1, to=PEOPLE[0]), to, 10**6)
    # sent again, as after an answer that was lost: another mail, as far as one knows
    second = tracker.decide(letter(1, to=PEOPLE[0]), to, 10**6)
    assert first.is_tracked
    assert second.is_tracked
    assert first.content != second.content
    tracker.close()
    first.undo()
    assert house.rows("SELECT count(*) FROM tracked") == [(1,)]
    assert house.rows("SELECT count(*) FROM tracking_token") == [(2,)]
    second.undo()
    second.undo()
    assert house.rows("SELECT id FROM tracked UNION ALL SELECT address FROM tracked_recipient") == []
    assert house.rows("SELECT target FROM tracking_token") == []
    at.create(PEOPLE[0], mid="1@acme.example")
    assert tracker.decide(letter(1, to=PEOPLE[0]), to, 10**6).reason == "has one"
    raw = letter(2, to=PEOPLE[0])
    assert tracker.decide(raw, to, len(raw)).reason == "no room"
    assert house.rows("SELECT count(*) FROM tracked") == [(1,)]
