"""What the columns of the views are made of: SQL that is the same on both databases, or one for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """One published view."""

    name: str
    #: (column, SQL expression or one for each database, type)
    columns: tuple[tuple[str, str | Mapping[str, str], str], ...]
    #: What stands behind FROM, or one for each database.
    source: str | Mapping[str, str]


def of_meta(name: str) -> str:
    """What the store itself says under this name, as SQL."""
    return f"(SELECT value FROM meta WHERE name = '{name}')"  # noqa: S608 - a name of ours, never input


def of_copy(table: str, key: str, value: str, levels: str = "") -> dict[str, str]:
    """Of the copy that an interaction shows; NULL where its visibility is none of `levels`.

    SQLite looks a value up where it is asked for: of a view that is itself a join it would make a table of all rows
    before it looked for one to the right of LEFT JOIN. PostgreSQL joins, which suits a board that reads all.
    """
    looked_up = f"(SELECT {value} FROM {table} x WHERE x.{key} = i.message_key)"  # noqa: S608 - words of ours, never input
    found = {"sqlite": looked_up, "postgresql": value.replace("x.", f"{table}.")}
    shown = f"CASE WHEN i.visibility IN ({levels}) THEN {{}} END" if levels else "{}"
    return {database: shown.format(sql) for database, sql in found.items()}


def chosen(sql: str | Mapping[str, str], dialect: str) -> str:
    """The SQL for one database of what may differ between them."""
    return sql if isinstance(sql, str) else sql[dialect]


#: The meeting that a mail is about.
INVITED_TO = "(SELECT min(v.meeting_id) FROM invitation v WHERE v.message_key = i.message_key)"


def by_kind(of_mail: str | Mapping[str, str], of_meeting: str) -> dict[str, str]:
    """A column of interactions that mails have from elsewhere than meetings."""
    looked_up = f"(SELECT m.{of_meeting} FROM meeting m WHERE m.interaction_id = i.id)"  # noqa: S608 - words of ours, never input
    return {
        database: f"CASE i.kind WHEN 'meeting' THEN {looked_up} ELSE {chosen(of_mail, database)} END"
        for database in ("sqlite", "postgresql")
    }


def attachment_count() -> dict[str, str]:
    """How many attachments the shown copy has; 0 where its visibility hides them."""
    found = of_copy("message", '"key"', "x.attachment_count")
    return {database: f"COALESCE({sql}, 0)" for database, sql in found.items()}


def of_streams(value: str) -> str:
    """Of the streams of an account that are there."""
    return f"(SELECT {value} FROM stream s WHERE s.account_id = account.id AND s.state = 'ok')"  # noqa: S608 - words of ours, never input


#: What is new in it; of what only passes on, that.
SNIPPET = "substr(COALESCE(NULLIF(x.new_text, ''), x.text), 1, 200)"
DAY = {
    "sqlite": "date(i.occurred_at)",
    "postgresql": "CAST(i.occurred_at AT TIME ZONE 'UTC' AS date)",
}
WEEK = {
    "sqlite": "date(i.occurred_at, 'weekday 0', '-6 days')",
    "postgresql": "CAST(date_trunc('week', i.occurred_at AT TIME ZONE 'UTC') AS date)",
}

#: A contact's part in meetings, of `link` as `l` and `meeting` as `m`; it may take part under several addresses. Links
#: of mails have other roles, and the index of these alone finds them among ten thousands of mails.
_MEETINGS_OF = """link l JOIN meeting m ON m.interaction_id = l.interaction_id
    WHERE l.contact_id = contact.id AND l.role IN ('organizer', 'attendee')"""
_COUNTED = {
    "last_met_at": "max(CASE m.status WHEN 'held' THEN l.occurred_at END)",
    "next_meeting_at": "min(CASE m.status WHEN 'planned' THEN l.occurred_at END)",
    **{
        name: f"count(DISTINCT CASE WHEN {condition} THEN m.id END)"
        for name, condition in {
            "held_count": "m.status = 'held'",
            "planned_count": "m.status = 'planned'",
            "declined_count": "m.is_declined",
            "cancelled_count": "m.status = 'cancelled' AND NOT m.is_declined",
            "moved_count": "m.moved_count > 0",
        }.items()
    },
}


def _meetings_of_contacts(dialect: str) -> str:
    if dialect == "sqlite":
        columns = ", ".join(f"(SELECT {sql} FROM {_MEETINGS_OF}) AS {name}" for name, sql in _COUNTED.items())  # noqa: S608 - words of ours, never input
        source = f"contact WHERE EXISTS (SELECT 1 FROM {_MEETINGS_OF})"  # noqa: S608 - words of ours, never input
    else:
        columns = "counted.*"
        of_one = ", ".join(f"{sql} AS {name}" for name, sql in _COUNTED.items())
        at_least_one = f"{_MEETINGS_OF} HAVING count(*) > 0"
        source = f"contact CROSS JOIN LATERAL (SELECT {of_one} FROM {at_least_one}) counted"  # noqa: S608 - words of ours, never input
    return f"(SELECT contact.id AS contact_id, {columns} FROM {source}) found"  # noqa: S608 - words of ours, never input


#: One row for each contact of a meeting, looked up by the contact. SQLite can do so where each column is a question of
#: its own, also to the right of a LEFT JOIN; PostgreSQL where all are one.
CONTACT_MEETINGS = {dialect: _meetings_of_contacts(dialect) for dialect in ("sqlite", "postgresql")}


def _weeks_of_answers(week: str, within: str = "") -> str:
    of_week = f"PARTITION BY i.answer_person_id, i.direction, {week}"

    def middle(value: str) -> str:
        """The median; of two in the middle half their sum."""
        places = ("(total + 1) / 2", "(total + 2) / 2")
        return " + ".join(
            f"CAST(max(CASE WHEN {value}_place = {place} THEN {value} END) AS bigint)" for place in places
        )

    return f"""(
    SELECT person_id, direction, week_starts_on, count(*) AS answer_count,
        ({middle("answer_seconds")}) / 2 AS answer_seconds,
        ({middle("answer_working_seconds")}) / 2 AS answer_working_seconds
    FROM (
        SELECT i.answer_person_id AS person_id, i.direction, {week} AS week_starts_on,
            i.answer_seconds, i.answer_working_seconds, count(*) OVER ({of_week}) AS total,
            row_number() OVER ({of_week} ORDER BY i.answer_seconds) AS answer_seconds_place,
            row_number() OVER ({of_week} ORDER BY i.answer_working_seconds) AS answer_working_seconds_place
        FROM interaction i
        WHERE i.answer_person_id IS NOT NULL AND i.visibility <> 'none'{within}
    ) answered
    GROUP BY person_id, direction, week_starts_on
) found"""  # noqa: S608 - words of ours, never input


#: Of each person, week and direction: how many answers there were, and their medians.
WEEKS_OF_ANSWERS = {dialect: _weeks_of_answers(week) for dialect, week in WEEK.items()}


#: {week}: of an interaction, {week_due}: of a task's day, {settled_on}: that of what settled it; {closed_on}: the
#: day of a state of a task; {within} and {due_within}: conditions on those of interest.
_WEEKS_OF_PEOPLE = """(
    SELECT person_id, week_starts_on,
        count_of('mails_out') AS mails_out_count,
        count_of('mails_in') AS mails_in_count,
        count_of('answers') AS answer_count,
        max(seconds) AS answer_seconds,
        max(working) AS answer_working_seconds,
        count_of('meetings') AS meeting_count,
        count_of('done', 'dismissed', 'settled', 'open', 'snoozed') AS task_count,
        count_of('done') AS done_count,
        count_of('settled') AS settled_count,
        count_of('open', 'snoozed') AS open_count,
        CAST(sum(late) AS bigint) AS late_count
    FROM (
        SELECT p.person_id, {week} AS week_starts_on, 'mails_out' AS what, count(*) AS many, 0 AS late,
            CAST(NULL AS bigint) AS seconds, CAST(NULL AS bigint) AS working
        FROM interaction i JOIN message m ON m."key" = i.message_key JOIN person_address p ON p.address = m.sender
        WHERE i.kind = 'email' AND i.direction = 'outbound' AND i.visibility <> 'none'{within}
        GROUP BY p.person_id, {week}
        UNION ALL
        SELECT p.person_id, {week}, 'mails_in', count(DISTINCT i.id), 0, NULL, NULL
        FROM interaction i JOIN interaction_person p ON p.interaction_id = i.id
        WHERE i.kind = 'email' AND i.direction = 'inbound' AND i.visibility <> 'none'{within}
        GROUP BY p.person_id, {week}
        UNION ALL
        SELECT a.person_id, {week}, 'meetings', count(DISTINCT i.id), 0, NULL, NULL
        FROM meeting m JOIN interaction i ON i.id = m.interaction_id JOIN attendee a ON a.meeting_id = m.id
        WHERE m.status = 'held' AND a.person_id IS NOT NULL AND a.response <> 'declined' AND i.visibility <> 'none'
            {within}
        GROUP BY a.person_id, {week}
        UNION ALL
        SELECT t.person_id, {week_due}, t.state, count(*),
            sum(CASE WHEN t.state IN ('done', 'settled') AND t.due_on < COALESCE(
                (SELECT {settled_on} FROM interaction s WHERE s.id = t.settled_by),
                (SELECT min({closed_on}) FROM task_history h WHERE h.task_id = t.id AND h.state = t.state)
            ) THEN 1 ELSE 0 END), NULL, NULL
        FROM task t
        WHERE t.person_id IS NOT NULL AND t.due_on IS NOT NULL{due_within}
        GROUP BY t.person_id, {week_due}, t.state
        UNION ALL
        SELECT person_id, week_starts_on, 'answers', answer_count, 0, answer_seconds, answer_working_seconds
        FROM {answers} WHERE direction = 'outbound'
    ) part
    GROUP BY person_id, week_starts_on
) found"""


def weeks_of_people(dialect: str, within: str = "", due_within: str = "") -> str:
    """Of each person and week what was written, met, answered and done; of interactions `i` and tasks `t` within."""

    def count_of(found: re.Match[str]) -> str:
        return f"CAST(sum(CASE WHEN what IN ({found[1]}) THEN many ELSE 0 END) AS bigint)"

    week_due, closed_on = {
        "sqlite": ("date(t.due_on, 'weekday 0', '-6 days')", "date(h.changed_at)"),
        "postgresql": (
            "CAST(date_trunc('week', CAST(t.due_on AS timestamp)) AS date)",
            "CAST(h.changed_at AT TIME ZONE 'UTC' AS date)",
        ),
    }[dialect]
    return re.sub(r"count_of\((.*?)\)", count_of, _WEEKS_OF_PEOPLE).format(
        week=WEEK[dialect],
        week_due=week_due,
        settled_on=DAY[dialect].replace("i.", "s."),
        closed_on=closed_on,
        within=within,
        due_within=due_within,
        answers=_weeks_of_answers(WEEK[dialect], within),
    )


WEEKS_OF_PEOPLE = {dialect: weeks_of_people(dialect) for dialect in WEEK}
