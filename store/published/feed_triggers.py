"""Triggers that note in the outbox whatever changes in the rows that readers see.

Whoever writes, and by whatever way: what a view shows differently afterwards is in the outbox of the same transaction.
Columns that no view shows, and times that every poll moves, are not watched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from store.schema.scores import COUNTED, HOURS
from store.schema.signals import OPENS


@dataclass(frozen=True, slots=True)
class Watched:
    """A table whose rows readers see."""

    table: str
    #: The word for it in the feed.
    entity: str
    #: Its columns that readers see.
    columns: tuple[str, ...]
    #: The column with the id that the feed names.
    id: str = "id"
    #: Rows are shown where this holds; {} stands for the row.
    shown: str = ""
    #: Several rows have one id: any change of them means to read those that there are.
    is_set: bool = False


WATCHED = (
    Watched("person", "person", ("email", "display_name", "team", "time_zone", "is_active", "external_id")),
    Watched(
        "contact",
        "contact",
        (
            "display_name",
            "organization_id",
            "person_id",
            "external_source",
            "external_id",
            *("tracking_consent", "tracking_consent_at", "tracking_consent_source"),
            "merged_into_id",
        ),
        shown="{}.deleted_at IS NULL",
    ),
    Watched(
        "contact_address",
        "contact_address",
        ("contact_id", "address", "is_primary", "state", "valid_from_at", "valid_to_at"),
    ),
    Watched("organization", "organization", ("display_name", "domain", "external_source", "external_id")),
    Watched(
        "interaction",
        "interaction",
        (
            "kind",
            "direction",
            "occurred_at",
            "message_key",
            "thread_id",
            "parent_id",
            "answer_seconds",
            "answer_working_seconds",
            "answer_person_id",
            "is_unverified",
            "is_answered",
            "is_forwarded",
            "visibility",
        ),
        shown="{}.visibility <> 'none'",
    ),
    Watched(
        "link",
        "interaction_contact",
        ("contact_id", "address", "role", "reason", "occurred_at"),
        id="interaction_id",
        shown="{}.role <> 'bcc'",
        is_set=True,
    ),
    Watched("interaction_person", "interaction_person", ("person_id", "account_id"), id="interaction_id", is_set=True),
    Watched("thread", "thread", ("subject", "first_at", "last_at", "interaction_count")),
    Watched(
        "meeting",
        "meeting",
        (
            *("interaction_id", "uid", "recurrence_id", "series_id", "starts_at", "ends_at", "starts_on", "ends_on"),
            *("is_all_day", "time_zone", "subject", "location", "conference_url", "status", "is_declined"),
            *("is_tentative", "moved_count"),
        ),
    ),
    Watched(
        "attendee",
        "attendee",
        ("address", "contact_id", "person_id", "role", "response", "responded_at"),
        id="meeting_id",
        is_set=True,
    ),
    Watched(
        "signal",
        "signal",
        (
            *("interaction_id", "contact_id", "kind", "occurred_at", "evidence", "confidence"),
            *("source_interaction_id", "recipient", "status", "category", "is_hard", "reason", "return_on"),
            *("answer_seconds", "answer_working_seconds", "verdict"),
        ),
    ),
    Watched(
        "engagement",
        "engagement",
        (
            *("last_in_at", "last_out_at", "last_at", "reply_count", "their_answer_seconds", "our_answer_seconds"),
            *("their_answer_working_seconds", "our_answer_working_seconds"),
            *("usual_gap_seconds", "quiet_from_at", "is_quiet", "last_open_at"),
            *OPENS,
        ),
        id="contact_id",
    ),
    # when it was computed is no news by itself
    Watched("contact_score", "score", ("score", "formula_version", *COUNTED, *HOURS), id="contact_id"),
    Watched("contact_stage", "stage", ("stage", "since_on", "previous_stage", "rule"), id="contact_id"),
    Watched(
        "task",
        "task",
        (
            *("rule", "title", "state", "due_at", "due_on", "snoozed_until_at", "person_id", "contact_id"),
            *("organization_id", "interaction_id", "priority", "reason", "settled_by", "settled_how"),
        ),
    ),
    # the times and numbers that every poll moves are no news
    Watched(
        "account",
        "account_status",
        ("name", "person_id", "kind", "state", "state_since_at", "reason", "coverage", "audited_at"),
        shown="{}.ended_at IS NULL",
    ),
)
#: Of the copy that an interaction shows, these are seen.
_SHOWN_OF_COPY = (
    ("message", "key", ("mid", "subject", "attachment_count")),
    ("content", "message_key", ("text", "new_text")),
    ("invitation", "message_key", ("meeting_id",)),
)


def create(connection: Connection) -> None:
    """Make every trigger."""
    statements = _postgresql() if connection.dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """Names of triggers of ours that are not there."""
    is_postgresql = connection.dialect.name == "postgresql"
    there = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if is_postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    found = set(connection.exec_driver_sql(there).scalars())
    return [each.name for each in _triggers("IS NOT") if each.name not in found]


def drop(connection: Connection) -> None:
    """Remove every trigger of ours, so that the tables can be migrated."""
    if connection.dialect.name == "postgresql":
        functions = (
            "SELECT proname FROM pg_proc"
            " WHERE starts_with(proname, 'feed_') AND pronamespace = current_schema()::regnamespace"
        )
        for (name,) in connection.exec_driver_sql(functions).all():
            connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")
    else:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'feed~_%' ESCAPE '~'"
        for (name,) in connection.exec_driver_sql(names).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What is noted when."""

    name: str
    table: str
    #: INSERT, UPDATE OF …, or DELETE
    event: str
    #: A condition on OLD and NEW; "": always.
    when: str
    #: SELECT of (entity, entity_id, op).
    noted: str


