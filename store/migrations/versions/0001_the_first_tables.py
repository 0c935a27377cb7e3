"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("account_id", "kind", "what", "origin", name=op.f("uq_block_account_id_kind_what_origin")),
    )
    op.create_table(
        "suppression",
        sa.Column("address_key", store.types.Key(), nullable=False),
        sa.Column("erased_at", store.types.Instant(), nullable=False),
        sa.Column("done_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_suppression")),
    )
    op.create_table(
        "thread_visibility",
        sa.Column("thread_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("decided_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_thread_visibility")),
    )
    op.create_table(
        "content",
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("message_key", name=op.f("pk_content")),
    )
    op.create_table(
        "departure",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("left_at", store.types.Instant(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "left_at", name=op.f("pk_departure")),
    )
    op.create_table(
        "dirty",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_dirty")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "interaction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("occurred_at", store.types.Instant(), nullable=False),
        sa.Column("message_key", store.types.Key(), nullable=True),
        sa.Column("thread_id", sa.String(length=36), nullable=True),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("answer_seconds", sa.Integer(), nullable=True),
        sa.Column("thread_basis", sa.String(length=12), nullable=True),
        sa.Column("is_unverified", sa.Boolean(), nullable=False),
        sa.Column("is_message_id_reused", sa.Boolean(), nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("is_forwarded", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.String(length=8), nullable=False),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.Column("updated_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.create_index("ix_interaction_occurred_at", ["occurred_at"], unique=False)
        batch_op.create_index("ix_interaction_thread_id", ["thread_id"], unique=False)

    op.create_table(
        "interaction_person",
        sa.Column("interaction_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", "person_id", "account_id", name=op.f("pk_interaction_person")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("occurred_at", store.types.Instant(), nullable=False),
        sa.Column("interaction_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "occurred_at", "interaction_id", "role", "address", name=op.f("pk_link")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_interaction_id", ["interaction_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("key", store.types.Key(), nullable=False),
        sa.Column("mid", sa.Text(), nullable=True),
        sa.Column("mid_key", store.types.Key(), nullable=True),
        sa.Column("fingerprint", store.types.Key(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sent_at", store.types.Instant(), nullable=True),
        sa.Column("arrived_at", store.types.Instant(), nullable=True),
        sa.Column("is_sent_copy", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("subject_key", store.types.Key(), nullable=True),
        sa.Column("is_orphan_reply", sa.Boolean(), nullable=False),
        sa.Column("is_truncated", sa.Boolean(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("attachment_count", sa.Integer(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.Column("thread_index", sa.Text(), nullable=False),
        sa.Column("conversation_key", store.types.Key(), nullable=True),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("precedence", sa.Text(), nullable=False),
        sa.Column("auto_submitted", sa.Text(), nullable=False),
        sa.Column("has_unsubscribe", sa.Boolean(), nullable=False),
        sa.Column("report_type", sa.Text(), nullable=False),
        sa.Column("sensitivity", sa.String(length=20), nullable=False),
        sa.Column("reported_ids", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.String(length=36), nullable=True),
        sa.Column("thread_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_conversation_key", ["conversation_key"], unique=False)
        batch_op.create_index("ix_message_fingerprint", ["fingerprint"], unique=False)
        batch_op.create_index("ix_message_interaction_id", ["interaction_id"], unique=False)
        batch_op.create_index("ix_message_mid_key", ["mid_key"], unique=False)
        batch_op.create_index(
            "ix_message_orphan_reply",
            ["subject_key"],
            unique=False,
            sqlite_where=sa.text("is_orphan_reply"),
            postgresql_where=sa.text("is_orphan_reply"),
        )
        batch_op.create_index("ix_message_subject_key", ["subject_key", "sent_at"], unique=False)
        batch_op.create_index("ix_message_thread_id", ["thread_id"], unique=False)

    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("external_source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("domain", name=op.f("uq_organization_domain")),
    )
    op.create_table(
        "participant",
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("normal", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_key", "position", name=op.f("pk_participant")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index("ix_participant_base", ["base"], unique=False)
        batch_op.create_index("ix_participant_normal", ["normal"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "placement_bcc",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "ref", "position", name=op.f("pk_placement_bcc")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("placement_bcc", schema=None) as batch_op:
        batch_op.create_index("ix_placement_bcc_base", ["base"], unique=False)
        batch_op.create_index("ix_placement_bcc_message_key", ["message_key"], unique=False)
        batch_op.create_index("ix_placement_bcc_normal", ["normal"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("op", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("op", sa.String(length=8), nullable=False),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index("ix_change_changed_at", ["changed_at"], unique=False)
    state = op.create_table(
        "feed_state",
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(state, [{"first_seq": 1, "last_seq": 0}])
    op.create_table(
        "webhook",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("is_dead", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_try_at", store.types.Instant(), nullable=True),
        sa.Column("last_success_at", store.types.Instant(), nullable=True),
        sa.Column("leased_until_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.name"], name=op.f("fk_webhook_delivery_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_delivery_webhook", ["webhook"], unique=False)
    op.create_table(
        "calendar_object",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("uid_key", store.types.Key(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "ref", name=op.f("pk_calendar_object")),
    )
    with op.batch_alter_table("calendar_object", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_object_uid_key", ["uid_key"], unique=False)
    op.create_table(
        "calendar_party",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "ref", "normal", name=op.f("pk_calendar_party")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("calendar_party", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_party_normal", ["normal"], unique=False)
        batch_op.create_index("ix_calendar_party_base", ["base"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("uid_key", store.types.Key(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("meeting_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("message_key", "position", name=op.f("pk_invitation")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_uid_key", ["uid_key"], unique=False)
    op.create_table(
        "series",
        sa.Column("uid_key", store.types.Key(), nullable=False),
        sa.Column("first_seen_at", store.types.Instant(), nullable=False),
        sa.Column("settled_at", store.types.Instant(), nullable=False),
        sa.Column("due_at", store.types.Instant(), nullable=True),
        sa.Column("kept_from_at", store.types.Instant(), nullable=True),
        sa.Column("named_from_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("uid_key", name=op.f("pk_series")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index("ix_series_due_at", ["due_at"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interaction_id", sa.String(length=36), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("recurrence_id", sa.Text(), nullable=True),
        sa.Column("series_id", sa.String(length=36), nullable=True),
        sa.Column("starts_at", store.types.Instant(), nullable=True),
        sa.Column("ends_at", store.types.Instant(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("is_all_day", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("conference_url", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("is_declined", sa.Boolean(), nullable=False),
        sa.Column("is_tentative", sa.Boolean(), nullable=False),
        sa.Column("moved_count", sa.Integer(), nullable=False),
        sa.Column("uid_key", store.types.Key(), nullable=False),
        sa.Column("over_at", store.types.Instant(), nullable=False),
        sa.Column("is_observed", sa.Boolean(), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_interaction_id", ["interaction_id"], unique=False)
        batch_op.create_index("ix_meeting_uid_key", ["uid_key"], unique=False)
    op.create_table(
        "attendee",
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("response", sa.String(length=12), nullable=False),
        sa.Column("responded_at", store.types.Instant(), nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "address", name=op.f("pk_attendee")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("attendee", schema=None) as batch_op:
        batch_op.create_index("ix_attendee_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_attendee_address", ["address"], unique=False)
    op.create_table(
        "signal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interaction_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("occurred_at", store.types.Instant(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index("ix_signal_interaction_id", ["interaction_id"], unique=False)
        batch_op.create_index("ix_signal_contact_id", ["contact_id", "occurred_at"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", store.types.Instant(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("snoozed_until_at", store.types.Instant(), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("organization_id", sa.String(length=36), nullable=True),
        sa.Column("interaction_id", sa.String(length=36), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.Column("updated_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_person_id", ["person_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_task_contact_id", ["contact_id"], unique=False)
    op.create_table(
        "redirect",
        sa.Column("entity", sa.String(length=16), nullable=False),
        sa.Column("old_id", sa.String(length=36), nullable=False),
        sa.Column("new_id", sa.String(length=36), nullable=False),
        sa.Column("at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "old_id", name=op.f("pk_redirect")),
    )
    op.create_table(
        "reference",
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("target_key", store.types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("message_key", "target_key", name=op.f("pk_reference")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("reference", schema=None) as batch_op:
        batch_op.create_index("ix_reference_target_key", ["target_key"], unique=False)

    op.create_table(
        "removal",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("told_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "ref", name=op.f("pk_removal")),
    )
    op.create_table(
        "skipped_participant",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("address_key", store.types.Key(), nullable=False),
        sa.Column("base_key", store.types.Key(), nullable=False),
        sa.Column("is_creatable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "ref", "role", "address_key", name=op.f("pk_skipped_participant")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("skipped_participant", schema=None) as batch_op:
        batch_op.create_index("ix_skipped_participant_address_key", ["address_key"], unique=False)
        batch_op.create_index("ix_skipped_participant_base_key", ["base_key"], unique=False)

    op.create_table(
        "thread",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("first_at", store.types.Instant(), nullable=False),
        sa.Column("last_at", store.types.Instant(), nullable=False),
        sa.Column("interaction_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
    )
    op.create_table(
        "contact_merge",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("into_id", sa.String(length=36), nullable=False),
        sa.Column("merged_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_merge")),
    )
    with op.batch_alter_table("contact_merge", schema=None) as batch_op:
        batch_op.create_index("ix_contact_merge_into_id", ["into_id"], unique=False)

    op.create_table(
        "contact_source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tried_at", store.types.Instant(), nullable=False),
        sa.Column("last_success_at", store.types.Instant(), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("digest_at", store.types.Instant(), nullable=True),
        sa.Column("cursors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_contact_source")),
    )
    op.create_table(
        "contact_card",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "book", "ref", name=op.f("pk_contact_card")),
    )
    op.create_table(
        "w1_merge",
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.Text(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied_at", store.types.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("length(contact_id) = 36", name=op.f("ck_w1_merge_contact_id")),
        sa.CheckConstraint("length(merged_into_id) = 36", name=op.f("ck_w1_merge_merged_into_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_w1_merge")),
    )
    with op.batch_alter_table("w1_merge", schema=None) as batch_op:
        batch_op.create_index(
            "ix_w1_merge_waiting",
            ["contact_id"],
            unique=False,
            sqlite_where=sa.text("applied_at IS NULL AND error IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL AND error IS NULL"),
        )

    op.create_table(
        "w1_contact",
        sa.Column("external_source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied_at", store.types.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("length(external_id) BETWEEN 1 AND 200", name=op.f("ck_w1_contact_external_id")),
        sa.CheckConstraint("length(external_source) BETWEEN 1 AND 100", name=op.f("ck_w1_contact_source")),
        sa.PrimaryKeyConstraint("external_source", "external_id", name=op.f("pk_w1_contact")),
    )
    with op.batch_alter_table("w1_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_w1_contact_waiting",
            ["external_source", "external_id"],
            unique=False,
            sqlite_where=sa.text("applied_at IS NULL AND error IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL AND error IS NULL"),
        )

    op.create_table(
        "w1_contact_address",
        sa.Column("external_source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("valid_from_at", store.types.Instant(), nullable=True),
        sa.Column("valid_to_at", store.types.Instant(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied_at", store.types.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("length(address) BETWEEN 3 AND 320", name=op.f("ck_w1_contact_address_address")),
        sa.PrimaryKeyConstraint("external_source", "external_id", "address", name=op.f("pk_w1_contact_address")),
    )
    with op.batch_alter_table("w1_contact_address", schema=None) as batch_op:
        batch_op.create_index(
            "ix_w1_contact_address_waiting",
            ["external_source", "external_id"],
            unique=False,
            sqlite_where=sa.text("applied_at IS NULL AND error IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL AND error IS NULL"),
        )

    op.create_table(
        "account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since_at", store.types.Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("last_success_at", store.types.Instant(), nullable=True),
        sa.Column("next_try_at", store.types.Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusals", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused_key", store.types.Key(), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=True),
        sa.Column("audited_at", store.types.Instant(), nullable=True),
        sa.Column("horizon_reached_at", store.types.Instant(), nullable=True),
        sa.Column("since_at", store.types.Instant(), nullable=True),
        sa.Column("ended_at", store.types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("name_rank", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=True),
        sa.Column("organization_name", sa.Text(), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("external_source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("tracking_consent", sa.String(length=10), nullable=False),
        sa.Column("merged_into_id", sa.String(length=36), nullable=True),
        sa.Column("deleted_at", store.types.Instant(), nullable=True),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.Column("updated_at", store.types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_contact_organization_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("external_source", "external_id", name=op.f("uq_contact_external_source_external_id")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_name_key", ["name_key"], unique=False)

    op.create_table(
        "person_address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_address_person_id")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_person_address")),
    )
    op.create_table(
        "contact_address",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("valid_from_at", store.types.Instant(), nullable=True),
        sa.Column("valid_to_at", store.types.Instant(), nullable=True),
        sa.Column("decided_at", store.types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_address_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_address")),
    )
    with op.batch_alter_table("contact_address", schema=None) as batch_op:
        batch_op.create_index("ix_contact_address_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_contact_address_base", ["base"], unique=False)
        batch_op.create_index("ix_contact_address_normal", ["normal"], unique=False)
        batch_op.create_index("ix_contact_address_address", ["address"], unique=False)

    op.create_table(
        "oauth_token",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("access_token", store.types.Sealed(), nullable=True),
        sa.Column("expires_at", store.types.Instant(), nullable=True),
        sa.Column("refresh_token", store.types.Sealed(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("claimed_until_at", store.types.Instant(), nullable=True),
        sa.Column("stored_at", store.types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_oauth_token_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_oauth_token")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("server_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("missing_since_at", store.types.Instant(), nullable=True),
        sa.Column("is_uncompared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("compared_at", store.types.Instant(), nullable=True),
        sa.Column("held_back", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("complete_since_at", store.types.Instant(), nullable=True),
        sa.Column("backlog", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_stream_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    with op.batch_alter_table("stream", schema=None) as batch_op:
        batch_op.create_index(
            "uq_stream_account_id_name",
            ["account_id", "name"],
            unique=True,
            sqlite_where=sa.text("state = 'ok'"),
            postgresql_where=sa.text("state = 'ok'"),
        )

    op.create_table(
        "placement",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message_key", store.types.Key(), nullable=True),
        sa.Column("mid_key", store.types.Key(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", store.types.Instant(), nullable=True),
        sa.Column("auth", sa.String(length=8), nullable=False),
        sa.Column("seen_at", store.types.Instant(), nullable=False),
        sa.Column("fingerprint", store.types.Key(), nullable=True),
        sa.Column("direction", sa.String(length=8), nullable=True),
        sa.Column("occurred_at", store.types.Instant(), nullable=True),
        sa.Column("recipient_count", sa.Integer(), nullable=True),
        sa.Column("is_bulk", sa.Boolean(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("is_wanted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("removed_at", store.types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["stream.id"], name=op.f("fk_placement_stream_id")),
        sa.PrimaryKeyConstraint("stream_id", "ref", name=op.f("pk_placement")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index("ix_placement_fingerprint", ["fingerprint"], unique=False)
        batch_op.create_index("ix_placement_message_key", ["message_key"], unique=False)
        batch_op.create_index("ix_placement_mid_key", ["mid_key"], unique=False)
        batch_op.create_index(
            "ix_placement_wanted",
            ["stream_id"],
            unique=False,
            sqlite_where=sa.text("is_wanted"),
            postgresql_where=sa.text("is_wanted"),
        )

    # ### end Alembic commands ###
