"""No address of anybody gets into the log, wherever it stands and however it is written, unless that is configured."""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from imapclient import imap_utf7

from daemon import log
from daemon.cli.arguments import load_config
from daemon.environment import Environment, open_store
from daemon.redaction import Redaction
from daemon.reloading import reloaded
from daemon.session import Session
from tests.unit.daemon.company_mail import NOON
from tests.unit.daemon.tracking_house import CONFIG, config_in

ANN = "ann@client.example"
#: What must not be seen: Latin, Persian with a zero-width non-joiner, Mongolian, Arabic with marks, Chinese, an emoji.
NAMES = ("kanarienvogel", "قناری\u200cها", "ᠰᠢᠪᠠᠭᠤ", "طَائِر", "金丝雀", "o'🐤'canary")
LOCALS = (
    "{}",
    "{}+crm",
    "first.{}",
    "bounce-{}=client.example",
    "SRS0=x1=yz=client.example={}",
    "{}/work",
    "!#$%&'*+-/=?^_`{{|}}~{}",
    '"{} smith"',
    '"{} \\"{}\\" x, <y>; (z)"',
    '"{}\\\\"',
)
DOMAINS = ("client.example", "مثال.example", "xn--mgbh0fb.example", "localhost", "[192.0.2.1]", "क्षेत्र.example")
#: How texts are written within texts.
WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    repr,
    ascii,
    json.dumps,
    lambda text: json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False),
    lambda text: repr(text.encode()),
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: str(imap_utf7.encode(text), "ascii"),
    lambda text: text.replace("@", "\uff20"),
)


@dataclass
class Thing:
    text: str

    def __str__(self) -> str:
        return self.text


#: Where a text stands in a field.
PLACES: tuple[Callable[[str], object], ...] = (
    str,
    lambda text: [text],
    lambda text: {"deep": [{"er": (text,)}]},
    lambda text: {text: 1},
    lambda text: frozenset({text}),
    lambda text: text.encode("utf-8", "surrogatepass"),
    ValueError,
    Thing,
    lambda text: Path(f"/cal/{text.replace('/', '_')}"),
)
HOSTILE = st.text(st.sampled_from(" \n\"'\\<>()[]{},;:@%&=?/*+-.aق\u200c"), max_size=12)


def shown(value: object) -> str:
    """All that the processor leaves of a field, as text."""
    said = Redaction()(None, "info", {"event": "x", "field": value})
    return "\n".join(texts(said))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in (*value, *value.values()):
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    else:
        assert isinstance(value, str | int)
        yield str(value)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(LOCALS),
    st.sampled_from(DOMAINS),
    st.sampled_from(WRITTEN),
    st.sampled_from(PLACES),
    HOSTILE,
    HOSTILE,
)
def test_no_address_survives_wherever_it_stands(
    name: str,
    local: str,
    domain: str,
    write: Callable[[str], str],
    place: Callable[[str], object],
    before: str,
    after: str,
) -> None:
    written = write(f"{local.replace('{}', name).replace('{{', '{').replace('}}', '}')}@{domain}")
    if "/work" in local or "*+-/" in local:
        before = before.replace("/", "")  # of what looks like the path of a URL the folders stay
    left = shown(place(before + written + after))
    for letters in re.findall(r"\w{2,}", name):
        bare = write(letters).strip("\"'")
        assert bare not in left, left
        assert bare.casefold() not in left.casefold()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from('@%40"\\&,/=?[]')))
def test_no_text_is_too_odd_to_be_written(text: str) -> None:
    redact = Redaction()
    assert redact.text(text) == redact.text(text)
    assert not re.search(r"\w@\w", re.sub(r"\*{3}[0-9a-f]{8}@", "", redact.text(text)))
    assert shown({text: [text, text.encode("utf-8", "surrogatepass")]}).count("\n") >= 2


