"""The configuration: what it becomes when all is well."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from daemon.config import Config, ConfigError, find_config, load
from daemon.config.working_time import working_times_of
from daemon.environment import company_of
from daemon.plugins import Connectors, installed
from daemon.servers import server_of
from matching.policy import Create
from tests.unit.daemon.mail_connector import FolderChoice, MailSettings, Speed, connectors

TODAY = date(2026, 11, 22)
COMPANY = '[company]\ndomains = ["acme.example"]\ntimezone = "Asia/Tehran"\n'


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


def loaded(folder: Path, text: str, today: date = TODAY, *, known: Connectors | None = None) -> Config:
    (folder / "alice.password").write_text("s3cret\n", "utf-8")
    path = write(folder, COMPANY + textwrap.dedent(text))
    return load(path, environ={}, today=today, connectors=known or connectors())


def test_what_is_read_twice_and_says_the_same_is_the_same_policy(tmp_path: Path) -> None:
    """Where it were another, a service that reads its configuration again would begin anew."""
    once, twice = (company_of(loaded(tmp_path, ALICE)) for _time in range(2))
    assert once == twice != company_of(loaded(tmp_path, ALICE + "[followups.no_reply]\ndays = 4\n"))


ALICE = """
    [[accounts]]
    name = "alice"
    owner = "alice@acme.example"
    kind = "mail"
    [accounts.options]
    host = "mail.acme.example"
    username = "alice"
    password_file = "alice.password"
"""


def test_a_small_configuration_needs_a_company_and_an_account(tmp_path: Path) -> None:
    config = loaded(tmp_path, ALICE)
    (alice,) = config.accounts
    assert (alice.name, alice.owner, alice.shared, alice.kind) == ("alice", "alice@acme.example", False, "mail")
    assert alice.settings == MailSettings(host="mail.acme.example", username="alice", since=date(2025, 11, 22))
    assert alice.login == "alice@mail.acme.example"
    secret = alice.read_secret({}, config.folder)
    assert secret is not None
    assert secret.reveal() == "s3cret"
    assert config.company.domains == ("acme.example",)
    assert config.contacts.create is Create.CORRESPONDED
    assert config.store.url == f"sqlite:///{tmp_path}/keeptouch.db"


def test_an_owner_whom_nobody_names_becomes_a_person(tmp_path: Path) -> None:
    config = loaded(tmp_path, ALICE)
    assert [person.email for person in config.people] == ["alice@acme.example"]


def test_an_owner_is_the_person_who_has_the_address_as_an_alias(tmp_path: Path) -> None:
    people = '[[people]]\nemail = "a.smith@acme.example"\naliases = ["Alice@ACME.example"]\n'
    config = loaded(tmp_path, people + textwrap.dedent(ALICE))
    assert config.accounts[0].owner == "a.smith@acme.example"
    assert len(config.people) == 1


def test_every_type_of_option_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    more = """
        port = 1993
        security = "starttls"
        folders = {include = ["INBOX", "فروش"], exclude = ["Spam"]}
        since = 2025-01-31
        ca_file = "ca.pem"
        timeout_seconds = 5
        speed = "fast"
        compress = true
    """
    settings = loaded(tmp_path, textwrap.dedent(ALICE) + textwrap.dedent(more)).accounts[0].settings
    assert settings == MailSettings(
        host="mail.acme.example",
        username="alice",
        port=1993,
        security="starttls",
        folders=FolderChoice(include=("INBOX", "فروش"), exclude=("Spam",)),
        since=date(2025, 1, 31),
        ca_file=tmp_path / "ca.pem",
        timeout_seconds=5.0,
        speed=Speed.FAST,
        compress=True,
    )
    assert type(settings.timeout_seconds) is float
    assert type(settings.speed) is Speed


def test_a_year_before_the_leap_day_is_the_day_before(tmp_path: Path) -> None:
    assert loaded(tmp_path, ALICE, today=date(2028, 2, 29)).accounts[0].settings.since == date(2027, 2, 28)


def test_an_account_stands_over_its_server(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        [servers.main]
        kind = "mail"
        host = "mail.acme.example"
        port = 993
        password_command = ["true"]
        [[accounts]]
        name = "bob"
        owner = "bob@acme.example"
        server = "main"
        [accounts.options]
        username = "bob"
        port = 1993
        password_file = "alice.password"
        """,
    )
    (bob,) = config.accounts
    assert (bob.settings.host, bob.settings.port, bob.server, bob.kind) == (
        "mail.acme.example",
        1993,
        "main",
        "mail",
    )
    assert bob.secret is not None
    assert bob.secret.kind == "file"


