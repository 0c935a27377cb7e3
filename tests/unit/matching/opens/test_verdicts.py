"""Was it a person? Hits of one mail, judged together."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.opens.agents import AgentKind
from matching.opens.networks import Network, network_of, ranges
from matching.opens.verdicts import HUMAN, Hit, TokenKind, Verdict, bursts, judge

OPEN = Hit(
    kind=TokenKind.PIXEL,
    agent_kind=AgentKind.BROWSER,
    agent_family="chrome",
    network=Network.OTHER,
    seconds=600,
    burst=1,
)
CLICK = replace(OPEN, kind=TokenKind.LINK, seconds=620)
PROXY = replace(OPEN, agent_kind=AgentKind.IMAGE_PROXY, agent_family="google_image_proxy", network=Network.GOOGLE)
PREFETCH = replace(OPEN, agent_kind=AgentKind.PREFETCH, agent_family="gmail_prefetch", network=Network.GOOGLE)
MPP = replace(OPEN, agent_kind=AgentKind.PREFETCH, agent_family="apple_mpp")
BOT = replace(OPEN, agent_kind=AgentKind.BOT, agent_family="named")
ALONE = [
    (OPEN, Verdict.PROBABLE_HUMAN),
    (replace(OPEN, agent_kind=AgentKind.MAIL_CLIENT), Verdict.PROBABLE_HUMAN),
    (PROXY, Verdict.PROXY_OPEN),
    (replace(PROXY, seconds=1), Verdict.PROXY_OPEN),
    (replace(PROXY, kind=TokenKind.LINK), Verdict.BOT),
    (PREFETCH, Verdict.PREFETCH),
    (MPP, Verdict.PREFETCH),
    (replace(MPP, kind=TokenKind.LINK), Verdict.BOT),
    (replace(OPEN, network=Network.APPLE), Verdict.PREFETCH),
    (BOT, Verdict.BOT),
    (replace(OPEN, network=Network.OWN), Verdict.SELF),
    (replace(BOT, network=Network.OWN), Verdict.SELF),
    (replace(OPEN, network=Network.GATEWAY), Verdict.SCANNER),
    (replace(OPEN, seconds=0), Verdict.SCANNER),
    (replace(OPEN, seconds=-5), Verdict.SCANNER),
    (replace(CLICK, seconds=4), Verdict.SCANNER),
    (replace(CLICK, network=Network.MICROSOFT), Verdict.SCANNER),
    (replace(CLICK, burst=3), Verdict.SCANNER),
    (replace(BOT, burst=4), Verdict.SCANNER),
    (CLICK, Verdict.PROBABLE_HUMAN),
]


@pytest.mark.parametrize(("hit", "verdict"), ALONE)
def test_a_hit_alone(hit: Hit, verdict: Verdict) -> None:
    (judged,) = judge([hit], links=5)
    assert judged.verdict is verdict
    assert judged.reason


def test_who_asks_for_all_links_at_once_scans() -> None:
    both = [replace(CLICK, burst=2), replace(CLICK, burst=2, seconds=621)]
    assert {each.verdict for each in judge(both, links=2)} == {Verdict.SCANNER}
    # the only link of a mail, soon after opening it
    one = [replace(OPEN, burst=2), replace(CLICK, burst=2, seconds=605)]
    assert [each.verdict for each in judge(one, links=1)] == [Verdict.PROBABLE_HUMAN, Verdict.CONFIRMED]


def test_a_click_after_dwelling_and_an_answer_confirm() -> None:
    assert [each.verdict for each in judge([CLICK, PROXY], links=3)] == [Verdict.CONFIRMED, Verdict.PROXY_OPEN]
    assert [each.verdict for each in judge([PREFETCH, CLICK], links=3)] == [Verdict.PREFETCH, Verdict.PROBABLE_HUMAN]
    hits = [OPEN, CLICK, PREFETCH, BOT, replace(CLICK, burst=4)]
    told = [each.verdict for each in judge(hits, links=6, is_confirmed=True)]
    assert told == [Verdict.CONFIRMED, Verdict.CONFIRMED, Verdict.PREFETCH, Verdict.BOT, Verdict.SCANNER]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4)), max_size=20))
def test_bursts_count_distinct_tokens_about_a_time(hits: list[tuple[int, int]]) -> None:
    slowly = [len({token for other, token in hits if abs(other - at) <= 10}) for at, _token in hits]
    assert bursts(hits) == slowly


hits_of_a_mail = st.lists(
    st.builds(
        Hit,
        kind=st.sampled_from(TokenKind),
        agent_kind=st.sampled_from(AgentKind),
        agent_family=st.just("x"),
        network=st.sampled_from(Network),
        seconds=st.integers(-10, 10_000),
        burst=st.integers(1, 8),
    ),
    max_size=6,
)


@given(hits_of_a_mail, st.integers(0, 6), st.booleans())
def test_no_machine_ever_counts_as_a_person(hits: list[Hit], links: int, is_confirmed: bool) -> None:
    for hit, judged in zip(hits, judge(hits, links=links, is_confirmed=is_confirmed), strict=True):
        if hit.agent_kind in (AgentKind.BOT, AgentKind.PREFETCH) or hit.network in (Network.OWN, Network.GATEWAY):
            assert judged.verdict not in HUMAN


def test_networks_are_told_by_their_operators_ranges() -> None:
    own = ranges(["198.51.100.0/24", "2001:db8::/32"])
    told = {
        "66.249.84.1": Network.GOOGLE,
        "::ffff:66.249.84.1": Network.GOOGLE,
        "17.58.0.9": Network.APPLE,
        "40.107.1.1": Network.MICROSOFT,
        "209.222.82.5": Network.GATEWAY,
        "198.51.100.7": Network.OWN,
        "2001:db8::1": Network.OWN,
        "10.0.0.1": Network.PRIVATE,
        "fe80::1%eth0": Network.PRIVATE,
        "203.0.114.9": Network.OTHER,
        "nonsense": Network.OTHER,
        "": Network.OTHER,
    }
    assert {address: network_of(address, own) for address in told} == told
    assert ranges(["192.0.2.7"]) == (ip_network("192.0.2.7/32"),)
    with pytest.raises(ValueError, match=r"192\.0\.2\.0/99"):
        ranges(["192.0.2.0/99"])
