"""Tables of what mails tell: each one by itself, and all of a contact's together."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from store.schema.core import interaction, metadata
from store.types import Id, Instant, Key

#: That a mail answers another one.
REPLY = "reply"
#: What a mail tells that comes of itself: no person wrote it.
MECHANICAL = ("bounce", "delay", "delivered", "auto_reply", "receipt", "feedback_report", "invitation_answer")
#: From this confidence on something follows from a signal: a mark that anybody can forge is below it.
SURE = 0.6

#: Columns of engagement that count opens and clicks of people, and both by their verdicts.
OPENS = (
    *("open_count", "click_count", "confirmed_count", "probable_human_count", "proxy_open_count"),
    *("prefetch_count", "scanner_count", "bot_count", "self_count"),
)

#: Derived, of one content of a mail and the rules alone (matching.signals).
mail_signal = Table(
    "mail_signal",
    metadata,
    Column("message_key", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("recipient", Text),  # normal form, else as written
    Column("status", String(12)),
    Column("category", String(12)),
    Column("is_hard", Boolean),
    Column("reason", Text),
    Column("return_on", Date),
    Column("original_id", Text),  # Message-ID of the mail that it is about
    Column("evidence", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    PrimaryKeyConstraint("message_key", "position"),
)
Index("ix_mail_signal_kind_recipient", mail_signal.c.kind, mail_signal.c.recipient)

#: How it stands with each contact that there was contact with (store.derivation.engagement).
engagement = Table(
    "engagement",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("last_in_at", Instant),
    Column("last_out_at", Instant),
    Column("last_at", Instant),
    Column("reply_count", Integer, nullable=False),
    Column("their_answer_seconds", Integer),
    Column("our_answer_seconds", Integer),
    Column("their_answer_working_seconds", Integer),
    Column("our_answer_working_seconds", Integer),
    Column("usual_gap_seconds", Integer),
    Column("quiet_from_at", Instant),
    Column("is_quiet", Boolean, nullable=False),
    # opens and clicks: of people, and both by their verdicts
    *(Column(name, Integer, nullable=False, server_default=text("0")) for name in OPENS),
    Column("last_open_at", Instant),  # of people
)
Index("ix_engagement_quiet_from_at", engagement.c.quiet_from_at)

#: Of a person, the answers by time.
_ANSWERED = text("answer_person_id IS NOT NULL")
Index(
    "ix_interaction_answer_person_id",
    interaction.c.answer_person_id,
    interaction.c.occurred_at,
    sqlite_where=_ANSWERED,
    postgresql_where=_ANSWERED,
)
