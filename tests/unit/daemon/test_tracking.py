"""Opens and clicks: nothing without consent, every hit with its verdict, and nothing left when it is to go."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.api import Purpose
from daemon.cli.main import main
from daemon.problems import ConfigError
from daemon.tracking.creating import NotMade
from daemon.tracking.recording import WAITING, Asking, Recorder
from matching.consent import Consent
from store.accounts import company
from store.derivation.copies import mark_dirty
from store.followups import relations
from store.opens import tracking, tracking_hits
from store.privacy import erasure, suppression
from store.privacy.export import records
from store.privacy.retention import Limits, retain
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.tracking_house import (
    ALICE,
    ANN,
    BEA,
    CONFIG,
    GOOGLE_PROXY,
    KEY,
    OPENS,
    Tracking,
    config_in,
)

GRANTED, REFUSED, UNKNOWN = Consent.GRANTED, Consent.REFUSED, Consent.UNKNOWN
HITS = "SELECT agent_kind, agent_family, network, seconds, agent, address FROM tracking_hit"
LINK = "https://acme.example/offer?id=7"


@pytest.fixture
def at(house: House, tmp_path: Path) -> Tracking:
    """On each of the two databases."""
    return Tracking(house, config_in(tmp_path))


def test_a_pixel_and_links_tell_nothing_of_anybody(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    made = at.create(ANN, links=[LINK])
    document = json.dumps(made.document()).replace(LINK, "")
    assert made.pixel.startswith("https://t.acme.example/x/o/")
    assert made.links[0][1].startswith("https://t.acme.example/x/c/")
    # letters by chance may be "ann"; six of a kind, and an "@", are none
    assert "@" not in document
    assert "client" not in document
    stored = at.house.rows("SELECT token_key, tracked_id, position, target FROM tracking_token")
    tokens = [made.pixel.rsplit("/", 1)[1][:-4], made.links[0][1].rsplit("/", 1)[1]]
    assert not any(token in str(stored) for token in tokens), "who reads the store can ask for no pixel"
    assert at.create(ANN).pixel != made.pixel


addresses = st.sampled_from(("a@one.example", "b@one.example", "c@two.example", "d+tag@two.example", "E@Three.example"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.dictionaries(addresses, st.sampled_from((None, GRANTED, REFUSED, UNKNOWN)), max_size=5),
    to=st.lists(addresses, min_size=1, max_size=5),
    data=st.data(),
)
def test_without_everybodys_consent_there_is_no_pixel(
    said: dict[str, Consent | None], to: Sequence[str], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name, House(Path(name)) as house:
        at = Tracking(house, config_in(Path(name)))
        ids = {each.lower(): at.contact(each.lower(), state) for each, state in said.items()}
        holds = {each.lower(): state for each, state in said.items()}
        unwilling = {each.lower() for each in to if holds.get(each.lower()) is not GRANTED}
        if unwilling:
            with pytest.raises(NotMade) as error:
                at.create(*to)
            assert error.value.against.keys() == unwilling
            assert all(each in error.value.problem for each in unwilling)
            assert house.rows("SELECT * FROM tracked") == house.rows("SELECT * FROM tracking_token") == []
            return
        made = at.create(*to)
        assert at.ask(made.pixel, 60) == 1
        # one of them withdraws: what was recorded goes, and nothing further comes
        who = data.draw(st.sampled_from(sorted({each.lower() for each in to})))
        at.say(ids[who], data.draw(st.sampled_from((REFUSED, UNKNOWN))))
        assert house.rows(HITS) == []
        assert at.ask(made.pixel, 90) == 0
        at.say(ids[who], GRANTED)
        assert at.ask(made.pixel, 120) == 0, "a mail from before the withdrawal stays unrecorded"
        with pytest.raises(NotMade, match="not everybody agreed"):
            at.create(*to, "stranger@four.example")


@pytest.mark.parametrize(
    ("to", "links", "mid", "problem"),
    [
        ((), (), None, "nobody is named"),
        (("nonsense",), (), None, "no e-mail address"),
        ((ANN,), ("javascript:alert(1)",), None, "http or https"),
        ((ANN,), ("//evil.example/",), None, "http or https"),
        ((ANN,), ("https://",), None, "http or https"),
        ((ANN,), ("http://[::1",), None, "http or https"),
        ((ANN,), ("https://a.example/\r\nSet-Cookie: x=1",), None, "http or https"),
        ((ANN,), ("https://a.example\\@evil.example/",), None, "http or https"),
        ((ANN,), ("https://user:secret@a.example/",), None, "no login"),
        ((ANN,), ("https://a.example/" + "x" * 2000,), None, "2000 characters"),
        ((ANN,), ("https://a.example/",) * 101, None, "at most 100"),
        ((ANN,), (), "<>", "Message-ID is none"),
        ((ANN,), (), "<x@y><z@y>", "Message-ID is none"),
    ],
)
def test_orders_that_are_none_are_refused(
    sqlite_house: House, tmp_path: Path, to: Sequence[str], links: Sequence[str], mid: str | None, problem: str
) -> None:
    at = Tracking(sqlite_house, config_in(tmp_path))
    at.contact(ANN, GRANTED)
    with pytest.raises(NotMade, match=problem):
        at.create(*to, links=links, mid=mid)
    assert at.house.rows("SELECT * FROM tracked") == []


def test_nothing_is_given_out_unless_it_is_on(sqlite_house: House, tmp_path: Path) -> None:
    at = Tracking(sqlite_house, config_in(tmp_path, '[company]\ndomains = ["acme.example"]\n'))
    with pytest.raises(ConfigError, match=r"tracking\.enabled"):
        at.create(ANN)


def test_hits_become_signals_with_their_verdicts(at: Tracking) -> None:
    contact_id = at.contact(ANN, GRANTED)
    made = at.create(ANN, mid="<1@acme.example>", links=[LINK])
    at.ask(made.pixel, 40, "Mozilla/5.0")
    assert at.verdicts() == [], "the mail is not in the history yet"
    at.send("1@acme.example", ANN)
    at.ask(made.pixel, 60, GOOGLE_PROXY, "66.249.84.1")
    at.ask(made.pixel, 100)
    at.ask(made.pixel, 110)
    at.ask(made.pixel, 500)
    at.ask(made.links[0][1], 3000)
    at.ask(made.pixel, 3600, "curl/8.0")
    at.ask(made.pixel, 4000, address="198.51.100.7")
    assert at.verdicts() == [
        ("click", "confirmed"),
        ("open", "bot"),
        ("open", "prefetch"),
        # the second one of within a minute is the same
        ("open", "probable_human"),
        ("open", "probable_human"),
        ("open", "proxy_open"),
        ("open", "self"),
    ]
    assert {row[2:4] for row in at.house.rows(OPENS)} == {("1@acme.example", "Ann")}
    at.tick(NOON + timedelta(hours=2))
    counts = (
        "SELECT open_count, click_count, confirmed_count, probable_human_count, proxy_open_count, prefetch_count,"
        " scanner_count, bot_count, self_count, last_open_at FROM v1_engagement"
    )
    assert at.house.rows(counts) == [(3, 1, 1, 2, 1, 1, 0, 1, 1, "2026-03-02T12:08:20.000000Z")]
    with at.house.store.read() as transaction:
        loaded = relations.load(transaction, [contact_id], NOON - timedelta(days=9), {}, at.house.company.own.owns)
    after = [int((each.at - NOON).total_seconds()) for each in loaded.relations[contact_id].opens]
    assert after == [60, 100, 500, 3000], "rules see what people did, and nothing else"
    # an answer makes all that people did sure
    answer = mail(ANN, ALICE, mid="2@client.example", minute=90, in_reply_to=("1@acme.example",), subject="Re: it")
    at.house.read("alice", "INBOX", [answer])
    found = [verdict for _kind, verdict in at.verdicts()]
    assert [found.count(each) for each in ("confirmed", "bot", "prefetch", "self")] == [4, 1, 1, 1]


def test_the_mail_itself_may_tell_which_one_it_is(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    made = at.create(ANN)
    at.ask(made.pixel, 60)
    header = f"X-Keeptouch-Tracking: {made.id}\n".encode()
    forged = mail("mallory@evil.example", ALICE, ANN, mid="0@evil.example", headers=header)
    at.house.read("alice", "INBOX", [forged])
    assert at.verdicts() == []
    at.send("1@acme.example", ANN, minute=1, headers=b"Subject: x\n" + header)
    at.send("2@acme.example", ANN, minute=2, headers=header)
    assert at.house.rows(OPENS) == [("open", "probable_human", "1@acme.example", "Ann", "2026-03-02T12:01:00.000000Z")]


def test_of_several_recipients_it_was_one_of_them(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    at.contact(BEA, GRANTED)
    made = at.create(ANN, BEA, mid="1@acme.example")
    at.send("1@acme.example", ANN, BEA)
    at.ask(made.pixel, 60)
    assert at.house.rows("SELECT kind, contact_id, recipient FROM v1_signal") == [("open", None, None)]
    ((evidence,),) = at.house.rows("SELECT evidence FROM v1_signal")
    assert "one of 2 recipients" in str(evidence)


def test_after_a_day_coarse_features_are_left_and_verdicts_stay(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    made = at.create(ANN, mid="1@acme.example", links=[LINK, LINK + "1", LINK + "2"])
    at.send("1@acme.example", ANN)
    at.ask(made.pixel, 600)
    for number, (_target, url) in enumerate(made.links):
        at.ask(url, 7200 + number)
    before = at.house.rows(OPENS)
    assert {row[:2] for row in before} == {("open", "probable_human"), ("click", "scanner")}
    at.tick(NOON + timedelta(hours=23))
    assert sum(row[4] is not None for row in at.house.rows(HITS)) == 4
    at.tick(NOON + timedelta(hours=25))
    assert sum(row[4] is not None for row in at.house.rows(HITS)) == 3
    at.tick(NOON + timedelta(hours=27))
    assert sorted(at.house.rows(HITS), key=lambda row: int(row[3])) == [
        ("browser", "chrome", "other", 600, None, None),
        *[("browser", "chrome", "other", 7200 + number, None, None) for number in range(3)],
    ]
    with at.house.store.write() as transaction:
        transaction.exec_driver_sql("DELETE FROM signal")
        company.save_setting(transaction, "opens_rules", "0")
    at.tick(NOON + timedelta(hours=28))
    assert at.house.rows(OPENS) == before, "they follow from what is left"


def test_erasure_and_retention_leave_no_hit_behind(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    at.contact(BEA, GRANTED)
    made = {who: at.create(who, mid=f"{who[0]}@acme.example", links=[LINK]) for who in (ANN, BEA)}
    for number, who in enumerate((ANN, BEA)):
        at.send(f"{who[0]}@acme.example", who, minute=number)
        at.ask(made[who].pixel, 600)
    assert len(at.verdicts()) == 2
    rules = at.house.company.rules
    with at.house.store.write() as transaction:
        person = erasure.find(transaction, rules, ANN)
        (told,) = [
            each for each in records(transaction, at.house.store.key, person, rules) if each["record"] == "tracked_mail"
        ]
        assert told["recipients"] == [ANN]
        assert [(each["kind"], each["at"], each["address"]) for each in told["hits"]] == [
            ("open", "2026-03-02T12:10:00.000000Z", "203.0.114.9")
        ]
        erased = suppression.Erased(person.keys(at.house.store.key), at.house.store.key, rules)
        erasure.forget_contacts(transaction, person, erased)
    assert at.house.rows("SELECT address FROM tracked_recipient") == [(BEA,)]
    assert len(at.house.rows(HITS)) == 1
    assert at.ask(made[ANN].pixel, 700) == 0
    done = retain(at.house.store, Limits(signals=30), NOON + timedelta(days=31))
    assert done == {"signals": 1}
    for table in ("tracked", "tracked_recipient", "tracking_hit"):
        assert at.house.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - a name of ours
    assert at.ask(made[BEA].pixel, 700) == 0
    with at.house.store.read() as transaction:
        key = KEY.verify(made[ANN].links[0][1].rsplit("/", 1)[1])
        assert key is not None
        assert tracking.target_of(transaction, key) == LINK, "links lead on"


def test_floods_are_counted_and_not_kept(at: Tracking) -> None:
    at.contact(ANN, GRANTED)
    made = at.create(ANN, mid="1@acme.example")
    at.send("1@acme.example", ANN)
    for number in range(tracking_hits.MAX_HITS + 40):
        at.recorder.put(Asking(made.pixel[-47:-4], NOON + timedelta(seconds=number), "curl/8", "203.0.114.9"))
    while at.recorder._waiting:
        at.recorder.write()
    assert len(at.house.rows(HITS)) == tracking_hits.MAX_HITS
    assert at.house.rows("SELECT dropped FROM tracked") == [(40,)]
    full = Recorder(at.house.store, at.config.tracking, at.house.company.rules, KEY)
    for _number in range(WAITING + 7):
        full.put(Asking("x", NOON, "", ""))
    assert full.dropped == 7


def test_what_others_have_to_derive_is_left_to_them(at: Tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    at.contact(ANN, GRANTED)
    pixels = []
    for number in range(5):
        pixels.append(at.create(ANN, mid=f"<{number}@acme.example>").pixel)
        at.send(f"{number}@acme.example", ANN)
    with at.house.store.write() as transaction:
        mark_dirty(transaction, "item", ["f:" + "00" * 16])
    monkeypatch.setattr(tracking_hits, "_MARKS", 2)
    waiting = "SELECT kind, count(*) FROM dirty WHERE kind IN ('item', 'opened') GROUP BY kind ORDER BY kind"
    for pixel in pixels[1:]:
        at.recorder.put(Asking(pixel[-47:-4], NOON + timedelta(seconds=50), "curl/8", "203.0.114.9"))
    at.recorder.write()
    assert at.house.rows(waiting) == [("item", 1), ("opened", 4)]
    at.recorder.settle()
    assert at.house.rows(waiting) == [("item", 1), ("opened", 2)], "a part of what was opened, and nothing else"
    assert len(at.verdicts()) == 2
    at.recorder.settle()
    assert at.house.rows(waiting) == [("item", 1)]
    at.ask(pixels[0], 50)
    at.tick()
    assert at.house.rows(waiting) == []
    assert len(at.verdicts()) == 5


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "a.csv").write_text(f"name,email,consent\nAnn,{ANN},granted\nBea,{BEA},\n", "utf-8")
    assert main(["contacts", "import", "a.csv"]) == 0
    return tmp_path


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["tracking", "create", "--to", ANN, "--bcc", BEA, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "format": 1,
        "ok": False,
        "problem": f"not everybody agreed that opens are recorded: {BEA} (unknown)",
        "without_consent": [{"address": BEA, "consent": "unknown"}],
    }
    assert main(["tracking", "create", "--to", ANN, "--link", LINK, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["header"] == {"name": "X-Keeptouch-Tracking", "value": made["id"]}
    assert [each["target"] for each in made["links"]] == [LINK]
    assert main(["tracking", "create", "--to", ANN]) == 0
    assert capsys.readouterr().out.startswith('<img src="https://t.acme.example/x/o/')
    (folder / "config.toml").write_text('[company]\ndomains = ["acme.example"]\n', "utf-8")
    assert main(["tracking", "create", "--to", ANN]) == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('url = ""', "url must be written"),
        ('url = "http://t.acme.example"', "url must be written"),
        ('url = "https://u:p@t.acme.example"', "url must hold no login"),
        ('url = "https://t.acme.example"\nlisten = "8725"', "listen must be"),
        ('url = "https://t.acme.example"\nlisten = "host:8725"', "listen must be"),
        ('url = "https://t.acme.example"\nown_networks = ["10.0.0.0/99"]', "10.0.0.0/99"),
    ],
)
def test_settings_that_can_be_none_are_refused(tmp_path: Path, line: str, problem: str) -> None:
    text = f'[company]\ndomains = ["acme.example"]\n[tracking]\nenabled = true\n{line}\n'
    with pytest.raises(ConfigError) as error:
        config_in(tmp_path, text)
    assert problem in str(error.value)


def test_read_only_purposes_are_sent(at: Tracking) -> None:
    """A tracked mail that is seen in a copy of somebody else's folder is the same mail."""
    at.contact(ANN, GRANTED)
    made = at.create(ANN, mid="1@acme.example")
    at.house.read("bob", "INBOX", [mail(ALICE, ANN, "bob@acme.example", mid="1@acme.example")], Purpose.INBOX)
    at.ask(made.pixel, 60)
    assert at.verdicts() == [("open", "probable_human")]