def test_people_come_from_tables_and_from_a_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        "email,name,aliases,team,timezone,language,external_id,active\n"
        "nara@acme.example,Наран,n@acme.example; nn@acme.example,sales,Asia/Ulaanbaatar,mn,7,no\n"
        "omid@acme.example,امید,,,,,,\n",
        "people.csv",
    )
    path = write(
        tmp_path, 'people_file = "people.csv"\n' + COMPANY + '[[people]]\nemail = "eve@acme.example"\nname = "Eve"\n'
    )
    people = load(path, environ={}, today=TODAY, connectors=connectors()).people
    assert [each.email for each in people] == ["eve@acme.example", "nara@acme.example", "omid@acme.example"]
    nara = people[1]
    assert nara.aliases == ("n@acme.example", "nn@acme.example")
    assert (nara.timezone, nara.language, nara.external_id, nara.active) == ("Asia/Ulaanbaatar", "mn", "7", False)
    assert people[2].active


def test_people_work_when_the_company_does_or_at_times_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        "email,aliases,timezone,country,working_hours,days_off\n"
        "nara@acme.example,N@Acme.example,Asia/Ulaanbaatar,MN,mon-fri 09:00-13:00; mon-fri 14:00-18:00,\n"
        "omid@acme.example,,,,,2026-11-22; 2026-11-23\n",
        "people.csv",
    )
    working_time = '[working_time]\nhours = ["sat-wed 08:30-17:00"]\ncountry = "IR"\ndays_off = [2026-12-31]\n'
    people = '[[people]]\nemail = "eve@acme.example"\n[[people]]\nemail = "liv@acme.example"\ncountry = ""\n'
    path = write(tmp_path, 'people_file = "people.csv"\n' + COMPANY + working_time + people)
    times = working_times_of(load(path, environ={}, today=TODAY, connectors=connectors()))
    usual = times.usual
    assert (usual.zone, usual.country, usual.region) == ("Asia/Tehran", "IR", "")
    assert usual.days_off == frozenset({date(2026, 12, 31)})
    assert [bool(day) for day in usual.week] == [True, True, True, False, False, True, True]
    assert times.of("eve@acme.example") is times.of("stranger@client.example") is usual
    assert times.of("liv@acme.example") == replace(usual, country="")
    nara = times.of("nara@acme.example")
    assert times.of("n@acme.example") == nara
    assert (nara.zone, nara.country, nara.days_off) == ("Asia/Ulaanbaatar", "MN", usual.days_off)
    assert nara.week[0] == ((540, 780), (840, 1080))
    assert len(times.of("omid@acme.example").days_off) == 3


def test_without_a_word_on_it_the_company_works_from_monday_to_friday(tmp_path: Path) -> None:
    times = working_times_of(load(write(tmp_path, COMPANY), environ={}, today=TODAY, connectors=connectors()))
    assert times.usual.week == (*[((540, 1020),)] * 5, (), ())
    assert (times.usual.zone, times.usual.country, times.own) == ("Asia/Tehran", "", {})


