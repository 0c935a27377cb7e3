"""What is always so in a store that is whole: for each rule, SQL that finds the rows that break it.

The SQL is the same on SQLite and PostgreSQL and gives one column, a text that names the row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, by what its breaking is called."""

    name: str
    #: For people: what a row that breaks it is.
    problem: str
    sql: str
    #: It holds only when nothing waits to be derived of these (`dirty.kind`); "": always.
    waits_for: str = ""
    #: What mends it: "audit" (the servers have it), "reprocess" (it follows from facts), "backup" (neither).
    remedy: str = "backup"


def _placed(table: str) -> str:
    """Rows that hang on a placement that is not there."""
    return (
        f"SELECT x.stream_id || '/' || x.ref FROM {table} x WHERE NOT EXISTS"  # noqa: S608 - a table of ours
        " (SELECT 1 FROM placement p WHERE p.stream_id = x.stream_id AND p.ref = x.ref)"
    )


def _of_message(table: str, named: str) -> str:
    """Rows that hang on a message that is not there."""
    return (
        f"SELECT {named} FROM {table} x WHERE NOT EXISTS"  # noqa: S608 - a table of ours
        ' (SELECT 1 FROM message m WHERE m."key" = x.message_key)'
    )


def _of_interaction(table: str, named: str) -> str:
    return f"SELECT {named} FROM {table} x WHERE NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = x.interaction_id)"  # noqa: S608 - a table of ours


