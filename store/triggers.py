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
    CREATE TRIGGER w1_contact_changed AFTER UPDATE OF display_name, is_deleted ON w1_contact
    WHEN OLD.display_name IS NOT NEW.display_name OR OLD.is_deleted IS NOT NEW.is_deleted
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
    CREATE TRIGGER w1_contact_address_changed AFTER UPDATE OF is_primary, is_deleted ON w1_contact_address
    WHEN OLD.is_primary IS NOT NEW.is_primary OR OLD.is_deleted IS NOT NEW.is_deleted
    BEGIN
        UPDATE w1_contact_address SET applied_at = NULL, error = NULL
        WHERE external_source = NEW.external_source AND external_id = NEW.external_id AND address = NEW.address;
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
        IF (OLD.display_name, OLD.is_deleted) IS DISTINCT FROM (NEW.display_name, NEW.is_deleted) THEN
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
        IF (OLD.is_primary, OLD.is_deleted) IS DISTINCT FROM (NEW.is_primary, NEW.is_deleted) THEN
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
)

_DROP_SQLITE = (
    "DROP TRIGGER IF EXISTS w1_contact_keyed",
    "DROP TRIGGER IF EXISTS w1_contact_changed",
    "DROP TRIGGER IF EXISTS w1_contact_address_keyed",
    "DROP TRIGGER IF EXISTS w1_contact_address_changed",
)
#: With a function goes its trigger.
_DROP_POSTGRESQL = (
    "DROP FUNCTION IF EXISTS w1_contact_changed() CASCADE",
    "DROP FUNCTION IF EXISTS w1_contact_address_changed() CASCADE",
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