def test_drop_ins_add_accounts_people_and_servers(tmp_path: Path) -> None:
    write(tmp_path, '[servers.b]\nkind = "mail"\nhost = "b.example"\n', "accounts.d/20-server.toml")
    write(
        tmp_path,
        """
        [[people]]
        email = "bob@acme.example"
        name = "Bob"
        [[accounts]]
        name = "bob"
        owner = "bob@acme.example"
        server = "b"
        [accounts.options]
        username = "bob"
        password_file = "alice.password"
        """,
        "accounts.d/10-bob.toml",
    )
    write(tmp_path, "this is no TOML", "accounts.d/notes.txt")
    write(tmp_path, "nor is this", "accounts.d/.hidden.toml")
    config = loaded(tmp_path, ALICE)
    assert [account.name for account in config.accounts] == ["alice", "bob"]
    assert config.accounts[1].settings.host == "b.example"
    assert config.people[0].name == "Bob"


def test_files_saved_on_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + COMPANY.replace("\n", "\r\n").encode())
    assert load(path, environ={}, today=TODAY, connectors=connectors()).accounts == ()


def test_one_entry_stands_for_many_mailboxes(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        [[accounts]]
        name = "all"
        kind = "mail"
        [accounts.options]
        host = "mail.acme.example"
        password_file = "alice.password"
        mailboxes = ["alice@acme.example", "bob@acme.example"]
        """,
    )
    assert [(each.name, each.owner, each.settings.username) for each in config.accounts] == [
        ("all/alice@acme.example", "alice@acme.example", "alice@acme.example"),
        ("all/bob@acme.example", "bob@acme.example", "bob@acme.example"),
    ]
    assert [account.name for account in config.chosen("all")] == [each.name for each in config.accounts]
    assert config.chosen("all/bob@acme.example") == config.accounts[1:]


def test_a_master_user_logs_in_on_behalf_of_each_mailbox(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        [[accounts]]
        name = "all"
        kind = "mail"
        [accounts.options]
        host = "mail.acme.example"
        username = "master"
        password_file = "alice.password"
        mailboxes = ["bob@acme.example"]
        """,
    )
    (bob,) = config.accounts
    assert (bob.settings.username, bob.settings.authorize_as) == ("master", "bob@acme.example")
    assert bob.login == "bob@acme.example@mail.acme.example"


def test_a_service_account_of_exchange_reads_each_mailbox(tmp_path: Path) -> None:
    text = """
        [servers.exchange]
        kind = "ews"
        url = "https://exchange.acme.example/EWS/Exchange.asmx"
        username = 'ACME\\service'
        password_file = "alice.password"
        impersonate = true
        [[accounts]]
        name = "all"
        server = "exchange"
        [accounts.options]
        mailboxes = ["bob@acme.example", "cara@acme.example"]
        """
    config = loaded(tmp_path, text, known=installed())
    bob, cara = config.accounts
    assert (bob.name, bob.owner) == ("all/bob@acme.example", "bob@acme.example")
    assert (bob.settings.username, bob.settings.mailbox) == ("ACME\\service", "bob@acme.example")
    assert bob.login == "bob@acme.example@exchange.acme.example"
    assert server_of(bob) == server_of(cara) == ("exchange.acme.example", 443)


@pytest.mark.parametrize(
    "content",
    [
        "# the sales team\nbob@acme.example\n\ncara@acme.example\n",
        "username,owner,name,password_file\nbob@acme.example,,,\ncara@acme.example,cara@acme.example,,\n",
        "username\r\nbob@acme.example\r\ncara@acme.example\r\n",
    ],
)
def test_mailboxes_come_from_a_file(tmp_path: Path, content: str) -> None:
    write(tmp_path, content, "mailboxes.csv")
    config = loaded(tmp_path, MAILBOXES_FILE)
    assert [account.name for account in config.accounts] == ["all/bob@acme.example", "all/cara@acme.example"]
    assert [account.owner for account in config.accounts] == ["bob@acme.example", "cara@acme.example"]