RULES: tuple[Rule, ...] = (
    Rule(
        "placement_without_stream",
        "places of mails in a folder that the store does not know",
        "SELECT p.stream_id || '/' || p.ref FROM placement p"
        " WHERE NOT EXISTS (SELECT 1 FROM stream s WHERE s.id = p.stream_id)",
    ),
    Rule(
        "placement_without_message",
        "places of mails that are said to be stored and are not",
        "SELECT p.stream_id || '/' || p.ref FROM placement p WHERE p.verdict = 'stored'"
        ' AND NOT EXISTS (SELECT 1 FROM message m WHERE m."key" = p.message_key)'
        " AND NOT EXISTS (SELECT 1 FROM calendar_object o WHERE o.stream_id = p.stream_id AND o.ref = p.ref)",
        remedy="audit",
    ),
    Rule(
        "skipped_participant_without_placement",
        "participants of skipped mails that have no place",
        _placed("skipped_participant"),
    ),
    Rule("bcc_without_placement", "blind copies of mails that have no place", _placed("placement_bcc")),
    Rule("bcc_without_message", "blind copies of mails that are not stored", _of_message("placement_bcc", "x.email")),
    Rule(
        "message_without_content",
        "mails without their text",
        "SELECT coalesce(m.mid, m.subject, 'a mail') FROM message m"
        ' WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.message_key = m."key")',
    ),
    Rule(
        "content_without_message",
        "texts without their mail",
        _of_message("content", "coalesce(substr(x.text, 1, 40), 'a text')"),
    ),
    Rule("participant_without_message", "participants without their mail", _of_message("participant", "x.email")),
    Rule(
        "reference_without_message",
        "references of mails that are not stored",
        _of_message("reference", "'a reference'"),
    ),
    Rule(
        "message_without_interaction",
        "mails that are stored and are not in the history",
        "SELECT coalesce(m.mid, m.subject, 'a mail') FROM message m"
        " WHERE NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = m.interaction_id)",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "interaction_without_message",
        "rows of the history whose mail is not stored",
        "SELECT i.id FROM interaction i WHERE i.kind = 'email' AND NOT EXISTS"
        ' (SELECT 1 FROM message m WHERE m."key" = i.message_key AND m.interaction_id = i.id)',
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "interaction_without_thread",
        "rows of the history whose thread is not there",
        "SELECT i.id FROM interaction i WHERE i.kind = 'email' AND i.visibility <> 'none'"
        " AND NOT EXISTS (SELECT 1 FROM thread t WHERE t.id = i.thread_id)",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "thread_counts_wrong",
        "threads that count other mails than theirs",
        # for each thread by itself: all of them grouped would be in memory together
        "SELECT t.id FROM thread t WHERE NOT EXISTS"
        " (SELECT 1 FROM interaction i WHERE i.thread_id = t.id AND i.visibility <> 'none' GROUP BY i.thread_id HAVING"
        " count(*) = t.interaction_count AND min(i.occurred_at) = t.first_at AND max(i.occurred_at) = t.last_at)",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "link_without_interaction",
        "links to rows of the history that are not there",
        _of_interaction("link", "x.address"),
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "hidden_mail_seen",
        "links and people of rows of the history that others may not see",
        "SELECT i.id FROM interaction i WHERE i.visibility = 'none'"
        " AND (EXISTS (SELECT 1 FROM link l WHERE l.interaction_id = i.id)"
        " OR EXISTS (SELECT 1 FROM interaction_person p WHERE p.interaction_id = i.id))",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "link_at_another_time",
        "links that tell another time than their row of the history",
        "SELECT l.address FROM link l JOIN interaction i ON i.id = l.interaction_id"
        " WHERE i.occurred_at <> l.occurred_at",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "link_without_contact",
        "links to contacts that are not there, or deleted",
        "SELECT l.address FROM link l WHERE NOT EXISTS"
        " (SELECT 1 FROM contact c WHERE c.id = l.contact_id AND c.deleted_at IS NULL)",
        waits_for="address",
        remedy="reprocess",
    ),
    Rule(
        "person_without_interaction",
        "people of rows of the history that are not there",
        _of_interaction("interaction_person", "x.person_id"),
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "interaction_person_unknown",
        "rows of the history of people or accounts that are not there",
        "SELECT x.interaction_id FROM interaction_person x"
        " WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = x.person_id)"
        " OR (x.account_id <> '' AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = x.account_id))",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule("calendar_object_without_placement", "calendar objects that have no place", _placed("calendar_object")),
    Rule(
        "calendar_party_without_placement", "people of calendar objects that have no place", _placed("calendar_party")
    ),
    Rule(
        "invitation_without_message", "invitations of mails that are not stored", _of_message("invitation", "x.method")
    ),
    Rule("mail_signal_without_message", "what mails tell that are not stored", _of_message("mail_signal", "x.kind")),
    Rule(
        "signal_without_interaction",
        "signals that mails tell, or are about, that are not in the history",
        "SELECT x.id FROM signal x WHERE (x.source_interaction_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = x.source_interaction_id))"
        " OR (x.interaction_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = x.interaction_id))",
        waits_for="item",
        remedy="reprocess",
    ),
    Rule(
        "engagement_without_contact",
        "how it stands with contacts that are not there",
        "SELECT x.contact_id FROM engagement x WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = x.contact_id)",
        waits_for="contact",
        remedy="reprocess",
    ),
    Rule(
        "score_without_contact",
        "scores and stages of contacts that are not there",
        "SELECT x.contact_id FROM"
        " (SELECT contact_id FROM contact_score UNION ALL SELECT contact_id FROM contact_stage) x"
        " WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = x.contact_id)",
        waits_for="score",
        remedy="reprocess",
    ),
    Rule(
        "meeting_without_interaction",
        "meetings that are not in the history",
        _of_interaction("meeting", "x.uid"),
        waits_for="meeting",
        remedy="reprocess",
    ),
    Rule(
        "interaction_without_meeting",
        "rows of the history whose meeting is not there",
        "SELECT i.id FROM interaction i WHERE i.kind = 'meeting'"
        " AND NOT EXISTS (SELECT 1 FROM meeting m WHERE m.interaction_id = i.id)",
        waits_for="meeting",
        remedy="reprocess",
    ),
    Rule(
        "attendee_without_meeting",
        "attendees of meetings that are not there",
        "SELECT a.address FROM attendee a WHERE NOT EXISTS (SELECT 1 FROM meeting m WHERE m.id = a.meeting_id)",
        waits_for="meeting",
        remedy="reprocess",
    ),
    Rule(
        "address_without_contact",
        "addresses of contacts that are not there",
        "SELECT a.address FROM contact_address a WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = a.contact_id)",
    ),
    Rule(
        "address_of_another_holder",
        "addresses that are told of another contact than the one that stands for theirs",
        "SELECT a.address FROM contact_address a JOIN contact c ON c.id = a.contact_id"
        " WHERE a.holder_id <> COALESCE(c.merged_into_id, c.id)",
        remedy="reprocess",
    ),
    Rule(
        "primary_address_doubled",
        "contacts with several primary addresses",
        "SELECT contact_id FROM contact_address WHERE is_primary GROUP BY contact_id HAVING count(*) > 1",
    ),
    Rule(
        "contact_merged_into_nothing",
        "contacts that were merged into one that is not there",
        "SELECT c.id FROM contact c WHERE c.merged_into_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM contact o WHERE o.id = c.merged_into_id)",
    ),
)

#: View -> how many rows it has to have, counted in the tables.
COUNTS: dict[str, str] = {
    "v1_store": "SELECT 1",
    "v1_person": "SELECT count(*) FROM person",
    "v1_contact": "SELECT count(*) FROM contact WHERE deleted_at IS NULL",
    "v1_contact_address": "SELECT count(*) FROM contact_address WHERE contact_id IN"
    " (SELECT id FROM contact WHERE deleted_at IS NULL)",
    "v1_organization": "SELECT count(*) FROM organization",
    "v1_interaction": "SELECT count(*) FROM interaction WHERE visibility <> 'none'",
    "v1_interaction_contact": "SELECT count(*) FROM link WHERE role <> 'bcc'",
    "v1_interaction_person": "SELECT count(*) FROM interaction_person",
    "v1_thread": "SELECT count(*) FROM thread",
    "v1_meeting": "SELECT count(*) FROM meeting",
    "v1_attendee": "SELECT count(*) FROM attendee",
    "v1_contact_meetings": "SELECT count(DISTINCT l.contact_id) FROM link l"
    " JOIN meeting m ON m.interaction_id = l.interaction_id",
    "v1_signal": "SELECT count(*) FROM signal",
    "v1_engagement": "SELECT count(*) FROM engagement",
    "v1_response": "SELECT count(*) FROM (SELECT DISTINCT answer_person_id, direction, week_starts_on"
    " FROM v1_interaction WHERE answer_person_id IS NOT NULL) found",
    "v1_rep_activity": "SELECT count(*) FROM (SELECT DISTINCT person_id, week_starts_on FROM v1_rep_activity"
    " WHERE mails_out_count + mails_in_count + answer_count + meeting_count + task_count > 0) found",
    "v1_score": "SELECT count(*) FROM contact_score",
    "v1_stage": "SELECT count(*) FROM contact_stage",
    "v1_task": "SELECT count(*) FROM task",
    "v1_account_status": "SELECT count(*) FROM account WHERE ended_at IS NULL",
    "v1_redirect": "SELECT count(*) FROM redirect",
    "v1_change": "SELECT count(*) FROM change",
}
