"""The benchmark itself works: it measures whole imports and refuses to tell a rate of half or wrong ones."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import tables, truth
from tests.bench.__main__ import main, offlineimap
from tests.bench.first_import import compare, fill, once
from tests.bench.measure import BenchError, run
from tests.bench.programs import (
    DOMAIN,
    Mailbox,
    import_by_keeptouch,
    pull_by_mbsync,
    pull_by_offlineimap,
    read_by_socket,
)
from tests.conftest import Login
from tests.integration.company import Company
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def box(dovecot: Dovecot) -> Mailbox:
    """A small mailbox."""
    dovecot.add_user("bench", "secret")
    return fill(dovecot, Login("bench", "secret", dovecot.maildir("bench")), 200, seed=4, median_size=3000)


@pytest.fixture(scope="module")
def company(box: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """What keeptouch made of it."""
    place = tmp_path_factory.mktemp("imported")
    import_by_keeptouch(box, place)
    return Company(place / "company", domains=(DOMAIN,), key=None)


def test_every_program_imports_the_whole_mailbox(
    box: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    results = compare(box, tmp_path, 1, told.append)
    names = ["keeptouch", "mbsync", "mbsync, FSync no", "bare socket"]
    assert [result.name for result in results] == names
    assert [line.startswith("not counted") for line in told] == [True] * 4 + [False] * 4
    for result in results:
        assert len(result.costs) == 1
        assert result.rate > 0
        assert result.cost.processor > 0
        assert result.cost.memory > 0
    assert results[0].cost.memory > results[1].cost.memory
    tables.show_runs(results)
    tables.show_medians(results)
    tables.show_ratios(results)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 + 5 + 1
    assert all(lines[number].startswith(name) for number, name in enumerate(names))
    assert " x bare socket" in lines[-1]


def test_offlineimap_pulls_a_mailbox_or_some_folders_of_a_large_one(box: Mailbox, tmp_path: Path) -> None:
    part = box.within(60)
    assert 40 < part.mails <= 60
    assert any(not name.isascii() for name in part.folders)
    assert box.within(200) is box
    assert once(pull_by_offlineimap, part, tmp_path).seconds > 0
    more = replace(part, truth=part.truth[1:])
    with pytest.raises(BenchError, match=f"{part.mails} of {part.mails - 1} mails"):
        once(pull_by_offlineimap, more, tmp_path)


def test_without_offlineimap_the_table_says_so(box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert offlineimap(box, tmp_path) == ([], "offlineimap: not installed (Debian: offlineimap3)")


@pytest.mark.soak
@pytest.mark.usefixtures("dovecot")
def test_keeptouch_is_measured_with_mailboxes_of_two_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "--mails", "12", "--runs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:27] for line in lines[1:3]] == ["First import of 12 mails in", "First import of 60 mails in"]
    assert lines[-1].startswith("the rate per mail of 60 mails is ")
    assert lines[-1].endswith(" MiB")


@pytest.mark.usefixtures("warm_keeptouch")
def test_a_rate_is_told_of_whole_imports_alone(box: Mailbox, tmp_path: Path) -> None:
    more = replace(box, truth=[*box.truth, box.truth[0]])
    for program in (import_by_keeptouch, pull_by_mbsync, read_by_socket):
        with pytest.raises(BenchError, match="200 of 201"):
            once(program, more, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BenchError, match="ended with 3: why"):
        run(["sh", "-c", "echo why >&2; exit 3"])


@pytest.mark.usefixtures("warm_keeptouch")
def test_no_rate_is_told_where_the_truth_is_another(box: Mailbox, tmp_path: Path) -> None:
    number = next(n for n, mail in enumerate(box.truth) if mail.kind == "sent")
    other = list(box.truth)
    other[number] = replace(other[number], text="0" * 64)
    with pytest.raises(BenchError, match=rf"Sent/{other[number].uid} has another text"):
        compare(replace(box, truth=other), tmp_path, 1, lambda _line: None)


def _planted(company: Company, folder: Path, statement: str) -> Company:
    """A copy of a store in which one row is wrong."""
    copy = Company(folder / "planted", domains=(DOMAIN,), key=None)
    shutil.copyfile(company.store, copy.store)
    with contextlib.closing(sqlite3.connect(copy.store)) as connection:
        assert connection.execute(statement).rowcount == 1
        connection.commit()
    return copy


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE content SET text = text || ' x' WHERE message_key = (SELECT {a_sent})", "has another text"),
        ("UPDATE content SET text = '' WHERE message_key = (SELECT {a_sent})", "has another text: ''"),
        ("DELETE FROM link WHERE {the_first} 'cc' LIMIT 1)", r"lacks links \[\('cc'"),
        ("UPDATE link SET role = 'cc' WHERE {the_first} 'to' LIMIT 1)", "has too many"),
        (
            "UPDATE message SET attachments = replace(attachments, 'forwarded.eml', '')"
            " WHERE key = (SELECT min(key) FROM message WHERE attachments LIKE '%forwarded.eml%')",
            r"has attachments \[''\], not \['forwarded.eml'\]",
        ),
        (
            "UPDATE message SET attachments = '[]', attachment_count = 0"
            " WHERE key = (SELECT min(key) FROM message WHERE attachments LIKE '%forwarded.eml%')",
            r"has attachments \[\], not",
        ),
        (
            "UPDATE message SET attachment_count = attachment_count + 1 WHERE key = (SELECT {a_sent})",
            r"counts \d attachments of",
        ),
        (
            "DELETE FROM placement WHERE (stream_id, ref) ="
            " (SELECT stream_id, ref FROM placement WHERE verdict = 'skipped' LIMIT 1)",
            "is None, not",
        ),
        (
            "UPDATE placement SET verdict = 'quarantined' WHERE (stream_id, ref) ="
            " (SELECT stream_id, ref FROM placement WHERE verdict = 'stored' LIMIT 1)",
            r"is \('quarantined', 'contact'\)",
        ),
        ("UPDATE message SET interaction_id = NULL WHERE key = (SELECT {a_sent})", "has no interaction"),
    ],
)
def test_a_store_that_is_wrong_in_one_row_is_refused(
    box: Mailbox, company: Company, tmp_path: Path, statement: str, said: str
) -> None:
    truth.check(company, box.truth, DOMAIN)
    a_sent = "min(key) FROM message WHERE is_sent_copy"
    the_first = "(interaction_id, role, address) = (SELECT interaction_id, role, address FROM link WHERE role ="
    planted = _planted(company, tmp_path, statement.format(a_sent=a_sent, the_first=the_first))
    with pytest.raises(BenchError, match=said):
        truth.check(planted, box.truth, DOMAIN)
