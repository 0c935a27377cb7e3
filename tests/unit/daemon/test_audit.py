"""An audit finds what is missing, and only that; a repair brings it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from connectors.api import Connector, Purpose, Stream, Unavailable, Unreadable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.audit import AccountAudit, Audit, percent
from daemon.report import Report
from daemon.worker import Worker
from tests.unit.daemon.company_mail import House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
FOLDERS = ("Sent", "INBOX", "Drafts")
AMOUNT = 8
STATUS = "SELECT coverage, audited_at IS NOT NULL FROM v1_account_status WHERE name = 'alice'"


@pytest.fixture
def box() -> Mailbox:
    box = register("alice", Mailbox(page_size=3))
    for n in range(AMOUNT):
        for folder in FOLDERS:
            box.deliver(folder, mail(ALICE, ANN, mid=f"{n}.{folder}@x", minute=n))
    box.deliver("INBOX", mail("nobody@else.example", ALICE, mid="skipped@x"))
    box.deliver("INBOX", Unreadable("", "spoiled"))
    return box


@pytest.fixture
def house(house: House, box: Mailbox) -> House:
    """It has read the mailbox."""
    read(house)
    return house


def connect() -> MemoryConnector:
    return MemoryConnector(MemorySettings(mailbox="alice"), None)


def read(house: House) -> None:
    report = Report("alice")
    Worker(house.ingest(), house.accounts["alice"]).turn(connect(), report)
    assert report.error is None


def audit(house: House, *, repair: bool = False, by: Callable[[], Connector] = connect) -> AccountAudit:
    return Audit(house.ingest(), house.accounts["alice"], by).run(repair=repair)


def differences(found: AccountAudit) -> dict[str, dict[str, list[str]]]:
    return {
        f.stream.name: {"missing": list(f.missing), "hollow": list(f.hollow), "surplus": list(f.surplus)}
        for f in found.folders
        if f.differs
    }


def harm(house: House, *statements: str) -> None:
    with house.store.write() as transaction:
        for statement in statements:
            transaction.exec_driver_sql(statement)


def test_a_whole_account_is_covered_and_the_result_is_kept(house: House) -> None:
    found = audit(house)
    assert (found.is_whole, found.coverage, differences(found)) == (True, 100.0, {})
    assert [(f.stream.name, f.expected) for f in found.folders] == [("Sent", 8), ("INBOX", 10), ("Drafts", 8)]
    assert [(float(coverage), bool(at)) for coverage, at in house.rows(STATUS)] == [(100.0, True)]


#: What is done to INBOX' third mail, and what an audit calls it. {it} is its place, {message} its message.
HOLES = {
    "placement removed": ("DELETE FROM placement WHERE {it}", "missing"),
    "message removed": ('DELETE FROM message WHERE "key" = {message}', "hollow"),
    "interaction removed": ("DELETE FROM interaction WHERE message_key = {message}", "hollow"),
    "surplus placement": (
        "INSERT INTO placement (stream_id, ref, verdict, reason, flags, size, auth, seen_at, is_wanted)"
        " SELECT stream_id, '1:333', 'skipped', reason, flags, size, auth, seen_at, is_wanted"
        " FROM placement WHERE {it}",
        "surplus",
    ),
}


def plant(house: House, hole: str) -> None:
    it = "stream_id = (SELECT id FROM stream WHERE name = 'INBOX') AND ref = '1:3'"
    message = f"(SELECT message_key FROM placement WHERE {it})"  # noqa: S608 - made of constants
    harm(house, HOLES[hole][0].format(it=it, message=message))


@pytest.mark.parametrize("hole", HOLES)
def test_a_planted_difference_is_found_and_repaired(house: House, hole: str) -> None:
    before = house.contract()
    plant(house, hole)
    kind = HOLES[hole][1]
    found = audit(house)
    ref = "1:333" if kind == "surplus" else "1:3"
    assert differences(found) == {"INBOX": {"missing": [], "hollow": [], "surplus": [], kind: [ref]}}
    expected = 100.0 if kind == "surplus" else 96.15
    assert (found.coverage, found.is_whole) == (expected, kind == "surplus")
    assert float(house.rows(STATUS)[0][0]) == expected
    repaired = audit(house, repair=True)
    assert (differences(repaired), repaired.coverage) == ({}, 100.0)
    assert (repaired.fetched, repaired.removed) == ((0, 1) if kind == "surplus" else (1, 0))
    assert house.contract() == before
    assert house.rows("SELECT count(*) FROM placement") == [(26,)]


def test_mail_that_a_cursor_passed_over_is_found_and_repaired(house: House, box: Mailbox) -> None:
    for n in range(3):
        box.deliver("INBOX", mail(ALICE, ANN, mid=f"unread{n}@x"))
    ahead = json.dumps([1, 0, 13, 13, 0])
    harm(house, f"UPDATE stream SET cursor = '{ahead}' WHERE name = 'INBOX'")  # noqa: S608 - made of constants
    box.deliver("INBOX", mail(ALICE, ANN, mid="news@x"))
    read(house)
    found = audit(house)
    assert differences(found)["INBOX"]["missing"] == ["1:11", "1:12", "1:13"]
    assert audit(house, repair=True).is_whole
    assert house.rows("SELECT count(*) FROM v1_interaction WHERE substr(message_id, 1, 6) = 'unread'") == [(3,)]


def test_an_audit_alone_changes_no_history(house: House) -> None:
    plant(house, "message removed")
    before = house.contract()
    audit(house)
    assert house.contract() == before


@pytest.mark.parametrize("verdict", ["expired", "suppressed"])
def test_what_was_erased_on_purpose_is_covered(house: House, verdict: str) -> None:
    harm(house, f"UPDATE placement SET verdict = '{verdict}', message_key = NULL")  # noqa: S608 - made of constants
    assert audit(house).coverage == 100.0


def test_news_are_read_and_no_hole(house: House, box: Mailbox) -> None:
    box.deliver("INBOX", mail(ALICE, ANN, mid="news@x"))
    box.deliver("New folder", mail(ALICE, ANN, mid="more@x"))
    found = audit(house)
    assert (found.coverage, differences(found)) == (100.0, {})
    assert house.rows("SELECT count(*) FROM v1_interaction WHERE message_id IN ('news@x', 'more@x')") == [(2,)]


class Lively(MemoryConnector):
    """A mailbox in which something happens after each listing of a folder."""

    happenings: Iterator[Callable[[], object]] = iter(())

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        yield from super().refs(stream, in_scope=in_scope)
        next(self.happenings, lambda: None)()


def test_mail_that_comes_or_goes_meanwhile_is_no_difference(house: House, box: Mailbox) -> None:
    def come() -> None:
        box.deliver("INBOX", mail(ALICE, ANN, mid=f"{len(box.contents()['INBOX'])}.meanwhile@x"))
        box.deliver("Sent", mail(ALICE, ANN, mid=f"{len(box.contents()['Sent'])}.meanwhile@x"))

    def go() -> None:
        for folder in ("INBOX", "Sent"):
            box.expunge(folder, next(iter(box.contents()[folder])))

    Lively.happenings = iter([come, go, come, go, come, go, come, go])
    drafts = "(SELECT id FROM stream WHERE name = 'Drafts')"
    harm(house, f"DELETE FROM placement WHERE ref = '1:1' AND stream_id = {drafts}")  # noqa: S608 - something to look at twice
    found = audit(house, by=lambda: Lively(MemorySettings(mailbox="alice"), None))
    assert differences(found) == {"Drafts": {"missing": ["1:1"], "hollow": [], "surplus": []}}


def test_a_folder_that_is_refused_leaves_the_account_unaudited(house: House, box: Mailbox) -> None:
    box.fail(Unavailable("you may not", step="select"), step="select", after=1)
    found = audit(house)
    assert [(name, error.problem) for name, error in found.refused] == [("INBOX", "you may not")]
    assert (found.is_whole, found.coverage) == (False, None)
    assert [f.stream.name for f in found.folders] == ["Sent", "Drafts"]
    assert house.rows(STATUS)[0][0] is None


def test_most_of_a_folder_is_not_forgotten_by_a_repair(house: House, box: Mailbox) -> None:
    refs = [box.deliver("INBOX", mail(ALICE, ANN, mid=f"many{n}@x", minute=100 + n)) for n in range(40)]
    read(house)
    for ref in refs:
        box.expunge("INBOX", ref)
    found = audit(house, repair=True)
    assert [(f.stream.name, len(f.surplus)) for f in found.folders if f.differs] == [("INBOX", 40)]
    assert [(each.stream, each.gone, each.held) for each in found.held_back] == [("INBOX", 40, 50)]
    assert (found.removed, found.is_whole, found.coverage) == (0, True, 100.0)


def test_a_cut_line_ends_the_audit_without_a_result(house: House, box: Mailbox) -> None:
    plant(house, "placement removed")
    box.fail(Unavailable("cut", step="fetch"), step="fetch")
    with pytest.raises(Unavailable, match="cut"):
        audit(house, repair=True)
    assert audit(house, repair=True).is_whole


def test_what_is_gone_for_good_is_told_after_a_repair_too(house: House, box: Mailbox) -> None:
    class Forgetful(MemoryConnector):
        """Lists a mail that it cannot give."""

        def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
            yield from super().refs(stream, in_scope=in_scope)
            yield from ["1:77"] if stream.purpose is Purpose.INBOX else []

    found = audit(house, repair=True, by=lambda: Forgetful(MemorySettings(mailbox="alice"), None))
    assert differences(found)["INBOX"]["missing"] == ["1:77"]
    assert not found.is_whole


@pytest.mark.parametrize(
    ("covered", "expected", "result"), [(0, 0, 100.0), (9_999_999, 10_000_000, 99.99), (2, 3, 66.66), (0, 5, 0.0)]
)
def test_a_percentage_is_never_rounded_up(covered: int, expected: int, result: float) -> None:
    assert percent(covered, expected) == result


class _Renumbering(MemoryConnector):
    """Courier, of a folder that no mail program has opened yet: other UIDs whenever it is opened."""

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        if stream.name == "INBOX":
            self._mailbox.renumber("INBOX")
        return super().refs(stream, in_scope=in_scope)


def test_nothing_is_said_of_a_folder_that_is_renumbered_at_each_look(house: House) -> None:
    found = audit(house, by=lambda: _Renumbering(MemorySettings(mailbox="alice"), None))
    assert [(name, error.step) for name, error in found.refused] == [("INBOX", "select")]
    assert "Courier" in found.refused[0][1].hint
    assert (found.coverage, found.is_whole) == (None, False)
    assert house.rows(STATUS) == [(None, False)]


def test_nor_of_one_that_is_renumbered_between_two_looks(house: House, box: Mailbox) -> None:
    def renumbered() -> Connector:
        box.renumber("INBOX")
        return connect()

    found = audit(house, by=renumbered)
    assert [name for name, _error in found.refused] == ["INBOX"]
    assert audit(house).refused == []
