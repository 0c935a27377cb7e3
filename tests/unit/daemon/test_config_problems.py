"""The configuration: what is said when something is wrong with it. Everything is said at once."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from daemon.config import ConfigError, Problem, load
from tests.unit.daemon.mail_connector import connectors
from tests.unit.daemon.test_config import ALICE, COMPANY, MAILBOXES_FILE, TODAY, write


def problems(folder: Path, text: str, *, company: str = COMPANY) -> tuple[Problem, ...]:
    """What is wrong with this text; nothing else than the problems is looked at."""
    (folder / "alice.password").write_text("s3cret\n", "utf-8")
    path = write(folder, company + textwrap.dedent(text))
    with pytest.raises(ConfigError) as caught:
        load(path, environ={}, today=TODAY, connectors=connectors())
    return caught.value.problems


def problem(folder: Path, text: str, *, company: str = COMPANY) -> Problem:
    """The only thing that is wrong with this text."""
    found = problems(folder, text, company=company)
    assert len(found) == 1, found
    return found[0]


def alice(line: str) -> str:
    """Alice's account with one more option."""
    return textwrap.dedent(ALICE) + line + "\n"


_DIGEST = '[digest]\nhost = "mail.acme.example"\nsender = "keeptouch@acme.example"\n'
_HOOK = '[alerts]\nwebhook_secret_file = "alice.password"\n'
_OTHER = "[[followups.overrides]]\nno_reply = {days = 5}\n"


