"""The readers' contract: views v1_*, alike on SQLite and PostgreSQL, only ever added to.

`VIEWS` holds for each view its columns in order, each with SQL and type, and what it reads from; docs/store.md
describes every one of them and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

#: Raised by one whenever a view or column is added.
CONTRACT_VERSION = 9


@dataclass(frozen=True, slots=True)
class View:
    """One published view."""

    name: str
    #: (column, SQL expression or one for each database, type)
    columns: tuple[tuple[str, str | Mapping[str, str], str], ...]
    #: What stands behind FROM, or one for each database.
    source: str | Mapping[str, str]


def _meta(name: str) -> str:
    return f"(SELECT value FROM meta WHERE name = '{name}')"  # noqa: S608 - a name of ours, never input


def _of_copy(table: str, key: str, value: str, levels: str = "") -> dict[str, str]:
    """Of the copy that an interaction shows; NULL where its visibility is none of `levels`.

    SQLite looks a value up where it is asked for: of a view that is itself a join it would make a table of all rows
    before it looked for one to the right of LEFT JOIN. PostgreSQL joins, which suits a board that reads all.
    """
    looked_up = f"(SELECT {value} FROM {table} x WHERE x.{key} = i.message_key)"  # noqa: S608 - words of ours, never input
    found = {"sqlite": looked_up, "postgresql": value.replace("x.", f"{table}.")}
    shown = f"CASE WHEN i.visibility IN ({levels}) THEN {{}} END" if levels else "{}"
    return {database: shown.format(sql) for database, sql in found.items()}


def _chosen(sql: str | Mapping[str, str], dialect: str) -> str:
    return sql if isinstance(sql, str) else sql[dialect]


#: The meeting that a mail is about.
_INVITED_TO = "(SELECT min(v.meeting_id) FROM invitation v WHERE v.message_key = i.message_key)"


def _by_kind(of_mail: str | Mapping[str, str], of_meeting: str) -> dict[str, str]:
    """A column of interactions that mails have from elsewhere than meetings."""
    looked_up = f"(SELECT m.{of_meeting} FROM meeting m WHERE m.interaction_id = i.id)"  # noqa: S608 - words of ours, never input
    return {
        database: f"CASE i.kind WHEN 'meeting' THEN {looked_up} ELSE {_chosen(of_mail, database)} END"
        for database in ("sqlite", "postgresql")
    }


def _attachment_count() -> dict[str, str]:
    found = _of_copy("message", '"key"', "x.attachment_count")
    return {database: f"COALESCE({sql}, 0)" for database, sql in found.items()}


def _of_streams(value: str) -> str:
    """Of the streams of an account that are there."""
    return f"(SELECT {value} FROM stream s WHERE s.account_id = account.id AND s.state = 'ok')"  # noqa: S608 - words of ours, never input


_DAY = {
    "sqlite": "date(i.occurred_at)",
    "postgresql": "CAST(i.occurred_at AT TIME ZONE 'UTC' AS date)",
}
_WEEK = {
    "sqlite": "date(i.occurred_at, 'weekday 0', '-6 days')",
    "postgresql": "CAST(date_trunc('week', i.occurred_at AT TIME ZONE 'UTC') AS date)",
}

#: One row for each contact of a meeting; a contact may take part under several addresses.
_CONTACT_MEETINGS = """(
    SELECT contact_id,
        max(CASE status WHEN 'held' THEN occurred_at END) AS last_met_at,
        min(CASE status WHEN 'planned' THEN occurred_at END) AS next_meeting_at,
        count(CASE status WHEN 'held' THEN 1 END) AS held_count,
        count(CASE status WHEN 'planned' THEN 1 END) AS planned_count,
        count(CASE WHEN is_declined THEN 1 END) AS declined_count,
        count(CASE WHEN status = 'cancelled' AND NOT is_declined THEN 1 END) AS cancelled_count,
        count(CASE WHEN moved_count > 0 THEN 1 END) AS moved_count
    FROM (
        SELECT DISTINCT l.contact_id, l.occurred_at, m.id, m.status, m.is_declined, m.moved_count
        FROM meeting m JOIN link l ON l.interaction_id = m.interaction_id
    ) each
    GROUP BY contact_id
) found"""

VIEWS: tuple[View, ...] = (
    View(
        "v1_store",
        (
            ("store_id", _meta("store_id"), "id"),
            ("feed_epoch", _meta("feed_epoch"), "id"),
            ("first_seq", "f.first_seq", "integer"),
            ("last_seq", "f.last_seq", "integer"),
            ("contract_version", str(CONTRACT_VERSION), "integer"),
        ),
        "feed_state f",
    ),
    View(
        "v1_person",
        (
            ("id", "id", "id"),
            ("email", "email", "text"),
            ("display_name", "display_name", "text"),
            ("team", "team", "text"),
            ("time_zone", "time_zone", "text"),
            ("is_active", "is_active", "flag"),
            ("external_id", "external_id", "text"),
        ),
        "person",
    ),
    View(
        "v1_contact",
        (
            ("id", "id", "id"),
            ("display_name", "display_name", "text"),
            ("organization_id", "organization_id", "id"),
            ("person_id", "person_id", "id"),
            ("external_source", "external_source", "text"),
            ("external_id", "external_id", "text"),
            ("tracking_consent", "tracking_consent", "text"),
            ("merged_into_id", "merged_into_id", "id"),
            ("created_at", "created_at", "instant"),
            ("updated_at", "updated_at", "instant"),
        ),
        "contact WHERE deleted_at IS NULL",
    ),
    View(
        "v1_contact_address",
        (
            ("id", "a.id", "id"),
            # those of a merged contact are of the one that stands for it
            ("contact_id", "COALESCE(c.merged_into_id, c.id)", "id"),
            ("address", "a.address", "text"),
            ("is_primary", "(a.is_primary AND c.merged_into_id IS NULL)", "flag"),
            ("state", "a.state", "text"),
            ("valid_from_at", "a.valid_from_at", "instant"),
            ("valid_to_at", "a.valid_to_at", "instant"),
        ),
        "contact_address a JOIN contact c ON c.id = a.contact_id WHERE c.deleted_at IS NULL",
    ),
    View(
        "v1_organization",
        (
            ("id", "id", "id"),
            ("display_name", "display_name", "text"),
            ("domain", "domain", "text"),
            ("external_source", "external_source", "text"),
            ("external_id", "external_id", "text"),
        ),
        "organization",
    ),
    View(
        "v1_interaction",
        (
            ("id", "i.id", "id"),
            ("kind", "i.kind", "text"),
            ("direction", "i.direction", "text"),
            ("occurred_at", "i.occurred_at", "instant"),
            ("subject", _by_kind(_of_copy("message", '"key"', "x.subject", "'full', 'subject'"), "subject"), "text"),
            ("snippet", _of_copy("content", "message_key", "substr(x.text, 1, 200)", "'full'"), "text"),
            ("body_text", _of_copy("content", "message_key", "x.text", "'full'"), "text"),
            ("message_id", _of_copy("message", '"key"', "x.mid"), "text"),
            ("thread_id", "i.thread_id", "id"),
            ("meeting_id", _by_kind(_INVITED_TO, "id"), "id"),
            ("attachment_count", _attachment_count(), "integer"),
            ("is_unverified", "i.is_unverified", "flag"),
            ("visibility", "i.visibility", "text"),
            ("created_at", "i.created_at", "instant"),
            ("updated_at", "i.updated_at", "instant"),
            ("is_answered", "i.is_answered", "flag"),
            ("is_forwarded", "i.is_forwarded", "flag"),
            ("parent_id", "i.parent_id", "id"),
            ("answer_seconds", "i.answer_seconds", "integer"),
            ("occurred_on", _DAY, "date"),
            ("week_starts_on", _WEEK, "date"),
        ),
        # of those that are hidden there are no links, no people and no threads either
        {
            "sqlite": "interaction i WHERE i.visibility <> 'none'",
            "postgresql": 'interaction i LEFT JOIN message ON message."key" = i.message_key'
            " LEFT JOIN content ON content.message_key = i.message_key WHERE i.visibility <> 'none'",
        },
    ),
    View(
        "v1_interaction_contact",
        (
            ("interaction_id", "interaction_id", "id"),
            ("contact_id", "contact_id", "id"),
            ("address", "address", "text"),
            ("role", "role", "text"),
            ("reason", "reason", "text"),
            ("occurred_at", "occurred_at", "instant"),
        ),
        # who was blind-copied is known to the sender's copy alone
        "link WHERE role <> 'bcc'",
    ),
    View(
        "v1_interaction_person",
        (
            ("interaction_id", "interaction_id", "id"),
            ("person_id", "person_id", "id"),
            ("account_id", "NULLIF(account_id, '')", "id"),
        ),
        "interaction_person",
    ),
    View(
        "v1_thread",
        (
            ("id", "id", "id"),
            ("subject", "subject", "text"),
            ("first_at", "first_at", "instant"),
            ("last_at", "last_at", "instant"),
            ("interaction_count", "interaction_count", "integer"),
        ),
        "thread",
    ),
    View(
        "v1_meeting",
        (
            ("id", "id", "id"),
            ("interaction_id", "interaction_id", "id"),
            ("uid", "uid", "text"),
            ("recurrence_id", "recurrence_id", "text"),
            ("series_id", "series_id", "id"),
            ("starts_at", "starts_at", "instant"),
            ("ends_at", "ends_at", "instant"),
            ("starts_on", "starts_on", "date"),
            ("ends_on", "ends_on", "date"),
            ("is_all_day", "is_all_day", "flag"),
            ("time_zone", "time_zone", "text"),
            ("subject", "subject", "text"),
            ("location", "location", "text"),
            ("conference_url", "conference_url", "text"),
            ("status", "status", "text"),
            ("is_tentative", "is_tentative", "flag"),
            ("moved_count", "moved_count", "integer"),
            ("is_declined", "is_declined", "flag"),
        ),
        "meeting",
    ),
    View(
        "v1_attendee",
        (
            ("meeting_id", "meeting_id", "id"),
            ("address", "address", "text"),
            ("contact_id", "contact_id", "id"),
            ("person_id", "person_id", "id"),
            ("role", "role", "text"),
            ("response", "response", "text"),
            ("responded_at", "responded_at", "instant"),
        ),
        "attendee",
    ),
    View(
        "v1_contact_meetings",
        (
            ("contact_id", "contact_id", "id"),
            ("last_met_at", "last_met_at", "instant"),
            ("next_meeting_at", "next_meeting_at", "instant"),
            ("held_count", "held_count", "integer"),
            ("planned_count", "planned_count", "integer"),
            ("declined_count", "declined_count", "integer"),
            ("cancelled_count", "cancelled_count", "integer"),
            ("moved_count", "moved_count", "integer"),
        ),
        _CONTACT_MEETINGS,
    ),
    View(
        "v1_signal",
        (
            ("id", "id", "id"),
            ("interaction_id", "interaction_id", "id"),
            ("contact_id", "contact_id", "id"),
            ("kind", "kind", "text"),
            ("occurred_at", "occurred_at", "instant"),
            ("evidence", "evidence", "text"),
            ("confidence", "CAST(confidence AS NUMERIC)", "number"),
        ),
        "signal",
    ),
    View(
        "v1_task",
        (
            ("id", "id", "id"),
            ("rule", "rule", "text"),
            ("title", "title", "text"),
            ("state", "state", "text"),
            ("due_at", "due_at", "instant"),
            ("due_on", "due_on", "date"),
            ("snoozed_until_at", "snoozed_until_at", "instant"),
            ("person_id", "person_id", "id"),
            ("contact_id", "contact_id", "id"),
            ("organization_id", "organization_id", "id"),
            ("interaction_id", "interaction_id", "id"),
            ("priority", "priority", "integer"),
            ("reason", "reason", "text"),
            ("settled_by", "settled_by", "id"),
            ("created_at", "created_at", "instant"),
            ("updated_at", "updated_at", "instant"),
        ),
        "task",
    ),
    View(
        "v1_account_status",
        (
            ("id", "id", "id"),
            ("name", "name", "text"),
            ("person_id", "person_id", "id"),
            ("kind", "kind", "text"),
            ("state", "state", "text"),
            ("reason", "reason", "text"),
            ("last_success_at", "last_success_at", "instant"),
            ("next_try_at", "next_try_at", "instant"),
            ("coverage", "CAST(coverage AS NUMERIC)", "number"),
            ("backlog", _of_streams("sum(s.backlog)"), "integer"),
            # a stream that is complete from nowhere on is one too many
            (
                "complete_since_at",
                _of_streams("CASE WHEN count(*) = count(s.complete_since_at) THEN max(s.complete_since_at) END"),
                "instant",
            ),
            ("audited_at", "audited_at", "instant"),
            ("state_since_at", "state_since_at", "instant"),
            ("failures", "failures", "integer"),
        ),
        "account WHERE ended_at IS NULL",
    ),
    View(
        "v1_redirect",
        (
            ("entity", "entity", "text"),
            ("old_id", "old_id", "id"),
            ("new_id", "new_id", "id"),
            ("at", "at", "instant"),
        ),
        "redirect",
    ),
    View(
        "v1_change",
        (
            ("seq", "seq", "integer"),
            ("entity", "entity", "text"),
            ("entity_id", "entity_id", "id"),
            ("op", "op", "text"),
            ("changed_at", "changed_at", "instant"),
        ),
        "change",
    ),
)


def create(connection: Connection) -> None:
    """Make every view."""
    for view in VIEWS:
        dialect = connection.dialect.name
        columns = ", ".join(f"{_chosen(sql, dialect)} AS {name}" for name, sql, _type in view.columns)
        query = f"SELECT {columns} FROM {_chosen(view.source, dialect)}"  # noqa: S608 - made of the constants above
        connection.exec_driver_sql(f"CREATE VIEW {view.name} AS {query}")


def drop(connection: Connection) -> None:
    """Remove every view of ours, so that the tables below can be migrated."""
    for name in inspect(connection).get_view_names():
        if name.startswith("v1_"):
            connection.exec_driver_sql(f'DROP VIEW "{name}"')
