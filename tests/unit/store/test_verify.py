"""Verifying a store: whole ones pass, on both databases, and each damage is named with what mends it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.reprocess import reprocess
from daemon.ticking import tick
from store import migrate
from store.engine import Store, file_engine
from store.errors import StoreError
from store.keeping.invariants import COUNTS, RULES
from store.keeping.verify import Verified, verify
from store.keys import IdentityKey, parse_key
from store.published.views import VIEWS
from tests.unit.daemon.company_mail import KEY, NOON, House, company
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill

#: What is done to a store, and the checks that tell.
DAMAGE = {
    "UPDATE placement SET stream_id = 77": {
        "placement_without_stream",
        "bcc_without_placement",
        "foreign_keys",
    },
    "DELETE FROM message": {
        "placement_without_message",
        "bcc_without_message",
        "content_without_message",
        "participant_without_message",
        "reference_without_message",
        "interaction_without_message",
    },
    "DELETE FROM content": {"message_without_content"},
    "UPDATE message SET interaction_id = NULL": {"message_without_interaction", "interaction_without_message"},
    "DELETE FROM interaction": {
        "signal_without_interaction",
        "message_without_interaction",
        "thread_counts_wrong",
        "link_without_interaction",
        "person_without_interaction",
    },
    "DELETE FROM thread": {"interaction_without_thread"},
    "UPDATE thread SET interaction_count = 7": {"thread_counts_wrong"},
    "UPDATE link SET occurred_at = '2001-01-01T00:00:00.000000Z'": {"link_at_another_time"},
    "UPDATE link SET contact_id = 'x'": {"link_without_contact"},
    "UPDATE interaction SET visibility = 'none'": {"hidden_mail_seen", "thread_counts_wrong"},
    "UPDATE interaction_person SET person_id = 'x'": {"interaction_person_unknown"},
    "UPDATE interaction_person SET account_id = 'x' WHERE account_id <> ''": {"interaction_person_unknown"},
    "DELETE FROM contact": {
        "address_without_contact",
        "link_without_contact",
        "engagement_without_contact",
        "score_without_contact",
        "foreign_keys",
    },
    "UPDATE contact_address SET is_primary = 1, contact_id = (SELECT min(id) FROM contact)": {
        "primary_address_doubled",
        "address_of_another_holder",
    },
    "UPDATE contact SET merged_into_id = 'x'": {"contact_merged_into_nothing", "address_of_another_holder"},
    "UPDATE contact_address SET holder_id = 'x'": {"address_of_another_holder"},
    "INSERT INTO skipped_participant VALUES (1, 'x', 'from', x'00', x'00', 1)": {
        "skipped_participant_without_placement"
    },
    "INSERT INTO calendar_object VALUES (1, 'x', x'00', x'00', '', 1)": {"calendar_object_without_placement"},
    "INSERT INTO calendar_party VALUES (1, 'x', 'x', 'x')": {"calendar_party_without_placement"},
    "INSERT INTO invitation VALUES (x'00', 0, x'00', 'REQUEST', x'00', NULL, NULL)": {"invitation_without_message"},
    "INSERT INTO mail_signal (message_key, position, kind, evidence, confidence) VALUES (x'00', 0, 'list', '', 0.5)": {
        "mail_signal_without_message"
    },
    "INSERT INTO signal (id, interaction_id, kind, occurred_at, evidence, confidence) SELECT 'x', 'x', 'reply',"
    " occurred_at, '', 0.5 FROM interaction LIMIT 1": {"signal_without_interaction"},
    "INSERT INTO engagement (contact_id, reply_count, is_quiet)"
    " SELECT 'x', 0, is_unverified FROM interaction LIMIT 1": {"engagement_without_contact"},
    "INSERT INTO contact_stage VALUES ('x', 'action', NULL, NULL, '1')": {"score_without_contact"},
    "INSERT INTO meeting (id, interaction_id, uid, is_all_day, status, is_declined, is_tentative, moved_count,"
    " uid_key, over_at, is_observed, is_frozen) SELECT 'x', 'x', 'x', is_unverified, 'held', is_unverified,"
    " is_unverified, 0, x'00', occurred_at, is_unverified, is_unverified FROM interaction LIMIT 1": {
        "meeting_without_interaction"
    },
    "INSERT INTO attendee VALUES ('x', 'x', NULL, NULL, 'required', 'accepted', NULL, '')": {
        "attendee_without_meeting"
    },
    "INSERT INTO interaction (id, kind, direction, occurred_at, is_unverified, is_message_id_reused, is_answered,"
    " is_forwarded, visibility, created_at, updated_at)"
    " SELECT 'x', 'meeting', direction, occurred_at, is_unverified, is_message_id_reused, is_answered,"
    " is_forwarded, visibility, created_at, updated_at FROM interaction LIMIT 1": {"interaction_without_meeting"},
    "DROP VIEW v1_thread": {"schema"},
    "DROP TRIGGER w1_contact_changed": {"schema"},
    "DROP INDEX ix_link_interaction_id": {"schema"},
    "CREATE TABLE customers (id INTEGER)": {"schema"},
    "DELETE FROM meta WHERE name = 'feed_epoch'": {"meta"},
    "UPDATE meta SET value = 'x' WHERE name = 'store_id'": {"identity_key"},
    "UPDATE alembic_version SET version_num = '9999'": {"schema_version"},
}
#: Of these `keeptouch reprocess` mends all.
MENDED = [
    "UPDATE message SET interaction_id = NULL",
    "DELETE FROM thread",
    "UPDATE thread SET interaction_count = 7",
    "UPDATE link SET occurred_at = '2001-01-01T00:00:00.000000Z'",
    "UPDATE link SET contact_id = 'x'",
    "UPDATE interaction_person SET person_id = 'x'",
    "UPDATE contact_address SET holder_id = 'x'",
]


def checked(path: Path, key: IdentityKey | StoreError | None = None) -> Verified:
    engine = file_engine(path)
    try:
        return verify(engine, f"sqlite:///{path}", key or parse_key(KEY), lambda _check: None)
    finally:
        engine.dispose()


def names(found: Verified) -> set[str]:
    return {each.check for each in found.findings}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a store with mail."""
    folder = tmp_path_factory.mktemp("filled")
    with House(folder) as house:
        fill(house, copies(), 1)
        tick(house.store, house.company, lambda: NOON + timedelta(days=365))
    return (folder / "store.db").read_bytes()