@pytest.mark.parametrize(
    ("line", "key", "text", "hint"),
    [
        ('prot = 993', "prot", "is no known key", 'did you mean "port"?'),
        ('password = "hunter2"', "password", "is no known key", "password_file"),
        ('shared = true', "shared", "is no known key", "above [accounts.options]"),
        ('port = "993"', "port", "must be a whole number, not text", "without quotes"),
        ('port = true', "port", "must be a whole number, not true or false", ""),
        ('port = 993.0', "port", "must be a whole number, not a number", ""),
        ('compress = 1', "compress", "must be true or false, not a whole number", ""),
        ('timeout_seconds = inf', "timeout_seconds", "must be a number, not an endless number", ""),
        ('timeout_seconds = true', "timeout_seconds", "must be a number, not true or false", ""),
        ('authorize_as = 7', "authorize_as", "must be text, not a whole number", "in quotes"),
        ('since = "2025-01-01"', "since", "must be a date such as 2025-01-01, not text", "without quotes"),
        ('since = 2025-01-01T00:00:00Z', "since", "not a date with a time", ""),
        ('since = 2025', "since", "not a whole number", ""),
        ('security = "ssl"', "security", 'must be one of "tls", "starttls", "none"', ""),
        ('speed = "fats"', "speed", 'must be one of "slow", "fast"', ""),
        ('folders = ["INBOX"]', "folders", "must be a table, not a list", ""),
        ('folders = {include = "INBOX"}', "folders.include", "must be a list, not text", "brackets"),
        ('folders = {include = ["INBOX", 7]}', "folders.include[2]", "must be text, not a whole number", ""),
        ('folders = {inlcude = []}', "folders.inlcude", "is no known key", 'did you mean "include"?'),
        ('ca_file = "missing.pem"', "ca_file", "missing.pem does not exist", ""),
        ('ca_file = ""', "ca_file", "must be a path", ""),
        ('password_command = "pass"', "password_file", "is given beside password_command", "keep one"),
    ],
)  # fmt: skip
def test_an_option_is_refused_with_its_key_path(tmp_path: Path, line: str, key: str, text: str, hint: str) -> None:
    found = problem(tmp_path, alice(line))
    assert found.key == f"accounts[alice].options.{key}"
    assert found.account == "alice"
    assert text in found.problem
    assert hint in found.hint
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("text", "key", "words", "hint"),
    [
        ('[contact]\ncreate = "off"', "contact", "is no known key", 'did you mean "contacts"?'),
        ('[contacts]\ncreate = "corespond"', "contacts.create", 'must be one of "off"', ""),
        ("[contacts]\ncreate = false", "contacts.create", "must be one of", ""),
        ("[contacts]\nplus_tags = 1", "contacts.plus_tags", "must be true or false", ""),
        ('[contacts]\npeople_file = "p.csv"', "contacts.people_file", "is no known key", "above the first [table]"),
        ('[store]\nurl = "postgresql://k:hunter2@db/keeptouch"', "store.url", "has a password in it", "password_file"),
        ('[store]\nurl = "postgresql://k:hun/ter2#@db/keeptouch"', "store.url", "has a password in it", ""),
        ('[store]\nurl = "postgresql://db/k?password=hunter2"', "store.url", "has a password in it", ""),
        ('[store]\nurl = "postgresql://db"', "store.url", "names no database", ""),
        ('[store]\nurl = "mysql://db/keeptouch"', "store.url", "is for mysql, which is not supported", "sqlite:///"),
        ('[store]\nurl = "hunter2"', "store.url", "is no URL", "sqlite:///"),
        ('[store]\nurl = "sqlite://"', "store.url", "must name a database file", ""),
        ('[store]\nurl = "sqlite:///:memory:"', "store.url", "must name a database file", ""),
        ('[store]\nurl = "sqlite:///missing/k.db"', "store.url", "missing does not exist", "make it"),
        ('[store]\nurl = "sqlite:///."', "store.url", "is a folder", ""),
        ('[store]\npassword = "hunter2"', "store.password", "is no known key", "password_file"),
        ('[store]\npassword_file = "nope"', "store.password_file", "nope does not exist", ""),
        ('people = "alice"', "company.people", "is no known key", "above the first [table]"),
        ('[[people]]\nname = "Alice"', "people[#1].email", "is missing", ""),
        ('[[people]]\nemail = "alice"', "people[alice].email", "is no address", "name@domain"),
        ('[working_time]\nhours = ["9-5"]', "working_time.hours", '"9-5" is no working time', "mon-fri 09:00-17:00"),
        ("[working_time]\nhours = []", "working_time.hours", "there are no hours", ""),
        ('[working_time]\ncountry = "Iran"', "working_time.country", "is no country", '"IR"'),
        ('[working_time]\ncountry = "DE"\nregion = "by"', "working_time.region", "is no part of DE", '"BY"'),
        ('[working_time]\nregion = "BY"', "working_time.region", "names a region and no country", ""),
        ('[working_time]\ndays_off = ["2026-12-31"]', "working_time.days_off[1]", "must be a date", "without quotes"),
        ("[working_time]\nweekend = 5", "working_time.weekend", "is no known key", ""),
        ('[digest]\nhost = "mail.acme.example"', "digest.sender", "is missing", ""),
        (_DIGEST + 'at = "8 am"', "digest.at", '"8 am" is no time of the day', "08:00"),
        (_DIGEST + 'at = "24:00"', "digest.at", "is no time of the day", ""),
        (_DIGEST + 'security = "none"', "digest.security", "the mails would travel open", "this machine alone"),
        (_DIGEST + 'username = "k"', "digest.username", "stands with a password", "write both"),
        (_DIGEST + "port = 0", "digest.port", "must be from 1 to 65535", ""),
        (_DIGEST + 'people = ["x@b.c"]', "digest.people", "x@b.c is nobody of ours", ""),
        (_DIGEST.replace("keeptouch@", "keeptouch"), "digest.sender", "is no address", "name@domain"),
        ('[alerts]\nmail_to = ["it@acme.example"]', "alerts.mail_to", "needs the server of [digest]", "on = false"),
        (_DIGEST + '[alerts]\nmail_to = ["it"]', "alerts.mail_to", '"it" is no address', "it@acme.example"),
        ("[alerts]\nquiet_hours = 0", "alerts.quiet_hours", "must be from 1 to 720", ""),
        ('[alerts]\nwebhook_url = "https://x.example/"', "alerts.webhook_url", "stands with a secret alone", "both"),
        (_HOOK + 'webhook_url = "http://x.example/"', "alerts.webhook_url", "must be https", ""),
        ("[followups]\non = 1", "followups.on", "must be true or false", ""),
        ("[followups]\nno_replies = {}", "followups.no_replies", "is no known key", "no_reply"),
        ("[followups]\nno_reply = 3", "followups.no_reply", "must be a table", "[followups.no_reply]"),
        ("[followups.no_reply]\nday = 3", "followups.no_reply.day", "is no known key", "days"),
        ("[followups.no_reply]\ndays = 91", "followups.no_reply", "days must be from 0 to 90", ""),
        ("[followups.no_reply]\ndays = true", "followups.no_reply.days", "must be a whole number", ""),
        ('[followups.no_reply]\non = "no"', "followups.no_reply.on", "must be true or false", ""),
        ("[[followups.overrides]]", "followups.overrides[#1]", "changes no rule", "no_reply"),
        ("[[followups.overrides]]\nno_reply = 3", "followups.overrides[#1].no_reply", "must be a table", "{days = 5}"),
        ("[[followups.overrides]]\nno_reply = {days = -1}", "followups.overrides[#1].no_reply", "from 0 to 90", ""),
        ("[[followups.overrides]]\nno_reply = {day = 1}", "followups.overrides[#1].no_reply.day", "no known key", ""),
        ("[[followups.overrides]]\nperson = []", "followups.overrides[#1].person", "no known key", "people"),
        (_OTHER + 'people = ["x@b.c"]', "followups.overrides[#1].people", "x@b.c is nobody of ours", ""),
        (_OTHER + 'teams = ["sales"]', "followups.overrides[#1].teams", 'in a team "sales"', ""),
        (_OTHER + 'organizations = ["a@b.c"]', "followups.overrides[#1].organizations", "is no domain", "client."),
        (_OTHER + 'organizations = ["gmail.com"]', "followups.overrides[#1].organizations", "is no domain", ""),
        (_OTHER + 'contacts = ["ann"]', "followups.overrides[#1].contacts", "ann is no address", "name@domain"),
        ('[[people]]\nemail = "a@b.c"\nworking_hours = ["sun 9"]', "people[a@b.c].working_hours", "no working", ""),
        ('[[people]]\nemail = "a@b.c"\ncountry = "XX"', "people[a@b.c].country", "is no country", ""),
        ('[[people]]\nemail = "a@b.c"\nregion = "BY"', "people[a@b.c].region", "names a region and no country", ""),
        ('[[people]]\nemail = "a@b.c"\ntimezone = "Teheran"', "people[a@b.c].timezone", "is no time zone", "Tehran"),
        ('[[accounts]]\nname = "x"\nowner = "x@b.example"', "accounts[x].kind", "is missing", "one of files, mail"),
        ('[[accounts]]\nname = "x"\nowner = "x@b.c"\nkind = "mial"', "accounts[x].kind", 'is named "mial"', '"mail"'),
        ('[[accounts]]\nname = "x"\nowner = "x@b.example"\nkind = 7', "accounts[x].kind", "must be text", ""),
        ('[[accounts]]\nname = "x"\nowner = "x@b.c"\nserver = "m"', "accounts[x].server", "no [servers.m]", ""),
        ("accounts = 7", "company.accounts", "is no known key", ""),
        ('[servers.main]\nhost = "h"', "servers.main.kind", "is missing", "one of files, mail"),
        ('[servers.main]\nkind = "mail"\nprot = 1', "servers.main.prot", "is no known key", '"port"'),
        ('[servers.m]\nkind = "mail"\n[servers.m.options]\nport = 1', "servers.m.options", "is no known key", "under"),
        ("[servers]\nmain = 1", "servers.main", "must be a table", ""),
    ],
)  # fmt: skip
def test_a_section_is_refused_with_its_key_path(tmp_path: Path, text: str, key: str, words: str, hint: str) -> None:
    found = problems(tmp_path, text)
    assert found[0].key == key
    assert words in found[0].problem
    assert hint in found[0].hint
    assert "hunter2" not in repr(found)
    assert "ter2" not in repr(found)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        colour = "red"
        [store]
        url = "mysql://x/y"
        [contacts]
        create = "never"
        [[accounts]]
        name = "a"
        owner = "nobody"
        kind = "mail"
        [accounts.options]
        port = "x"
        password_file = "missing"
        [[accounts]]
        name = "b"
        owner = "b@acme.example"
        kind = "ews"
        """,
        company='people_file = "nope.csv"\n[company]\ndomains = ["acme example"]\ntimezone = "Mars/Base"\n',
    )
    assert [each.key for each in found] == [
        "store.url",
        "company.colour",
        "company.domains",
        "company.timezone",
        "contacts.create",
        "people_file",
        "accounts[a].options.port",
        "accounts[a].options.password_file",
        "accounts[a].owner",
        "accounts[a].options.host",
        "accounts[a].options.username",
        "accounts[b].kind",
    ]


def test_company_domains_are_asked_for(tmp_path: Path) -> None:
    assert problem(tmp_path, "", company="").key == "company.domains"


def test_company_values_are_checked(tmp_path: Path) -> None:
    company = '[company]\ndomains = ["acme example", "@acme.example"]\ntimezone = "tehran"\n'
    found = problems(tmp_path, "", company=company)
    assert [each.key for each in found] == ["company.domains", "company.domains", "company.timezone"]
    assert found[2].hint == 'did you mean "Asia/Tehran"?'


def test_invalid_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, "[company]\ndomains = acme.example\n")
    with pytest.raises(ConfigError, match=r"config\.toml: is not valid TOML: .*line 2, column 11"):
        load(path, environ={}, today=TODAY, connectors=connectors())


def test_text_that_is_no_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'[company]\ndomains = ["caf\xe9.example"]\n')
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(at line 2\)"):
        load(path, environ={}, today=TODAY, connectors=connectors())


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"does not exist|can't be read: Is a directory"):
        load(tmp_path / name, environ={}, today=TODAY, connectors=connectors())


def test_broken_drop_ins_are_told_by_name_with_the_problems_of_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "[[accounts]\n", "accounts.d/10-broken.toml")
    write(tmp_path, '[store]\nurl = "sqlite:///x.db"\n', "accounts.d/20-store.toml")
    write(tmp_path, textwrap.dedent(ALICE).replace("alice", "bob") + 'port = "x"\n', "accounts.d/30-bob.toml")
    found = problems(tmp_path, '[[accounts]]\nname = "c"\nowner = "c@acme.example"\nserver = "from-broken"\n')
    assert [each.key for each in found] == [
        "accounts.d/10-broken.toml",
        "accounts.d/20-store.toml: store",
        "accounts.d/30-bob.toml: accounts[bob].options.port",
        "accounts.d/30-bob.toml: accounts[bob].options.password_file",
    ]
    assert found[2].account == "bob"


def test_a_name_is_used_once_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, textwrap.dedent(ALICE).replace('"alice"', '"ALICE"', 1), "accounts.d/a.toml")
    found = problem(tmp_path, ALICE)
    assert found.key == "accounts.d/a.toml: accounts[ALICE].name"
    assert "accounts[alice]" in found.problem


@pytest.mark.parametrize("name", ["", " alice", "a/b", "a\\u0007b"])
def test_names_of_accounts_have_a_form(tmp_path: Path, name: str) -> None:
    found = problem(tmp_path, ALICE.replace('name = "alice"', f'name = "{name}"'))
    assert "must have no slash" in found.problem


def test_missing_options_are_told_with_where_they_may_stand(tmp_path: Path) -> None:
    found = problem(
        tmp_path,
        """
        [servers.main]
        kind = "mail"
        [[accounts]]
        name = "alice"
        owner = "alice@acme.example"
        server = "main"
        options = {username = "alice", password_command = ["true"]}
        """,
    )
    assert found == Problem(
        "accounts[alice].options.host", "is missing", "write it under [accounts.options] or [servers.main]"
    )


def test_a_servers_problem_is_told_once_for_all_its_accounts(tmp_path: Path) -> None:
    accounts = "".join(
        f'[[accounts]]\nname = "{name}"\nowner = "{name}@acme.example"\nserver = "main"\noptions = {{username = "u"}}\n'
        for name in "abc"
    )
    server = '[servers.main]\nkind = "mail"\nhost = 7\npassword_file = "missing"\n'
    assert [each.key for each in problems(tmp_path, server + accounts)] == [
        "servers.main.host",
        "servers.main.password_file",
    ]


def test_an_account_and_its_server_are_of_one_kind(tmp_path: Path) -> None:
    found = problem(tmp_path, '[servers.f]\nkind = "files"\n' + ALICE.replace("kind", 'server = "f"\nkind'))
    assert found.key == "accounts[alice].kind"


def test_options_that_the_connector_refuses_are_told(tmp_path: Path) -> None:
    assert problem(tmp_path, alice("port = 0")).problem == "port 0 is no port"
    found = problem(tmp_path, ALICE.replace('password_file = "alice.password"', ""))
    assert (found.key, found.hint) == ("accounts[alice].options", "name its file in password_file")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("mailboxes = []\nmailboxes_file = 'm.csv'", "is given beside mailboxes_file"),
        ("mailboxes = 'bob@acme.example'", "must be a list of addresses"),
        ("mailboxes = ['bob']", "is no address"),
        ("mailboxes = ['a@b.example', 'a@b.example']", "is that of another account"),
        ("mailboxes = ['a@b.example']\nusername = 'm'\nauthorize_as = 'x'", "can't stand beside authorize_as"),
        ("mailboxes_file = 'missing.csv'", "does not exist"),
    ],
)
def test_mailboxes_are_checked(tmp_path: Path, option: str, words: str) -> None:
    text = MAILBOXES_FILE.replace('    mailboxes_file = "mailboxes.csv"\n', "")
    assert words in problem(tmp_path, textwrap.dedent(text) + option + "\n").problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "names no mailbox"),
        ("bob,bob@acme.example\n", "needs a first line of column names"),
        ("username,onwer\nbob,x@acme.example\n", 'has an unknown column "onwer"'),
        ("username,owner\n,x@acme.example\n", "has no username"),
        ("username,owner\nbob,bob@acme.example,3\n", "more cells than the header"),
        ("username,owner,password_file\nbob,bob@acme.example,missing\n", "missing does not exist"),
        ("username,owner\nbob,nobody\n", "is no address"),
    ],
)
def test_a_file_of_mailboxes_is_checked(tmp_path: Path, content: str, words: str) -> None:
    write(tmp_path, content, "mailboxes.csv")
    found = problems(tmp_path, MAILBOXES_FILE)
    assert words in found[0].problem
    assert "mailboxes" in found[0].key


def test_mailboxes_need_a_kind_that_logs_in(tmp_path: Path) -> None:
    text = '[[accounts]]\nname = "x"\nkind = "files"\noptions = {path = ".", mailboxes = ["a@b.example"]}\n'
    assert 'not for kind "files"' in problem(tmp_path, text).problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name\nBob\n", "needs a first line of column names"),
        ("email,nmae\nbob@acme.example,Bob\n", 'has an unknown column "nmae"'),
        ("email\nbob\n", "is no address"),
        ("email\nbob@acme.example\nbob@acme.example\n", "belongs to bob@acme.example already"),
        ("email,active\nbob@acme.example,maybe\n", "must be true or false"),
        ("email,name\nbob@acme.example,Bob,x\n", "more cells than the header"),
        ("email,timezone\nbob@acme.example,Mars\n", "is no time zone"),
        ("email,days_off\nbob@acme.example,2026-11-22;soon\n", "must be a date"),
        ("email,working_hours\nbob@acme.example,mon 9-5\n", "is no working time"),
    ],
)
def test_a_file_of_people_is_checked_line_by_line(tmp_path: Path, content: str, words: str) -> None:
    write(tmp_path, content, "people.csv")
    found = problem(tmp_path, "", company='people_file = "people.csv"\n' + COMPANY)
    assert words in found.problem
    assert found.key.startswith("people_file")


def test_an_address_belongs_to_one_person(tmp_path: Path) -> None:
    people = '[[people]]\nemail = "a@b.example"\n[[people]]\nemail = "c@b.example"\naliases = ["A@b.example"]\n'
    assert problem(tmp_path, people).problem == "A@b.example belongs to a@b.example already"


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    found = problem(tmp_path, ALICE.replace("alice.password", "secrets"))
    assert "can't be read: Is a directory" in found.problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_secret_without_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "locked").write_text("hunter2", "utf-8")
    (tmp_path / "locked").chmod(0)
    found = problem(tmp_path, ALICE.replace("alice.password", "locked"))
    assert "can't be read: Permission denied" in found.problem
