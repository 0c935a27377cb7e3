"""The tables: facts, and what is derived of them. Others read the views and write w1_*; all this may change."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.schema.accounts import STANDING
from store.schema.consents import CONSENT
from store.schema.reading import READ
from store.types import Id, Instant, Key

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

# -- facts: who we are --------------------------------------------------------------------------------------------

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # normal form
    Column("display_name", Text, nullable=False),
    Column("team", Text),
    Column("time_zone", Text),
    Column("language", Text),
    Column("external_id", Text),
    Column("is_active", Boolean, nullable=False),
)

person_address = Table(
    "person_address",
    metadata,
    Column("address", Text, primary_key=True),  # normal form
    Column("person_id", ForeignKey("person.id"), nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("login", Text, nullable=False),  # what tells one mailbox from another, without secrets
    Column("is_shared", Boolean, nullable=False),
    Column("visibility", String(8), nullable=False),  # of its mail: full | subject | metadata | none
    *STANDING,
    Column("coverage", Float),  # percent, of the last audit
    Column("audited_at", Instant),
    Column("horizon_reached_at", Instant),  # when all its streams had first been read down to the horizon
    Column("since_at", Instant),  # from then on its meetings are history; NULL: its options say nothing of it
    Column("ended_at", Instant),
)

# -- facts: what servers hold -------------------------------------------------------------------------------------
stream = Table(
    "stream",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("server_id", Text),
    Column("state", String(10), nullable=False),  # ok | missing | left_out (by the options) | gone (for good)
    Column("missing_since_at", Instant),  # missing only; NULL: maybe left out by the options
    # something may have gone unseen: what is known has to be compared with a full listing
    Column("is_uncompared", Boolean, nullable=False, server_default=false()),
    Column("compared_at", Instant),
    Column("held_back", Integer, nullable=False, server_default=text("0")),  # removals that were not believed
    Column("cursor", Text),
    Column("version", Integer, nullable=False),  # compare-and-swap: one per committed page
    Column("complete_since_at", Instant),
    Column("backlog", Integer),  # items known to be left; NULL: not known
)
#: Of folders that are missing there may be several of a name.
Index(
    "uq_stream_account_id_name",
    stream.c.account_id,
    stream.c.name,
    unique=True,
    sqlite_where=text("state = 'ok'"),
    postgresql_where=text("state = 'ok'"),
)

placement = Table(
    "placement",
    metadata,
    Column("stream_id", ForeignKey("stream.id"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("verdict", String(12), nullable=False),  # stored | skipped | quarantined | suppressed | expired
    Column("reason", Text, nullable=False),
    Column("message_key", Key),  # stored only
    Column("mid_key", Key),  # keyed hash of the Message-ID
    Column("flags", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", Instant),
    Column("auth", String(8), nullable=False),
    Column("seen_at", Instant, nullable=False),
    # what a later decision about a skipped mail needs
    Column("fingerprint", Key),
    Column("direction", String(8)),
    Column("occurred_at", Instant),
    Column("recipient_count", Integer),
    Column("is_bulk", Boolean),
    Column("policy_version", Integer),
    Column("is_wanted", Boolean, nullable=False, server_default=false()),  # to be fetched again by reference
    Column("removed_at", Instant),  # kept as history: the item is no longer at this place
    PrimaryKeyConstraint("stream_id", "ref"),
    sqlite_with_rowid=False,
)
Index("ix_placement_message_key", placement.c.message_key)
Index("ix_placement_mid_key", placement.c.mid_key)
Index("ix_placement_fingerprint", placement.c.fingerprint)
_WANTED = text("is_wanted")
Index("ix_placement_wanted", placement.c.stream_id, sqlite_where=_WANTED, postgresql_where=_WANTED)

#: Placements that the server says are gone, until the account's folders have all been read.
removal = Table(
    "removal",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
    PrimaryKeyConstraint("stream_id", "ref"),
)

skipped_participant = Table(
    "skipped_participant",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("address_key", Key, nullable=False),
    Column("base_key", Key, nullable=False),
    Column("is_creatable", Boolean, nullable=False),  # neither a role nor a no-reply address
    PrimaryKeyConstraint("stream_id", "ref", "role", "address_key"),
    sqlite_with_rowid=False,
)
Index("ix_skipped_participant_address_key", skipped_participant.c.address_key)
Index("ix_skipped_participant_base_key", skipped_participant.c.base_key)

#: One row for each distinct content of a mail; copies that say the same share it.
message = Table(
    "message",
    metadata,
    Column("key", Key, primary_key=True),
    Column("mid", Text),
    Column("mid_key", Key),
    Column("fingerprint", Key, nullable=False),
    Column("sender", Text, nullable=False),  # normal form, "" where there is none
    Column("sent_at", Instant),
    Column("arrived_at", Instant),  # earliest trusted time of arrival over all copies
    Column("is_sent_copy", Boolean, nullable=False),  # one of the copies lies in a Sent folder
    Column("subject", Text),  # NULL: expired
    Column("subject_key", Key),
    Column("is_orphan_reply", Boolean, nullable=False),  # an answer that names no mail it answers
    Column("is_truncated", Boolean, nullable=False),
    Column("attachments", Text, nullable=False),  # JSON [[name, type, size]…]
    Column("attachment_count", Integer, nullable=False),
    Column("in_reply_to", Text, nullable=False),  # JSON [id…]
    Column("refs", Text, nullable=False),  # JSON [id…]
    Column("thread_index", Text, nullable=False),
    Column("conversation_key", Key),  # keyed hash of what a conversation's Thread-Indexes share
    Column("list_id", Text, nullable=False),
    Column("precedence", Text, nullable=False),
    Column("auto_submitted", Text, nullable=False),
    Column("has_unsubscribe", Boolean, nullable=False),
    Column("report_type", Text, nullable=False),
    Column("sensitivity", String(20), nullable=False),
    Column("reported_ids", Text, nullable=False),  # JSON [id…]
    # derived
    *READ,
    Column("interaction_id", Id),
    Column("thread_id", Id),
)
Index("ix_message_mid_key", message.c.mid_key)
Index("ix_message_fingerprint", message.c.fingerprint)
Index("ix_message_interaction_id", message.c.interaction_id)
Index("ix_message_thread_id", message.c.thread_id)
Index("ix_message_conversation_key", message.c.conversation_key)
Index("ix_message_subject_key", message.c.subject_key, message.c.sent_at)
_ORPHAN = text("is_orphan_reply")
Index("ix_message_orphan_reply", message.c.subject_key, sqlite_where=_ORPHAN, postgresql_where=_ORPHAN)

#: What a message says: apart from its row, so that deriving neither reads nor writes it again.
content = Table(
    "content",
    metadata,
    Column("message_key", Key, primary_key=True),
    Column("text", Text),  # NULL: expired
    Column("headers", LargeBinary),  # zlib; NULL: expired
    Column("reports", LargeBinary),  # zlib, JSON [[type, text]…]; NULL: none, or expired
    Column("new_text", Text),  # derived: the text without what it quotes; NULL: all of it is new, or it expired
)

participant = Table(
    "participant",
    metadata,
    Column("message_key", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", String(10), nullable=False),
    Column("normal", Text),  # NULL: no address
    Column("base", Text),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("message_key", "position"),
    sqlite_with_rowid=False,
)
Index("ix_participant_normal", participant.c.normal)
Index("ix_participant_base", participant.c.base)

#: Bcc is known to one copy alone, so it hangs on the placement.
placement_bcc = Table(
    "placement_bcc",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("message_key", Key, nullable=False),
    Column("normal", Text),
    Column("base", Text),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("stream_id", "ref", "position"),
    sqlite_with_rowid=False,
)
Index("ix_placement_bcc_message_key", placement_bcc.c.message_key)
Index("ix_placement_bcc_normal", placement_bcc.c.normal)
Index("ix_placement_bcc_base", placement_bcc.c.base)

#: A mail's edge to a Message-ID it refers to, seen or not.
reference = Table(
    "reference",
    metadata,
    Column("message_key", Key, nullable=False),
    Column("target_key", Key, nullable=False),
    PrimaryKeyConstraint("message_key", "target_key"),
    sqlite_with_rowid=False,
)
Index("ix_reference_target_key", reference.c.target_key)

# -- facts and decisions: contacts --------------------------------------------------------------------------------
organization = Table(
    "organization",
    metadata,
    Column("id", Id, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("domain", Text, unique=True),
    Column("external_source", Text),
    Column("external_id", Text),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("origin", String(10), nullable=False),  # policy | hand | import | w1 | sync
    Column("display_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("name_rank", Text, nullable=False),  # how good the evidence of a policy contact's name is
    Column("organization_id", ForeignKey("organization.id")),
    Column("organization_name", Text),  # as it was entered
    Column("person_id", ForeignKey("person.id")),
    Column("external_source", Text),
    Column("external_id", Text),
    *CONSENT,
    Column("merged_into_id", Id),
    Column("deleted_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("external_source", "external_id"),
)
Index("ix_contact_name_key", contact.c.name_key)

contact_address = Table(
    "contact_address",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", ForeignKey("contact.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("valid_from_at", Instant),
    Column("valid_to_at", Instant),
    Column("decided_at", Instant),  # a person said who holds it
    Column("holder_id", Id, nullable=False),  # who stands for the contact: its merged_into_id, else its id
)
Index("ix_contact_address_contact_id", contact_address.c.contact_id)
Index("ix_contact_address_holder_id", contact_address.c.holder_id)
Index("ix_contact_address_normal", contact_address.c.normal)
Index("ix_contact_address_base", contact_address.c.base)
Index("ix_contact_address_address", contact_address.c.address)  # readers know no other form

# -- derived ------------------------------------------------------------------------------------------------------
interaction = Table(
    "interaction",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("message_key", Key),  # the copy whose content is shown; NULL of meetings
    Column("thread_id", Id),
    Column("parent_id", Id),  # the interaction it answers
    Column("answer_seconds", Integer),  # how long after that one
    Column("answer_working_seconds", Integer),
    Column("answer_person_id", Id),  # of ours, who answers or is answered
    Column("thread_basis", String(12)),
    Column("is_unverified", Boolean, nullable=False),
    Column("is_message_id_reused", Boolean, nullable=False),
    Column("is_answered", Boolean, nullable=False),
    Column("is_forwarded", Boolean, nullable=False),
    Column("visibility", String(8), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
Index("ix_interaction_occurred_at", interaction.c.occurred_at)
Index("ix_interaction_thread_id", interaction.c.thread_id)

link = Table(
    "link",
    metadata,
    Column("contact_id", Id, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("interaction_id", Id, nullable=False),
    Column("role", String(10), nullable=False),
    Column("address", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("contact_id", "occurred_at", "interaction_id", "role", "address"),
    sqlite_with_rowid=False,
)
Index("ix_link_interaction_id", link.c.interaction_id)

interaction_person = Table(
    "interaction_person",
    metadata,
    Column("interaction_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("account_id", String(36), nullable=False),  # "": takes part, but holds no copy
    PrimaryKeyConstraint("interaction_id", "person_id", "account_id"),
    sqlite_with_rowid=False,
)

thread = Table(
    "thread",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subject", Text),  # NULL: nobody may see it, or it expired
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("interaction_count", Integer, nullable=False),
)

#: What has to be derived anew. Written with the facts, removed with what follows from them.
dirty = Table(
    "dirty",
    metadata,
    Column("kind", String(10), nullable=False),  # item | address | meeting | contact | opened …
    Column("key", Text, nullable=False),
    PrimaryKeyConstraint("kind", "key"),
    sqlite_with_rowid=False,
)

redirect = Table(
    "redirect",
    metadata,
    Column("entity", String(16), nullable=False),
    Column("old_id", Id, nullable=False),
    Column("new_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("entity", "old_id"),
)