@pytest.fixture
def store(tmp_path: Path, filled: bytes) -> Path:
    """That file, to be damaged."""
    path = tmp_path / "store.db"
    path.write_bytes(filled)
    return path


def harm(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_a_whole_store_has_no_problem_and_is_not_touched(store: Path) -> None:
    before = store.read_bytes()
    found = checked(store)
    assert found.findings == []
    assert (found.revision, found.unchecked, found.copy) == (migrate.revisions()[-1], [], None)
    assert found.rows["v1_interaction"] == 6
    assert store.read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == ["store.db"]


@pytest.mark.parametrize("sql", DAMAGE)
def test_each_damage_is_named(store: Path, sql: str) -> None:
    harm(store, sql)
    found = checked(store)
    assert names(found) == DAMAGE[sql]
    assert all(each.hint for each in found.findings)
    for each in found.findings:
        assert each.count is None or each.count > 0
        assert each.count is None or each.check == "foreign_keys" or each.examples


def test_a_view_that_shows_less_than_the_tables_hold_is_named(store: Path) -> None:
    columns = next([name for name, _sql, _type in view.columns] for view in VIEWS if view.name == "v1_thread")
    harm(store, "DROP VIEW v1_thread")
    harm(store, f"CREATE VIEW v1_thread AS SELECT {', '.join(columns)} FROM thread LIMIT 1")  # noqa: S608 - columns of a view of ours
    [finding] = checked(store).findings
    assert (finding.check, "v1_thread shows 1 rows" in finding.problem) == ("counts", True)


def test_every_rule_is_broken_by_some_damage() -> None:
    assert {rule.name for rule in RULES} <= set().union(*DAMAGE.values())


def test_every_view_is_counted() -> None:
    assert list(COUNTS) == [view.name for view in VIEWS]


@pytest.mark.slow
@pytest.mark.parametrize("sql", MENDED)
def test_what_is_said_to_be_mended_by_reprocess_is(store: Path, sql: str) -> None:
    harm(store, sql)
    assert all("keeptouch reprocess" in each.hint for each in checked(store).findings)
    with Store.open(f"sqlite:///{store}", key_text=KEY, key_file=store.with_name("unused")) as opened:
        reprocess(opened, company(), lambda: NOON)
    assert checked(store).findings == []


def test_what_waits_to_be_derived_is_no_problem(store: Path) -> None:
    harm(store, "UPDATE message SET interaction_id = NULL")
    harm(store, "INSERT INTO dirty VALUES ('item', 'm:00')")
    found = checked(store)
    assert found.findings == []
    assert "message_without_interaction" in found.unchecked


def test_another_key_and_a_missing_one_are_named(store: Path) -> None:
    assert names(checked(store, parse_key("22" * 32))) == {"identity_key"}
    missing = checked(store, StoreError("the key is gone", "find it"))
    assert [(each.check, each.problem, each.hint) for each in missing.findings] == [
        ("identity_key", "the key is gone", "find it")
    ]


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_whose_pages_are_broken_is_named(store: Path, part: float) -> None:
    with store.open("r+b") as file:
        file.seek(int(store.stat().st_size * part) // 4096 * 4096)
        file.write(os.urandom(3 * 4096))
    found = checked(store)
    assert "integrity" in names(found)
    assert any("damaged" in each.problem for each in found.findings)


def test_a_file_that_was_cut_is_named(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2 // 4096 * 4096)
    assert "integrity" in names(checked(store))


@pytest.mark.parametrize("content", [b"", b"a letter to a friend, longer than any header " * 20])
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StoreError):
        checked(tmp_path / "x")
    with pytest.raises(StoreError, match="there is no file"):
        checked(tmp_path / "nowhere")


def test_on_postgresql_too(tmp_path: Path, postgres_url: str) -> None:
    def found(house: House) -> Verified:
        return verify(house.store.engine, postgres_url, house.store.key, lambda _check: None)

    with House(tmp_path, url=postgres_url) as house:
        fill(house, copies(), 1)
        assert found(house).findings == []
        assert found(house).rows["v1_interaction"] == 6
        for sql, checks in DAMAGE.items():
            if checks & {"foreign_keys", "schema", "schema_version"}:
                continue
            with house.store.engine.connect() as connection:  # what is done here is never committed
                connection.exec_driver_sql(
                    sql.replace("x'00'", "''").replace(" 1)", " true)").replace("= 1,", "= true,")
                )
                broken = {
                    rule.name
                    for rule in RULES
                    if connection.exec_driver_sql(f"SELECT count(*) FROM ({rule.sql}) AS b").scalar_one()  # noqa: S608 - SQL of ours
                }
            assert broken == checks - {"counts", "meta", "identity_key"}, sql
