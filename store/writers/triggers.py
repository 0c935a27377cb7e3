"""Triggers on the tables that other programs write to: a row that changes waits for the daemon again.

Inserted rows wait by themselves. Keys don't change: a row that got another key would leave behind what was entered
under the old one, so this is refused with a text that says what to do instead.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

_NAME = re.compile(r"CREATE TRIGGER (\w+)")
_SQLITE = (
    """
    CREATE TRIGGER w1_contact_keyed BEFORE UPDATE OF external_source, external_id ON w1_contact
    WHEN OLD.external_source IS NOT NEW.external_source OR OLD.external_id IS NOT NEW.external_id
    BEGIN
        SELECT RAISE(ABORT, 'the key of a row of w1_contact does not change: set is_deleted and insert another row');
    END
    """,
    """
    CREATE TRIGGER w1_contact_changed AFTER UPDATE OF display_name, organization, is_deleted,
        tracking_consent, tracking_consent_at, tracking_consent_source ON w1_contact
    WHEN OLD.display_name IS NOT NEW.display_name OR OLD.organization IS NOT NEW.organization
        OR OLD.is_deleted IS NOT NEW.is_deleted OR OLD.tracking_consent IS NOT NEW.tracking_consent
        OR OLD.tracking_consent_at IS NOT NEW.tracking_consent_at
        OR OLD.tracking_consent_source IS NOT NEW.tracking_consent_source
    BEGIN
        UPDATE w1_contact SET applied_at = NULL, error = NULL
        WHERE external_source = NEW.external_source AND external_id = NEW.external_id;
    END
    """,
    """
    CREATE TRIGGER w1_contact_address_keyed
    BEFORE UPDATE OF external_source, external_id, address ON w1_contact_address
    WHEN OLD.external_source IS NOT NEW.external_source OR OLD.external_id IS NOT NEW.external_id
        OR OLD.address IS NOT NEW.address
    BEGIN
        SELECT RAISE(ABORT,
            'the key of a row of w1_contact_address does not change: set is_deleted and insert another row');
    END
    """,
    """
    CREATE TRIGGER w1_contact_address_changed
    AFTER UPDATE OF is_primary, valid_from_at, valid_to_at, is_deleted ON w1_contact_address
    WHEN OLD.is_primary IS NOT NEW.is_primary OR OLD.is_deleted IS NOT NEW.is_deleted
        OR OLD.valid_from_at IS NOT NEW.valid_from_at OR OLD.valid_to_at IS NOT NEW.valid_to_at
    BEGIN
        UPDATE w1_contact_address SET applied_at = NULL, error = NULL
        WHERE external_source = NEW.external_source AND external_id = NEW.external_id AND address = NEW.address;
    END
    """,
    """
    CREATE TRIGGER w1_merge_keyed BEFORE UPDATE OF contact_id ON w1_merge
    WHEN OLD.contact_id IS NOT NEW.contact_id
    BEGIN
        SELECT RAISE(ABORT, 'the key of a row of w1_merge does not change: set is_deleted and insert another row');
    END
    """,
    """
    CREATE TRIGGER w1_merge_changed AFTER UPDATE OF merged_into_id, is_deleted ON w1_merge
    WHEN OLD.merged_into_id IS NOT NEW.merged_into_id OR OLD.is_deleted IS NOT NEW.is_deleted
    BEGIN
        UPDATE w1_merge SET applied_at = NULL, error = NULL WHERE contact_id = NEW.contact_id;
    END
    """,
    """
    CREATE TRIGGER w1_deadline_keyed BEFORE UPDATE OF external_source, external_id ON w1_deadline
    WHEN OLD.external_source IS NOT NEW.external_source OR OLD.external_id IS NOT NEW.external_id
    BEGIN
        SELECT RAISE(ABORT, 'the key of a row of w1_deadline does not change: set is_deleted and insert another row');
    END
    """,
    """
    CREATE TRIGGER w1_deadline_changed AFTER UPDATE OF contact_id, thread_id, due_on, title, since_at, is_deleted
    ON w1_deadline
    WHEN OLD.contact_id IS NOT NEW.contact_id OR OLD.thread_id IS NOT NEW.thread_id OR OLD.due_on IS NOT NEW.due_on
        OR OLD.title IS NOT NEW.title OR OLD.since_at IS NOT NEW.since_at OR OLD.is_deleted IS NOT NEW.is_deleted
    BEGIN
        UPDATE w1_deadline SET applied_at = NULL, error = NULL
        WHERE external_source = NEW.external_source AND external_id = NEW.external_id;
    END
    """,
    """
    CREATE TRIGGER w1_task_state_keyed BEFORE UPDATE OF task_id ON w1_task_state
    WHEN OLD.task_id IS NOT NEW.task_id
    BEGIN
        SELECT RAISE(ABORT, 'the key of a row of w1_task_state does not change: insert another row');
    END
    """,
    """
    CREATE TRIGGER w1_task_state_changed
    AFTER UPDATE OF state, snoozed_until_at, changed_by, note ON w1_task_state
    WHEN OLD.state IS NOT NEW.state OR OLD.snoozed_until_at IS NOT NEW.snoozed_until_at
        OR OLD.changed_by IS NOT NEW.changed_by OR OLD.note IS NOT NEW.note
    BEGIN
        UPDATE w1_task_state SET applied_at = NULL, error = NULL WHERE task_id = NEW.task_id;
    END
    """,
)

_POSTGRESQL = (
    """
    CREATE FUNCTION w1_contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.external_source, OLD.external_id) IS DISTINCT FROM (NEW.external_source, NEW.external_id) THEN
            RAISE EXCEPTION 'the key of a row of w1_contact does not change: set is_deleted and insert another row';
        END IF;
        IF (OLD.display_name, OLD.organization, OLD.is_deleted, OLD.tracking_consent, OLD.tracking_consent_at,
                OLD.tracking_consent_source)
            IS DISTINCT FROM (NEW.display_name, NEW.organization, NEW.is_deleted, NEW.tracking_consent,
                NEW.tracking_consent_at, NEW.tracking_consent_source) THEN
            NEW.applied_at := NULL;
            NEW.error := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER w1_contact_changed BEFORE UPDATE ON w1_contact
    FOR EACH ROW EXECUTE FUNCTION w1_contact_changed()
    """,
    """
    CREATE FUNCTION w1_contact_address_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.external_source, OLD.external_id, OLD.address)
            IS DISTINCT FROM (NEW.external_source, NEW.external_id, NEW.address) THEN
            RAISE EXCEPTION
                'the key of a row of w1_contact_address does not change: set is_deleted and insert another row';
        END IF;
        IF (OLD.is_primary, OLD.valid_from_at, OLD.valid_to_at, OLD.is_deleted)
            IS DISTINCT FROM (NEW.is_primary, NEW.valid_from_at, NEW.valid_to_at, NEW.is_deleted) THEN
            NEW.applied_at := NULL;
            NEW.error := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER w1_contact_address_changed BEFORE UPDATE ON w1_contact_address
    FOR EACH ROW EXECUTE FUNCTION w1_contact_address_changed()
    """,
    """
    CREATE FUNCTION w1_merge_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.contact_id IS DISTINCT FROM NEW.contact_id THEN
            RAISE EXCEPTION 'the key of a row of w1_merge does not change: set is_deleted and insert another row';
        END IF;
        IF (OLD.merged_into_id, OLD.is_deleted) IS DISTINCT FROM (NEW.merged_into_id, NEW.is_deleted) THEN
            NEW.applied_at := NULL;
            NEW.error := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER w1_merge_changed BEFORE UPDATE ON w1_merge
    FOR EACH ROW EXECUTE FUNCTION w1_merge_changed()
    """,
    """
    CREATE FUNCTION w1_deadline_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.external_source, OLD.external_id) IS DISTINCT FROM (NEW.external_source, NEW.external_id) THEN
            RAISE EXCEPTION 'the key of a row of w1_deadline does not change: set is_deleted and insert another row';
        END IF;
        IF (OLD.contact_id, OLD.thread_id, OLD.due_on, OLD.title, OLD.since_at, OLD.is_deleted) IS DISTINCT FROM
            (NEW.contact_id, NEW.thread_id, NEW.due_on, NEW.title, NEW.since_at, NEW.is_deleted) THEN
            NEW.applied_at := NULL;
            NEW.error := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION w1_task_state_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.task_id IS DISTINCT FROM NEW.task_id THEN
            RAISE EXCEPTION 'the key of a row of w1_task_state does not change: insert another row';
        END IF;
        IF (OLD.state, OLD.snoozed_until_at, OLD.changed_by, OLD.note)
            IS DISTINCT FROM (NEW.state, NEW.snoozed_until_at, NEW.changed_by, NEW.note) THEN
            NEW.applied_at := NULL;
            NEW.error := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER w1_deadline_changed BEFORE UPDATE ON w1_deadline
    FOR EACH ROW EXECUTE FUNCTION w1_deadline_changed()
    """,
    """
    CREATE TRIGGER w1_task_state_changed BEFORE UPDATE ON w1_task_state
    FOR EACH ROW EXECUTE FUNCTION w1_task_state_changed()
    """,
)

_DROP_SQLITE = (
    "DROP TRIGGER IF EXISTS w1_contact_keyed",
    "DROP TRIGGER IF EXISTS w1_contact_changed",
    "DROP TRIGGER IF EXISTS w1_contact_address_keyed",
    "DROP TRIGGER IF EXISTS w1_contact_address_changed",
    "DROP TRIGGER IF EXISTS w1_merge_keyed",
    "DROP TRIGGER IF EXISTS w1_merge_changed",
    "DROP TRIGGER IF EXISTS w1_deadline_keyed",
    "DROP TRIGGER IF EXISTS w1_deadline_changed",
    "DROP TRIGGER IF EXISTS w1_task_state_keyed",
    "DROP TRIGGER IF EXISTS w1_task_state_changed",
)
#: With a function goes its trigger.
_DROP_POSTGRESQL = (
    "DROP FUNCTION IF EXISTS w1_contact_changed() CASCADE",
    "DROP FUNCTION IF EXISTS w1_contact_address_changed() CASCADE",
    "DROP FUNCTION IF EXISTS w1_merge_changed() CASCADE",
    "DROP FUNCTION IF EXISTS w1_deadline_changed() CASCADE",
    "DROP FUNCTION IF EXISTS w1_task_state_changed() CASCADE",
)


def missing(connection: Connection) -> list[str]:
    """Names of triggers of ours that are not there."""
    if connection.dialect.name == "postgresql":
        statements, there = _POSTGRESQL, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    else:
        statements, there = _SQLITE, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    found = set(connection.exec_driver_sql(there).scalars())
    wanted = [match[1] for each in statements if (match := _NAME.search(each))]
    return [name for name in wanted if name not in found]


def create(connection: Connection) -> None:
    """Make every trigger."""
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Remove every trigger of ours, so that the tables can be migrated."""
    for statement in _DROP_POSTGRESQL if connection.dialect.name == "postgresql" else _DROP_SQLITE:
        connection.exec_driver_sql(statement)