def _triggers(differs: str) -> Iterator[_Trigger]:
    """`differs`: the operator by which a database compares values of which some are NULL."""
    for each in WATCHED:
        shown_new = each.shown.format("NEW")
        shown_old = each.shown.format("OLD")
        gone = "upsert" if each.is_set else "delete"
        hidden_by = _columns_of(each.shown)
        columns = tuple(dict.fromkeys((*each.columns, *hidden_by)))
        yield _Trigger(
            f"feed_{each.table}_added", each.table, "INSERT", shown_new, _noted(each.entity, f"NEW.{each.id}", "upsert")
        )
        yield _Trigger(
            f"feed_{each.table}_removed", each.table, "DELETE", shown_old, _noted(each.entity, f"OLD.{each.id}", gone)
        )
        changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)
        yield _Trigger(
            f"feed_{each.table}_changed",
            each.table,
            "UPDATE OF " + ", ".join(columns),
            f"({changed})" + (f" AND {shown_new}" if shown_new else ""),
            _noted(each.entity, f"NEW.{each.id}", "upsert"),
        )
        if each.shown:
            yield _Trigger(
                f"feed_{each.table}_hidden",
                each.table,
                "UPDATE OF " + ", ".join(hidden_by),
                f"{shown_old} AND NOT ({shown_new})",
                _noted(each.entity, f"NEW.{each.id}", gone),
            )
    yield from _of_contacts_addresses(differs)
    yield from _of_copies(differs)
    yield from _of_meetings(differs)
    yield _Trigger("feed_redirect_added", "redirect", "INSERT", "", _noted_as("NEW.entity", "NEW.old_id", "redirect"))


def _of_contacts_addresses(differs: str) -> Iterator[_Trigger]:
    """Addresses pass to the contact that stands for theirs, and appear and vanish with theirs."""
    moved = f"OLD.holder_id {differs} NEW.holder_id"
    living = "FROM contact c WHERE c.id = NEW.contact_id AND c.deleted_at IS NULL"
    shown = f"SELECT 'contact_address', NEW.id, 'upsert' {living}"
    yield _Trigger("feed_contact_address_moved", "contact_address", "UPDATE OF holder_id", moved, shown)
    for name, condition, op in (
        ("gone", "OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL", "delete"),
        ("back", "OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL", "upsert"),
    ):
        held = f"SELECT 'contact_address', a.id, '{op}' FROM contact_address a WHERE a.contact_id = NEW.id"  # noqa: S608 - words of ours
        yield _Trigger(f"feed_contact_addresses_{name}", "contact", "UPDATE OF deleted_at", condition, held)


def _of_copies(differs: str) -> Iterator[_Trigger]:
    """What a copy says is what its interaction shows."""
    for table, key, columns in _SHOWN_OF_COPY:
        changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)
        shown = f"i.message_key = NEW.{key} AND i.visibility <> 'none'"
        shows = f"SELECT 'interaction', i.id, 'upsert' FROM interaction i WHERE {shown}"  # noqa: S608 - words of ours
        yield _Trigger(f"feed_{table}_changed", table, "UPDATE OF " + ", ".join(columns), changed, shows)


def _of_meetings(differs: str) -> Iterator[_Trigger]:
    """The subject of a meeting is shown by its interaction too."""
    changed = f"OLD.subject {differs} NEW.subject"
    yield _Trigger(
        "feed_meeting_named",
        "meeting",
        "UPDATE OF subject",
        changed,
        _noted("interaction", "NEW.interaction_id", "upsert"),
    )


def _columns_of(shown: str) -> tuple[str, ...]:
    """The column that a condition looks at."""
    return (shown.partition(".")[2].split()[0],) if shown else ()


def _noted(entity: str, entity_id: str, op: str) -> str:
    return _noted_as(f"'{entity}'", entity_id, op)


def _noted_as(entity: str, entity_id: str, op: str) -> str:
    return f"SELECT {entity}, {entity_id}, '{op}'"


def _sqlite() -> Iterator[str]:
    for each in _triggers("IS NOT"):
        when = f"WHEN {each.when}" if each.when else ""
        yield (
            f"CREATE TRIGGER {each.name} AFTER {each.event} ON {each.table} {when}"
            f" BEGIN INSERT INTO outbox (entity, entity_id, op) {each.noted}; END"
        )


def _postgresql() -> Iterator[str]:
    for each in _triggers("IS DISTINCT FROM"):
        yield (
            f"CREATE FUNCTION {each.name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN INSERT INTO outbox (entity, entity_id, op) {each.noted}; RETURN NULL; END $$"
        )
        when = f"WHEN ({each.when})" if each.when else ""
        yield (
            f"CREATE TRIGGER {each.name} AFTER {each.event} ON {each.table}"
            f" FOR EACH ROW {when} EXECUTE FUNCTION {each.name}()"
        )
