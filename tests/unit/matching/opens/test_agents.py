"""Whose programs user agents name: known ones, the labelled corpus, and whatever somebody may send."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.opens.agents import AgentKind, read_agent
from tests.unit.connectors.test_corpora import DEV, scored

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
GOOGLE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5431; Pro)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
KNOWN = {
    GMAIL_PREFETCH: ("prefetch", "gmail_prefetch"),
    "Mozilla/5.0": ("prefetch", "apple_mpp"),
    GOOGLE_PROXY: ("image_proxy", "google_image_proxy"),
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html": ("image_proxy", "yahoo_mail_proxy"),
    "Mozilla/5.0 SeznamEmailProxy/2.0.174": ("image_proxy", "mail_proxy"),
    OUTLOOK: ("mail_client", "outlook"),
    THUNDERBIRD: ("mail_client", "thunderbird"),
    "eMClient/9.3.6041.0": ("mail_client", "mail_client"),
    "NaverMailApp/2.2.2 (Android 10; SM-G986N)": ("mail_client", "mail_client"),
    CHROME: ("browser", "chrome"),
    CHROME + " Edg/131.0.0.0": ("browser", "edge"),
    IPHONE: ("browser", "app"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": ("browser", "firefox"),
    "Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0 Safari/537.36": (
        *("browser", "chrome"),
    ),
    "": ("bot", "none"),
    "-": ("bot", "unknown"),
    "curl/8.11.0": ("bot", "named"),
    "Mozilla/5.0 (compatible; Anything/1.0; +http://anything.example/why)": ("bot", "addressed"),
    "FreshRSS/1.24": ("bot", "named"),
    CHROME + " Barracuda Sentinel": ("bot", "named"),
    CHROME.replace("Chrome/", "HeadlessChrome/"): ("bot", "named"),
    CHROME + " Unheard": ("bot", "unknown"),
    CHROME + "; Unheard/1.0": ("bot", "unknown"),
    CHROME + " Unheard/1.0": ("browser", "chrome"),
    CHROME + " critical-css.com/2.0": ("bot", "addressed"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:97.0) Gecko/20100101 Firefox/97.0 LibreWolf/97.0.1": ("browser", "firefox"),
    "Mozilla/5.0 (compatible; GPTBot/1.2)": ("bot", "named"),
    "Unheard/1.0": ("bot", "unknown"),
    "' OR 1=(SELECT sleep(5))--": ("bot", "attack"),
}


def test_known_programs_are_told_apart() -> None:
    found = {agent: (read_agent(agent).kind.value, read_agent(agent).family) for agent in KNOWN}
    assert found == KNOWN


@pytest.mark.skipif(not DEV.is_dir(), reason="the labelled corpora are not beside this checkout")
def test_machines_are_told_as_labelled(tmp_path: Path) -> None:
    expected = DEV / "open-ua" / "expected.json"
    agents = [case["ua"] for case in json.loads(expected.read_text("utf-8"))]
    told = {agent: read_agent(agent).kind.value for agent in agents}
    scores = scored("score_classify.py", expected, told, tmp_path, "--key", "ua")
    print(json.dumps(scores, indent=1))
    assert scores["machine"]["precision"] >= 0.99
    assert scores["machine"]["recall"] >= 0.985
    assert scores["prefetch"]["f1"] == 1
    assert scores["image_proxy"]["recall"] == 1


@given(st.one_of(st.text(), st.text("a.-(;/ )@mozilla+"), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_anything_has_an_answer(agent: str) -> None:
    found = read_agent(agent)
    assert found.kind in AgentKind
    assert found.family
    assert found == read_agent(agent)


def test_long_agents_take_bounded_time() -> None:
    """The worst that we found take a few ms; a rule that runs away takes minutes for one."""
    worst = ["a-" * 500_000, "(" * 1_000_000, "select(" * 150_000, "mozilla/5.0 " + "(a;" * 300_000, "a." * 500_000]
    start = time.process_time()
    assert all(read_agent(each).kind in AgentKind for each in worst)
    assert time.process_time() - start < 5