def test_a_file_of_mailboxes_gives_owners_names_and_passwords(tmp_path: Path) -> None:
    (tmp_path / "bob.password").write_text("b0b", "utf-8")
    write(tmp_path, "username,owner,name,password_file\nbob,bob@acme.example,Bob,bob.password\n", "mailboxes.csv")
    config = loaded(tmp_path, MAILBOXES_FILE)
    (bob,) = config.accounts
    assert (bob.name, bob.owner, bob.settings.username) == ("all/Bob", "bob@acme.example", "bob")
    secret = bob.read_secret({}, config.folder)
    assert secret is not None
    assert secret.reveal() == "b0b"


MAILBOXES_FILE = """
    [[accounts]]
    name = "all"
    kind = "mail"
    [accounts.options]
    host = "mail.acme.example"
    password_file = "alice.password"
    mailboxes_file = "mailboxes.csv"
"""


def test_a_key_file_may_yet_have_to_be_made(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[store]\nkey_file = "new.key"\n')
    assert config.store.key is not None
    assert config.store.key.value == "new.key"


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("sqlite:///keeptouch.db", "sqlite:///{folder}/keeptouch.db"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        ("postgresql://keeptouch@db.acme.example/keeptouch", None),
        ("postgresql:///keeptouch", None),
        ("postgres://db/keeptouch", None),
    ],
)
def test_store_urls_become_those_of_the_driver(tmp_path: Path, url: str, becomes: str | None) -> None:
    expected = (becomes or "postgresql+psycopg://" + url.partition("://")[2]).format(folder=tmp_path)
    assert loaded(tmp_path, f'[store]\nurl = "{url}"\n').store.url == expected


def test_the_argument_stands_before_the_variable_and_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"KEEPTOUCH_CONFIG": "other.toml"}
    assert find_config("given.toml", environ) == tmp_path / "given.toml"
    assert find_config(None, environ) == tmp_path / "other.toml"
    write(tmp_path, COMPANY)
    assert find_config(None, {"KEEPTOUCH_CONFIG": ""}) == tmp_path / "config.toml"


def test_no_configuration_at_all_is_said_with_the_places_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Path("/etc/keeptouch/config.toml").exists():
        pytest.skip("this machine has a configuration of its own")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"config\.toml nor /etc/keeptouch/config\.toml"):
        find_config(None, {})


def test_an_unknown_account_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    config = loaded(tmp_path, ALICE)
    with pytest.raises(ConfigError) as caught:
        config.chosen("alcie")
    assert caught.value.problems[0].hint == 'did you mean "alice"?'


def test_follow_ups_and_what_is_otherwise_for_some(tmp_path: Path) -> None:
    text = (
        "[followups.no_reply]\ndays = 4\n[followups.gone_quiet]\non = false\n"
        '[[followups.overrides]]\npeople = ["AL@b.example"]\nteams = ["sales"]\nno_reply = {days = 1}\n'
        '[[followups.overrides]]\norganizations = ["mail.client.co.uk"]\ncontacts = ["Ann@x.example"]\n'
        "gone_quiet = {on = true}\nunanswered = {hours = 2.5, on = false}\n"
        '[[people]]\nemail = "alice@b.example"\naliases = ["al@b.example"]\nteam = "sales"\n'
    )
    found = load(write(tmp_path, COMPANY + text), environ={}, today=TODAY, connectors=connectors()).followups
    assert set(found.rules) >= {"no_reply", "unanswered", "gone_quiet", "bounced"}
    assert found.rules["no_reply"][1].days == 4
    assert found.off == {"gone_quiet"}
    assert "gone_quiet" in found.on()
    first, second = found.overrides
    assert first.people == {"alice@b.example"}
    assert first.teams == {"sales"}
    assert first.changes == {"no_reply": {"days": 1}}
    assert second.organizations == {"client.co.uk"}
    assert second.contacts == {"ann@x.example"}
    assert second.changes == {"gone_quiet": {"on": True}, "unanswered": {"hours": 2.5, "on": False}}


def test_no_follow_ups_at_all(tmp_path: Path) -> None:
    path = write(tmp_path, COMPANY + "[followups]\non = false\nno_reply = {days = 1}\n")
    assert not load(path, environ={}, today=TODAY, connectors=connectors()).followups.rules
