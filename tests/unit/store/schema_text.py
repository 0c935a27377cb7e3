"""All that a database consists of, as text to compare: tables, constraints, indexes, views, triggers and functions.

The order of columns and constraints in a table counts for nothing: what a migration adds stands last.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

_SQLITE = "SELECT type, name, coalesce(sql, '') FROM sqlite_master"
_POSTGRESQL = (
    "SELECT 'column', table_name, column_name, data_type, character_maximum_length, collation_name, is_nullable,"
    " column_default, identity_generation FROM information_schema.columns WHERE table_schema = current_schema()",
    "SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = current_schema()::regnamespace",
    "SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = current_schema()",
    "SELECT 'sequence', sequencename, data_type, start_value, increment_by FROM pg_sequences"
    " WHERE schemaname = current_schema()",
    "SELECT 'trigger', tgrelid::regclass, tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger"
    " JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace",
    "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
    "SELECT 'option', relname, reloptions FROM pg_class"
    " WHERE reloptions IS NOT NULL AND relnamespace = current_schema()::regnamespace",
)


def schema_text(connection: Connection) -> list[str]:
    """Sorted: one line for each thing; of a table of SQLite's its parts sorted."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(_SQLITE).all()
        return sorted(f"{kind} {name} {_parts(sql) if kind == 'table' else sql}" for kind, name, sql in rows)
    return sorted(" ".join(map(str, row)) for query in _POSTGRESQL for row in connection.exec_driver_sql(query))


def _parts(sql: str) -> list[str]:
    """What stands between commas outside of parentheses, in CREATE TABLE."""
    flat = re.sub(r"\s+", " ", sql.replace('"', ""))
    head, _, rest = flat.partition("(")
    body, _, tail = rest.rpartition(")")
    parts, depth, part = [], 0, ""
    for character in body:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return [head.strip(), *sorted([*parts, part.strip()]), tail.strip()]
