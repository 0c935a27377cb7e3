"""The readers' contract: views v1_*, alike on SQLite and PostgreSQL, only ever added to.

`VIEWS` holds for each view its columns in order, each with SQL and type, and what it reads from; docs/store.md
describes every one of them and a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from store.published.activity_views import ACTIVITY_VIEWS
from store.published.view_columns import (
    CONTACT_MEETINGS,
    DAY,
    INVITED_TO,
    SNIPPET,
    WEEK,
    View,
    attachment_count,
    by_kind,
    chosen,
    of_copy,
    of_meta,
    of_streams,
)

#: Raised by one whenever a view or column is added.
CONTRACT_VERSION = 13


VIEWS: tuple[View, ...] = (
    View(
        "v1_store",
        (
            ("store_id", of_meta("store_id"), "id"),
            ("feed_epoch", of_meta("feed_epoch"), "id"),
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
            ("tracking_consent_at", "tracking_consent_at", "instant"),
            ("tracking_consent_source", "tracking_consent_source", "text"),
        ),
        "contact WHERE deleted_at IS NULL",
    ),
    View(
        "v1_contact_address",
        (
            ("id", "a.id", "id"),
            # those of a merged contact are of the one that stands for it
            ("contact_id", "a.holder_id", "id"),
            ("address", "a.address", "text"),
            ("is_primary", "(a.is_primary AND a.holder_id = a.contact_id)", "flag"),
            ("state", "a.state", "text"),
            ("valid_from_at", "a.valid_from_at", "instant"),
            ("valid_to_at", "a.valid_to_at", "instant"),
        ),
        # no join: SQLite would make a table of all rows of one before it looked to the right of LEFT JOIN
        "contact_address a WHERE EXISTS (SELECT 1 FROM contact c WHERE c.id = a.contact_id AND c.deleted_at IS NULL)",
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
            ("subject", by_kind(of_copy("message", '"key"', "x.subject", "'full', 'subject'"), "subject"), "text"),
            ("snippet", of_copy("content", "message_key", SNIPPET, "'full'"), "text"),
            ("body_text", of_copy("content", "message_key", "x.text", "'full'"), "text"),
            ("message_id", of_copy("message", '"key"', "x.mid"), "text"),
            ("thread_id", "i.thread_id", "id"),
            ("meeting_id", by_kind(INVITED_TO, "id"), "id"),
            ("attachment_count", attachment_count(), "integer"),
            ("is_unverified", "i.is_unverified", "flag"),
            ("visibility", "i.visibility", "text"),
            ("created_at", "i.created_at", "instant"),
            ("updated_at", "i.updated_at", "instant"),
            ("is_answered", "i.is_answered", "flag"),
            ("is_forwarded", "i.is_forwarded", "flag"),
            ("parent_id", "i.parent_id", "id"),
            ("answer_seconds", "i.answer_seconds", "integer"),
            ("occurred_on", DAY, "date"),
            ("week_starts_on", WEEK, "date"),
            ("new_text", of_copy("content", "message_key", "COALESCE(x.new_text, x.text)", "'full'"), "text"),
            ("answer_working_seconds", "i.answer_working_seconds", "integer"),
            ("answer_person_id", "i.answer_person_id", "id"),
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
        CONTACT_MEETINGS,
    ),
    *ACTIVITY_VIEWS,
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
            ("backlog", of_streams("sum(s.backlog)"), "integer"),
            # a stream that is complete from nowhere on is one too many
            (
                "complete_since_at",
                of_streams("CASE WHEN count(*) = count(s.complete_since_at) THEN max(s.complete_since_at) END"),
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
        columns = ", ".join(f"{chosen(sql, dialect)} AS {name}" for name, sql, _type in view.columns)
        query = f"SELECT {columns} FROM {chosen(view.source, dialect)}"  # noqa: S608 - made of the constants above
        connection.exec_driver_sql(f"CREATE VIEW {view.name} AS {query}")


def drop(connection: Connection) -> None:
    """Remove every view of ours, so that the tables below can be migrated."""
    for name in inspect(connection).get_view_names():
        if name.startswith("v1_"):
            connection.exec_driver_sql(f'DROP VIEW "{name}"')