def test_what_is_left_can_be_matched_and_tells_the_server() -> None:
    redact = Redaction()
    mark = redact.text("ann@client.example").partition("@")[0]
    assert re.fullmatch(r"\*\*\*[0-9a-f]{8}", mark)
    for text, left in (
        ("550 <ANN@Client.example>: no such user", f"550 <{mark}@Client.example>: no such user"),
        ("https://dav.acme.example/ann%40client.example/", f"https://dav.acme.example/{mark}%40client.example/"),
        ("ann@client.example, 'ann@client.example'.", f"{mark}@client.example, '{mark}@client.example'."),
        ("a @ b, @app.route, 50 %, &BkI-, =?x", "a @ b, @app.route, 50 %, &BkI-, =?x"),
        ("about =?utf-8?B?U2FsYXJ5?= of", "about =?***?= of"),
    ):
        assert redact.text(text) == left
    # a folder's name as it goes over the wire, with a comma among its letters
    assert "BCIEP" not in redact.text("no folder Clients/&BCIEPgS,BCI-@client.example")
    assert mark not in redact.text("bob@client.example")
    assert mark not in Redaction().text("ann@client.example"), "digests must not last"


def test_names_of_accounts_stay_and_subjects_do_not() -> None:
    said = Redaction()(None, "info", {"event": "x", "account": "all/bob@acme.example", "count": 3, "subject": "Salary"})
    assert (said["account"], said["count"]) == ("all/bob@acme.example", 3)
    assert "Salary" not in said["subject"]
    assert "Salary" not in shown({"title": "Salary"})


def test_hostile_lines_take_no_long_time() -> None:
    began = time.process_time()
    for text in ('\\"' * 20_000 + "@x", '"@' * 5_000, "a" * 50_000 + "@" * 500, "&a,a" * 10_000 + "@x", "%25" * 20_000):
        Redaction().text(text)
    assert time.process_time() - began < 2.0


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    log.show_addresses(False)
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def fail() -> None:
    raise KeyError(ANN)


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("is_json", [True, False])
def test_the_log_hides_them_unless_told_otherwise(is_json: bool) -> None:
    for is_wanted in (False, True):
        stream = io.StringIO()
        log.configure(is_json, stream=stream)
        log.show_addresses(is_wanted)
        structlog.get_logger().info("x", problem=f"no {ANN} here")
        logging.getLogger("library").warning("mail of %s", ANN)
        try:
            fail()
        except KeyError:
            structlog.get_logger().exception("a bug")
            logging.getLogger("library").exception("a bug")
        assert stream.getvalue().count(ANN) == (4 if is_wanted else 0)
        assert stream.getvalue().count("@client.example") == 4


@pytest.mark.usefixtures("_restored")
def test_the_configuration_decides_at_the_start_and_at_a_reload(tmp_path: Path) -> None:
    stream = io.StringIO()
    log.configure(stream=stream)

    def is_shown() -> bool:
        structlog.get_logger().info("x", person=ANN)
        return ANN in stream.getvalue().splitlines()[-1]

    shows = f"{CONFIG}\n[log]\naddresses = true\n"
    config = config_in(tmp_path, shows)
    load_config(argparse.Namespace(config=str(config.path)))
    assert is_shown()
    with Session(config, open_store(config, {}), Environment({}, clock=lambda: NOON)) as session:
        for text in (CONFIG, f"{shows}x = 1"):
            config.path.write_text(text, "utf-8")
            assert (reloaded(session) is None) == ("x = 1" in text)
            assert not is_shown()


@pytest.mark.usefixtures("_restored")
def test_what_nobody_caught_names_nobody(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log.guard()
    error = KeyError(ANN)
    sys.excepthook(KeyError, error, None)
    made: Any = SimpleNamespace(exc_type=KeyError, exc_value=error, exc_traceback=None)
    threading.excepthook(made)
    told = capsys.readouterr().err
    assert told.count("@client.example") == 2
    assert "ann@" not in told
